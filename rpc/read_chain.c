#include "rpc/handlers.h"

#include <string.h>

#include "ledger/checkpoint.h"
#include "ledger/merkle.h"

static struct span validator_name(const struct view *v, uint32_t index) {
    const struct genesis *g = v->host->genesis;
    return index < g->validators.count ? g->validators.validators[index].name : SPAN_EMPTY;
}

static void put_results(struct emit *j, const struct result results[], uint32_t count) {
    emit_key(j, "results");
    emit_list(j);
    for (uint32_t i = 0; i < count; i++) {
        emit_object(j);
        emit_key_digest(j, "leaf", &results[i].wire_id);
        put_result(j, results[i].code, results[i].item);
        emit_object_end(j);
    }
    emit_list_end(j);
}

/* Genesis (G9) is a block without a stored form: its certificate is nil. */
struct block_parts {
    struct block_header header;
    struct span certificate, nullifications;
};

static void put_block(struct view *v, const struct block_summary *s, const struct block_parts *parts,
                      const struct result results[], uint32_t count) {
    static const uint8_t nil[] = {0xc0}, none[] = {0x90};
    struct emit j;
    emit_begin(&j, v->out);
    emit_object(&j);
    put_at(&j, v);
    emit_key_uint(&j, "height", s->height);
    emit_key_uint(&j, "view", s->view);
    emit_key_uint(&j, "epoch", parts->header.epoch);
    emit_key_digest(&j, "digest", &s->block);
    emit_key_digest(&j, "parent", &parts->header.parent);
    emit_key_uint(&j, "time_ms", s->time_ms);
    emit_key_uint(&j, "proposer", parts->header.proposer);
    emit_key_text(&j, "proposer_name", s->height == 0 ? SPAN_EMPTY : validator_name(v, parts->header.proposer));
    emit_key_uint(&j, "log_size", s->log_size);
    emit_key_digest(&j, "log_root", &s->log_root);
    emit_key_uint(&j, "status_count", s->status_count);
    emit_key_digest(&j, "status_root", &s->status_root);
    emit_key_uint(&j, "records", s->records);
    emit_key_uint(&j, "accepted", s->accepted);
    put_results(&j, results, count);
    emit_key_value(&j, "certificate", s->height == 0 ? span_of(nil, 1) : parts->certificate);
    emit_key_value(&j, "nullifications", s->height == 0 ? span_of(none, 1) : parts->nullifications);
    emit_object_end(&j);
    emit_end(&j);
}

enum err read_block(struct view *v) {
    uint64_t height = v->arguments[0].number;
    struct block_summary summary;
    if (height > v->summary.height || query_block(v->snapshot.reader, height, &summary) != OK)
        return ERR_RPC_NOT_FOUND;
    struct buffer stored;
    buffer_init(&stored, BLOCK_NULLIFICATIONS_BYTES_MAX + BLOCK_BYTES_MAX);
    struct block_parts parts = {0};
    struct stored_block block;
    struct result *results = NULL;
    uint32_t count = 0;
    enum err e = OK;
    if (height > 0) e = query_block_stored(v->snapshot.reader, height, &stored);
    if (e == OK && v->form == FORM_MSGPACK) {
        v->immutable = true;
        if (height == 0) e = ERR_RPC_NOT_FOUND;
        buffer_append_span(v->out, buffer_span(&stored));
    } else if (e == OK) {
        arena_reset(v->scratch);
        if (height > 0) e = stored_block_decode(buffer_span(&stored), v->scratch, &block, &parts.header);
        if (e == OK && height > 0) {
            parts.certificate = block.certificate;
            parts.nullifications = block.nullifications;
            e = query_results(v->snapshot.reader, height, v->scratch, &results, &count);
        }
        if (e == OK) put_block(v, &summary, &parts, results, count);
    }
    buffer_free(&stored);
    return e;
}

static void put_checkpoint(struct view *v, const struct attested *a, const struct buffer *note) {
    struct emit j;
    emit_begin(&j, v->out);
    emit_object(&j);
    emit_key_text(&j, "origin", v->host->genesis->origin);
    emit_key_uint(&j, "height", a->height);
    emit_key_uint(&j, "size", a->size);
    emit_key_digest(&j, "root", &a->root);
    emit_key_uint(&j, "as_of_s", a->as_of_s);
    emit_key(&j, "cosignatures");
    emit_list(&j);
    for (uint32_t i = 0; i < a->count; i++) {
        const struct cosignature *c = &a->cosignatures[i];
        emit_object(&j);
        emit_key_uint(&j, "index", c->index);
        emit_key_text(&j, "name", validator_name(v, c->index));
        emit_key_uint(&j, "time_s", c->time_s);
        emit_key_base64(&j, "cosignature", span_of(c->cosignature.b, sizeof c->cosignature.b));
        emit_key_base64(&j, "log", span_of(c->log.b, sizeof c->log.b));
        emit_object_end(&j);
    }
    emit_list_end(&j);
    emit_key_text(&j, "note", buffer_span(note));
    emit_object_end(&j);
    emit_end(&j);
}

