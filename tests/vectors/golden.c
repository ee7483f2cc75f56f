/* golden.c: golden DIR [--write]: makes every format of docs/spec.md from fixed seeds and compares it with the
 * bytes pinned in DIR, one file per format. Where they differ both are printed: either the code changed a
 * format by mistake, or the format is meant to change, then --write pins the new bytes and the commit says
 * why. What is random in a running node (nonces, salts, ephemeral keys, signatures are not) is fixed here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consensus/quorum_certificate.h"
#include "ledger/history.h"
#include "node/leaf_message.h"
#include "node/peer.h"
#include "node/replica_message.h"
#include "storage/journal_frame.h"
#include "tests/unit/codec_random.h"
#include "tests/unit/certificate_world.h"
#include "tests/unit/ledger_world.h"
#include "tests/vectors/golden_codes.h"
#include "tests/vectors/golden_sealed.h"
#include "tests/vectors/vectors.h"

enum { GOLDEN_BYTES_MAX = 1 << 20, HEX_PER_LINE = 48, VALUES_PER_TYPE = 4000 };
#define EPC_A "urn:epc:id:sgtin:6901234.056789.1001"
#define EPC_B "urn:epc:id:sgtin:6901234.056789.1002"

/* Everything the formats are made from: a small consortium after two blocks. */
struct gold {
    struct world w;
    struct attested attested;
    struct record record;  /* of farm1: two events, in block 1 */
    struct item event;
    struct block_header header; /* of block 1 */
    struct span header_bytes, stored, block_leaf;
    struct result results[2];
    struct world certified; /* another: a type set, a lot made, a certificate of it */
    struct golden_codes codes;
    struct item certificate_item;
};

/* One field of a kind with choices, one hidden; a condition on what is upstream. */
static struct item an_issue(struct world *w) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct certificate_entry fields[2] = {{.name = span_text("contact")}, {.name = span_text("way")}};
    struct hidden h = {.tier = TIER_DELETABLE, .commitment = sha256(span_text("contact"))};
    struct certificate_issue c = {.number = span_text("2026-0001"), .type = span_text("shoe-origin"),
                                  .producer = span_text("farm1"), .from_ms = WORLD_CREATED_MS,
                                  .until_ms = WORLD_CREATED_MS + 86400000, .fields = fields, .fields_count = 2};
    struct covers covers = {LOT_A, 40.5, "NPR"};
    buffer_init(&b, 1024);
    hidden_write(&h, &b);
    fields[0].value = world_keep(w, buffer_span(&b));
    buffer_clear(&b);
    pack_text(&b, span_text("grown"));
    fields[1].value = world_keep(w, buffer_span(&b));
    return world_issue(w, &c, &covers, 1);
}

static void make_certified(struct gold *g) {
    struct world *w = &g->certified;
    world_begin(w, 1);
    struct certificate_type type = golden_type();
    struct item made = world_made(w, "ADD", "commissioning", LOT_A, 100, "NPR");
    world_set_type(w, &type);
    world_say(w, "farm1", &made);
    CHECK(world_close(w, 1000) == OK);
    g->certificate_item = an_issue(w);
    world_certify(w, "farm1", &g->certificate_item);
    CHECK(world_close(w, 1000) == OK && w->results[0].code == RESULT_ACCEPTED);
}

static const struct proof_source *source(struct gold *g) {
    static struct proof_source s;
    s = world_source(&g->w, &g->attested);
    return &s;
}

