#include "tools/pack_node.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/limits.h"
#include "tools/map.h"

enum { TRIES = 20, PAUSE_MS = 500, PUT_TIMEOUT_MS = 30 * 1000 };

const char *pack_url_path(struct tool *t, const char id[PACK_ID_BYTES + 1], const char *rest) {
    return format(t, "/v1/packs/%s%s", id, rest); /* "/" stands in the id; its other characters need no escape */
}

static void pause_ms(uint32_t ms) {
    struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&ts, NULL);
}

static bool voided_read(struct span ranges, struct pack_known *p) {
    struct span r;
    uint64_t free_from = 0; /* a range that touches the one before is part of it */
    for (struct list l = list_open(ranges); list_next(&l, &r);) {
        uint64_t first = map_uint(r, "first"), last = map_uint(r, "last");
        if (p->voided_count == PACK_RANGES_MAX || first < free_from || last < first || last >= p->count) return false;
        p->voided[p->voided_count++] = (struct pack_range){.first = (uint32_t)first, .last = (uint32_t)last};
        free_from = last + 2;
    }
    return true;
}

uint32_t pack_voided(const struct pack_known *p, uint32_t first, uint32_t last) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < p->voided_count; i++) {
        uint32_t from = p->voided[i].first > first ? p->voided[i].first : first, to = p->voided[i].last < last ? p->voided[i].last : last;
        if (from <= to) count += to - from + 1;
    }
    return count;
}

int pack_ask(struct node *n, const char id[PACK_ID_BYTES + 1], struct pack_known *ret) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct tool *t = n->tool;
    struct pack_known p = {.count = 0};
    enum http_outcome outcome = node_ask(n, pack_url_path(t, id, ""), NULL);
    if (node_lacks(n, outcome)) return EXIT_NOT_FOUND;
    if (outcome != HTTP_ANSWERED || n->answer.status != 200) return node_fail(n, outcome, NULL);
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    int code = node_value(n, &value);
    if (code) return code;
    struct span m = buffer_span(&value), subject = map_text(m, "subject");
    uint64_t count = map_uint(m, "count");
    if (!map_digest(m, "root", &p.root) || count < 1 || count > PACK_CODES_MAX || subject.len == 0 || subject.len > 64)
        return fail(t, EXIT_BROKEN, "status", "节点的答复无法理解", "the node's answer cannot be understood");
    memcpy(p.id, id, sizeof p.id);
    p.count = (uint32_t)count;
    if (!voided_read(map_get(m, "voided"), &p))
        return fail(t, EXIT_BROKEN, "status", "节点的答复无法理解", "the node's answer cannot be understood");
    p.subject = arena_copy(&t->arena, subject);
    *ret = p;
    return EXIT_OK;
}

/* -- giving -- */

struct giving {
    struct node *node;
    const char *id;
    uint32_t count;
    int file;
    const struct digest *chunks;
    struct pack_upload *result;
    bool unreadable; /* the file, which was whole just before */
};

/* One PUT to the present node, tried again while it is busy or silent; false: this node will not take it. */
static bool put(struct giving *g, const char *path, struct span body, enum http_outcome *ret_outcome) {
    struct node *n = g->node;
    for (uint32_t i = 0; i < TRIES; i++) {
        struct http_call call = {.put = true,
                                 .body = body,
                                 .content_type = "application/octet-stream",
                                 .total_timeout_ms = PUT_TIMEOUT_MS};
        *ret_outcome = node_call_present(n, path, &call);
        uint32_t status = n->answer.status;
        if (*ret_outcome == HTTP_ANSWERED && status == 200) return true;
        if (*ret_outcome == HTTP_UNREACHABLE) return false;
        /* 404: it has not seen the record yet. */
        if (*ret_outcome == HTTP_ANSWERED && status != 503 && status != 404) return false;
        pause_ms(PAUSE_MS);
    }
    return false;
}

/* Which chunks the present node has: bits of `held`. */
static bool ask_held(struct giving *g, struct span *ret_bits, bool *ret_hashes, struct buffer *value) {
    struct node *n = g->node;
    struct http_call call = {.total_timeout_ms = PUT_TIMEOUT_MS};
    buffer_clear(value);
    if (node_call_present(n, pack_url_path(n->tool, g->id, "/leaves"), &call) != HTTP_ANSWERED || n->answer.status != 200 ||
        json_parse(buffer_span(&n->answer.body), value, NULL) != OK)
        return false;
    *ret_bits = map_text(buffer_span(value), "bits");
    *ret_hashes = map_bool(buffer_span(value), "hashes");
    return true;
}

/* A hexadecimal text, a bit per chunk, lowest first of each byte. */
static bool bit_of(struct span hex, uint32_t chunk) {
    size_t at = chunk / 8 * 2 + (chunk % 8 < 4 ? 1 : 0);
    if (at >= hex.len) return false;
    uint8_t c = hex.data[at];
    int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0;
    return digit >> chunk % 4 & 1;
}

