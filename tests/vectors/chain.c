/* chain.c: chain SEED BLOCKS: a random chain as our execution makes it, on standard output, for a second implementation
 * to execute again (second/execute.mjs): canonical [genesis file, [[block header, [wire records], block leaf], ...]], all
 * but the lists as bytes. Members come, go and lose keys; events name things in every spelling; records are late, early,
 * doubled and of strangers; approvals are missing, false and used again; certificates, packs and claims of every fault; time jumps. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/vectors/chain_codes.h"
#include "tests/vectors/chain_flow.h"
#include "tests/vectors/chain_parts.h"

enum { PEOPLE = 9, OLD_MAX = 64, CHAIN_BYTES_MAX = 256 << 20 };
static const char *const people[PEOPLE] = {"bureau", "bureau2", "farm1", "farm2", "audit", "carrier", "shop", "bureau3", "stranger"};

struct chain {
    struct world w;
    struct rng r;
    struct buffer blocks;
    uint32_t blocks_count;
    struct span old[OLD_MAX]; /* records to bring again */
    uint32_t old_count;
    struct chain_codes codes_made;
    struct chain_flow flow;
    struct item last_act; /* with its approvals, and what they were given for */
    struct record_header last_act_for;
    bool burst;
    uint64_t codes[128]; /* by result code */
};

static const char *anyone(struct chain *c) {
    return people[rng_below(&c->r, PEOPLE)];
}

static bool one_in(struct chain *c, uint64_t n) {
    return rng_below(&c->r, n) == 0;
}

static void put_list(struct chain *c, const char *name, bool quantity, struct buffer *out) {
    uint64_t count = 1 + rng_below(&c->r, 3);
    buffer_printf(out, ",\"%s\":[", name);
    for (uint64_t i = 0; i < count; i++) {
        buffer_text(out, i > 0 ? "," : "");
        buffer_text(out, quantity ? "{\"epcClass\":\"" : "\"");
        chain_name(&c->r, out);
        buffer_text(out, "\"");
        if (quantity) chain_quantity(&c->r, out);
        buffer_text(out, quantity ? "}" : "");
    }
    buffer_text(out, "]");
}

static void put_event(struct chain *c, struct buffer *out) {
    static const char *const steps[] = {"commissioning", "https://ref.gs1.org/cbv/BizStep-commissioning", "shipping",
                                        "inspecting", "cbv:BizStep-commissioning", "commissioning", "shipping", "receiving", "receiving",
                                        "void_shipping", "destroying", "retail_selling", "cbv:BizStep-creating_class_instance"};
    static const char *const actions[] = {"ADD", "OBSERVE", "DELETE"};
    static const char *const zones[] = {"+08:00", "Z", "-03:30"};
    /* Around now, which for these worlds lies in June 2026; some events come from a little ahead. */
    uint64_t s = c->w.head.time_ms / 1000 - WORLD_CREATED_MS / 1000 + rng_below(&c->r, 20);
    unsigned day = (unsigned)(1 + s / 86400 % 28);
    const char *action = actions[rng_below(&c->r, 3)];
    buffer_printf(out,
                  "{\"@context\":\"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld\","
                  "\"eventTime\":\"2026-06-%02uT%02u:%02u:%02u.5%s\",\"eventTimeZoneOffset\":\"+08:00\",\"bizStep\":\"%s\"",
                  day, (unsigned)(s / 3600 % 24), (unsigned)(s / 60 % 60), (unsigned)(s % 60), zones[rng_below(&c->r, 3)],
                  steps[rng_below(&c->r, sizeof steps / sizeof *steps)]);
    switch (rng_below(&c->r, 4)) {
    case 0:
        buffer_printf(out, ",\"type\":\"AggregationEvent\",\"action\":\"%s\",\"parentID\":\"", action);
        chain_name(&c->r, out);
        buffer_text(out, "\"");
        if (!one_in(c, 4)) put_list(c, "childEPCs", false, out);
        if (one_in(c, 3)) put_list(c, "childQuantityList", true, out);
        break;
    case 1:
        buffer_text(out, ",\"type\":\"TransformationEvent\"");
        put_list(c, "inputQuantityList", true, out);
        put_list(c, "outputEPCList", false, out);
        if (one_in(c, 2)) put_list(c, "inputEPCList", false, out);
        if (one_in(c, 2)) put_list(c, "outputQuantityList", true, out);
        if (one_in(c, 3)) buffer_printf(out, ",\"transformationID\":\"urn:t:%u\"", (unsigned)rng_below(&c->r, 3));
        if (one_in(c, 2)) buffer_text(out, ",\"ilmd\":{\"cbvmda:lotNumber\":\"T/9\"}");
        break;
    default:
        buffer_printf(out, ",\"type\":\"ObjectEvent\",\"action\":\"%s\"", action);
        if (one_in(c, 2)) put_list(c, "epcList", false, out);
        if (one_in(c, 2)) put_list(c, "quantityList", true, out);
        if (strcmp(action, "ADD") == 0 && one_in(c, 2))
            buffer_printf(out, ",\"ilmd\":{\"cbvmda:lotNumber\":\"%s\"}", one_in(c, 3) ? "not a lot number of GS1" : "M7");
        break;
    }
    chain_flow_fields(&c->r, out);
    if (one_in(c, 40)) buffer_text(out, ",\"errorDeclaration\":{\"declarationTime\":\"2026-06-02T08:00:00Z\"}");
    buffer_text(out, "}");
}