static void make(struct gold *g) {
    struct world *w = &g->w;
    struct result results[2];
    world_begin(w, 2);
    g->event = world_event(w, "ADD", "commissioning",
                           ",\"ilmd\":{\"cbvmda:lotNumber\":\"L7\",\"https://ns.example/weight\":2.5}",
                           EPC_A, EPC_B, NULL);
    struct item ship = world_event(w, "OBSERVE", "https://ref.gs1.org/cbv/BizStep-shipping", "", EPC_A, NULL);
    struct item two[2] = {g->event, ship};
    struct record_header d = world_draft(w, "farm1", RECORD_EVENTS);
    struct span wire = world_record(w, &d, two, 2, "farm1");
    CHECK(record_check(&w->genesis->params, wire, &w->arena, &g->record, NULL) == OK);
    world_add(w, wire);
    world_say(w, "stranger", &ship);
    g->stored = world_block_bytes(w, w->head.time_ms + 1000, &g->header_bytes);
    CHECK(block_header_decode(g->header_bytes, &g->header) == OK);
    CHECK(world_close(w, 1000) == OK);
    memcpy(results, w->results, sizeof results);
    memcpy(g->results, results, sizeof results);
    struct buffer leaf CLEANUP(buffer_free) = {0};
    uint64_t height;
    uint32_t index;
    buffer_init(&leaf, LEAF_BYTES_MAX);
    CHECK(query_log_leaf(w->rows.reader, w->head.log.size - 1, &leaf, &height, &index) == OK);
    g->block_leaf = world_keep(w, buffer_span(&leaf));
    world_say(w, "farm2", &ship);
    CHECK(world_close(w, 1000) == OK);
    world_attest(w, 1780272100, &g->attested);
}

static void put_digest(struct buffer *out, struct digest d) {
    buffer_append(out, d.b, sizeof d.b);
}

/* One function per file. */

static void derived_keys(struct gold *g, struct buffer *out) {
    static const char *const purposes[] = {"consensus", "checkpoint", "log", "transport", "record"};
    struct seed seed, derived;
    struct keypair keys;
    (void)g;
    for (size_t i = 0; i < sizeof seed.b; i++)
        seed.b[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof purposes / sizeof *purposes; i++) {
        seed_derive(&seed, purposes[i], &derived);
        key_from_seed(&derived, &keys);
        buffer_append(out, derived.b, sizeof derived.b);
        buffer_append(out, keys.public_key.b, sizeof keys.public_key.b);
    }
}
static void genesis_file(struct gold *g, struct buffer *out) { buffer_append_span(out, g->w.genesis->file); }
static void chain_id(struct gold *g, struct buffer *out) { put_digest(out, g->w.genesis->chain_id); }
static void genesis_leaf(struct gold *g, struct buffer *out) {
    uint64_t height;
    uint32_t index;
    CHECK(query_log_leaf(g->w.rows.reader, 0, out, &height, &index) == OK);
}
static void item(struct gold *g, struct buffer *out) { item_encode(&g->event, out); }
static void item_digests(struct gold *g, struct buffer *out) {
    struct digest root;
    put_digest(out, item_fields_digest(&g->event));
    item_things_root(&g->event, &root);
    put_digest(out, root);
    put_digest(out, item_digest(&g->event));
}
static void hidden_value(struct gold *g, struct buffer *out) {
    static const uint8_t salt[HIDDEN_SALT_BYTES] = {1, 2, 3};
    struct buffer value CLEANUP(buffer_free) = {0};
    struct hidden h = {.tier = TIER_DELETABLE};
    buffer_init(&value, 64);
    pack_text(&value, span_text("13800000000"));
    h.commitment = hidden_commitment(&g->w.genesis->chain_id, h.tier, salt,
                                     span_text("/ilmd/https:~1~1ns.example~1contact"), buffer_span(&value));
    hidden_write(&h, out);
}
static void sealed(struct gold *g, struct buffer *out) { golden_sealed(&g->w, &g->record, out); }
static void deletion_item(struct gold *g, struct buffer *out) { golden_deletion(&g->record, out); }
static void record(struct gold *g, struct buffer *out) { buffer_append_span(out, g->record.wire); }
static void record_header(struct gold *g, struct buffer *out) { buffer_append_span(out, g->record.header_bytes); }
static void record_leaf_bytes(struct gold *g, struct buffer *out) {
    record_leaf(g->record.header_bytes, &g->record.signature, out);
}
static void record_ids(struct gold *g, struct buffer *out) {
    put_digest(out, g->record.wire_id);
    put_digest(out, g->record.id);
}
static struct act an_act(void) {
    static struct member_key key;
    key = (struct member_key){world_pubkey("carrier"), 0, 1811808000000};
    return (struct act){.type = ACT_MEMBER_ADMITTED, .subject = span_text("carrier"), .name = span_text("鹿城冷链"),
                        .division = span_text("330302"), .roles = MEMBER_CARRIER, .keys = &key, .keys_count = 1};
}
static void act_item(struct gold *g, struct buffer *out) {
    static const char *const approvers[] = {"bureau2"};
    struct record_header d = {.created_ms = 1780272000000, .nonce = 7};
    struct act act = an_act();
    struct item i = world_act_item(&g->w, &d, &act, approvers, 1);
    item_encode(&i, out);
}
static void act_digest_bytes(struct gold *g, struct buffer *out) {
    struct buffer bytes CLEANUP(buffer_free) = {0};
    struct act act = an_act();
    buffer_init(&bytes, 4096);
    act_encode(&act, &bytes);
    put_digest(out, act_digest(&g->w.genesis->chain_id, act.type, 1780272000000, 7, buffer_span(&bytes)));
}
static void block_header_bytes(struct gold *g, struct buffer *out) { buffer_append_span(out, g->header_bytes); }
static void block_digest_bytes(struct gold *g, struct buffer *out) { put_digest(out, block_digest(g->header_bytes)); }
static void block_leaf(struct gold *g, struct buffer *out) { buffer_append_span(out, g->block_leaf); }
static void results(struct gold *g, struct buffer *out) {
    for (size_t i = 0; i < 2; i++)
        codec_encode(&result_type, &g->results[i], out);
}

