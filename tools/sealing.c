/* sealing.c: see sealing.h. */
#include "tools/sealing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "ledger/record.h"
#include "tools/map.h"

enum { FILE_BYTES_MAX = 4 * (SEALED_FILE_BYTES_MAX + SEALED_KEYS_BYTES_MAX), TRIES = 40, TRY_MS = 250 };
static const char suffix[] = ".sealed";

/* ---- who may read ---- */

static int reader_add(struct sealing *s, enum item_tier tier, const struct pubkey *key) {
    uint32_t *count = &s->readers_count[tier - 1];
    for (uint32_t i = 0; i < *count; i++)
        if (pubkey_equal(&s->readers[tier - 1][i], key)) return EXIT_OK;
    if (*count + 1 >= SEALED_WRAPS_MAX) /* one's own is among them */
        return fail(s->tool, EXIT_REFUSED, "help submit", "可读者的公钥超过 %d 个", "more than %d keys may read", SEALED_WRAPS_MAX - 1);
    s->readers[tier - 1][(*count)++] = *key;
    return EXIT_OK;
}

/* The valid keys of a member, by one node's answer; sorted. */
struct member_keys {
    struct pubkey list[SEALED_WRAPS_MAX];
    uint32_t count;
    bool authority;
};

static int key_sort(const void *a, const void *b) {
    const struct pubkey *x = a, *y = b;
    return memcmp(x->b, y->b, sizeof x->b);
}

static bool member_keys_read(struct span answer, struct member_keys *ret) {
    struct span entry;
    uint64_t now = now_ms();
    *ret = (struct member_keys){.count = 0};
    for (struct list l = list_open(map_get(map_get(answer, "member"), "roles")); list_next(&l, &entry);)
        ret->authority = ret->authority || span_is(value_text(entry), "authority");
    for (struct list l = list_open(map_get(answer, "keys")); list_next(&l, &entry);) {
        struct digest d;
        uint64_t until = map_uint(entry, "until_ms");
        if (!span_is(map_text(entry, "state"), "active") || map_uint(entry, "from_ms") > now || (until != 0 && until <= now) ||
            !map_digest(entry, "key", &d))
            continue;
        if (ret->count == SEALED_WRAPS_MAX) return false;
        memcpy(ret->list[ret->count++].b, d.b, sizeof d.b);
    }
    qsort(ret->list, ret->count, sizeof *ret->list, key_sort);
    return span_is(map_text(map_get(answer, "member"), "state"), "active");
}

static bool member_keys_equal(const struct member_keys *a, const struct member_keys *b) {
    bool equal = a->count == b->count && a->authority == b->authority;
    for (uint32_t i = 0; equal && i < a->count; i++)
        equal = pubkey_equal(&a->list[i], &b->list[i]);
    return equal;
}

static int disagree(struct sealing *s, const char *subject, const char *url) {
    return fail(s->tool, EXIT_REFUSED, format(s->tool, "member show %s", subject), "节点 %s 对 %s 的公钥另有说法：有节点在说谎或落后，没有加密",
                "the node %s says otherwise about the keys of %s: one of the nodes lies or lags, and nothing was sealed", url,
                shown(s->tool, span_text(subject)));
}

/* By the word of every node that answers: one that lies about whose key it is would read what is sealed for it. */
static int member_keys_agreed(struct sealing *s, const char *subject, struct member_keys *ret) {
    struct tool *t = s->tool;
    struct node *n = s->node;
    const char *path = format(t, "/v1/members/%s", path_segment(t, span_text(subject)));
    uint32_t first = n->current, answers = 0;
    int code = EXIT_OK;
    for (uint32_t i = 0; i < t->nodes_count && code == EXIT_OK; i++) {
        struct buffer value CLEANUP(buffer_free) = {0};
        struct http_call call = {.accept = NULL};
        struct member_keys one;
        n->current = i;
        buffer_init(&value, RPC_ANSWER_BYTES_MAX);
        enum http_outcome outcome = node_call_present(n, path, &call);
        if (outcome != HTTP_ANSWERED || n->answer.status == 503) continue;
        bool read = n->answer.status == 200 && json_parse(buffer_span(&n->answer.body), &value, NULL) == OK &&
                    member_keys_read(buffer_span(&value), &one);
        if (!read) one = (struct member_keys){.count = 0};
        if (answers++ == 0)
            *ret = one;
        else if (!member_keys_equal(ret, &one))
            code = disagree(s, subject, t->nodes[i]);
    }
    n->current = first;
    return code == EXIT_OK && answers == 0 ? node_fail(n, HTTP_UNREACHABLE, NULL) : code;
}

