#include "tools/openings.h"

#include <string.h>

#include "base/json.h"
#include "tools/map.h"

static const char fields[] = "/fields/";

struct span opening_field(const struct opening *o) {
    size_t n = sizeof fields - 1;
    return span_starts(o->name, fields) ? span_part(o->name, n, o->name.len - n) : SPAN_EMPTY;
}

const struct opening *openings_find(const struct openings *o, struct span field) {
    for (uint32_t i = 0; i < o->count; i++)
        if (field.len > 0 && span_equal(opening_field(&o->list[i]), field)) return &o->list[i];
    return NULL;
}

struct digest opening_commitment(const struct digest *chain_id, const struct opening *o) {
    return hidden_commitment(chain_id, o->tier, o->salt, o->name, o->value);
}

enum item_tier tier_of_word(struct span word) {
    if (span_is(word, "partner")) return TIER_PARTNER;
    if (span_is(word, "regulator")) return TIER_REGULATOR;
    return span_is(word, "public") ? TIER_DELETABLE : TIER_PUBLIC;
}

const char *tier_shown(const struct tool *t, enum item_tier tier) {
    switch (tier) {
    case TIER_PARTNER: return tr(t, "第 1 级，贸易伙伴", "tier 1, trade partner");
    case TIER_REGULATOR: return tr(t, "第 2 级，监管", "tier 2, regulator");
    case TIER_DELETABLE: return tr(t, "第 3 级，公开但可删除", "tier 3, public but deletable");
    case TIER_PUBLIC: break;
    }
    return tr(t, "公开", "public");
}

void openings_begin(struct tool *t, const struct digest *chain_id, struct openings *ret) {
    *ret = (struct openings){.chain_id = *chain_id};
    ret->list = arena_alloc(&t->arena, SEALED_OPENINGS_MAX, sizeof *ret->list);
    CHECK(ret->list != NULL);
}

static bool opening_read(struct tool *t, struct span entry, struct opening *ret) {
    struct span salt = map_text(entry, "salt"), text = map_text(entry, "canonical");
    uint8_t *bytes = arena_alloc(&t->arena, text.len + 4, 1);
    size_t len = 0;
    uint64_t item = map_uint(entry, "item"), tier = map_uint(entry, "tier");
    ret->name = map_text(entry, "name");
    if (bytes == NULL || !span_starts(ret->name, "/") || item >= RECORD_ITEMS_MAX || tier < TIER_PARTNER || tier > TIER_DELETABLE ||
        salt.len != 2 * sizeof ret->salt || hex_decode((const char *)salt.data, salt.len, ret->salt, sizeof ret->salt) != OK ||
        !base64_decode(text, bytes, text.len + 4, &len))
        return false;
    ret->item = (uint32_t)item;
    ret->tier = (enum item_tier)tier;
    ret->value = span_of(bytes, len);
    return value_check(ret->value) == OK;
}

static bool file_read_value(struct span value, struct tool *t, struct openings *o) {
    struct span entry;
    struct digest chain_id;
    if (!map_digest(value, "chain_id", &chain_id)) return false;
    openings_begin(t, &chain_id, o);
    o->certificate = map_text(value, "certificate");
    if (map_has(value, "record") && !map_digest(value, "record", &o->record)) return false;
    for (struct list l = list_open(map_get(value, "openings")); list_next(&l, &entry); o->count++)
        if (o->count == SEALED_OPENINGS_MAX || !opening_read(t, entry, &o->list[o->count])) return false;
    return true;
}

int openings_read(struct tool *t, const char *path, struct openings *ret) {
    struct buffer text CLEANUP(buffer_free) = {0}, value CLEANUP(buffer_free) = {0};
    struct refusal refusal;
    *ret = (struct openings){.count = 0};
    buffer_init(&text, OPENINGS_BYTES_MAX);
    buffer_init(&value, OPENINGS_BYTES_MAX);
    int code = file_read(t, path, &text);
    if (code) return code;
    if (json_parse(buffer_span(&text), &value, &refusal) != OK)
        return fail_refusal(t, EXIT_REFUSED, "help open", path, &refusal);
    struct span copy = arena_copy(&t->arena, buffer_span(&value));
    if (copy.data == NULL || !file_read_value(copy, t, ret))
        return fail(t, EXIT_REFUSED, "help open", "%s 不是打开隐藏值的文件",
                    "%s is no file that opens hidden values", shown(t, span_text(path)));
    return EXIT_OK;
}

void openings_emit(struct emit *j, const struct openings *o) {
    emit_key_digest(j, "chain_id", &o->chain_id);
    if (!digest_is_zero(&o->record)) emit_key_digest(j, "record", &o->record);
    if (o->certificate.len > 0) emit_key_text(j, "certificate", o->certificate);
    emit_key(j, "openings");
    emit_list(j);
    for (uint32_t i = 0; i < o->count; i++) {
        const struct opening *f = &o->list[i];
        emit_object(j);
        emit_key_uint(j, "item", f->item);
        emit_key_uint(j, "tier", f->tier);
        emit_key_text(j, "name", f->name);
        emit_key_value(j, "value", f->value);
        emit_key_base64(j, "canonical", f->value);
        emit_key_hex(j, "salt", span_of(f->salt, sizeof f->salt));
        emit_object_end(j);
    }
    emit_list_end(j);
}

int openings_write(struct tool *t, const char *path, const struct openings *o) {
    struct buffer out CLEANUP(buffer_free) = {0};
    struct emit j;
    buffer_init(&out, OPENINGS_BYTES_MAX);
    emit_begin(&j, &out);
    emit_object(&j);
    openings_emit(&j, o);
    emit_object_end(&j);
    emit_end(&j);
    buffer_u8(&out, '\n');
    if (out.overflow)
        return fail(t, EXIT_REFUSED, "help open", "打开的值过多，写不进一个文件", "too many values for one file");
    struct file_writing file = {.to = NULL};
    int code = file_begin(t, path, 0600, &file);
    if (code) return code;
    (void)fwrite(out.data, 1, out.len, file.to);
    return file_finish(t, &file);
}