static struct ballot ballot_of(struct gold *g, enum vote_kind kind, uint64_t view) {
    struct ballot b = {.kind = (uint8_t)kind, .view = view};
    if (kind == VOTE_NULLIFY) return b;
    b.parent_view = view - 1;
    b.digest = block_digest(g->header_bytes);
    return b;
}
static void vote(struct gold *g, struct buffer *out) {
    struct ballot b = ballot_of(g, VOTE_FINALIZE, 300);
    struct vote v;
    vote_sign(&b, &g->w.genesis->chain_id, 2, &g->w.validators[2].consensus, &v);
    vote_encode(&v, out);
}
static void ballot_bytes(struct gold *g, struct buffer *out) {
    struct ballot b = ballot_of(g, VOTE_FINALIZE, 300);
    ballot_message(&b, &g->w.genesis->chain_id, out);
}
static void certificate_of(struct gold *g, enum vote_kind kind, uint64_t view, struct buffer *out) {
    struct vote votes[3];
    struct certificate c;
    struct ballot b = ballot_of(g, kind, view);
    for (uint8_t i = 0; i < 3; i++)
        vote_sign(&b, &g->w.genesis->chain_id, (uint8_t)(i + 1), &g->w.validators[i + 1].consensus, &votes[i]);
    CHECK(certificate_join(votes, 3, WORLD_VALIDATORS, &c));
    CHECK(certificate_check(&c, &g->w.genesis->chain_id, &g->w.genesis->validators) == OK);
    certificate_encode(&c, WORLD_VALIDATORS, out);
}
static void certificate(struct gold *g, struct buffer *out) { certificate_of(g, VOTE_FINALIZE, 300, out); }
static void nullification(struct gold *g, struct buffer *out) { certificate_of(g, VOTE_NULLIFY, 299, out); }
static void stored_block(struct gold *g, struct buffer *out) {
    struct buffer c CLEANUP(buffer_free) = {0}, n CLEANUP(buffer_free) = {0};
    struct stored_block b;
    struct block_header h;
    buffer_init(&c, 4096);
    buffer_init(&n, 4096);
    certificate_of(g, VOTE_NOTARIZE, 2, &c);
    pack_array(&n, 1);
    certificate_of(g, VOTE_NULLIFY, 1, &n);
    CHECK(stored_block_decode(g->stored, &g->w.arena, &b, &h) == OK);
    b.certificate = buffer_span(&c);
    b.nullifications = buffer_span(&n);
    stored_block_encode(&b, out);
}