int sealing_reader(struct sealing *s, enum item_tier tier, const char *subject) {
    struct tool *t = s->tool;
    struct member_keys keys;
    int code = member_keys_agreed(s, subject, &keys);
    if (code) return code;
    if (keys.count == 0 || (tier == TIER_REGULATOR && !keys.authority))
        return fail(t, EXIT_REFUSED, format(t, "member show %s", subject), "%s 没有有效的公钥，无法为其加密",
                    "%s has no valid key: nothing can be sealed for it", shown(t, span_text(subject)));
    for (uint32_t i = 0; i < keys.count && code == EXIT_OK; i++)
        code = reader_add(s, tier, &keys.list[i]);
    return code;
}

/* Every node's word again: who says whom a party stands for says who reads. */
int sealing_party(struct sealing *s, enum item_tier tier, struct span party) {
    struct tool *t = s->tool;
    struct node *n = s->node;
    const char *path = format(t, "/v1/parties/%s", path_segment(t, party)), *subject = NULL;
    uint32_t first = n->current;
    int code = EXIT_OK;
    for (uint32_t i = 0; i < t->nodes_count && code == EXIT_OK; i++) {
        struct buffer value CLEANUP(buffer_free) = {0};
        struct http_call call = {.accept = NULL};
        n->current = i;
        buffer_init(&value, RPC_ANSWER_BYTES_MAX);
        if (node_call_present(n, path, &call) != HTTP_ANSWERED || n->answer.status == 503) continue;
        bool read = n->answer.status == 200 && json_parse(buffer_span(&n->answer.body), &value, NULL) == OK;
        const char *one = read ? shown(t, map_text(buffer_span(&value), "subject")) : "";
        if (subject != NULL && strcmp(subject, one) != 0) code = disagree(s, shown(t, party), t->nodes[i]);
        subject = one;
    }
    n->current = first;
    if (code) return code;
    if (subject == NULL) return node_fail(n, HTTP_UNREACHABLE, NULL);
    if (subject[0] == 0)
        return fail(t, EXIT_REFUSED, "help submit", "账本没有登记 %s 代表谁：请用 --to 写明谁可以读 partner 级的值",
                    "the ledger does not say whom %s stands for: say with --to who may read the values of tier partner", shown(t, party));
    return sealing_reader(s, tier, subject);
}

int sealing_regulators(struct sealing *s) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct tool *t = s->tool;
    struct span entry, role;
    const char *cursor = "";
    int code = EXIT_OK;
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    do {
        buffer_clear(&value);
        code = node_get_value(s->node, format(t, "/v1/members?limit=100%s", cursor), NULL, &value);
        struct span page = arena_copy(&t->arena, buffer_span(&value));
        CHECK(code != EXIT_OK || page.data != NULL);
        for (struct list l = list_open(map_get(page, "members")); code == EXIT_OK && list_next(&l, &entry);) {
            bool authority = false;
            for (struct list r = list_open(map_get(entry, "roles")); list_next(&r, &role);)
                authority = authority || span_is(value_text(role), "authority");
            if (authority && span_is(map_text(entry, "state"), "active"))
                code = sealing_reader(s, TIER_REGULATOR, shown(t, map_text(entry, "subject")));
        }
        struct span next = map_text(page, "next");
        cursor = next.len > 0 ? format(t, "&cursor=%s", path_segment(t, next)) : NULL;
    } while (code == EXIT_OK && cursor != NULL);
    return code;
}

/* ---- sealing ---- */

static const char *path_of(struct outbox *o, const struct digest *wire_id) {
    return format(o->tool, "%s/%s%s", o->directory, hex_text(o->tool, wire_id->b), suffix);
}

static void keys_make(struct sealing *s, const struct sealed_of *of, struct span file, const struct sealed_key *key, struct buffer *out) {
    struct sealed_keys *keys = check_alloc(1, sizeof *keys);
    uint8_t boxes[SEALED_WRAPS_MAX][WRAP_BYTES];
    struct pubkey to[SEALED_WRAPS_MAX] = {s->keys->public_key};
    uint32_t count = 1, tier = of->tier;
    keys->sealed = sealed_id(file);
    for (uint32_t i = 0; tier != TIER_DELETABLE && i < s->readers_count[tier - 1]; i++)
        if (!pubkey_equal(&s->readers[tier - 1][i], &s->keys->public_key)) to[count++] = s->readers[tier - 1][i];
    if (tier == TIER_DELETABLE) {
        keys->wraps[keys->count++] = (struct sealed_wrap){{{0}}, span_of(key->b, sizeof key->b)};
    } else {
        for (uint32_t i = 0; i < count; i++)
            if (secret_wrap(&to[i], key->b, boxes[i])) /* a registered key always has that form */
                keys->wraps[keys->count++] = (struct sealed_wrap){to[i], span_of(boxes[i], WRAP_BYTES)};
    }
    sealed_keys_make(of, keys, s->keys, out);
    free(keys);
}

