/* What a peer or a submitter can say again and again leaves nothing behind that lasts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "node/peer_message.h"
#include "node/replica_state.h"
#include "tests/unit/ledger_world.h"

struct fixture {
    struct world w;
    struct replica *replica;
    struct replica_outputs *outputs;
    uint64_t now_ms;
};

static void step(struct fixture *f, struct replica_input in) {
    in.now_ms = f->now_ms;
    in.time_ms = WORLD_CREATED_MS + f->now_ms;
    replica_outputs_clear(f->outputs);
    replica_step(f->replica, &in, f->outputs);
}

static uint32_t count(const struct fixture *f, enum replica_output_kind kind) {
    uint32_t n = 0;
    for (size_t i = 0; i < replica_outputs_count(f->outputs); i++)
        n += replica_outputs_at(f->outputs, i)->kind == kind;
    return n;
}

static void begin(struct fixture *f, uint8_t validator) {
    *f = (struct fixture){.now_ms = 1000};
    world_begin(&f->w, 1);
    struct replica_config c = {.genesis = f->w.genesis, .validator = validator, .pool_records_max = 64, .pool_bytes_max = 1 << 20};
    world_seed(&c.seed, "agri.example/suyuan");
    f->replica = replica_new(&c);
    f->outputs = replica_outputs_new();
    struct replica_head head = {.block = f->w.genesis->chain_id, .log_size = f->w.head.log.size, .log_root = f->w.log_root};
    step(f, (struct replica_input){.kind = REPLICA_START, .head = &head});
    step(f, (struct replica_input){.kind = REPLICA_PEER_UP, .peer = 1, .validator = 1, .source = true});
}

static void end(struct fixture *f) {
    replica_free(f->replica);
    replica_outputs_free(f->outputs);
    world_end(&f->w);
}

/* Validator 3 nullified and finalized one view. */
static void tell_evidence(struct fixture *f, uint64_t view) {
    struct buffer a CLEANUP(buffer_free) = {0}, b CLEANUP(buffer_free) = {0}, both CLEANUP(buffer_free) = {0};
    struct ballot nullify = {.kind = VOTE_NULLIFY, .view = view};
    struct ballot finalize = {.kind = VOTE_FINALIZE, .view = view, .parent_view = view - 1, .digest = {{7}}};
    struct vote x, y;
    const struct keypair *keys = &f->w.validators[3].consensus;
    vote_sign(&nullify, &f->w.genesis->chain_id, 3, keys, &x);
    vote_sign(&finalize, &f->w.genesis->chain_id, 3, keys, &y);
    buffer_init(&a, 512);
    buffer_init(&b, 512);
    buffer_init(&both, 2048);
    vote_encode(&x, &a);
    vote_encode(&y, &b);
    pack_array(&both, 2);
    pack_bytes(&both, buffer_span(&a));
    pack_bytes(&both, buffer_span(&b));
    step(f, (struct replica_input){.kind = REPLICA_MESSAGE, .peer = 1, .validator = 1, .type = MESSAGE_EVIDENCE, .bytes = buffer_span(&both)});
}

static void evidence_is_told_once(void **state) {
    (void)state;
    struct fixture f;
    struct replica_status s;
    begin(&f, REPLICA_NO_VALIDATOR);
    tell_evidence(&f, 5);
    assert_int_equal(count(&f, REPLICA_ALARM), 1);
    for (int i = 0; i < 100; i++) {
        tell_evidence(&f, 5);
        assert_int_equal(count(&f, REPLICA_ALARM), 0);
    }
    tell_evidence(&f, 4);
    assert_int_equal(count(&f, REPLICA_ALARM), 1);
    replica_status(f.replica, &s);
    assert_int_equal(s.evidence, 2);
    end(&f);
}

/* A validator that hears nobody: what is submitted never becomes final, and whoever asked to wait has gone long since. */
static void who_waits_in_vain_is_forgotten(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, 0);
    struct item event = world_event(&f.w, "OBSERVE", "inspecting", "", "urn:epc:id:sgtin:6901234.056789.1", NULL);
    struct record_header draft = world_draft(&f.w, "farm1", RECORD_EVENTS);
    struct span wire = world_record(&f.w, &draft, &event, 1, "farm1");
    step(&f, (struct replica_input){.kind = REPLICA_SUBMIT, .ticket = 1, .wait = true, .bytes = wire});
    assert_int_equal(count(&f, REPLICA_VERIFY), 1);
    step(&f, (struct replica_input){.kind = REPLICA_VERIFIED, .job = 1});
    assert_int_equal(count(&f, REPLICA_REPLY), 1);
    for (uint64_t i = 2; i < 50; i++) {
        f.now_ms += 1000;
        step(&f, (struct replica_input){.kind = REPLICA_SUBMIT, .ticket = i, .wait = true, .bytes = wire});
        assert_in_range(f.replica->waiters_count, 1, 1 + 2 * RPC_WAIT_MS_MAX / 1000);
    }
    f.now_ms += 3 * RPC_WAIT_MS_MAX;
    step(&f, (struct replica_input){.kind = REPLICA_TIMER});
    assert_int_equal(f.replica->waiters_count, 0);
    assert_int_equal(f.replica->waiters.count, 0);
    end(&f);
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evidence_is_told_once),
        cmocka_unit_test(who_waits_in_vain_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
