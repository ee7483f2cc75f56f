/* make_corpus.c: writes the seeds of the corpora in tests/fuzz/corpus: real encodings of a small chain (tests/unit/ledger_world.h) and the nasty
 * cases one thinks of by hand. `fuzz_corpus DIR` writes DIR/<target>/<name>. What fuzzing found worth keeping lies beside them. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "consensus/quorum_certificate.h"
#include "node/peer.h"
#include "node/replica_message.h"
#include "storage/journal_frame.h"
#include "tests/fuzz/corpus_seed.h"
#include "tests/fuzz/lone_replica.h"
#include "tests/unit/epc_random.h"
#include "tests/unit/certificate_world.h"
#include "tests/unit/ledger_world.h"

#include "tests/unit/code_world.h"
#include "trace/identifier.h"

#define EPC "urn:epc:id:sgtin:6901234.056789.1001"


void seed(const char *target, const char *name, const char *prefix, size_t prefix_len, struct span bytes) {
    char path[1024];
    mkdir(target, 0777);
    snprintf(path, sizeof path, "%s/%s", target, name);
    FILE *f = fopen(path, "wb");
    CHECK(f != NULL);
    CHECK(fwrite(prefix, 1, prefix_len, f) == prefix_len);
    CHECK(fwrite(bytes.data, 1, bytes.len, f) == bytes.len);
    fclose(f);
}

static void text_seed(const char *target, const char *name, const char *text) {
    seed(target, name, "", 0, span_text(text));
}

#define BYTES_SEED(target, name, literal) seed(target, name, "", 0, span_of(literal, sizeof(literal) - 1))

/* ---- codec ---- */

static void codec(const struct world *w) {
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, 1 << 16);
    pack_map(&b, 4);
    pack_text(&b, span_text("a"));
    pack_array(&b, 5);
    pack_nil(&b);
    pack_bool(&b, true);
    pack_int(&b, -33);
    pack_uint(&b, UINT64_MAX);
    pack_float(&b, 0.5);
    pack_text(&b, span_text("b"));
    pack_bytes(&b, span_text("bytes"));
    pack_text(&b, span_text("c"));
    uint8_t hidden[33] = {1};
    pack_ext(&b, 1, span_of(hidden, sizeof hidden));
    pack_text(&b, span_text("鹿城"));
    pack_text(&b, span_text("杨梅"));
    seed("codec", "value-of-each-kind", "V", 1, buffer_span(&b));
    BYTES_SEED("codec", "value-not-shortest", "V\xcd\x00\x01");
    BYTES_SEED("codec", "value-minus-zero", "V\xcb\x80\x00\x00\x00\x00\x00\x00\x00");
    BYTES_SEED("codec", "value-integral-float", "V\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00");
    BYTES_SEED("codec", "value-nan", "V\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00");
    BYTES_SEED("codec", "value-4g-array", "V\xdd\xff\xff\xff\xff\xc0");
    BYTES_SEED("codec", "value-4g-bytes", "V\xc6\xff\xff\xff\xff\xc0");
    BYTES_SEED("codec", "value-4g-map", "V\xdf\xff\xff\xff\xff\xa1""a\xc0");
    BYTES_SEED("codec", "value-keys-twice", "V\x82\xa1""a\x01\xa1""a\x02");
    BYTES_SEED("codec", "value-keys-unsorted", "V\x82\xa1""b\x01\xa1""a\x02");
    BYTES_SEED("codec", "value-surrogate", "V\xa3\xed\xa0\x80");
    BYTES_SEED("codec", "value-nul", "V\xa1\x00");
    BYTES_SEED("codec", "value-trailing", "V\xc0\xc0");
    uint8_t deep[64] = {'V'};
    memset(deep + 1, 0x91, sizeof deep - 2);
    deep[sizeof deep - 1] = 0xc0;
    seed("codec", "value-deep", "", 0, span_of(deep, sizeof deep));
    seed("codec", "value-deep-enough", "", 0, span_of(deep, 1 + CODEC_DEPTH_MAX));
    text_seed("codec", "json-numbers", "J[0,-0,1.5,1e2,9007199254740991,9007199254740992,1e400,0.1,-1E-7,5e-324]");
    text_seed("codec", "json-text", "J{\"a\":\"\\u9e7f\\ud83d\\ude00\\n\",\"b\":[true,false,null,{}],\"\":[]}");
    text_seed("codec", "json-lone-surrogate", "J\"\\ud800\"");
    text_seed("codec", "json-nul", "J\"\\u0000\"");
    text_seed("codec", "json-twice", "J{\"a\":1,\"a\":2}");
    text_seed("codec", "json-deep", "J[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
    text_seed("codec", "json-trailing", "J{} {}");
    buffer_clear(&b);
    codec_encode(&genesis_rest_type, &w->genesis->rest, &b);
    seed("codec", "table-genesis-rest", "\x04", 1, buffer_span(&b));
    seed("codec", "table-validators", "\x01", 1, w->genesis->validator_bytes);
}