/* One tier of the file, when it has openings. */
static enum err tier_seal(struct sealing *s, const struct sealed_of *of, const struct opening list[], uint32_t count, struct buffer *out,
                          bool *ret_some) {
    struct buffer file CLEANUP(buffer_free) = {0}, key_file CLEANUP(buffer_free) = {0};
    struct sealed_openings o = {.list = check_alloc(count + 1u, sizeof *o.list)};
    struct sealed_key key;
    uint8_t nonce[SEALED_NONCE_BYTES];
    for (uint32_t i = 0; i < count; i++) {
        if (list[i].tier != of->tier) continue;
        struct sealed_opening *p = &o.list[o.count++];
        *p = (struct sealed_opening){.item = list[i].item, .name = list[i].name, .value = list[i].value};
        memcpy(p->salt, list[i].salt, sizeof p->salt);
    }
    *ret_some = o.count > 0;
    enum err e = OK;
    if (o.count > 0) {
        random_bytes(&key, sizeof key);
        random_bytes(nonce, sizeof nonce);
        buffer_init(&file, SEALED_FILE_BYTES_MAX);
        buffer_init(&key_file, SEALED_KEYS_BYTES_MAX);
        sealed_openings_sort(&o);
        e = sealed_seal(of, &o, &key, nonce, s->keys, &file);
        if (e == OK) keys_make(s, of, buffer_span(&file), &key, &key_file);
        secret_wipe(&key, sizeof key);
        pack_array(out, 3);
        pack_uint(out, of->tier);
        pack_bytes(out, buffer_span(&file));
        pack_bytes(out, buffer_span(&key_file));
    }
    free(o.list);
    return e;
}

static bool record_expires(struct span wire, uint64_t *ret) {
    struct unpack u;
    struct record_header header;
    unpack_init(&u, wire);
    (void)unpack_array(&u, 3);
    bool ok = record_header_decode(unpack_bytes(&u, RECORD_HEADER_BYTES_MAX), &header) == OK;
    if (ok) *ret = header.expires_ms;
    return ok;
}

int sealing_keep(struct sealing *s, struct span wire, const struct opening list[], uint32_t count) {
    struct buffer out CLEANUP(buffer_free) = {0}, tiers CLEANUP(buffer_free) = {0};
    struct sealed_of of = {.chain_id = &s->chain_id};
    uint64_t expires_ms = 0;
    uint32_t some = 0;
    CHECK(record_wire_id(wire, &of.wire_id) == OK && record_expires(wire, &expires_ms));
    buffer_init(&out, FILE_BYTES_MAX);
    buffer_init(&tiers, FILE_BYTES_MAX);
    for (unsigned tier = TIER_PARTNER; tier <= TIER_DELETABLE; tier++) {
        bool has = false;
        of.tier = (enum item_tier)tier;
        enum err e = tier_seal(s, &of, list, count, &tiers, &has);
        if (e != OK) {
            struct refusal refusal;
            (void)refusal_set(&refusal, e, "%s", "");
            return fail_refusal(s->tool, EXIT_REFUSED, "help submit", tier_shown(s->tool, of.tier), &refusal);
        }
        some += has;
    }
    pack_array(&out, 4);
    pack_uint(&out, 1);
    pack_bytes(&out, span_of(of.wire_id.b, sizeof of.wire_id.b));
    pack_uint(&out, expires_ms);
    pack_array(&out, some);
    buffer_append_span(&out, buffer_span(&tiers));
    CHECK(!out.overflow);
    return file_write(s->tool, path_of(s->outbox, &of.wire_id), buffer_span(&out));
}

/* ---- giving ---- */

struct kept {
    const char *path;
    struct digest wire_id;
    uint64_t expires_ms;
    uint32_t count;
    struct {
        uint64_t tier;
        struct span file, keys;
    } tiers[3];
};

static bool kept_read(struct span in, struct kept *ret) {
    struct unpack u;
    unpack_init(&u, in);
    if (unpack_array(&u, 4) != 4) unpack_fail(&u, ERR_CODEC_COUNT);
    (void)unpack_uint(&u, 1);
    unpack_fixed(&u, ret->wire_id.b, sizeof ret->wire_id.b);
    ret->expires_ms = unpack_uint(&u, UINT64_MAX);
    ret->count = unpack_array(&u, 3);
    for (uint32_t i = 0; i < ret->count && u.err == OK; i++) {
        if (unpack_array(&u, 3) != 3) unpack_fail(&u, ERR_CODEC_COUNT);
        ret->tiers[i].tier = unpack_uint(&u, 3);
        ret->tiers[i].file = unpack_bytes(&u, SEALED_FILE_BYTES_MAX);
        ret->tiers[i].keys = unpack_bytes(&u, SEALED_KEYS_BYTES_MAX);
    }
    return unpack_end(&u) == OK;
}

