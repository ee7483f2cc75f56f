/* files.c: finding and reading vector files. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "tests/vectors/vectors.h"

static bool ends_with(const char *name, const char *suffix) {
    size_t a = strlen(name), b = strlen(suffix);
    return a >= b && strcmp(name + a - b, suffix) == 0;
}

bool files_each(const char *dir, const char *suffix, file_fn *fn, void *context) {
    struct dirent **list = NULL;
    int count = scandir(dir, &list, NULL, alphasort);
    if (count < 0) return false;
    for (int i = 0; i < count; i++) {
        char path[VECTOR_PATH_MAX];
        struct stat st;
        const char *name = list[i]->d_name;
        const char *slash = ends_with(dir, "/") ? "" : "/";
        int len = snprintf(path, sizeof path, "%s%s%s", dir, slash, name);
        bool dots = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
        if (!dots && len < (int)sizeof path && stat(path, &st) == 0) {
            if (S_ISDIR(st.st_mode))
                files_each(path, suffix, fn, context);
            else if (ends_with(name, suffix))
                fn(context, path);
        }
        free(list[i]);
    }
    free(list);
    return true;
}

bool file_read(const char *path, struct buffer *ret) {
    FILE *f = fopen(path, "rb");
    uint8_t chunk[65536];
    size_t got;
    if (f == NULL) return false;
    buffer_clear(ret);
    while ((got = fread(chunk, 1, sizeof chunk, f)) > 0)
        buffer_append(ret, chunk, got);
    bool good = !ferror(f) && !ret->overflow;
    fclose(f);
    return good;
}

bool csv_next(struct span *rest, struct buffer fields[], size_t columns) {
    if (rest->len == 0) return false;
    bool quoted = false;
    size_t i = 0, column = 0;
    for (size_t c = 0; c < columns; c++)
        buffer_clear(&fields[c]);
    for (; i < rest->len; i++) {
        char c = (char)rest->data[i];
        if (c == '"' && quoted && i + 1 < rest->len && rest->data[i + 1] == '"')
            buffer_u8(&fields[column], rest->data[++i]);
        else if (c == '"')
            quoted = !quoted;
        else if (c == ',' && !quoted && column + 1 < columns)
            column++;
        else if (c == '\n' && !quoted)
            break;
        else if (c != '\r')
            buffer_u8(&fields[column], (uint8_t)c);
    }
    size_t used = i < rest->len ? i + 1 : i;
    *rest = span_part(*rest, used, rest->len - used);
    return true;
}

static bool digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

/* Puts integers of 16 digits and more into quotes: they may be too large for base/json.h. U+0000, which no
 * canonical text holds, becomes VECTOR_NUL. */
static void quote_large(struct span in, struct buffer *out) {
    bool in_string = false;
    for (size_t i = 0; i < in.len; i++) {
        uint8_t c = in.data[i];
        if (in_string || !digit(c)) {
            if (in_string && span_starts(span_part(in, i, in.len - i), "\\u0000")) {
                buffer_text(out, VECTOR_NUL);
                i += 5;
                continue;
            }
            buffer_u8(out, c);
            if (c == '\\' && in_string && i + 1 < in.len) buffer_u8(out, in.data[++i]);
            if (c == '"') in_string = !in_string;
            continue;
        }
        size_t end = i;
        while (end < in.len && digit(in.data[end]))
            end++;
        bool part = end < in.len && strchr(".eE", in.data[end]) != NULL;
        bool after = i > 0 && strchr(".eE+-", in.data[i - 1]) != NULL;
        bool quote = end - i >= 16 && !part && !after;
        if (quote) buffer_u8(out, '"');
        buffer_append(out, in.data + i, end - i);
        if (quote) buffer_u8(out, '"');
        i = end - 1;
    }
}

bool file_json(const char *path, struct buffer *ret) {
    struct buffer text CLEANUP(buffer_free) = {0}, quoted CLEANUP(buffer_free) = {0};
    buffer_init(&text, VECTOR_FILE_BYTES_MAX);
    buffer_init(&quoted, 2 * (size_t)VECTOR_FILE_BYTES_MAX);
    if (!file_read(path, &text)) return false;
    quote_large(buffer_span(&text), &quoted);
    buffer_clear(ret);
    struct refusal refusal = {OK, ""};
    if (json_parse(buffer_span(&quoted), ret, &refusal) == OK && !quoted.overflow) return true;
    fprintf(stderr, "%s: %s %s\n", path, err_name(refusal.err), refusal.where);
    return false;
}

struct span json_text(struct span object, const char *name) {
    struct span v;
    struct unpack u;
    if (!value_get(object, name, &v) || value_kind(v) != VALUE_TEXT) return SPAN_EMPTY;
    unpack_init(&u, v);
    return unpack_text(&u, SIZE_MAX);
}

uint64_t json_uint(struct span object, const char *name) {
    struct span v;
    struct unpack u;
    uint64_t n = 0;
    if (!value_get(object, name, &v)) return 0;
    unpack_init(&u, v);
    if (value_kind(v) == VALUE_INT) return unpack_uint(&u, UINT64_MAX);
    struct span digits = json_text(object, name);
    for (size_t i = 0; i < digits.len; i++)
        n = n * 10 + (uint64_t)(digits.data[i] - '0');
    return n;
}

bool json_bool(struct span object, const char *name) {
    struct span v;
    struct unpack u;
    if (!value_get(object, name, &v)) return false;
    unpack_init(&u, v);
    return unpack_bool(&u);
}

void json_list_of(struct json_list *l, struct span array) {
    unpack_init(&l->u, array);
    l->left = value_kind(array) == VALUE_ARRAY ? unpack_array(&l->u, UINT32_MAX) : 0;
}

void json_list_begin(struct json_list *l, struct span object, const char *name) {
    struct span v = SPAN_EMPTY;
    if (!value_get(object, name, &v)) v = SPAN_EMPTY;
    json_list_of(l, v);
}

bool json_list_next(struct json_list *l, struct span *ret_entry) {
    if (l->left == 0) return false;
    l->left--;
    *ret_entry = unpack_value(&l->u);
    return l->u.err == OK;
}

bool bytes_hex(struct span text, struct buffer *ret) {
    buffer_clear(ret);
    for (size_t i = 0; i + 2 <= text.len; i += 2) {
        uint8_t b;
        if (hex_decode((const char *)text.data + i, 2, &b, 1) != OK) return false;
        buffer_u8(ret, b);
    }
    return text.len % 2 == 0 && !ret->overflow;
}

bool bytes_base64(struct span text, struct buffer *ret) {
    size_t len = 0, cap = text.len / 4 * 3 + 3;
    uint8_t *out = check_alloc(cap, 1);
    bool good = base64_decode(text, out, cap, &len);
    buffer_clear(ret);
    if (good) buffer_append(ret, out, len);
    free(out);
    return good && !ret->overflow;
}