static void status_in(const struct world *w, uint8_t type, struct span subject, struct buffer *out) {
    struct digest key = status_key(type, subject);
    struct buffer value CLEANUP(buffer_free) = {0};
    struct status_proof p;
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    put_digest(out, key);
    if (status_get(w->rows.reader, &key, &value)) {
        struct digest v = status_value_hash(buffer_span(&value));
        buffer_append_span(out, buffer_span(&value));
        put_digest(out, v);
        put_digest(out, status_leaf_hash(&key, &v));
    }
    status_prove(w->rows.reader, &w->head.status, &key, &p);
    status_proof_write(&p, out);
}
static void status_of(struct gold *g, uint8_t type, struct span subject, struct buffer *out) { status_in(&g->w, type, subject, out); }
static void status_member(struct gold *g, struct buffer *out) { status_of(g, STATUS_MEMBER, span_text("farm1"), out); }
static void status_key_of(struct gold *g, struct buffer *out) {
    struct pubkey k = world_pubkey("farm1");
    status_of(g, STATUS_KEY, span_of(k.b, 32), out);
}
static struct span thing_name(void) { return span_text("https://id.gs1.org/01/06901234567892/21/1001"); }
static void status_thing(struct gold *g, struct buffer *out) {
    status_of(g, STATUS_THING, span_text("https://id.gs1.org/01/06901234567892/21/1002"), out);
}
static void status_absent(struct gold *g, struct buffer *out) { status_of(g, STATUS_THING, span_text("never"), out); }
static void root_in(const struct world *w, struct buffer *out) {
    buffer_u64(out, w->head.status.count);
    put_digest(out, w->head.status.root);
}
static void status_root(struct gold *g, struct buffer *out) { root_in(&g->w, out); }
static void certificate_type_bytes(struct gold *g, struct buffer *out) {
    struct certificate_type t = golden_type();
    (void)g;
    certificate_type_encode(&t, out);
}
static void certificate_item(struct gold *g, struct buffer *out) { item_encode(&g->certificate_item, out); }
static void revocation_item(struct gold *g, struct buffer *out) {
    struct item i = world_revoke(&g->certified, "farm1/2026-0001", 3);
    item_encode(&i, out);
}
static void certified_root(struct gold *g, struct buffer *out) { root_in(&g->certified, out); }
static void status_certificate(struct gold *g, struct buffer *out) {
    status_in(&g->certified, STATUS_CERTIFICATE, span_text("farm1/2026-0001"), out);
}
static void status_certificate_type(struct gold *g, struct buffer *out) {
    status_in(&g->certified, STATUS_CERTIFICATE_TYPE, span_text("shoe-origin"), out);
}
static void status_balance(struct gold *g, struct buffer *out) {
    struct buffer subject CLEANUP(buffer_free) = {0};
    static const char *const parts[] = {"farm1", LOT_A, "NPR", "shoe-origin"};
    buffer_init(&subject, 1024);
    pack_array(&subject, 5);
    pack_uint(&subject, BALANCE_CERTIFIED);
    for (size_t i = 0; i < 4; i++)
        pack_text(&subject, span_text(parts[i]));
    status_in(&g->certified, STATUS_BALANCE, buffer_span(&subject), out);
}
static void code_bytes(struct gold *g, struct buffer *out) { golden_code(&g->codes, out); }
static void pack_leaves(struct gold *g, struct buffer *out) { golden_leaves(&g->codes, out); }
static void code_items(struct gold *g, struct buffer *out) { golden_items(&g->codes, out); }
static void coded_root(struct gold *g, struct buffer *out) { golden_coded_root(&g->codes, out); }
static void coded(struct gold *g, uint8_t type, void (*subject)(const struct golden_codes *, struct buffer *), struct buffer *out) {
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, 1024);
    subject(&g->codes, &b);
    status_in(&g->codes.w, type, buffer_span(&b), out);
}
static void status_pack(struct gold *g, struct buffer *out) { coded(g, STATUS_PACK, golden_pack_subject, out); }
static void status_claim(struct gold *g, struct buffer *out) { coded(g, STATUS_CLAIM, golden_claim_subject, out); }
static void status_codes(struct gold *g, struct buffer *out) { coded(g, STATUS_BALANCE, golden_codes_subject, out); }
static void history(struct gold *g, struct buffer *out) {
    struct digest chain = {{0}};
    for (uint64_t i = 1; i <= 2; i++) {
        struct history_entry e = {.i = i, .log_index = i * 100, .item = (uint16_t)i, .wire_id = g->record.wire_id,
                                  .subject = span_text("farm1"), .item_digest = g->record.item_digests[i - 1]};
        codec_encode(&history_entry_type, &e, out);
        chain = history_next(&chain, &e);
        put_digest(out, chain);
    }
}
static void checkpoint(struct gold *g, struct buffer *out) {
    checkpoint_note(&g->w.genesis->validators, g->w.genesis->origin, &g->attested, out);
}
static void policy(struct gold *g, struct buffer *out) { checkpoint_policy(&g->w.genesis->validators, g->w.genesis->origin, out); }
static void cosignature(struct gold *g, struct buffer *out) { codec_encode(&cosignature_type, &g->attested.cosignatures[0], out); }
static void proof_record(struct gold *g, struct buffer *out) {
    static const uint32_t items[] = {1};
    CHECK(proof_build_record(source(g), &g->record.wire_id, items, 1, out) == OK);
}
static void proof_thing(struct gold *g, struct buffer *out) { CHECK(proof_build_thing(source(g), thing_name(), out) == OK); }
static void proof_absence(struct gold *g, struct buffer *out) { CHECK(proof_build_thing(source(g), span_text("never"), out) == OK); }
static void proof_certificate(struct gold *g, struct buffer *out) { golden_proof_certificate(&g->codes, out); }
static void proof_code(struct gold *g, struct buffer *out) { golden_proof_code(&g->codes, out); }
static void proof_code_never(struct gold *g, struct buffer *out) { golden_proof_never_issued(&g->codes, out); }
static void statement(struct gold *g, struct buffer *out) {
    struct buffer bundle CLEANUP(buffer_free) = {0};
    struct statement s;
    buffer_init(&bundle, PROOF_BYTES_MAX);
    proof_thing(g, &bundle);
    CHECK(proof_verify(buffer_span(&bundle), &g->w.genesis->chain_id, &g->w.arena, &s) == OK);
    statement_json(&s, out);
    buffer_text(out, "\n");
}