/* ---- genesis ---- */

static void genesis(const struct world *w) {
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, 1 << 20);
    seed("genesis", "file", "", 0, w->genesis->file);
    genesis_json(w->genesis, &b);
    seed("genesis", "json", "", 0, buffer_span(&b));
    text_seed("genesis", "json-unknown-name", "{\"domain\":\"a.example\",\"title\":\"a\",\"creatd\":0}");
    text_seed("genesis", "json-nothing", "{}");
}

/* ---- records, blocks, leaves ---- */

static void codes(struct world *w) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct world_pack *p = world_pack_make(w, "farm1", "K7M2Q", 5);
    struct claim claim = world_claim_of(w, p, 2, "330302", 9);
    struct item items[] = {world_pack_item(w, p, span_text(PRODUCT_A "/10/L7"), span_text("farm1/C1")),
                           world_void_item(w, p->id, 1, 3, 7), world_claim_item(w, &claim)};
    static const char *const names[] = {"codes-issued", "codes-voided", "codes-claimed"};
    buffer_init(&b, 1 << 16);
    for (size_t i = 0; i < 3; i++) {
        buffer_clear(&b);
        item_encode(&items[i], &b);
        seed("record", names[i], "Q", 1, buffer_span(&b));
    }
    struct record_header d = world_draft(w, "farm1", RECORD_CLAIMS);
    seed("record", "claim", "R", 1, world_record(w, &d, &items[2], 1, "farm1"));
    seed("record", "code-typed", "Q", 1, span_text("8z3t-q0m4 C1VN\xe3\x80\x80W6XA"));
    buffer_clear(&b);
    code_identifier(&p->codes[2], &b);
    seed("record", "code-identifier", "Q", 1, buffer_span(&b));
}

