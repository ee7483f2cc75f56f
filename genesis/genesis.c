/* genesis.c: the genesis file: parse, check, hash (SPEC G1 to G9). */
#include "genesis/genesis.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest_map.h"
#include "ledger/rows.h"
#include "ledger/rules.h"

static const struct field member_fields[] = {
    CODEC_TEXT(genesis_member, subject, 1, SUBJECT_ID_BYTES_MAX),
    CODEC_TEXT(genesis_member, name, 1, NAME_BYTES_MAX),
    CODEC_UINT(genesis_member, roles, 1, MEMBER_ROLES_ALL),
    CODEC_TEXT(genesis_member, division, 0, 12),
    CODEC_LIST(genesis_member, keys, keys_count, &member_key_type, 0, ACT_KEYS_MAX),
};
const struct type genesis_member_type = CODEC_TYPE(genesis_member, member_fields);

static const struct field threshold_fields[] = {
    CODEC_UINT(genesis_threshold, act, 1, UINT8_MAX),
    CODEC_UINT(genesis_threshold, approvals, 1, ACT_APPROVALS_MAX),
};
const struct type genesis_threshold_type = CODEC_TYPE(genesis_threshold, threshold_fields);

static const struct field rest_fields[] = {
    CODEC_UINT(genesis_rest, version, 0, UINT8_MAX),
    CODEC_TEXT(genesis_rest, title, 0, NAME_BYTES_MAX),
    CODEC_UINT(genesis_rest, created_ms, 0, (uint64_t)1 << 53),
    CODEC_STRUCT(genesis_rest, parameters, &parameters_type),
    CODEC_LIST(genesis_rest, members, members_count, &genesis_member_type, 0, GENESIS_MEMBERS_MAX),
    CODEC_LIST(genesis_rest, thresholds, thresholds_count, &genesis_threshold_type, 0, UINT8_MAX),
    CODEC_VALUE(genesis_rest, extensions, 1 << 16),
};
const struct type genesis_rest_type = CODEC_TYPE(genesis_rest, rest_fields);

enum { ARENA_BYTES = 64 << 20 };

/* Every subject once, every key once. */
static enum err check_members(const struct genesis_rest *rest, struct refusal *ret) {
    struct digest_map seen;
    enum err e = OK;
    bool authority = false;
    int mark = 0;
    digest_map_init(&seen, 0);
    for (uint32_t i = 0; i < rest->members_count && e == OK; i++) {
        const struct genesis_member *m = &rest->members[i];
        struct digest id = status_key(STATUS_MEMBER, m->subject);
        bool valid = subject_id_valid(m->subject) && division_valid(m->division);
        if (!valid)
            e = refusal_set(ret, ERR_GENESIS_MEMBER, "members[%u]", i);
        else if (digest_map_put(&seen, &id, &mark))
            e = refusal_set(ret, ERR_GENESIS_KEY_TWICE, "members[%u].subject", i);
        for (uint32_t k = 0; k < m->keys_count && e == OK; k++) {
            const struct member_key *key = &m->keys[k];
            struct digest at = rules_key_key(&key->key);
            if (!key_valid(&key->key))
                e = refusal_set(ret, ERR_KEY_INVALID, "members[%u].keys[%u]", i, k);
            else if (key->until_ms != 0 && key->until_ms <= key->from_ms)
                e = refusal_set(ret, ERR_GENESIS_MEMBER, "members[%u].keys[%u]", i, k);
            else if (digest_map_put(&seen, &at, &mark))
                e = refusal_set(ret, ERR_GENESIS_KEY_TWICE, "members[%u].keys[%u]", i, k);
            /* SPEC G2: "At least one member is an authority with a key that is valid at the created
             * time" */
            bool valid_then = key->from_ms <= rest->created_ms &&
                              (key->until_ms == 0 || rest->created_ms < key->until_ms);
            authority = authority || (m->roles & MEMBER_AUTHORITY && valid_then);
        }

    }
    digest_map_free(&seen);
    if (e == OK && !authority) e = refusal_set(ret, ERR_GENESIS_AUTHORITY, "members");
    return e;
}