static void journal(struct gold *g, struct buffer *out) {
    struct journal_header h = {.segment = 3, .salt = 0x0123456789abcdef, .previous_last = 41, .size = 1 << 20,
                               .previous_end = 4096, .chain_id = g->w.genesis->chain_id};
    struct buffer body CLEANUP(buffer_free) = {0};
    uint8_t header[JOURNAL_HEADER_BYTES], frame[JOURNAL_FRAME_BYTES];
    buffer_init(&body, 4096);
    vote(g, &body);
    struct journal_frame f = {.offset = JOURNAL_HEADER_BYTES, .batch = JOURNAL_HEADER_BYTES, .sequence = 42,
                              .type = JOURNAL_VOTE, .body = buffer_span(&body)};
    journal_header_encode(&h, header);
    journal_frame_encode(&h, &f, frame);
    buffer_append(out, header, sizeof header);
    buffer_append(out, frame, sizeof frame);
    buffer_append_span(out, buffer_span(&body));
}

static void peer_config_of(struct gold *g, struct peer_config *c, enum noise_role role) {
    *c = (struct peer_config){.role = role, .chain_id = g->w.genesis->chain_id,
                              .member = &g->w.validators[role == NOISE_INITIATOR ? 0 : 1].transport,
                              .software = "golden/1", .now_ms = 1000};
    memset(c->noise_static.b, role == NOISE_INITIATOR ? 0x11 : 0x22, NOISE_KEY_BYTES);
    memset(c->noise_ephemeral.b, role == NOISE_INITIATOR ? 0x33 : 0x44, NOISE_KEY_BYTES);
}
/* The three messages of the handshake as they go over the wire. */
static void peer_handshake(struct gold *g, struct buffer *out) {
    struct peer_config c[2];
    struct peer *p[2];
    struct peer_event e;
    struct peer_grant grant = peer_grant_member();
    for (int i = 0; i < 2; i++) {
        peer_config_of(g, &c[i], i == 0 ? NOISE_INITIATOR : NOISE_RESPONDER);
        p[i] = peer_new(&c[i]);
    }
    for (int turn = 0; turn < 3; turn++) {
        struct peer *from = p[turn % 2], *to = p[1 - turn % 2];
        struct span bytes = peer_output(from, 1000);
        buffer_append_span(out, bytes);
        CHECK(peer_input(to, bytes, 1000) == bytes.len);
        peer_output_done(from, 1000);
        while (peer_next(to, 1000, &e)) {
            CHECK(e.kind == PEER_AUTHENTICATED);
            peer_accept(to, &grant, 1000);
        }
    }
    CHECK(peer_is_open(p[1]));
    peer_free(p[0]);
    peer_free(p[1]);
}

