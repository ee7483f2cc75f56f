#include "tools/openings.h"

#include "base/json.h"
#include "tools/map.h"

const struct opening *openings_find(const struct openings *o, struct span name) {
    for (uint32_t i = 0; i < o->count; i++)
        if (span_equal(o->list[i].name, name)) return &o->list[i];
    return NULL;
}

/* SPEC D6: "a hidden value of tier 3 (I3) whose name is `/fields/` and the field's name" */
struct digest opening_commitment(struct tool *t, const struct digest *chain_id, const struct opening *o) {
    const char *name = format(t, "/fields/%.*s", (int)o->name.len, (const char *)o->name.data);
    return hidden_commitment(chain_id, TIER_DELETABLE, o->salt, span_text(name), o->value);
}

static bool opening_read(struct tool *t, struct span entry, struct opening *ret) {
    struct span salt = map_text(entry, "salt"), text = map_text(entry, "canonical");
    uint8_t *bytes = arena_alloc(&t->arena, text.len + 4, 1);
    size_t len = 0;
    ret->name = map_text(entry, "name");
    if (bytes == NULL || ret->name.len == 0 || salt.len != 2 * sizeof ret->salt ||
        hex_decode((const char *)salt.data, salt.len, ret->salt, sizeof ret->salt) != OK ||
        !base64_decode(text, bytes, text.len + 4, &len))
        return false;
    ret->value = span_of(bytes, len);
    return value_check(ret->value) == OK;
}

static bool file_read_value(struct span value, struct tool *t, struct openings *o) {
    struct span entry;
    o->certificate = map_text(value, "certificate");
    if (!map_digest(value, "chain_id", &o->chain_id)) return false;
    for (struct list l = list_open(map_get(value, "fields")); list_next(&l, &entry); o->count++)
        if (o->count == CERTIFICATE_FIELDS_MAX || !opening_read(t, entry, &o->list[o->count]))
            return false;
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
        return fail_refusal(t, EXIT_REFUSED, "help cert show", path, &refusal);
    struct span copy = arena_copy(&t->arena, buffer_span(&value));
    if (copy.data == NULL || !file_read_value(copy, t, ret))
        return fail(t, EXIT_REFUSED, "help cert show", "%s 不是打开隐藏字段的文件",
                    "%s is no file that opens hidden fields", shown(t, span_text(path)));
    return EXIT_OK;
}

int openings_write(struct tool *t, const char *path, const struct openings *o) {
    struct buffer out CLEANUP(buffer_free) = {0};
    struct emit j;
    buffer_init(&out, OPENINGS_BYTES_MAX);
    emit_begin(&j, &out);
    emit_object(&j);
    emit_key_digest(&j, "chain_id", &o->chain_id);
    emit_key_text(&j, "certificate", o->certificate);
    emit_key(&j, "fields");
    emit_list(&j);
    for (uint32_t i = 0; i < o->count; i++) {
        const struct opening *f = &o->list[i];
        emit_object(&j);
        emit_key_text(&j, "name", f->name);
        emit_key_value(&j, "value", f->value);
        emit_key_base64(&j, "canonical", f->value);
        emit_key_hex(&j, "salt", span_of(f->salt, sizeof f->salt));
        emit_object_end(&j);
    }
    emit_list_end(&j);
    emit_object_end(&j);
    emit_end(&j);
    buffer_u8(&out, '\n');
    CHECK(!out.overflow);
    struct file_writing file = {.to = NULL};
    int code = file_begin(t, path, 0600, &file);
    if (code) return code;
    (void)fwrite(out.data, 1, out.len, file.to);
    return file_finish(t, &file);
}