static enum err check_rest(const struct genesis_rest *rest, struct refusal *ret) {
    if (rest->version != 1) return refusal_set(ret, ERR_GENESIS_VERSION, "version");
    enum err e = parameters_check(&rest->parameters, ret);
    if (e) return e;
    /* SPEC G5: "Thresholds = list of `[act u8, approvals u8]`, rising by act" */
    for (uint32_t i = 1; i < rest->thresholds_count; i++)
        if (rest->thresholds[i].act <= rest->thresholds[i - 1].act)
            return refusal_set(ret, ERR_GENESIS_THRESHOLD, "thresholds[%u]", i);
    static const uint8_t empty_map[1] = {0x80};
    if (!span_equal(rest->extensions, span_of(empty_map, 1)))
        return refusal_set(ret, ERR_GENESIS_EXTENSIONS, "extensions");
    return check_members(rest, ret);
}

static enum err split_file(struct genesis *g) {
    struct unpack u;
    unpack_init(&u, g->file);
    if (unpack_array(&u, 2) != 2) unpack_fail(&u, ERR_CODEC_COUNT);
    g->validator_bytes = unpack_bytes(&u, GENESIS_BYTES_MAX);
    g->rest_bytes = unpack_bytes(&u, GENESIS_BYTES_MAX);
    return unpack_end(&u);
}

static enum err fill(struct genesis *g, struct span file, struct refusal *ret) {
    g->file = arena_copy(&g->arena, file);
    if (!g->file.data) return refusal_set(ret, ERR_TOO_LARGE, "%s", "");
    enum err e = split_file(g);
    if (e) return refusal_set(ret, e, "file");
    e = validator_bytes_decode(g->validator_bytes, &g->arena, &g->set);
    if (e) return refusal_set(ret, e, "validators");
    e = codec_decode(&genesis_rest_type, g->rest_bytes, &g->arena, &g->rest);
    if (e) return refusal_set(ret, e, "rest");
    e = check_rest(&g->rest, ret);
    if (e) return e;
    g->validators = validator_bytes_set(&g->set);
    g->validators_digest = sha256(g->validator_bytes);
    g->rest_digest = sha256(g->rest_bytes);
    g->chain_id = chain_id_of(&g->validators_digest, &g->rest_digest);
    g->params.chain_id = g->chain_id;
    g->params.parameters = g->rest.parameters;
    memset(g->params.approvals, 1, sizeof g->params.approvals);
    for (uint32_t i = 0; i < g->rest.thresholds_count; i++)
        g->params.approvals[g->rest.thresholds[i].act] = g->rest.thresholds[i].approvals;
    char *origin = arena_alloc(&g->arena, 1, ORIGIN_BYTES_MAX + 1);
    CHECK(origin);
    g->origin = origin_of(g->set.domain, &g->chain_id, origin);
    return OK;
}

enum err genesis_parse(struct span file, struct genesis **ret, struct refusal *ret_refusal) {
    if (file.len == 0) return refusal_set(ret_refusal, ERR_CODEC_TRUNCATED, "%s", "");
    if (file.len > GENESIS_BYTES_MAX) return refusal_set(ret_refusal, ERR_TOO_LARGE, "%s", "");
    struct genesis *g = check_alloc(1, sizeof *g);
    arena_init(&g->arena, ARENA_BYTES);
    enum err e = fill(g, file, ret_refusal);
    if (e) {
        genesis_free(g);
        return e;
    }
    *ret = g;
    return OK;
}

void genesis_free(struct genesis *g) {
    if (!g) return;
    arena_free(&g->arena);
    free(g);
}

