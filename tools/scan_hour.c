/* scan_hour.c: see scan_hour.h. */
#include "tools/scan_hour.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/limits.h"
#include "ledger/proof.h"
#include "ledger/record.h"
#include "tools/map.h"

static int not_understood(struct tool *t) {
    return fail(t, EXIT_BROKEN, "status", "节点的答复无法理解", "the node's answer cannot be understood");
}

/* Rows of one piece, or of an hour: what the row does not say is the same for all. */
bool scan_rows_read(struct span list, uint64_t hour_ms, struct span identifier, struct arena *arena, struct scan_row **rows,
                     size_t *count) {
    size_t more = list_count(list);
    struct span row;
    *rows = check_realloc(*rows, *count + more + 1, sizeof **rows);
    for (struct list l = list_open(list); list_next(&l, &row);) {
        struct scan_row *r = &(*rows)[(*count)++];
        *r = (struct scan_row){.hour_ms = identifier.len ? map_uint(row, "hour_ms") : hour_ms,
                               .identifier = arena_copy(arena, identifier.len ? identifier : map_text(row, "identifier")),
                               .division = arena_copy(arena, map_text(row, "division")),
                               .count = map_uint(row, "count")};
        if (r->hour_ms % SCAN_HOUR_MS != 0 || r->identifier.data == NULL || !scan_identifier_valid(r->identifier) ||
            !scan_division_valid(r->division) || r->count == 0)
            return false;
        if (*count > 1 && scan_row_compare(r - 1, r) >= 0) return false;
    }
    return true;
}

void scan_hour_free(struct scan_hour *h) {
    free(h->rows);
}

/* One page; false when it does not go on from the one before. */
static bool page_read(struct tool *t, struct span page, struct scan_hour *h, uint64_t *next) {
    uint64_t before = *next;
    h->name = arena_copy(&t->arena, map_text(page, "name"));
    h->over = map_bool(page, "over");
    h->dropped = map_uint(page, "dropped");
    if (map_uint(page, "hour_ms") != h->ms || !scan_rows_read(map_get(page, "rows"), h->ms, SPAN_EMPTY, &t->arena, &h->rows, &h->count))
        return false;
    *next = map_uint(page, "next");
    return *next == 0 || (*next > before && *next == h->count && h->count < SCANS_HOUR_ROWS_MAX);
}

/* All rows of the hour, from one node, and their root. */
int scan_hour_fetch(struct node *n, struct scan_hour *h) {
    struct tool *t = n->tool;
    struct buffer value CLEANUP(buffer_free) = {0};
    struct digest said;
    uint64_t next = 0;
    buffer_init(&value, 2 * RPC_ANSWER_BYTES_MAX);
    do {
        /* The node that is asked first and no other: another has tallies of its own. */
        struct http_call call = {.accept = NULL};
        buffer_clear(&value);
        enum http_outcome outcome =
            node_call_present(n, format(t, "/v1/scans/hours/%" PRIu64 "?cursor=%" PRIu64, h->ms, next), &call);
        if (outcome != HTTP_ANSWERED || n->answer.status != 200) return node_fail(n, outcome, NULL);
        int code = node_value(n, &value);
        if (code) return code;
        if (!page_read(t, buffer_span(&value), h, &next)) return not_understood(t);
    } while (next != 0);
    if (scan_root(h->rows, h->count, &h->root) != OK || !map_digest(buffer_span(&value), "root", &said)) return not_understood(t);
    if (map_uint(buffer_span(&value), "count") != h->count || !digest_equal(&said, &h->root))
        return fail(t, h->over ? EXIT_FALSE : EXIT_UNREACHABLE, "status", "节点给出的各行与它所说的根不符",
                    "the rows that the node gave do not have the root it told");
    return EXIT_OK;
}

/* The anchor of the hour, if this record has it: by a proof that is checked here. */
static int anchor_shown(struct desk *d, const struct digest *chain_id, const struct digest *leaf, struct span subject,
                        const struct scan_hour *h, bool *ret_found, struct anchor *ret, uint64_t *ret_index) {
    struct arena arena CLEANUP(arena_free) = {0};
    struct tool *t = d->node.tool;
    struct statement s;
    int code = node_get(&d->node, format(t, "/v1/records/%s/proof", hex_text(t, leaf->b)), "application/vnd.suyuan.proof", NULL);
    if (code) return code;
    arena_init(&arena, PROOF_ARENA_BYTES);
    enum err e = proof_verify(buffer_span(&d->node.answer.body), chain_id, &arena, &s);
    if (e != OK)
        return fail(t, EXIT_FALSE, "status", "节点给出的证明不成立：%s", "the proof that the node gave does not check: %s",
                    err_text(e, t->lang));
    if (s.question != PROOF_RECORD || s.records_count != 1 || !digest_equal(&s.wire_id, leaf) ||
        !span_equal(s.records[0].header.subject, subject))
        return not_understood(t);
    for (uint32_t i = 0; i < s.records[0].items_count; i++) {
        const struct statement_item *shown_item = &s.records[0].items[i];
        struct item item = {.type = shown_item->type, .fields = shown_item->fields};
        struct anchor got;
        if (!shown_item->fields_disclosed || anchor_decode(&item, s.records[0].header.created_ms, &got) != OK) continue;
        if (got.from_ms != h->ms || !span_is(got.what, h->what)) continue;
        *ret_found = true;
        *ret = got;
        ret->what = SPAN_EMPTY; /* it lived in the bundle */
        *ret_index = s.records[0].log_index;
    }
    return EXIT_OK;
}

/* Walks the subject's records since the hour was over. */
int scan_anchor_find(struct desk *d, const struct digest *chain_id, const char *subject, const struct scan_hour *h, bool *ret_found,
                       struct anchor *ret, uint64_t *ret_index) {
    struct tool *t = d->node.tool;
    struct buffer value CLEANUP(buffer_free) = {0};
    uint64_t next = 0, before;
    buffer_init(&value, 2 * RPC_ANSWER_BYTES_MAX);
    do {
        const char *path = format(t, "/v1/records?subject=%s&from_ms=%" PRIu64, path_segment(t, span_text(subject)),
                                  h->ms + SCAN_HOUR_MS);
        struct span record;
        before = next;
        buffer_clear(&value);
        int code = node_get_value(&d->node, next ? format(t, "%s&cursor=%" PRIu64, path, next) : path, NULL, &value);
        if (code) return code;
        for (struct list l = list_open(map_get(buffer_span(&value), "records")); !*ret_found && list_next(&l, &record);) {
            struct digest leaf;
            if (map_uint(record, "kind") != RECORD_ANCHORS || !map_digest(record, "leaf", &leaf)) continue;
            code = anchor_shown(d, chain_id, &leaf, span_text(subject), h, ret_found, ret, ret_index);
            if (code) return code;
        }
        next = map_uint(buffer_span(&value), "next");
    } while (!*ret_found && next > before);
    return EXIT_OK;
}