static void records(struct world *w, struct span *ret_event) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct record record;
    struct span header;
    buffer_init(&b, 1 << 20);
    struct item born = world_event(w, "ADD", "commissioning", ",\"ilmd\":{\"cbvmda:lotNumber\":\"L7\"}", EPC, NULL);
    struct record_header draft = world_draft(w, "farm1", RECORD_EVENTS);
    struct item three[3] = {born, born, born};
    *ret_event = world_record(w, &draft, &born, 1, "farm1");
    seed("record", "event", "R", 1, *ret_event);
    seed("record", "three-events", "R", 1, world_record(w, &draft, three, 3, "farm1"));
    seed("record", "key-of-another", "R", 1, world_record(w, &draft, &born, 1, "farm2"));
    CHECK(record_parse(&w->genesis->params, *ret_event, &w->arena, &record, NULL) == OK);
    record_leaf(record.header_bytes, &record.signature, &b);
    seed("record", "leaf-record", "L", 1, buffer_span(&b));
    struct member_key key = {world_pubkey("farm3"), 1, 2};
    struct act acts[] = {
        {.type = ACT_MEMBER_ADMITTED, .subject = span_text("farm3"), .name = span_text("farm 3"), .division = span_text("330302"),
         .roles = MEMBER_PRODUCER, .keys = &key, .keys_count = 1},
        {.type = ACT_MEMBER_SUSPENDED, .subject = span_text("farm2"), .reason = 7},
        {.type = ACT_KEY_ADDED, .subject = span_text("farm2"), .keys = &key, .keys_count = 1},
        {.type = ACT_KEY_REVOKED, .keys = &key, .keys_count = 1, .reason = 1},
    };
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        static const char *const approvers[] = {"bureau2"};
        char name[32];
        struct record_header d = world_draft(w, "bureau", RECORD_GOVERNANCE);
        struct item item = world_act_item(w, &d, &acts[i], approvers, 1);
        snprintf(name, sizeof name, "act-%zu", i);
        buffer_clear(&b);
        item_encode(&item, &b);
        seed("record", name, "A", 1, buffer_span(&b));
        snprintf(name, sizeof name, "governance-%zu", i);
        seed("record", name, "R", 1, world_record(w, &d, &item, 1, "bureau"));
    }
    codes(w);
    (void)world_add(w, *ret_event);
    seed("record", "block", "B", 1, world_block_bytes(w, w->head.time_ms + 1, &header));
    CHECK(world_close(w, 1000) == OK);
    struct block_leaf leaf = {.version = 1, .height = 1, .block = w->head.block, .time_ms = w->head.time_ms, .results_count = 1, .status_count = 12};
    buffer_clear(&b);
    block_leaf_encode(&leaf, &b);
    seed("record", "leaf-block", "L", 1, buffer_span(&b));
    struct genesis_leaf first = {.version = 1, .validators_digest = w->genesis->validators_digest, .status_count = 10};
    buffer_clear(&b);
    genesis_leaf_encode(&first, &b);
    seed("record", "leaf-genesis", "L", 1, buffer_span(&b));
}

/* A type with a field of every kind, and a certificate of it; one superseding, one revoked. */
static void certificates(struct world *w) {
    static struct span choices[] = {{(const uint8_t *)"glue", 4}, {(const uint8_t *)"sewn", 4}};
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
    struct buffer b CLEANUP(buffer_free) = {0}, out CLEANUP(buffer_free) = {0};
    struct certificate_field fields[9];
    struct certificate_type type = world_type("origin");
    struct hidden hidden = {.tier = TIER_DELETABLE};
    struct certificate_entry entries[9];
    buffer_init(&b, 1 << 16);
    buffer_init(&out, 1 << 16);
    for (uint8_t i = 0; i < 9; i++) {
        bool chosen = i == 5 || i == 6;
        fields[i] = (struct certificate_field){span_text(names[i]), (uint8_t)(i < 8 ? i + 1 : 1), i < 8 ? CERTIFICATE_MANDATORY : CERTIFICATE_HIDDEN,
                                               chosen ? choices : NULL, chosen ? 2 : 0, span_text("项"), span_text("field")};
        buffer_clear(&b);
        if (i == 1 || i == 2)
            pack_uint(&b, 7);
        else if (i == 4)
            pack_bytes(&b, span_of(hidden.commitment.b, 32));
        else if (i == 8)
            hidden_write(&hidden, &b);
        else if (i >= 6)
            pack_array(&b, 1);
        if (i == 0 || i == 3 || (i >= 5 && i < 8)) pack_text(&b, span_text(i == 3 ? "2024-02-29" : "glue"));
        entries[i] = (struct certificate_entry){span_text(names[i]), world_keep(w, buffer_span(&b))};
    }
    type.fields = fields;
    type.fields_count = 9;
    struct certificate_issue c = {.number = span_text("1"), .type = span_text("origin"), .producer = span_text("farm1"), .from_ms = 5,
                                  .until_ms = 6, .fields = entries, .fields_count = 9, .upstream = {span_text("lab/1")}, .upstream_count = 1};
    struct covers covers = {LOT_A, 2.5, "NPR"};
    struct item items[3] = {world_issue(w, &c, &covers, 1)};
    c.supersedes = span_text("farm1/0");
    items[1] = world_issue(w, &c, &covers, 1);
    items[2] = world_revoke(w, "farm1/1", 3);
    for (size_t i = 0; i < 3; i++) {
        char name[32];
        snprintf(name, sizeof name, "certificate-%zu", i);
        buffer_clear(&out);
        pack_array(&out, 2);
        buffer_clear(&b);
        certificate_type_encode(&type, &b);
        pack_bytes(&out, buffer_span(&b));
        buffer_clear(&b);
        item_encode(&items[i], &b);
        pack_bytes(&out, buffer_span(&b));
        seed("record", name, "C", 1, buffer_span(&out));
    }
}