/* Some are refused by the schema: then another is tried. */
static struct item event(struct chain *c, const char *author) {
    for (;;) {
        struct buffer text CLEANUP(buffer_free) = {0};
        struct items items;
        buffer_init(&text, 1 << 16);
        bool again = one_in(c, 4) && chain_flow_again(&c->flow, &c->r, author, &text);
        if (!again) put_event(c, &text);
        if (epcis_parse(world_keep(&c->w, buffer_span(&text)), &c->w.arena, &items, NULL) != OK) continue;
        if (!again) chain_flow_tell(&c->flow, &c->w, &c->r, author, buffer_span(&text));
        return items.list[0];
    }
}

/* When a record says it was made: mostly now, sometimes too early, long ago, or at the edges. */
static void times(struct chain *c, struct record_header *d) {
    const struct parameters *p = &c->w.genesis->params.parameters;
    switch (rng_below(&c->r, 24)) {
    case 0: d->created_ms += rng_below(&c->r, 3 * p->max_drift_ms); break;
    case 1: d->created_ms -= rng_below(&c->r, 2000000); break;
    case 2: d->created_ms = UINT64_MAX - 10 - rng_below(&c->r, 1000); break;
    default: break;
    }
    uint64_t life = c->burst || one_in(c, 8) ? 1 + rng_below(&c->r, 5000) : one_in(c, 3) ? p->record_lifetime_ms : 3600000;
    if (life > UINT64_MAX - d->created_ms) life = UINT64_MAX - d->created_ms;
    d->expires_ms = d->created_ms + (life > 0 ? life : 1);
    if (d->expires_ms <= d->created_ms) d->created_ms = d->expires_ms - 1;
}

static struct act act(struct chain *c, struct member_key keys[2]) {
    struct act a = {.name = span_text("名"), .division = span_text("330302"), .keys = keys, .reason = (uint16_t)rng_below(&c->r, 9)};
    static const uint32_t roles[] = {MEMBER_AUTHORITY, MEMBER_PRODUCER, MEMBER_AUDITOR, MEMBER_AUDITOR | MEMBER_DEVICE, MEMBER_CARRIER};
    char name[32];
    static const uint8_t often[] = {ACT_MEMBER_ADMITTED, ACT_KEY_ADDED}, seldom[] = {ACT_MEMBER_SUSPENDED, ACT_KEY_REVOKED};
    a.type = one_in(c, 6) ? seldom[rng_below(&c->r, 2)] : often[rng_below(&c->r, 2)];
    /* The bureaus are seldom touched, else nobody is left who can act. */
    const char *whom = one_in(c, 8) ? anyone(c) : people[2 + rng_below(&c->r, PEOPLE - 2)];
    a.subject = span_text(whom);
    a.roles = one_in(c, 2) ? MEMBER_PRODUCER : roles[rng_below(&c->r, 5)];
    for (int i = 0; i < 2; i++) {
        if (one_in(c, 5)) whom = anyone(c);
        /* First keys live long: what is revoked is mostly one of the others. */
        unsigned which = a.type == ACT_KEY_REVOKED && !one_in(c, 10) ? 2 + (unsigned)rng_below(&c->r, 30) : (unsigned)rng_below(&c->r, 32);
        snprintf(name, sizeof name, which < 2 ? "%s" : "%s-%u", whom, which);
        keys[i] = (struct member_key){.key = world_pubkey(name)};
        if (one_in(c, 4)) keys[i].from_ms = c->w.head.time_ms + rng_below(&c->r, 20000);
        if (one_in(c, 4)) keys[i].until_ms = keys[i].from_ms + 1 + rng_below(&c->r, 40000);
        if (one_in(c, 8)) keys[i].until_ms = c->w.head.time_ms + 5000;
        if (keys[i].until_ms != 0 && keys[i].until_ms <= keys[i].from_ms) keys[i].until_ms = 0;
    }
    a.keys_count = 1;
    if (a.type == ACT_MEMBER_ADMITTED) a.keys_count = (uint32_t)rng_below(&c->r, 3);
    if (a.keys_count == 2 && pubkey_equal(&keys[0].key, &keys[1].key)) a.keys_count = 1;
    return a;
}

