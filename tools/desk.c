#include "tools/desk.h"

#include <stdlib.h>

#include "tools/signer.h"

int desk_open(struct tool *t, const struct arguments *a, bool key_needed, struct desk *ret) {
    const char *key = argument(a, OPTION_KEY) ? argument(a, OPTION_KEY) : getenv("SUYUAN_KEY");
    *ret = (struct desk){.genesis = NULL};
    node_open(t, &ret->node);
    if (key == NULL && key_needed)
        return fail(t, EXIT_USAGE, format(t, "help %s", t->command->name), "缺少 --key 密钥文件",
                    "--key FILE is missing");
    int code = key_needed ? signer_read(t, key, &ret->keys) : EXIT_OK;
    if (code == EXIT_OK) code = chain_genesis(&ret->node, a, &ret->genesis);
    if (code || !key_needed) return code;
    return signer_subject(&ret->node, argument(a, OPTION_SUBJECT), &ret->keys.public_key,
                          ret->genesis, &ret->subject);
}

void desk_close(struct desk *d) {
    node_close(&d->node);
    genesis_free(d->genesis);
    keypair_wipe(&d->keys);
}

void desk_record(struct desk *d, const struct record_header *draft, const struct item *item,
                 struct buffer *out) {
    struct record_header h = *draft;
    uint64_t now = now_ms(), longest = d->genesis->params.parameters.record_lifetime_ms;
    h.subject = d->subject;
    if (h.created_ms == 0) {
        h.created_ms = now;
        random_bytes(&h.nonce, sizeof h.nonce);
    }
    uint64_t latest = h.created_ms + longest;
    if (h.expires_ms == 0) h.expires_ms = now + DESK_EXPIRES_MS < latest ? now + DESK_EXPIRES_MS : latest;
    CHECK(record_make(&d->genesis->params, &h, item, 1, &d->keys, out) == OK);
}

int desk_send(struct desk *d, struct outbox *outbox, struct span wire, const char *label,
              struct buffer *json, struct emit *j, struct desk_sent *ret) {
    struct parcel *parcel CLEANUP(parcel_drop) = parcel_new();
    struct buffer own CLEANUP(buffer_free) = {0};
    struct emit own_emit;
    struct tool *t = d->node.tool;
    struct outbox nowhere = {.tool = t};
    struct parcel_source source = {.label = span_text(label)};
    struct sender s = {.tool = t,
                       .node = &d->node,
                       .outbox = outbox ? outbox : &nowhere,
                       .wait = true,
                       .timeout_ms = DESK_TIMEOUT_MS,
                       .signed_count = 1,
                       .json = json,
                       .emit = j};
    CHECK(parcel_add(parcel, wire, &source, 1) == OK); /* one item is far below every limit */
    if (t->json && j == NULL) sender_json_begin(&s, &own, &own_emit);
    if (t->json && j != NULL) {
        emit_key(j, "records");
        emit_list(j);
    }
    int code = sender_send(&s, parcel);
    if (t->json && j == NULL) sender_json_end(&s, 0);
    if (t->json && j != NULL) emit_list_end(j);
    sender_summary(&s);
    const struct parcel_record *r = &parcel->records[0];
    *ret = (struct desk_sent){.state = r->state,
                              .height = r->height,
                              .log_index = r->log_index,
                              .code = r->code,
                              .id = r->id};
    return code ? code : sender_code(&s);
}