/* ---- notes and proofs ---- */

static void notes_and_proofs(const struct world *w, struct span event) {
    struct buffer b CLEANUP(buffer_free) = {0}, name CLEANUP(buffer_free) = {0};
    struct attested a;
    struct note_key key;
    struct digest wire_id;
    enum identifier_kind kind;
    buffer_init(&b, 1 << 20);
    buffer_init(&name, IDENTIFIER_BYTES_MAX);
    world_attest(w, 1780272100, &a);
    checkpoint_note(&w->genesis->validators, w->genesis->origin, &a, &b);
    seed("note", "note", "N", 1, buffer_span(&b));
    buffer_clear(&b);
    attested_encode(&a, &b);
    seed("note", "attested", "A", 1, buffer_span(&b));
    buffer_clear(&b);
    note_key_make(w->genesis->origin, NOTE_ED25519, &w->genesis->validators.validators[0].log_key, &key);
    note_key_text(&key, &b);
    seed("note", "vkey", "K", 1, buffer_span(&b));
    buffer_clear(&b);
    struct checkpoint c = {w->genesis->origin, a.size, a.root};
    checkpoint_body(&c, &b);
    seed("note", "checkpoint", "C", 1, buffer_span(&b));
    text_seed("note", "checkpoint-leading-zero", "Ca\n01\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    text_seed("note", "checkpoint-extension", "Ca\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nmore\n");
    text_seed("note", "note-unsigned", "Na\n\n");

    struct proof_source source = world_source(w, &a);
    CHECK(record_wire_id(event, &wire_id) == OK);
    buffer_clear(&b);
    CHECK(proof_build_record(&source, &wire_id, NULL, 0, &b) == OK);
    seed("proof", "record", "", 0, buffer_span(&b));
    CHECK(identifier_canonical(span_text(EPC), &name, &kind) == OK);
    buffer_clear(&b);
    CHECK(proof_build_thing(&source, buffer_span(&name), &b) == OK);
    seed("proof", "thing", "", 0, buffer_span(&b));
    buffer_clear(&b);
    CHECK(proof_build_thing(&source, span_text("https://id.gs1.org/01/06901234567892/21/9"), &b) == OK);
    seed("proof", "absent", "", 0, buffer_span(&b));
}

/* ---- votes and certificates ---- */

static void messages(const struct world *w) {
    struct buffer b CLEANUP(buffer_free) = {0};
    static struct certificate joined;
    buffer_init(&b, 1 << 16);
    for (uint8_t kind = VOTE_NOTARIZE; kind <= VOTE_FINALIZE; kind++) {
        char name[32];
        struct ballot ballot = {.kind = kind, .view = 9, .parent_view = 7, .digest = w->genesis->chain_id};
        struct vote votes[WORLD_VALIDATORS];
        if (kind == VOTE_NULLIFY) ballot = (struct ballot){.kind = kind, .view = 9};
        for (uint8_t i = 0; i < WORLD_VALIDATORS; i++)
            vote_sign(&ballot, &w->genesis->chain_id, i, &w->validators[i].consensus, &votes[i]);
        buffer_clear(&b);
        vote_encode(&votes[kind], &b);
        snprintf(name, sizeof name, "vote-%u", kind);
        seed("message", name, "V", 1, buffer_span(&b));
        CHECK(certificate_join(votes, WORLD_VALIDATORS, WORLD_VALIDATORS, &joined));
        buffer_clear(&b);
        certificate_encode(&joined, WORLD_VALIDATORS, &b);
        snprintf(name, sizeof name, "certificate-%u", kind);
        seed("message", name, "C\x03", 2, buffer_span(&b));
        snprintf(name, sizeof name, "certificate-%u-of-five", kind);
        seed("message", name, "C\x04", 2, buffer_span(&b));
    }
}

/* ---- peers ---- */

static void peers(void) {
    BYTES_SEED("peer", "raw-nothing", "R\x00");
    BYTES_SEED("peer", "raw-too-long", "R\x01\xff\xff");
    BYTES_SEED("peer", "raw-empty-message", "R\x00\x00\x00");
    BYTES_SEED("peer", "raw-zero-key", "R\x07\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
                                       "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00");
    BYTES_SEED("peer", "initiator-zero-key", "I\x07\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
                                             "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00");
    struct buffer b CLEANUP(buffer_free) = {0};
    struct keypair keys;
    struct signature signature = {{0}};
    buffer_init(&b, 1 << 12);
    world_keys("stranger", &keys);
    pack_array(&b, 4);
    pack_uint(&b, 1);
    pack_bytes(&b, span_of(keys.public_key.b, 32));
    pack_bytes(&b, span_of(signature.b, 64));
    pack_text(&b, span_text("suyuand/0.1.0"));
    seed("peer", "payload-unsigned", "P", 1, buffer_span(&b));
    BYTES_SEED("peer", "open-vote", "O\x0a\x00\x00\x00\x00\x04\x03wxyz");
    BYTES_SEED("peer", "open-in-two", "O\x07\x00\x00\x00\x00\x04\x03w\x04\x00xyz");
    BYTES_SEED("peer", "open-records", "O\x0a\x01\x00\x00\x00\x04\x10wxyz\x06\x01\x00\x00\x00\x00\x10");
    BYTES_SEED("peer", "open-4g", "O\x06\x01\xff\xff\xff\xff\x10");
    BYTES_SEED("peer", "open-longest", "O\x0a\x01\x00\x40\x00\x00\x13wxyz");
    BYTES_SEED("peer", "open-ping", "O\x0e\x00\x00\x00\x00\x08\xf0\x01\x02\x03\x04\x05\x06\x07\x08");
    BYTES_SEED("peer", "open-pong", "O\x0e\x00\x00\x00\x00\x08\xf1\x01\x02\x03\x04\x05\x06\x07\x08");
    BYTES_SEED("peer", "open-goodbye", "O\x08\x00\x00\x00\x00\x02\xf2\x02\x5a");
    BYTES_SEED("peer", "open-nothing", "O\x00\x01\x00\x02\x00\x00");
    BYTES_SEED("peer", "follower-vote", "F\x0a\x00\x00\x00\x00\x04\x03wxyz");
    BYTES_SEED("peer", "follower-fetch", "F\x09\x00\x00\x00\x00\x03\x12\x92\x01\x02");
}

/* ---- the replica: scripts of fuzz_replica.c ---- */

static void say(struct buffer *script, uint8_t peer, uint8_t type, struct span body) {
    buffer_u8(script, peer);
    buffer_u8(script, type);
    buffer_u16(script, (uint16_t)body.len);
    buffer_append_span(script, body);
}

static void say_votes(struct buffer *script, const struct world *w, const struct ballot *ballot, uint8_t first) {
    for (uint8_t i = first; i < WORLD_VALIDATORS; i++) {
        struct vote v;
        struct buffer b CLEANUP(buffer_free) = {0};
        buffer_init(&b, 1 << 12);
        vote_sign(ballot, &w->genesis->chain_id, i, &w->validators[i].consensus, &v);
        vote_encode(&v, &b);
        say(script, (uint8_t)(i - 1), MESSAGE_VOTE, buffer_span(&b));
    }
}

/* The whole life of one block: spread, proposed by validator 1, voted, finalized, cosigned; then asked for again. */
static void block_life(struct world *w, struct buffer *script) {
    struct buffer b CLEANUP(buffer_free) = {0}, header CLEANUP(buffer_free) = {0};
    struct digest id;
    struct item event = world_event(w, "OBSERVE", "packing", "", EPC, NULL);
    struct span record = world_record(w, &(struct record_header){.kind = RECORD_EVENTS, .subject = span_text("farm1"), .created_ms = WORLD_CREATED_MS,
                                      .expires_ms = WORLD_CREATED_MS + 3600000, .nonce = 1}, &event, 1, "farm1");
    buffer_init(&b, 1 << 16);
    buffer_init(&header, BLOCK_HEADER_BYTES_MAX);
    CHECK(record_wire_id(record, &id) == OK);
    pack_array(&b, 1);
    pack_raw(&b, record);
    say(script, 0, MESSAGE_RECORDS, buffer_span(&b));
    struct block_header h = {.version = 1, .chain_id = w->genesis->chain_id, .view = 1, .height = 1, .parent = w->genesis->chain_id,
                             .payload_count = 1, .payload_root = block_payload_root(&id, 1), .time_ms = WORLD_CREATED_MS + 1000, .proposer = 1};
    block_header_encode(&h, &header);
    struct payload_message payload = {buffer_span(&header), span_of(id.b, 32)};
    buffer_clear(&b);
    codec_encode(&payload_message_type, &payload, &b);
    say(script, 0, MESSAGE_PAYLOAD, buffer_span(&b));
    struct ballot ballot = {.kind = VOTE_NOTARIZE, .view = 1, .digest = block_digest(buffer_span(&header))};
    struct vote proposal;
    vote_sign(&ballot, &w->genesis->chain_id, 1, &w->validators[1].consensus, &proposal);
    buffer_clear(&b);
    vote_encode(&proposal, &b);
    say(script, 0, MESSAGE_PROPOSAL, buffer_span(&b));
    say_votes(script, w, &ballot, 2);
    ballot.kind = VOTE_FINALIZE;
    say_votes(script, w, &ballot, 1);
}

/* The checkpoint after that block, cosigned by the others, so that it is committed; and the follower's question for it. */
static void block_attested(struct world *w, const struct lone *l, struct buffer *script) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct pair_message one = {1, 1};
    buffer_init(&b, 1 << 12);
    CHECK(l->executed_count == 1); /* what the seed is for: the block became final */
    for (uint8_t i = 1; i < WORLD_VALIDATORS; i++) {
        struct cosignature c = {.index = i, .size = l->executed[0]->told.log_size, .root = l->executed[0]->told.log_root,
                                .time_s = WORLD_CREATED_MS / 1000 + 1};
        cosignature_sign(&w->validators[i].checkpoint, &w->validators[i].log, w->genesis->origin, &c);
        buffer_clear(&b);
        codec_encode(&cosignature_type, &c, &b);
        say(script, (uint8_t)(i - 1), MESSAGE_COSIGNATURE, buffer_span(&b));
    }
    buffer_clear(&b);
    codec_encode(&pair_message_type, &one, &b);
    say(script, LONE_FOLLOWER, MESSAGE_BLOCK_FETCH, buffer_span(&b));
}