static struct item act_item(struct chain *c, struct record_header *d, const char *author) {
    struct member_key keys[2];
    const char *approvers[3];
    uint32_t count = 0;
    struct act a = one_in(c, 3) ? chain_type(&c->w, &c->r, people, PEOPLE) : act(c, keys);
    if (one_in(c, 3)) a = chain_flow_act(&c->w, &c->r, people, PEOPLE);
    for (uint64_t n = rng_below(&c->r, 4); n > 0; n--) {
        const char *who = one_in(c, 2) ? people[rng_below(&c->r, 2)] : anyone(c);
        bool twice = strcmp(who, author) == 0;
        for (uint32_t i = 0; i < count; i++) twice = twice || strcmp(who, approvers[i]) == 0;
        if (!twice) approvers[count++] = who;
    }
    struct record_header signed_for = *d;
    if (one_in(c, 12)) signed_for.nonce++; /* an approval of something else */
    return world_act_item(&c->w, &signed_for, &a, approvers, count);
}

static struct item item(struct chain *c, struct record_header *d, const char *author) {
    switch ((enum record_kind)d->kind) {
    case RECORD_GOVERNANCE:
        return act_item(c, d, author);
    case RECORD_CERTIFICATES:
        return chain_certificate(&c->w, &c->r, author, people, PEOPLE);
    case RECORD_PACKS:
        return chain_pack(&c->codes_made, &c->w, &c->r, author);
    case RECORD_CLAIMS:
        return chain_claim(&c->codes_made, &c->w, &c->r);
    case RECORD_DELETIONS:
        return chain_deletion(&c->w, &c->r);
    case RECORD_ANCHORS:
        return chain_anchor(&c->w, &c->r);
    case RECORD_RECALLS:
        return chain_recall(&c->flow, &c->w, &c->r, author);
    case RECORD_EVENTS:
        break;
    }
    return event(c, author);
}

static struct span record(struct chain *c) {
    struct item items[4];
    const char *author = anyone(c);
    bool governs = one_in(c, 3);
    if (governs && !one_in(c, 8)) author = people[rng_below(&c->r, 2)];
    uint8_t kind = governs ? RECORD_GOVERNANCE : one_in(c, 10) ? RECORD_ANCHORS : one_in(c, 2) ? RECORD_CERTIFICATES : RECORD_EVENTS;
    if (!governs && one_in(c, 3)) kind = one_in(c, 2) ? RECORD_PACKS : RECORD_CLAIMS;
    if (!governs && one_in(c, 8)) kind = RECORD_DELETIONS;
    if (!governs && one_in(c, 3)) kind = one_in(c, 6) ? RECORD_RECALLS : RECORD_EVENTS;
    if (!governs && one_in(c, 2)) author = people[2 + rng_below(&c->r, 2)]; /* who may say most, and makes most */
    struct record_header d = world_draft(&c->w, author, kind);
    uint32_t count = 1 + (uint32_t)(rng_below(&c->r, 3) * rng_below(&c->r, 2));
    if (kind == RECORD_CLAIMS) count = 1;
    if (kind == RECORD_CERTIFICATES && !one_in(c, 4)) count = 1;
    bool picky = kind == RECORD_CERTIFICATES || kind == RECORD_PACKS || kind == RECORD_CLAIMS; /* they fail for reasons enough of their own */
    if (!picky || one_in(c, 4)) times(c, &d);
    bool carried_again = governs && c->last_act.type != 0 && one_in(c, 4);
    if (carried_again) { /* the same approvals in another record, with another expiry */
        d.created_ms = c->last_act_for.created_ms;
        d.nonce = c->last_act_for.nonce;
        d.expires_ms = d.created_ms + c->w.genesis->params.parameters.record_lifetime_ms - rng_below(&c->r, 100000);
        if (one_in(c, 2)) author = people[rng_below(&c->r, 2)];
        d.subject = span_text(author);
        count = 1;
    }
    for (uint32_t i = 0; i < count; i++)
        items[i] = carried_again ? c->last_act : item(c, &d, author);
    if (governs && !carried_again && one_in(c, 3)) {
        c->last_act = items[0];
        c->last_act_for = d;
    }
    char key[32];
    const char *whose = one_in(c, 12) ? anyone(c) : author;
    snprintf(key, sizeof key, one_in(c, 6) ? "%s-%u" : "%s", whose, 2 + (unsigned)rng_below(&c->r, 30));
    if (governs) snprintf(key, sizeof key, "%s", author); /* approvals may not hold the record's own key */
    return world_record(&c->w, &d, items, count, key);
}

