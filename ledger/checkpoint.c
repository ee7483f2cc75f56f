/* checkpoint.c: see checkpoint.h. Section K of docs/spec.md; c2sp.org/tlog-checkpoint,
 * tlog-cosignature, tlog-policy. */
#include "ledger/checkpoint.h"

#include <inttypes.h>
#include <string.h>

enum { BODY_BYTES_MAX = 1024, TIME_S_MAX_BITS = 63 };

void checkpoint_body(const struct checkpoint *c, struct buffer *out) {
    char root[48];
    base64_encode(span_of(c->root.b, 32), root, sizeof root);
    buffer_append_span(out, c->origin);
    buffer_printf(out, "\n%" PRIu64 "\n%s\n", c->size, root);
}

static bool line_next(struct span *rest, struct span *ret_line) {
    size_t end = 0;
    while (end < rest->len && rest->data[end] != '\n')
        end++;
    if (end == rest->len) return false;
    *ret_line = span_part(*rest, 0, end);
    *rest = span_part(*rest, end + 1, rest->len - end - 1);
    return true;
}

/* ASCII decimal without leading zeroes, below 2^64. */
static bool decimal(struct span text, uint64_t *ret) {
    uint64_t v = 0;
    if (text.len == 0 || (text.len > 1 && text.data[0] == '0')) return false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t digit = (uint8_t)(text.data[i] - '0');
        if (digit > 9 || v > (UINT64_MAX - digit) / 10) return false;
        v = v * 10 + digit;
    }
    *ret = v;
    return true;
}

enum err checkpoint_parse(struct span text, struct checkpoint *ret) {
    struct checkpoint c;
    struct span rest = text, size, root;
    size_t len;
    if (!line_next(&rest, &c.origin) || !line_next(&rest, &size) || !line_next(&rest, &root) ||
        rest.len != 0)
        return ERR_CHECKPOINT_FORM;
    if (c.origin.len == 0 || !decimal(size, &c.size)) return ERR_CHECKPOINT_FORM;
    if (!base64_decode(root, c.root.b, 32, &len) || len != 32) return ERR_CHECKPOINT_FORM;
    *ret = c;
    return OK;
}

static const struct field cosignature_fields[] = {
    CODEC_UINT(cosignature, index, 0, VALIDATORS_MAX - 1),
    CODEC_UINT(cosignature, size, 1, UINT64_MAX),
    CODEC_FIXED(cosignature, root),
    CODEC_UINT(cosignature, time_s, 0, INT64_MAX),
    CODEC_FIXED(cosignature, cosignature),
    CODEC_FIXED(cosignature, log),
};
const struct type cosignature_type = CODEC_TYPE(cosignature, cosignature_fields);

/* "two newline terminated lines followed by the whole note body of the cosigned checkpoint" */
static void cosigned_message(struct span origin, uint64_t size, const struct digest *root,
                             uint64_t time_s, struct buffer *out) {
    struct checkpoint c = {origin, size, *root};
    buffer_printf(out, "cosignature/v1\ntime %" PRIu64 "\n", time_s);
    checkpoint_body(&c, out);
}

void cosignature_sign(const struct keypair *checkpoint_key, const struct keypair *log_key,
                      struct span origin, struct cosignature *c) {
    struct buffer message CLEANUP(buffer_free) = {0};
    struct checkpoint body = {origin, c->size, c->root};
    buffer_init(&message, BODY_BYTES_MAX);
    CHECK(c->time_s >> TIME_S_MAX_BITS == 0);
    cosigned_message(origin, c->size, &c->root, c->time_s, &message);
    CHECK(!message.overflow);
    sign_raw(checkpoint_key, buffer_span(&message), &c->cosignature);
    buffer_clear(&message);
    checkpoint_body(&body, &message);
    sign_raw(log_key, buffer_span(&message), &c->log);
}