static void expect_committed(struct lone *l) {
    struct replica_status status;
    replica_status(l->replica, &status);
    CHECK(status.committed_height == 1);
}

static void catching_up(const struct world *w, struct span blocks, struct buffer *script) {
    static struct lone late;
    struct buffer b CLEANUP(buffer_free) = {0};
    struct status_message ahead = {9, 9, 99}; /* so far that it asks at once */
    buffer_init(&b, 1 << 12);
    codec_encode(&status_message_type, &ahead, &b);
    say(script, 1, MESSAGE_STATUS, buffer_span(&b));
    say(script, 1, MESSAGE_BLOCKS, blocks);
    seed("replica", "catching-up", "", 0, buffer_span(script));
    lone_start(&late, w->genesis);
    lone_run(&late, buffer_span(script));
    expect_committed(&late);
    lone_stop(&late);
}

static void silent_leaders(const struct world *w, struct buffer *script) {
    struct ballot nullify = {.kind = VOTE_NULLIFY, .view = 1};
    say_votes(script, w, &nullify, 1);
    buffer_append(script, "\xff\x40", 2);
    nullify.view = 2;
    say_votes(script, w, &nullify, 1);
    seed("replica", "silent-leaders", "", 0, buffer_span(script));
}

static void two_faces(const struct world *w, struct buffer *script) {
    struct buffer face[2] = {{0}}, b CLEANUP(buffer_free) = {0};
    buffer_init(&b, 1 << 12);
    pack_array(&b, 2);
    for (uint8_t i = 0; i < 2; i++) {
        struct vote v;
        struct ballot ballot = {.kind = VOTE_NOTARIZE, .view = 1, .digest = {{(uint8_t)(i + 1)}}};
        buffer_init(&face[i], 1 << 12);
        vote_sign(&ballot, &w->genesis->chain_id, 1, &w->validators[1].consensus, &v);
        vote_encode(&v, &face[i]);
        pack_bytes(&b, buffer_span(&face[i]));
    }
    say(script, LONE_FOLLOWER, MESSAGE_EVIDENCE, buffer_span(&b));
    for (uint8_t i = 0; i < 2; i++) {
        say(script, 0, MESSAGE_PROPOSAL, buffer_span(&face[i]));
        buffer_free(&face[i]);
    }
    say(script, 2, MESSAGE_PAYLOAD_FETCH, span_text("\x91\xc4"));
    say(script, 2, MESSAGE_RECORD_FETCH, span_of(w->genesis->chain_id.b, 32));
    seed("replica", "two-faces", "", 0, buffer_span(script));
}

