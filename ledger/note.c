/* note.c: c2sp.org/signed-note, see note.h. */
#include "ledger/note.h"

#include <inttypes.h>
#include <string.h>

static const char dash[] = "\xe2\x80\x94 "; /* em dash (U+2014), space */
enum { DASH = sizeof dash - 1 };

/* "Key names MUST be non-empty and MUST NOT contain any Unicode spaces or plus": the White_Space
 * property. */
static bool unicode_space(uint32_t c) {
    return (c >= 9 && c <= 13) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
           c == 0x205f || c == 0x3000;
}

bool note_name_valid(struct span name) {
    if (name.len == 0 || !span_is_utf8(name)) return false;
    for (size_t i = 0; i < name.len;) {
        uint8_t b = name.data[i];
        size_t len = b < 0x80 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
        uint32_t c = len == 1 ? b : b & (0x7fu >> len);
        for (size_t k = 1; k < len; k++)
            c = c << 6 | (name.data[i + k] & 0x3fu);
        if (unicode_space(c) || c == '+' || c < 0x20) return false;
        i += len;
    }
    return true;
}

static size_t find_byte(struct span in, size_t from, uint8_t b) {
    while (from < in.len && in.data[from] != b)
        from++;
    return from;
}

/* "— <name> <base64>" without its line feed. */
static bool line_parse(struct span line, struct note_line *ret) {
    uint8_t id[4];
    if (!span_starts(line, dash)) return false;
    size_t end = find_byte(line, DASH, ' ');
    if (end == line.len) return false;
    ret->name = span_part(line, DASH, end - DASH);
    ret->base64 = span_part(line, end + 1, line.len - end - 1);
    if (!note_name_valid(ret->name) || ret->base64.len < 8) return false;
    uint8_t bytes[NOTE_SIGNATURE_BYTES_MAX];
    size_t len;
    if (!base64_decode(ret->base64, bytes, sizeof bytes, &len) || len < 5) return false;
    memcpy(id, bytes, sizeof id);
    ret->key_id = get_u32(id);
    return true;
}

static bool control_free(struct span in) {
    for (size_t i = 0; i < in.len; i++)
        if (in.data[i] < 0x20 && in.data[i] != '\n') return false;
    return true;
}

enum err note_parse(struct span in, struct note *ret) {
    if (in.len < 3 || in.len > NOTE_BYTES_MAX || !span_is_utf8(in) || !control_free(in) ||
        in.data[in.len - 1] != '\n')
        return ERR_NOTE_FORM;
    /* "the text is separated from the signatures by the last empty line in the note" */
    size_t split = in.len - 1;
    while (split > 0 && !(in.data[split] == '\n' && in.data[split - 1] == '\n'))
        split--;
    if (split == 0) return ERR_NOTE_FORM;
    struct span text = span_part(in, 0, split),
                lines = span_part(in, split + 1, in.len - split - 1);
    struct note_line list[NOTE_SIGNATURES_MAX];
    uint32_t count = 0;
    for (size_t at = 0; at < lines.len;) {
        size_t end = find_byte(lines, at, '\n');
        if (count == NOTE_SIGNATURES_MAX ||
            !line_parse(span_part(lines, at, end - at), &list[count]))
            return ERR_NOTE_FORM;
        count++;
        at = end + 1;
    }
    if (count == 0) return ERR_NOTE_FORM;
    ret->text = text;
    ret->lines_count = count;
    memcpy(ret->lines, list, count * sizeof *list);
    return OK;
}

bool note_line_signature(const struct note_line *line, uint8_t ret[], size_t len) {
    uint8_t bytes[NOTE_SIGNATURE_BYTES_MAX];
    size_t got;
    if (!base64_decode(line->base64, bytes, sizeof bytes, &got) || got != len + 4) return false;
    memcpy(ret, bytes + 4, len);
    return true;
}

uint32_t note_key_id(struct span name, uint8_t type, const struct pubkey *key) {
    struct sha256 h;
    struct digest d;
    uint8_t middle[2] = {'\n', type};
    sha256_init(&h);
    sha256_add(&h, name.data, name.len);
    sha256_add(&h, middle, sizeof middle);
    sha256_add(&h, key->b, sizeof key->b);
    sha256_final(&h, &d);
    return get_u32(d.b);
}

void note_key_make(struct span name, uint8_t type, const struct pubkey *key, struct note_key *ret) {
    *ret = (struct note_key){name, type, note_key_id(name, type, key), *key};
}

enum err note_key_parse(struct span vkey, struct note_key *ret) {
    struct note_key k = {0};
    size_t plus = find_byte(vkey, 0, '+');
    uint8_t id[4], material[33];
    size_t len;
    if (vkey.len - plus < 10 || vkey.data[plus + 9] != '+') return ERR_NOTE_KEY;
    k.name = span_part(vkey, 0, plus);
    if (!note_name_valid(k.name) || hex_decode((const char *)vkey.data + plus + 1, 8, id, 4))
        return ERR_NOTE_KEY;
    struct span tail = span_part(vkey, plus + 10, vkey.len - plus - 10);
    if (!base64_decode(tail, material, sizeof material, &len) || len != sizeof material)
        return ERR_NOTE_KEY;
    k.type = material[0];
    memcpy(k.key.b, material + 1, 32);
    k.id = get_u32(id);
    bool known = k.type == NOTE_ED25519 || k.type == NOTE_COSIGNATURE;
    if (!known || !key_valid(&k.key) || k.id != note_key_id(k.name, k.type, &k.key))
        return ERR_NOTE_KEY;
    *ret = k;
    return OK;
}

static void base64_write(struct span in, struct buffer *out) {
    char text[(NOTE_SIGNATURE_BYTES_MAX + 2) / 3 * 4 + 1];
    size_t len = base64_encode(in, text, sizeof text);
    buffer_append(out, text, len);
}

void note_key_text(const struct note_key *key, struct buffer *out) {
    uint8_t material[33] = {key->type};
    memcpy(material + 1, key->key.b, 32);
    buffer_append_span(out, key->name);
    buffer_printf(out, "+%08" PRIx32 "+", key->id);
    base64_write(span_of(material, sizeof material), out);
}

enum err note_verify(const struct note *note, const struct note_key *key) {
    bool found = false;
    for (uint32_t i = 0; i < note->lines_count; i++) {
        const struct note_line *line = &note->lines[i];
        struct signature sig;
        if (line->key_id != key->id || !span_equal(line->name, key->name)) continue;
        /* "If the key name and ID match a known key, verifiers MUST verify the signature." */
        if (!note_line_signature(line, sig.b, sizeof sig.b) ||
            !verify_raw(&key->key, note->text, &sig))
            return ERR_SIGNATURE;
        found = true;
    }
    return found ? OK : ERR_NOTE_UNSIGNED;
}

void note_line_write(struct span name, uint32_t key_id, struct span signature, struct buffer *out) {
    uint8_t bytes[NOTE_SIGNATURE_BYTES_MAX];
    CHECK(signature.len <= sizeof bytes - 4);
    put_u32(bytes, key_id);
    memcpy(bytes + 4, signature.data, signature.len);
    buffer_text(out, dash);
    buffer_append_span(out, name);
    buffer_text(out, " ");
    base64_write(span_of(bytes, signature.len + 4), out);
    buffer_text(out, "\n");
}