static bool put_chunk(struct giving *g, uint32_t chunk, enum http_outcome *ret_outcome) {
    uint8_t bytes[PACK_CHUNK_BYTES];
    size_t len = (size_t)pack_chunk_codes(g->count, chunk) * PACK_ENTRY_BYTES;
    struct tool *t = g->node->tool;
    g->unreadable = pread(g->file, bytes, len, (off_t)chunk * PACK_CHUNK_BYTES) != (ssize_t)len;
    if (g->unreadable) return false;
    if (t->terminal && !t->json)
        remark(t, "\r上传叶子 %u / %u\033[K", "\rgiving leaves %u / %u\033[K", chunk + 1, g->result->chunks);
    if (!put(g, pack_url_path(t, g->id, format(t, "/leaves/%u", chunk)), span_of(bytes, len), ret_outcome)) return false;
    g->result->sent++;
    return true;
}

static bool give_to(struct giving *g, enum http_outcome *ret_outcome) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct span bits = SPAN_EMPTY;
    bool hashes = false, ok = true;
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    /* Without the answer everything is sent: that is harmless. */
    (void)ask_held(g, &bits, &hashes, &value);
    if (!hashes)
        ok = put(g, pack_url_path(g->node->tool, g->id, "/hashes"),
                 span_of(g->chunks, (size_t)g->result->chunks * sizeof g->chunks[0]), ret_outcome);
    for (uint32_t i = 0; i < g->result->chunks && ok; i++)
        if (!bit_of(bits, i)) ok = put_chunk(g, i, ret_outcome);
    return ok;
}

int pack_upload(struct node *n, const char id[PACK_ID_BYTES + 1], uint32_t count, const char *leaves_file,
                const struct digest chunks[], struct pack_upload *ret) {
    struct tool *t = n->tool;
    struct giving g = {.node = n, .id = id, .count = count, .chunks = chunks, .result = ret};
    enum http_outcome outcome = HTTP_UNREACHABLE;
    *ret = (struct pack_upload){.chunks = pack_chunks(count)};
    g.file = open(leaves_file, O_RDONLY | O_CLOEXEC);
    if (g.file < 0) return fail_file(t, "help code pack", leaves_file);
    for (uint32_t i = 0; i < t->nodes_count && ret->node == NULL && !g.unreadable; i++) {
        if (i > 0) node_turn(n);
        if (give_to(&g, &outcome)) ret->node = t->nodes[n->current];
    }
    close(g.file);
    if (t->terminal && !t->json) fputs("\r\033[K", stderr);
    if (g.unreadable) return fail_file(t, "help code pack", leaves_file);
    return ret->node != NULL ? EXIT_OK : node_fail(n, outcome, NULL);
}

/* -- asking -- */

/* From the node that is asked first. */
static bool fetch_from(struct node *n, const struct pack_known *pack, uint32_t index, struct digest chunks[PACK_CHUNKS_MAX],
                       struct pack_place *ret, enum http_outcome *ret_outcome, bool *ret_lied) {
    struct tool *t = n->tool;
    uint32_t chunk = index / PACK_CHUNK_CODES;
    *ret_outcome = node_ask(n, pack_url_path(t, pack->id, "/hashes"), "application/octet-stream");
    if (*ret_outcome != HTTP_ANSWERED || n->answer.status != 200) return false;
    size_t len = n->answer.body.len, n_hashes = len / sizeof chunks[0];
    *ret_lied = true;
    if (len % sizeof chunks[0] != 0 || n_hashes > PACK_CHUNKS_MAX) return false;
    memcpy(chunks, n->answer.body.data, len);
    if (!pack_chunks_check(chunks, n_hashes, pack->count, &pack->root)) return false;
    *ret_lied = false;
    *ret_outcome = node_ask(n, pack_url_path(t, pack->id, format(t, "/leaves/%u", chunk)), "application/octet-stream");
    if (*ret_outcome != HTTP_ANSWERED || n->answer.status != 200) return false;
    struct span bytes = buffer_span(&n->answer.body);
    *ret_lied = true;
    if (!pack_chunk_check(bytes, chunk, pack->count, &chunks[chunk])) return false;
    *ret_lied = false;
    pack_entry_read(bytes.data + (size_t)(index % PACK_CHUNK_CODES) * PACK_ENTRY_BYTES, &ret->hash, &ret->claim_key);
    ret->path_count = pack_path(bytes, chunks, pack->count, index, ret->path);
    return true;
}

int pack_fetch(struct node *n, const struct pack_known *pack, uint32_t index, struct pack_place *ret) {
    struct digest *chunks = check_alloc(PACK_CHUNKS_MAX, sizeof *chunks);
    enum http_outcome outcome = HTTP_UNREACHABLE;
    struct tool *t = n->tool;
    bool found = false, lied = false, lacks = false;
    for (uint32_t i = 0; i < t->nodes_count && !found; i++) {
        if (i > 0) node_turn(n);
        found = fetch_from(n, pack, index, chunks, ret, &outcome, &lied);
        lacks = lacks || (!found && node_lacks(n, outcome));
    }
    free(chunks);
    if (found) return EXIT_OK;
    if (lied)
        return fail(t, EXIT_FALSE, "status", "节点给出的叶子与码包的根不符：%s", "the node's leaves do not fit the pack's root: %s",
                    t->nodes[n->current]);
    return node_fail(n, outcome, lacks ? "code show URL --node http://HOST:PORT" : NULL);
}
