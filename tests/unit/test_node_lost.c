/* A validator that lost its journal finds its way back by what others say (docs/decisions/0009-the-way-back.md): replicas on a table, fed by hand.
 * Validator 3 lies wherever it speaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "node/peer_message.h"
#include "node/replica.h"
#include "node/replica_message.h"
#include "tests/unit/ledger_world.h"

enum { KEPT_MAX = 16 };

/* One life of one validator, and what its journal holds behind it. */
struct life {
    struct replica *replica;
    struct replica_outputs *outputs;
    uint64_t now_ms, found, said_view; /* found: the view of the last FOUND; said_view: in its last status */
    uint32_t kept_count;
    struct {
        uint8_t type, bytes[64];
        uint32_t len;
    } kept[KEPT_MAX];
};

static void step(struct life *l, struct replica_input in) {
    in.now_ms = l->now_ms;
    in.time_ms = WORLD_CREATED_MS + l->now_ms;
    replica_step(l->replica, &in, l->outputs);
    uint64_t written = 0;
    for (size_t i = 0; i < replica_outputs_count(l->outputs); i++) {
        const struct replica_output *o = replica_outputs_at(l->outputs, i);
        struct status_message said;
        if (o->kind == REPLICA_SEND && o->type == MESSAGE_STATUS && codec_decode(&status_message_type, o->bytes, NULL, &said) == OK)
            l->said_view = said.view;
        if (o->kind != REPLICA_JOURNAL) continue;
        written = o->sequence;
        if (l->kept_count == KEPT_MAX || o->bytes.len > sizeof l->kept[0].bytes) continue;
        l->kept[l->kept_count].type = o->type;
        l->kept[l->kept_count].len = (uint32_t)o->bytes.len;
        memcpy(l->kept[l->kept_count++].bytes, o->bytes.data, o->bytes.len);
        struct unpack u;
        unpack_init(&u, o->bytes);
        if (o->type == JOURNAL_FOUND && unpack_array(&u, 1) == 1) l->found = unpack_uint(&u, UINT64_MAX);
    }
    replica_outputs_clear(l->outputs);
    if (written > 0) step(l, (struct replica_input){.kind = REPLICA_WRITTEN, .sequence = written});
}

static void begin(struct world *w, struct life *l, uint8_t validator, bool lost) {
    static const char *const names[] = {"agri.example/suyuan", "market.example/suyuan"};
    struct replica_config c = {.genesis = w->genesis, .validator = validator, .pool_records_max = 64, .pool_bytes_max = 1 << 20};
    world_seed(&c.seed, names[validator]);
    l->replica = replica_new(&c);
    l->outputs = replica_outputs_new();
    l->found = l->said_view = 0;
    for (uint32_t i = 0; i < l->kept_count; i++)
        step(l, (struct replica_input){.kind = REPLICA_RECOVER, .sequence = i + 1, .type = l->kept[i].type,
                                       .bytes = span_of(l->kept[i].bytes, l->kept[i].len)});
    struct replica_head head = {.block = w->genesis->chain_id, .log_size = w->head.log.size, .log_root = w->log_root};
    step(l, (struct replica_input){.kind = REPLICA_START, .head = &head, .sequence = l->kept_count, .err = lost ? ERR_NOT_VOTING : OK});
    for (uint8_t i = 0; i < WORLD_VALIDATORS; i++)
        if (i != validator) step(l, (struct replica_input){.kind = REPLICA_PEER_UP, .peer = i + 1u, .validator = i, .source = true});
}

static void end(struct life *l) {
    replica_free(l->replica);
    replica_outputs_free(l->outputs);
}

static void hear(struct life *l, uint8_t from, uint64_t view) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct status_message m = {.view = view};
    buffer_init(&b, 64);
    codec_encode(&status_message_type, &m, &b);
    step(l, (struct replica_input){.kind = REPLICA_MESSAGE, .peer = from + 1u, .validator = from, .type = MESSAGE_STATUS, .bytes = buffer_span(&b)});
}

/* Validators 0 and 1 were in view 10, with 3, which lies since; 2 never heard of it. 1 loses its journal and finds its way; then 0 does. Did 1
 * say in which view it finds itself now, 0 would believe that nothing above view 1 was ever signed. */
static void who_was_lost_vouches_only_from_where_it_votes(void **state) {
    (void)state;
    struct world w;
    struct life one = {0}, zero = {0};
    world_begin(&w, 1);
    begin(&w, &one, 1, true);
    assert_int_equal(one.said_view, 0);
    hear(&one, 0, 10);
    hear(&one, 2, 1);
    assert_int_equal(one.found, 0);
    hear(&one, 3, 1);
    assert_int_equal(one.found, 12);
    one.now_ms += 60000;
    step(&one, (struct replica_input){.kind = REPLICA_TIMER});

    begin(&w, &zero, 0, true);
    hear(&zero, 1, one.said_view);
    hear(&zero, 2, 1);
    hear(&zero, 3, 1);
    assert_true(zero.found == 0 || zero.found > 10);
    end(&one);
    end(&zero);
    world_end(&w);
}

/* A liar's view is so high that nothing follows. The validator found it and is silent; a restart asks anew. */
static void a_liars_view_does_not_outlive_a_restart(void **state) {
    (void)state;
    struct world w;
    struct life one = {0};
    world_begin(&w, 1);
    begin(&w, &one, 1, true);
    hear(&one, 0, 10);
    hear(&one, 2, 10);
    hear(&one, 3, UINT64_MAX / 2);
    assert_true(one.found > UINT64_MAX / 2);
    end(&one);

    begin(&w, &one, 1, false);
    assert_int_equal(one.said_view, 0);
    hear(&one, 0, 10);
    hear(&one, 2, 10);
    hear(&one, 3, 10);
    assert_int_equal(one.found, 12);
    end(&one);
    world_end(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_was_lost_vouches_only_from_where_it_votes),
        cmocka_unit_test(a_liars_view_does_not_outlive_a_restart),
    };
    crypto_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