enum err genesis_make(const struct validator_bytes *set, const struct genesis_rest *rest,
                      struct buffer *out, struct refusal *ret_refusal) {
    struct buffer a CLEANUP(buffer_free) = {0}, b CLEANUP(buffer_free) = {0},
                    file CLEANUP(buffer_free) = {0};
    struct genesis *g = NULL;
    buffer_init(&a, GENESIS_BYTES_MAX);
    buffer_init(&b, GENESIS_BYTES_MAX);
    buffer_init(&file, GENESIS_BYTES_MAX);
    codec_encode(&validator_bytes_type, set, &a);
    codec_encode(&genesis_rest_type, rest, &b);
    pack_array(&file, 2);
    pack_bytes(&file, buffer_span(&a));
    pack_bytes(&file, buffer_span(&b));
    if (a.overflow || b.overflow || file.overflow)
        return refusal_set(ret_refusal, ERR_TOO_LARGE, "%s", "");
    enum err e = genesis_parse(buffer_span(&file), &g, ret_refusal);
    genesis_free(g);
    if (e == OK) buffer_append_span(out, buffer_span(&file));
    return e;
}

/* SPEC G8: "the status tree after the members and keys of genesis were entered at height 0, log
 * index 0" */
static void enter_member(struct changes *c, const struct genesis_member *m) {
    struct member_value v = {.version = 1,
                             .state = STATE_ACTIVE,
                             .roles = m->roles,
                             .name = m->name,
                             .division = m->division};
    rules_member_put(c, m->subject, &v);
    for (uint32_t k = 0; k < m->keys_count; k++) {
        struct key_value key = {.version = 1,
                                .state = STATE_ACTIVE,
                                .until_ms = m->keys[k].until_ms,
                                .subject = m->subject,
                                .from_ms = m->keys[k].from_ms};
        rules_key_put(c, &m->keys[k].key, &key);
    }
}

void genesis_apply(const struct genesis *g, struct changes *c, struct ledger_head *ret_head) {
    struct ledger_head head = {.block = g->chain_id, .time_ms = g->rest.created_ms};
    struct buffer leaf CLEANUP(buffer_free) = {0};
    struct genesis_leaf l = {
        .version = 1, .validators_digest = g->validators_digest, .rest_digest = g->rest_digest};
    CHECK(changes_count(c) == 0);
    for (uint32_t i = 0; i < g->rest.members_count; i++)
        enter_member(c, &g->rest.members[i]);
    status_commit(reader_empty(), &status_head_empty, c, NULL, &head.status);
    l.status_count = head.status.count;
    l.status_root = head.status.root;
    buffer_init(&leaf, 256);
    genesis_leaf_encode(&l, &leaf);
    CHECK(!leaf.overflow);
    struct digest leaf_hash = merkle_leaf_hash(buffer_span(&leaf));
    merkle_append(c, &head.log, &leaf_hash, 1);
    ledger_write_summary(c, &head, 0, 0, buffer_span(&leaf));
    changes_at(c, 0); /* sorted from here on: readable from any thread */
    *ret_head = head;
}

int genesis_validator_by_key(const struct genesis *g, const struct pubkey *key) {
    for (uint32_t i = 0; i < g->set.count; i++) {
        const struct validator *v = &g->set.validators[i];
        if (pubkey_equal(&v->consensus_key, key) || pubkey_equal(&v->checkpoint_key, key) ||
            pubkey_equal(&v->log_key, key) || pubkey_equal(&v->transport_key, key))
            return (int)i;
    }
    return -1;
}

static void derive(const struct seed *seed, const char *purpose, struct keypair *ret) {
    struct seed s;
    seed_derive(seed, purpose, &s);
    key_from_seed(&s, ret);
    seed_wipe(&s);
}

void validator_keys_derive(const struct seed *seed, struct validator_keys *ret) {
    /* SPEC C4: "purposes of a validator: `consensus`, `checkpoint`, `log`, `transport`" */
    derive(seed, "consensus", &ret->consensus);
    derive(seed, "checkpoint", &ret->checkpoint);
    derive(seed, "log", &ret->log);
    derive(seed, "transport", &ret->transport);
}

void validator_keys_wipe(struct validator_keys *keys) {
    keypair_wipe(&keys->consensus);
    keypair_wipe(&keys->checkpoint);
    keypair_wipe(&keys->log);
    keypair_wipe(&keys->transport);
}