static const struct named_type {
    const char *name;
    const struct type *type;
} types[] = {
    {"thing", &thing_type}, {"item", &item_type}, {"record_header", &record_header_type},
    {"block_header", &block_header_type}, {"block_leaf", &block_leaf_type}, {"genesis_leaf", &genesis_leaf_type},
    {"result", &result_type}, {"history_entry", &history_entry_type}, {"member_value", &member_value_type},
    {"key_value", &key_value_type}, {"thing_value", &thing_value_type}, {"record_id_value", &record_id_value_type},
    {"act_value", &act_value_type}, {"member_key", &member_key_type}, {"approval", &approval_type},
    {"cosignature", &cosignature_type}, {"guard", &guard_type}, {"parameters", &parameters_type},
    {"validator", &validator_type}, {"validator_bytes", &validator_bytes_type},
    {"genesis_member", &genesis_member_type}, {"genesis_threshold", &genesis_threshold_type},
    {"genesis_rest", &genesis_rest_type}, {"block_summary", &block_summary_type},
    {"status_message", &status_message_type}, {"pair_message", &pair_message_type},
    {"guard_message", &guard_message_type}, {"payload_message", &payload_message_type},
    {"anchor_value", &anchor_value_type}, {"certificate_value", &certificate_value_type},
    {"balance_value", &balance_value_type}, {"certificate_type_value", &certificate_type_value_type},
    {"leaves_wanted", &leaves_wanted_type}, {"leaves_found", &leaves_found_type}, {"leaves_whole", &leaves_whole_type},
    {"pack_value", &pack_value_type}, {"claim_value", &claim_value_type}, {"deletion_value", &deletion_value_type},
    {"recall_value", &recall_value_type},
    {"account_value", &account_value_type}, {"rule_value", &rule_value_type}, {"party_value", &party_value_type},
    {"told_value", &told_value_type}, {"group_value", &group_value_type}, {"link_value", &link_value_type},
    {"recalled_value", &recalled_value_type}, {"yield_value", &yield_value_type},
};

/* One line a type: SHA-256 over the encodings of some thousand generated values, each decoded again. */
static void generated(struct gold *g, struct buffer *out) {
    struct arena arena CLEANUP(arena_free) = {0};
    struct buffer bytes CLEANUP(buffer_free) = {0}, again CLEANUP(buffer_free) = {0};
    (void)g;
    arena_init(&arena, 256 << 20);
    buffer_init(&bytes, 64 << 20);
    buffer_init(&again, 64 << 20);
    for (size_t k = 0; k < sizeof types / sizeof *types; k++) {
        const struct type *type = types[k].type;
        struct rng r = {.state = 20260601 + k};
        struct sha256 h;
        struct digest d;
        void *value = check_alloc(1, type->size), *back = check_alloc(1, type->size);
        char hex[65];
        sha256_init(&h);
        for (uint32_t i = 0; i < VALUES_PER_TYPE; i++) {
            arena_reset(&arena);
            buffer_clear(&bytes);
            buffer_clear(&again);
            rng_struct(&r, type, &arena, value);
            codec_encode(type, value, &bytes);
            CHECK(bytes.len <= codec_size_max(type));
            CHECK(codec_decode(type, buffer_span(&bytes), &arena, back) == OK);
            codec_encode(type, back, &again);
            CHECK(span_equal(buffer_span(&bytes), buffer_span(&again)));
            sha256_add(&h, bytes.data, bytes.len);
        }
        sha256_final(&h, &d);
        hex_encode(span_of(d.b, 32), hex);
        buffer_printf(out, "%s %s\n", types[k].name, hex);
        free(value);
        free(back);
    }
}

