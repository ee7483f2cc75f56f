#include "tools/packer.h"

#include <stdlib.h>
#include <string.h>

enum { DOCUMENTS_ARENA_BYTES = 64 << 20 };

void packer_init(struct packer *p, struct tool *t, const struct ledger_params *params,
                 const struct keypair *keys, struct span subject) {
    *p = (struct packer){.tool = t, .params = params, .subject = subject};
    if (keys != NULL) p->keys = *keys;
    arena_init(&p->arena, DOCUMENTS_ARENA_BYTES);
    p->items = check_alloc(RECORD_ITEMS_MAX, sizeof *p->items);
    p->sources = check_alloc(RECORD_ITEMS_MAX, sizeof *p->sources);
}

void packer_free(struct packer *p) {
    keypair_wipe(&p->keys);
    arena_free(&p->arena);
    free(p->items);
    free(p->sources);
}

static enum packer_next refuse(struct packer *p, const char *label, const struct refusal *refusal) {
    /* What to do next is said once, at the end. */
    (void)fail_refusal(p->tool, EXIT_REFUSED, NULL, label, refusal);
    p->refused++;
    if (p->items_count == 0) packer_next_record(p); /* nothing of it is kept */
    return PACKER_ADDED;
}

static size_t items_size(const struct items *items) {
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, 2 * RECORD_BYTES_MAX);
    for (uint32_t i = 0; i < items->count && !b.overflow; i++)
        item_encode(&items->list[i], &b);
    return b.overflow ? SIZE_MAX : b.len;
}

/* What the parameters of the chain permit; for checking alone those of the house. */
static size_t body_max(const struct packer *p) {
    size_t record = p->params ? p->params->parameters.record_bytes : RECORD_BYTES_MAX;
    return record - RECORD_HEADER_BYTES_MAX - 128;
}

static uint32_t items_max(const struct packer *p) {
    return p->params ? (uint32_t)p->params->parameters.record_items : RECORD_ITEMS_MAX;
}

enum packer_next packer_add(struct packer *p, const char *label, struct span text) {
    struct items items;
    struct refusal refusal = {.err = OK};
    /* The arena keeps the documents of this record; a document that finds it full waits for the
     * next. */
    enum err e = epcis_parse(text, &p->arena, &items, &refusal);
    if (e == ERR_TOO_LARGE && p->items_count > 0) return PACKER_FULL;
    uint32_t opened = p->hider ? p->hider->openings.count : 0;
    if (e == OK && p->hider) e = hider_apply(p->hider, items.list, items.count, p->items_count, &p->arena, &refusal);
    size_t size = e == OK ? items_size(&items) : 0;
    if (e == OK && size > body_max(p)) e = refusal_set(&refusal, ERR_RECORD_SIZE, "%s", "");
    if (e == OK && items.count > items_max(p))
        e = refusal_set(&refusal, ERR_RECORD_ITEMS, "%s", "");
    if (e != OK && p->hider) p->hider->openings.count = opened;
    if (e != OK) return refuse(p, label, &refusal);
    uint32_t envelope = items.list[0].type == ITEM_ENVELOPE ? 1 : 0,
             events = items.count - envelope;
    bool fits = p->items_count + items.count <= items_max(p) &&
                p->items_bytes + size <= body_max(p) && p->batch != 0 &&
                p->events_count + events <= p->batch;
    if (p->items_count > 0 && !fits) {
        if (p->hider) p->hider->openings.count = opened; /* it is read again for the next record */
        return PACKER_FULL;
    }
    struct span copy = arena_copy(&p->arena, span_text(label));
    p->sources[p->sources_count++] = (struct parcel_source){
        .label = copy, .first_item = p->items_count, .first_event = p->items_count + envelope};
    memcpy(p->items + p->items_count, items.list, items.count * sizeof *items.list);
    p->items_count += items.count;
    p->items_bytes += size;
    p->events_count += events;
    p->documents++;
    p->events += events;
    return PACKER_ADDED;
}

bool packer_sign(struct packer *p, struct buffer *ret_wire) {
    struct record_header draft = {.chain_id = p->params->chain_id,
                                  .kind = RECORD_EVENTS,
                                  .subject = p->subject,
                                  .key = p->keys.public_key};
    if (p->items_count == 0) return false;
    draft.created_ms = now_ms();
    draft.expires_ms = draft.created_ms + p->lifetime_ms;
    random_bytes(&draft.nonce, sizeof draft.nonce);
    buffer_clear(ret_wire);
    enum err e = record_make(p->params, &draft, p->items, p->items_count, &p->keys, ret_wire);
    CHECK(e == OK); /* sizes and counts were looked at document by document */
    return true;
}

void packer_next_record(struct packer *p) {
    arena_reset(&p->arena);
    if (p->hider) p->hider->openings.count = 0;
    p->items_count = p->events_count = p->sources_count = 0;
    p->items_bytes = 0;
}