enum err read_checkpoint(struct view *v) {
    struct attested attested;
    enum err e = attested_of(v, &attested);
    if (e != OK) return e;
    const struct genesis *g = v->host->genesis;
    struct buffer note;
    buffer_init(&note, NOTE_BYTES_MAX);
    checkpoint_note(&g->validators, g->origin, &attested, &note);
    if (v->form == FORM_NOTE)
        buffer_append_span(v->out, buffer_span(&note));
    else
        put_checkpoint(v, &attested, &note);
    buffer_free(&note);
    return OK;
}

enum err read_policy(struct view *v) {
    checkpoint_policy(&v->host->genesis->validators, v->host->genesis->origin, v->out);
    return OK;
}

enum err read_genesis(struct view *v) {
    v->immutable = true;
    if (v->form == FORM_MSGPACK)
        buffer_append_span(v->out, v->host->genesis->file);
    else
        genesis_json(v->host->genesis, v->out);
    return OK;
}

struct tile {
    bool entries;
    uint32_t level;
    uint64_t index;
    uint32_t width;
};

static bool digits_take(struct span *s, uint32_t count_min, uint32_t count_max, uint64_t *ret) {
    uint64_t value = 0;
    uint32_t n = 0;
    while (n < count_max && n < s->len && s->data[n] >= '0' && s->data[n] <= '9')
        value = value * 10 + (uint64_t)(s->data[n++] - '0');
    if (n < count_min) return false;
    *s = span_part(*s, n, s->len - n);
    *ret = value;
    return true;
}

static bool literal_take(struct span *s, const char *text) {
    if (!span_starts(*s, text)) return false;
    *s = span_part(*s, strlen(text), s->len - strlen(text));
    return true;
}

/* c2sp.org/tlog-tiles: <L>/<N>[.p/<W>], N in groups of three digits, all but the last with a leading "x". One spelling only. */
static bool tile_parse(struct span path, struct tile *ret) {
    struct tile t = {.width = TILE_WIDTH};
    uint64_t number;
    if (literal_take(&path, "entries/")) {
        t.entries = true;
    } else {
        bool leading_zero = path.len > 1 && path.data[0] == '0' && path.data[1] != '/';
        if (leading_zero || !digits_take(&path, 1, 2, &number) || number > 63 || !literal_take(&path, "/")) return false;
        t.level = (uint32_t)number;
    }
    uint32_t groups = 0;
    while (literal_take(&path, "x")) {
        if (!digits_take(&path, 3, 3, &number) || !literal_take(&path, "/") || ++groups > 5) return false;
        if (groups == 1 && number == 0) return false;
        t.index = t.index * 1000 + number;
    }
    if (!digits_take(&path, 3, 3, &number)) return false;
    t.index = t.index * 1000 + number;
    if (literal_take(&path, ".p/")) {
        bool leading_zero = path.len > 0 && path.data[0] == '0';
        if (leading_zero || !digits_take(&path, 1, 3, &number) || number < 1 || number >= TILE_WIDTH) return false;
        t.width = (uint32_t)number;
    }
    if (path.len != 0) return false;
    *ret = t;
    return true;
}

/* Each entry as u16 length and bytes. */
static enum err write_entries(struct view *v, const struct tile *t) {
    struct buffer leaf;
    buffer_init(&leaf, LEAF_BYTES_MAX + 64);
    enum err e = OK;
    for (uint32_t i = 0; i < t->width && e == OK; i++) {
        uint64_t height;
        uint32_t index;
        e = query_log_leaf(v->snapshot.reader, t->index * TILE_WIDTH + i, &leaf, &height, &index);
        if (e != OK) break;
        buffer_u16(v->out, (uint16_t)leaf.len);
        buffer_append_span(v->out, buffer_span(&leaf));
    }
    buffer_free(&leaf);
    return e;
}

enum err read_tile(struct view *v) {
    struct tile t;
    if (!tile_parse(v->arguments[0].text, &t)) return ERR_RPC_PATH;
    uint32_t available = merkle_tile_width(v->summary.log_size, t.level, t.index);
    if (t.width > available) return ERR_RPC_NOT_FOUND;
    v->immutable = true;
    if (t.entries) return write_entries(v, &t);
    return merkle_tile(v->snapshot.reader, t.level, t.index, t.width, v->out);
}