enum err cosignature_verify(const struct pubkey *checkpoint_key, struct span origin, uint64_t size,
                            const struct digest *root, uint64_t time_s,
                            const struct signature *signature) {
    struct buffer message CLEANUP(buffer_free) = {0};
    buffer_init(&message, BODY_BYTES_MAX);
    cosigned_message(origin, size, root, time_s, &message);
    bool good = !message.overflow && time_s >> TIME_S_MAX_BITS == 0 &&
                verify_raw(checkpoint_key, buffer_span(&message), signature);
    return good ? OK : ERR_COSIGNATURE;
}

enum err cosignature_check(const struct cosignature *c, const struct validator_set *set,
                           struct span origin) {
    struct buffer message CLEANUP(buffer_free) = {0};
    if (c->index >= set->count) return ERR_COSIGNATURE;
    const struct validator *v = &set->validators[c->index];
    enum err e = cosignature_verify(&v->checkpoint_key, origin, c->size, &c->root, c->time_s,
                                    &c->cosignature);
    if (e) return e;
    struct checkpoint body = {origin, c->size, c->root};
    buffer_init(&message, BODY_BYTES_MAX);
    checkpoint_body(&body, &message);
    bool good = !message.overflow && verify_raw(&v->log_key, buffer_span(&message), &c->log);
    return good ? OK : ERR_COSIGNATURE;
}

static bool newer(const struct cosignature *a, const struct cosignature *b) {
    return a->time_s != b->time_s ? a->time_s > b->time_s : a->index < b->index;
}

bool attested_choose(const struct cosignature list[], uint32_t list_count,
                     uint32_t validators_count, uint64_t height, uint64_t size,
                     const struct digest *root, struct attested *ret) {
    const struct cosignature *best[VALIDATORS_MAX] = {NULL};
    uint32_t q = quorum(validators_count), found = 0;
    CHECK(validators_count <= VALIDATORS_MAX);
    for (uint32_t i = 0; i < list_count; i++) {
        const struct cosignature *c = &list[i];
        if (c->index >= validators_count || c->size != size || !digest_equal(&c->root, root))
            continue;
        found += best[c->index] == NULL;
        if (!best[c->index] || c->time_s > best[c->index]->time_s) best[c->index] = c;
    }
    if (found < q) return false;
    /* Drop the oldest until exactly a quorum is left: the smallest of the rest is then as late as
     * it can be. */
    for (; found > q; found--) {
        uint32_t oldest = VALIDATORS_MAX;
        for (uint32_t i = 0; i < validators_count; i++)
            if (best[i] && (oldest == VALIDATORS_MAX || newer(best[oldest], best[i]))) oldest = i;
        best[oldest] = NULL;
    }
    struct attested a = {.height = height, .size = size, .root = *root, .as_of_s = UINT64_MAX};
    for (uint32_t i = 0; i < validators_count; i++) {
        if (!best[i]) continue;
        a.cosignatures[a.count++] = *best[i];
        if (best[i]->time_s < a.as_of_s) a.as_of_s = best[i]->time_s;
    }
    *ret = a;
    return true;
}

void attested_encode(const struct attested *a, struct buffer *out) {
    pack_array(out, a->count);
    for (uint32_t i = 0; i < a->count; i++)
        codec_encode(&cosignature_type, &a->cosignatures[i], out);
}

enum err attested_decode(struct span in, uint32_t validators_count, uint64_t height,
                         struct attested *ret) {
    struct attested a = {.height = height, .as_of_s = UINT64_MAX};
    struct unpack u;
    CHECK(validators_count >= 1 && validators_count <= VALIDATORS_MAX);
    unpack_init(&u, in);
    a.count = unpack_array(&u, VALIDATORS_MAX);
    for (uint32_t i = 0; i < a.count; i++) {
        struct cosignature *c = &a.cosignatures[i];
        if (!codec_read(&cosignature_type, &u, NULL, c)) break;
        bool rising = i == 0 || c->index > a.cosignatures[i - 1].index;
        bool same = i == 0 || (c->size == a.size && digest_equal(&c->root, &a.root));
        if (!rising || !same || c->index >= validators_count) unpack_fail(&u, ERR_COSIGNATURE);
        a.size = c->size;
        a.root = c->root;
        if (c->time_s < a.as_of_s) a.as_of_s = c->time_s;
    }
    enum err e = unpack_end(&u);
    if (e == OK && a.count != quorum(validators_count)) e = ERR_COSIGNATURE;
    if (e == OK) *ret = a;
    return e;
}