static bool problem_is(struct node *n, enum err e) {
    struct buffer value CLEANUP(buffer_free) = {0};
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    return json_parse(buffer_span(&n->answer.body), &value, NULL) == OK && map_uint(buffer_span(&value), "code") == (uint64_t)e;
}

/* To the present node. A node that has not yet come to the record, or is busy, is asked again for a while. */
static bool put(struct node *n, const char *path, struct span body) {
    struct timespec pause = {.tv_nsec = TRY_MS * 1000000L};
    for (int i = 0; i < TRIES; i++) {
        struct http_call call = {.body = body, .content_type = "application/octet-stream", .put = true};
        enum http_outcome outcome = node_call_present(n, path, &call);
        if (outcome != HTTP_ANSWERED) return false;
        if (n->answer.status == 200) return true;
        if (n->answer.status != 503 && !problem_is(n, ERR_RPC_NOT_FOUND)) return false;
        nanosleep(&pause, NULL);
    }
    return false;
}

/* How many nodes have all of it now. */
static uint32_t give(struct node *n, const struct kept *k) {
    struct tool *t = n->tool;
    uint32_t have = 0, first = n->current;
    for (uint32_t i = 0; i < t->nodes_count; i++) {
        bool all = true;
        n->current = i;
        for (uint32_t tier = 0; tier < k->count && all; tier++) {
            const char *path = format(t, "/v1/records/%s/sealed/%u", hex_text(t, k->wire_id.b), (unsigned)k->tiers[tier].tier);
            all = (put(n, path, k->tiers[tier].file) && put(n, format(t, "%s/keys", path), k->tiers[tier].keys)) ||
                  problem_is(n, ERR_SEALED_DELETED);
        }
        have += all;
        if (!all)
            remark(t, "节点 %s 没有收下密封的隐藏值：%.*s\n", "the node %s did not take the sealed values: %.*s\n", t->nodes[i],
                   (int)(n->answer.body.len < 300 ? n->answer.body.len : 300), (const char *)n->answer.body.data);
    }
    n->current = first;
    return have;
}

static int forget(struct tool *t, const struct kept *k) {
    return unlink(k->path) == 0 || errno == ENOENT ? EXIT_OK : fail_file(t, "outbox list", k->path);
}

int sealing_forget(struct outbox *o, struct span wire) {
    struct kept k;
    CHECK(record_wire_id(wire, &k.wire_id) == OK);
    k.path = path_of(o, &k.wire_id);
    return forget(o->tool, &k);
}

static int flush_one(struct node *n, const struct kept *k) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct tool *t = n->tool;
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    int code = node_get_value(n, format(t, "/v1/records/%s/status", hex_text(t, k->wire_id.b)), "outbox flush", &value);
    if (code) return code;
    struct span status = map_text(buffer_span(&value), "status");
    bool committed = span_is(status, "committed");
    if (committed && map_uint(map_get(buffer_span(&value), "result"), "code") != 0) return forget(t, k);
    if (!committed && span_is(status, "unknown") && k->expires_ms < now_ms()) return forget(t, k);
    if (!committed) return EXIT_UNKNOWN;
    uint32_t have = give(n, k);
    if (have == 0) return EXIT_UNREACHABLE;
    remark(t, "隐藏值已密封，由 %u 个节点保存（打开：suyuan open %s）\n", "hidden values are sealed and kept by %u nodes (to open: suyuan open %s)\n",
           have, hex_text(t, k->wire_id.b));
    return forget(t, k);
}

int sealing_flush(struct tool *t, struct node *n, struct outbox *o) {
    const char **names = NULL;
    uint32_t count = 0;
    int code = outbox_names_of(o, suffix, &names, &count), worst = EXIT_OK;
    for (uint32_t i = 0; i < count && code == EXIT_OK; i++) {
        struct buffer file CLEANUP(buffer_free) = {0};
        struct kept k = {.path = format(t, "%s/%s", o->directory, names[i])};
        buffer_init(&file, FILE_BYTES_MAX);
        code = file_read(t, k.path, &file);
        if (code == EXIT_OK && !kept_read(buffer_span(&file), &k))
            code = fail(t, EXIT_BROKEN, "outbox list", "%s 已损坏", "%s is damaged", shown(t, span_text(k.path)));
        int one = code == EXIT_OK ? flush_one(n, &k) : EXIT_OK;
        if (one != EXIT_OK) worst = one;
    }
    if (worst != EXIT_OK)
        remark(t, "密封的隐藏值尚未交给节点，保存在 %s\n接着试：suyuan outbox flush --wait\n",
               "sealed values wait in %s for a node\ntry: suyuan outbox flush --wait\n", o->directory);
    return code ? code : worst;
}