/* The same over values of any kind. */
static void generated_values(struct gold *g, struct buffer *out) {
    struct arena arena CLEANUP(arena_free) = {0};
    struct buffer bytes CLEANUP(buffer_free) = {0};
    struct rng r = {.state = 1};
    struct sha256 h;
    struct digest d;
    (void)g;
    arena_init(&arena, 64 << 20);
    buffer_init(&bytes, 16 << 20);
    sha256_init(&h);
    for (uint32_t i = 0; i < 5 * VALUES_PER_TYPE; i++) {
        arena_reset(&arena);
        buffer_clear(&bytes);
        rng_value(&r, 5, &arena, &bytes);
        CHECK(value_check(buffer_span(&bytes)) == OK);
        sha256_add(&h, bytes.data, bytes.len);
    }
    sha256_final(&h, &d);
    put_digest(out, d);
}

static const struct format {
    const char *file; /* .hex: wrapped hexadecimal; .txt: as it is */
    const char *what;
    void (*fn)(struct gold *g, struct buffer *out);
} formats[] = {
    {"keys.hex", "C4: derived seed and public key of each purpose, seed 00 01 02 ...", derived_keys},
    {"genesis.hex", "G3: the genesis file", genesis_file},
    {"chain_id.hex", "G3: its chain id", chain_id},
    {"genesis_leaf.hex", "G8: log leaf 0", genesis_leaf},
    {"item.hex", "I1: an ObjectEvent", item},
    {"item_digests.hex", "I4: SHA-256(fields), root of the things, item digest", item_digests},
    {"hidden.hex", "I3: a hidden value", hidden_value},
    {"record.hex", "R6: wire form of two events", record},
    {"record_header.hex", "R1: its header", record_header},
    {"record_leaf.hex", "R4: its leaf", record_leaf_bytes},
    {"record_ids.hex", "R4, R5: wire identity, record id", record_ids},
    {"act.hex", "A1, A3: a member admitted, approved by one", act_item},
    {"act_digest.hex", "A7: its act digest", act_digest_bytes},
    {"block_header.hex", "B1: block 1", block_header_bytes},
    {"block_digest.hex", "B2: its digest", block_digest_bytes},
    {"stored_block.hex", "B7: as stored, repeated at view 2 over one nullified view", stored_block},
    {"ballot.hex", "V1: what a finalize vote signs, after its tag", ballot_bytes},
    {"vote.hex", "V2: that vote", vote},
    {"certificate.hex", "V3: a finalization", certificate},
    {"nullification.hex", "V3: a nullification", nullification},
    {"results.hex", "X4: one accepted, one of an unknown key", results},
    {"block_leaf.hex", "X5: of block 1", block_leaf},
    {"status_member.hex", "S1 to S5: key, value, value hash, leaf, proof of a member", status_member},
    {"status_key.hex", "S1 to S5: of a key", status_key_of},
    {"status_thing.hex", "S1 to S6: of a thing", status_thing},
    {"status_absent.hex", "S3: key and proof of an absence", status_absent},
    {"status_root.hex", "S2: count u64 and root", status_root},
    {"certificate_type.hex", "D1: a definition", certificate_type_bytes},
    {"certificate_item.hex", "D2: a certificate issued", certificate_item},
    {"revocation_item.hex", "D4: it is revoked", revocation_item},
    {"certified_root.hex", "S2: count u64 and root after it was issued", certified_root},
    {"status_certificate.hex", "S5: of the certificate (16)", status_certificate},
    {"status_balance.hex", "S5: of what is certified of its lot (21)", status_balance},
    {"status_certificate_type.hex", "S5: of its type (24)", status_certificate_type},
    {"code.hex", "Q1 to Q3: a code, its hash, its claim key, its leaf", code_bytes},
    {"pack_leaves.hex", "Q2: 64 bytes of each of five codes, then the root", pack_leaves},
    {"code_items.hex", "Q4, Q5, Q8: the pack issued, one voided, one claimed", code_items},
    {"coded_root.hex", "G3, S2: chain id, count u64 and root after that", coded_root},
    {"status_pack.hex", "S5: of the pack (17)", status_pack},
    {"status_claim.hex", "S5: of the claim (18)", status_claim},
    {"status_codes.hex", "S5: of the codes of its lot (21)", status_codes},
    {"sealed.hex", "U1 to U6: [openings, key, sealed file, key file of tier 3, of tier 1, request]", sealed},
    {"deletion_item.hex", "U8: it is told to be deleted", deletion_item},
    {"history.hex", "H1: two entries, each followed by the chain", history},
    {"cosignature.hex", "K6: a validator's signatures on the checkpoint", cosignature},
    {"checkpoint.txt", "K1, K2: the signed note", checkpoint},
    {"policy.txt", "K2: its C2SP policy", policy},
    {"proof_record.hex", "P: a record with one of two items", proof_record},
    {"proof_thing.hex", "P: a thing with its history", proof_thing},
    {"proof_absence.hex", "P: a thing that was never named", proof_absence},
    {"proof_certificate.hex", "P: a certificate, question 3", proof_certificate},
    {"proof_code.hex", "P: a code issued and claimed, question 4", proof_code},
    {"proof_code_never.hex", "P: a code never issued, question 4", proof_code_never},
    {"statement.txt", "P: what the proof of the thing states", statement},
    {"peer_handshake.hex", "N1, N2: the three handshake messages with their lengths", peer_handshake},
    {"journal.hex", "J1, J2: a segment's header and a frame with a vote", journal},
    {"generated.txt", "a hash over some thousand generated values per type", generated},
    {"generated_values.hex", "M: the same over values of every kind", generated_values},
};