static bool well_formed(struct chain *c, struct span wire) {
    struct record r;
    return record_check(&c->w.genesis->params, wire, &c->w.arena, &r, NULL) == OK;
}

static void fill(struct chain *c) {
    c->burst = one_in(c, 15); /* many at once that expire soon: more than X7 forgets in one block */
    uint64_t want = c->burst ? 100 : 1 + rng_below(&c->r, 12);
    while (c->w.block_count < want) {
        bool again = c->old_count > 0 && one_in(c, 6);
        struct span wire = again ? c->old[rng_below(&c->r, c->old_count)] : record(c);
        bool twice = false;
        for (uint32_t i = 0; i < c->w.block_count; i++) twice = twice || span_equal(c->w.block[i], wire);
        if (twice || !well_formed(c, wire)) continue;
        world_add(&c->w, wire);
        uint64_t place = rng_below(&c->r, OLD_MAX);
        if (place >= c->old_count && c->old_count < OLD_MAX) place = c->old_count++;
        if (place < c->old_count) c->old[place] = wire;
    }
}

static void block(struct chain *c) {
    struct span records[WORLD_RECORDS_MAX], header;
    struct buffer leaf CLEANUP(buffer_free) = {0};
    uint64_t height, later = one_in(c, 40) ? 1 + rng_below(&c->r, 1000000) : 1 + rng_below(&c->r, 2000);
    uint32_t index, count;
    fill(c);
    count = c->w.block_count;
    memcpy(records, c->w.block, count * sizeof *records);
    (void)world_block_bytes(&c->w, c->w.head.time_ms + later, &header);
    CHECK(world_close(&c->w, later) == OK);
    for (uint32_t i = 0; i < count; i++) {
        c->codes[c->w.results[i].code]++;
        if (c->w.results[i].code == RESULT_ACCEPTED)
            chain_flow_accepted(&c->flow, &c->w, &c->r, records[i], c->w.log_indices[i]);
    }
    buffer_init(&leaf, LEAF_BYTES_MAX);
    CHECK(query_log_leaf(c->w.rows.reader, c->w.head.log.size - 1, &leaf, &height, &index) == OK);
    pack_array(&c->blocks, 3);
    pack_bytes(&c->blocks, header);
    pack_array(&c->blocks, count);
    for (uint32_t i = 0; i < count; i++) pack_bytes(&c->blocks, records[i]);
    pack_bytes(&c->blocks, buffer_span(&leaf));
    c->blocks_count++;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fputs("chain SEED BLOCKS\n", stderr);
        return 2;
    }
    crypto_start();
    struct chain *c = check_alloc(1, sizeof *c);
    struct buffer out CLEANUP(buffer_free) = {0};
    uint64_t blocks = strtoull(argv[2], NULL, 10);
    c->r.state = strtoull(argv[1], NULL, 10);
    world_begin(&c->w, (uint8_t)(1 + rng_below(&c->r, 2)));
    buffer_init(&c->blocks, CHAIN_BYTES_MAX);
    buffer_init(&out, CHAIN_BYTES_MAX);
    while (c->blocks_count < blocks) block(c);
    pack_array(&out, 2);
    pack_bytes(&out, c->w.genesis->file);
    pack_array(&out, c->blocks_count);
    buffer_append_span(&out, buffer_span(&c->blocks));
    CHECK(!out.overflow && fwrite(out.data, 1, out.len, stdout) == out.len);
    for (int i = 0; result_at(i) >= 0; i++)
        fprintf(stderr, "%s %lu\n", result_name((uint16_t)result_at(i)), (unsigned long)c->codes[result_at(i)]);
    buffer_free(&c->blocks);
    world_end(&c->w);
    free(c);
    return 0;
}