enum err attested_check(const struct attested *a, const struct validator_set *set,
                        struct span origin) {
    if (a->count != quorum(set->count)) return ERR_COSIGNATURE;
    for (uint32_t i = 0; i < a->count; i++) {
        const struct cosignature *c = &a->cosignatures[i];
        bool rising = i == 0 || c->index > a->cosignatures[i - 1].index;
        if (!rising || c->size != a->size || !digest_equal(&c->root, &a->root))
            return ERR_COSIGNATURE;
        enum err e = cosignature_check(c, set, origin);
        if (e) return e;
    }
    return OK;
}

void checkpoint_note(const struct validator_set *set, struct span origin, const struct attested *a,
                     struct buffer *out) {
    struct checkpoint c = {origin, a->size, a->root};
    checkpoint_body(&c, out);
    buffer_text(out, "\n");
    for (uint32_t i = 0; i < a->count; i++) {
        const struct cosignature *s = &a->cosignatures[i];
        const struct validator *v = &set->validators[s->index];
        uint8_t stamped[8 + 64];
        note_line_write(origin, note_key_id(origin, NOTE_ED25519, &v->log_key),
                        span_of(s->log.b, 64), out);
        put_u64(stamped, s->time_s);
        memcpy(stamped + 8, s->cosignature.b, 64);
        note_line_write(v->name, note_key_id(v->name, NOTE_COSIGNATURE, &v->checkpoint_key),
                        span_of(stamped, sizeof stamped), out);
    }
}

void checkpoint_policy(const struct validator_set *set, struct span origin, struct buffer *out) {
    struct note_key key;
    for (uint32_t i = 0; i < set->count; i++) {
        note_key_make(origin, NOTE_ED25519, &set->validators[i].log_key, &key);
        buffer_text(out, "log ");
        note_key_text(&key, out);
        buffer_text(out, "\n");
    }
    for (uint32_t i = 0; i < set->count; i++) {
        const struct validator *v = &set->validators[i];
        note_key_make(v->name, NOTE_COSIGNATURE, &v->checkpoint_key, &key);
        buffer_printf(out, "witness v%" PRIu32 " ", i);
        note_key_text(&key, out);
        buffer_text(out, "\n");
    }
    buffer_printf(out, "group validators %" PRIu32, quorum(set->count));
    for (uint32_t i = 0; i < set->count; i++)
        buffer_printf(out, " v%" PRIu32, i);
    buffer_text(out, "\nquorum validators\n");
}

static const struct field guard_fields[] = {
    CODEC_UINT(guard, size, 0, UINT64_MAX),
    CODEC_FIXED(guard, root),
    CODEC_UINT(guard, time_s, 0, INT64_MAX),
};
const struct type guard_type = CODEC_TYPE(guard, guard_fields);

enum err guard_check(const struct guard *guard, uint64_t size, const struct digest *root,
                     uint64_t time_s, struct guard *ret) {
    /* SPEC K3: "refuses a smaller size, another root at the same size, an earlier time" */
    if (size < guard->size) return ERR_GUARD_SIZE;
    if (size == guard->size && guard->size > 0 && !digest_equal(root, &guard->root))
        return ERR_GUARD_ROOT;
    if (time_s < guard->time_s || time_s >> TIME_S_MAX_BITS) return ERR_GUARD_TIME;
    *ret = (struct guard){size, *root, time_s};
    return OK;
}