static void replicas(void) {
    static struct world w;
    static struct lone l;
    struct buffer script CLEANUP(buffer_free) = {0};
    buffer_init(&script, 1 << 16);
    world_begin(&w, 1);
    lone_start(&l, w.genesis);
    block_life(&w, &script);
    lone_run(&l, buffer_span(&script));
    size_t before = script.len;
    block_attested(&w, &l, &script);
    lone_run(&l, span_part(buffer_span(&script), before, script.len - before));
    expect_committed(&l);
    seed("replica", "block-life", "", 0, buffer_span(&script));
    buffer_clear(&script);
    catching_up(&w, buffer_span(&l.blocks), &script);
    buffer_clear(&script);
    silent_leaders(&w, &script);
    buffer_clear(&script);
    two_faces(&w, &script);
    lone_stop(&l);
    world_end(&w);
}

/* ---- tags ---- */

static void tags(void) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct rng r = {1};
    buffer_init(&b, EPC_TEXT_MAX);
    for (int scheme = EPC_NO_SCHEME + 1; scheme < EPC_SCHEMES; scheme++) {
        struct epc e;
        size_t bits;
        rng_epc(&r, (enum epc_scheme)scheme, &e);
        buffer_clear(&b);
        CHECK(epc_to_bits(&e, &b, &bits) == OK);
        seed("epc", epc_scheme_name(e.scheme), "B", 1, buffer_span(&b));
    }
    text_seed("epc", "hex", "H3066C4409047E140075BCD15");
    text_seed("epc", "segment-hex", "Seh30164596f40c0e5cbe991a83");
    text_seed("epc", "segment-base64", "SexMBZFlvQMDly-mRqD");
    text_seed("epc", "tag-sgtin", "Turn:epc:tag:sgtin-198:3.0614141.812345.a%2Fb.c");
    text_seed("epc", "tag-adi", "Turn:epc:tag:adi-var:12.W81X9C.3KL984PX1.%232WMA52");
    text_seed("epc", "id-grai", "Iurn:epc:id:grai:061414113245..0");
    text_seed("epc", "id-lgtin", "Iurn:epc:class:lgtin:4012345.012345.L%2F1");
    text_seed("epc", "id-pattern", "Iurn:epc:idpat:itip:4012345.012345.01.02.*");
    text_seed("epc", "id-bic", "Iurn:epc:id:bic:CSQU3054383");
    text_seed("epc", "link-item", "L\x07https://a.example/x/01/04012345123456/22/v/10/L%2F1/21/A?17=290131&7007=290101290131&x=y");
    text_seed("epc", "link-location", "L\x08/414/0614141123452/254/A%22");
    text_seed("epc", "link-asset", "L\x06/8004/0614141Ab%25?8008=29010124");
}