static void render(const struct format *f, struct span bytes, struct buffer *out) {
    if (strstr(f->file, ".txt") != NULL) {
        buffer_append_span(out, bytes);
        return;
    }
    buffer_printf(out, "# %s\n", f->what);
    for (size_t i = 0; i < bytes.len; i++)
        buffer_printf(out, "%02x%s", bytes.data[i],
                      i + 1 == bytes.len || (i + 1) % HEX_PER_LINE == 0 ? "\n" : "");
}

static bool write_file(const char *path, struct span s) {
    FILE *f = fopen(path, "wb");
    if (f == NULL) return false;
    bool good = fwrite(s.data, 1, s.len, f) == s.len;
    return fclose(f) == 0 && good;
}

/* 0 in order, 1 different. */
static int format_check(struct gold *g, const struct format *f, const char *dir, bool write) {
    struct buffer bytes CLEANUP(buffer_free) = {0}, text CLEANUP(buffer_free) = {0},
                  pinned CLEANUP(buffer_free) = {0};
    char path[VECTOR_PATH_MAX];
    buffer_init(&bytes, GOLDEN_BYTES_MAX);
    buffer_init(&text, 4 * GOLDEN_BYTES_MAX);
    buffer_init(&pinned, 4 * GOLDEN_BYTES_MAX);
    f->fn(g, &bytes);
    CHECK(!bytes.overflow && bytes.len > 0);
    render(f, buffer_span(&bytes), &text);
    snprintf(path, sizeof path, "%s/%s", dir, f->file);
    if (write) return write_file(path, buffer_span(&text)) ? 0 : 1;
    if (!file_read(path, &pinned)) {
        printf("%s: there is no such file\n", path);
        return 1;
    }
    if (span_equal(buffer_span(&pinned), buffer_span(&text))) return 0;
    printf("%s (%s) differs.\npinned:\n%.*s\nmade:\n%.*s\n", f->file, f->what, (int)pinned.len,
           (const char *)pinned.data, (int)text.len, (const char *)text.data);
    return 1;
}

int main(int argc, char **argv) {
    bool write = argc == 3 && strcmp(argv[2], "--write") == 0;
    int different = 0;
    if (argc < 2 || (argc == 3 && !write) || argc > 3) {
        fputs("golden DIR [--write]\n", stderr);
        return 2;
    }
    crypto_start();
    struct gold *g = check_alloc(1, sizeof *g);
    make(g);
    make_certified(g);
    golden_codes_make(&g->codes);
    size_t count = sizeof formats / sizeof *formats;
    for (size_t i = 0; i < count; i++)
        different += format_check(g, &formats[i], argv[1], write);
    printf("golden bytes: %zu formats, %d differ\n", count, different);
    world_end(&g->w);
    world_end(&g->certified);
    world_end(&g->codes.w);
    free(g);
    return different == 0 ? 0 : 1;
}