/* ---- journal ---- */

static void journal(void) {
    BYTES_SEED("journal", "untouched", "\x00");
    BYTES_SEED("journal", "header", "\x00\x00\x04\xff\x00\x20\x00");
    BYTES_SEED("journal", "middle", "\x00\x02\x00\x55\x04\x00\x55");
    BYTES_SEED("journal", "second-segment", "\x00\x08\x10\x00\x0b\xff\x01");
    BYTES_SEED("journal", "segment-nothing", "\x01");
    struct journal_header h = {.segment = 1, .salt = 1, .size = 4096};
    uint8_t segment[512] = {1}, *at = segment + 1;
    journal_header_encode(&h, at);
    uint32_t offset = JOURNAL_HEADER_BYTES;
    for (uint64_t sequence = 1; sequence <= 3; sequence++) {
        struct journal_frame f = {.offset = offset, .batch = offset, .sequence = sequence, .type = 3, .body = span_text("a record")};
        journal_frame_encode(&h, &f, at + offset);
        memcpy(at + offset + JOURNAL_FRAME_BYTES, f.body.data, f.body.len);
        offset += journal_frame_size((uint32_t)f.body.len);
    }
    seed("journal", "segment-three-records", "", 0, span_of(segment, 1 + offset));
    segment[1 + JOURNAL_HEADER_BYTES + 40] ^= 1;
    seed("journal", "segment-damaged", "", 0, span_of(segment, 1 + offset));
}

/* ---- gs1 ---- */

/* The first letter says what it is: @ unbracketed, A bracketed, B a link, C scan data, D other codes; x, y, z and { the
 * first four with all options. */
static void gs1(void) {
    static const char *const texts[] = {
        "@^0106901234567892" "10LOT-1^21SN/0001^17261231", "@\x1d" "3103001250^422156^9912", "@^01", "@^8013", "x^89ABC", "x^3338030333",
        "A(01)06901234567892(10)A\\(B(235)X", "A(8110)106141416543213150110120", "A(8007)GB82WEST12345698765432", "y(89)A(89)B",
        "A(8030)QUJDRA==(253)1234567890128", "A(7258)1/3(7259)X(8018)123456789012345675", "A(10", "A()1",
        "Bhttps://example.com:443/a/01/06901234567892/22/V/10/A%2FB/21/S?17=261231&x&3103=001250#f",
        "Bhttps://[::1]/414/6901234567892/254/A", "zHTTP://a/gtin/6901234567892/ser/A?01=1&89=B", "Bhttps://a/01/06901234567892?10=A",
        "C]C10106901234567892" "10A\x1d" "21B", "C]E06901234567892|]e099X", "C]Q1\\^text", "C]Q3", "{]d1https://a/01/06901234567892",
        "D91310230MA1K314K57", "D330302001002", "D12017011001234567890123456789012",
    };
    char name[16];
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        snprintf(name, sizeof name, "seed-%02zu", i);
        text_seed("gs1", name, texts[i]);
    }
}

int main(int argc, char **argv) {
    static struct world w;
    struct span event;
    if (argc != 2) {
        fprintf(stderr, "usage: fuzz_corpus DIR\n");
        return 2;
    }
    if (chdir(argv[1]) != 0) {
        perror(argv[1]);
        return 2;
    }
    crypto_start();
    world_begin(&w, 1);
    codec(&w);
    genesis(&w);
    records(&w, &event);
    certificates(&w);
    notes_and_proofs(&w, event);
    messages(&w);
    peers();
    replicas();
    tags();
    journal();
    gs1();
    seed_sealed();
    world_end(&w);
    return 0;
}
