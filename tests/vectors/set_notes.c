/* set_notes.c: C2SP signed notes. In the specifications every example in a fenced block that is a signed
 * note must parse, and where a verifier key of the set fits, verify, and not verify with any byte of it
 * changed. In the .txt files (torchwood's end-to-end tests of a witness) every request to add-checkpoint is
 * answered by a witness made of note_verify and merkle_consistency_verify; its verdict must be the one
 * recorded. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/checkpoint.h"
#include "ledger/merkle.h"
#include "tests/vectors/vectors.h"

enum { KEYS_MAX = 64, PROOF_LINES_MAX = 63 };

struct known {
    struct note_key key;
    struct span origin; /* of the log it signs; empty: any note under its name */
};

struct notes {
    struct tally *t;
    struct known keys[KEYS_MAX];
    uint32_t keys_count;
    struct arena arena;   /* texts of keys and files */
    uint64_t size;        /* the witness' state, of one file */
    struct digest root;
    bool seen;
};

static bool line_next(struct span *rest, struct span *ret) {
    size_t end = 0;
    if (rest->len == 0) return false;
    while (end < rest->len && rest->data[end] != '\n')
        end++;
    *ret = span_part(*rest, 0, end);
    *rest = span_part(*rest, end < rest->len ? end + 1 : end, rest->len - (end < rest->len ? end + 1 : end));
    return true;
}

static struct span trim(struct span s) {
    while (s.len > 0 && s.data[0] == ' ')
        s = span_part(s, 1, s.len - 1);
    return s;
}

/* What follows `mark` up to a blank or a quote. */
static bool word_after(struct span line, const char *mark, struct span *ret) {
    size_t m = strlen(mark);
    for (size_t i = 0; i + m <= line.len; i++) {
        if (memcmp(line.data + i, mark, m) != 0) continue;
        size_t from = i + m, to = from;
        bool quoted = from < line.len && line.data[from] == '\'';
        if (quoted) to = ++from;
        while (to < line.len && line.data[to] != (quoted ? '\'' : ' '))
            to++;
        *ret = span_part(line, from, to - from);
        return true;
    }
    return false;
}

static void key_add(struct notes *n, const struct note_key *key, struct span origin) {
    if (n->keys_count == KEYS_MAX) return;
    n->keys[n->keys_count++] = (struct known){*key, origin};
}

/* A log as sigsum names it: origin and key name are both made of the key's hash. */
static void sigsum_key(struct notes *n, struct span hex) {
    struct note_key key;
    struct pubkey pub;
    char name[100], hash_hex[65];
    if (hex_decode((const char *)hex.data, hex.len, pub.b, 32) != OK) return;
    struct digest hash = sha256(span_of(pub.b, 32));
    hex_encode(span_of(hash.b, 32), hash_hex);
    snprintf(name, sizeof name, "sigsum.org/v1/tree/%s", hash_hex);
    struct span kept = arena_copy(&n->arena, span_text(name));
    note_key_make(kept, NOTE_ED25519, &pub, &key);
    key_add(n, &key, kept);
}

static void keys_of_line(struct notes *n, struct span line) {
    struct span word, origin = SPAN_EMPTY;
    struct note_key key;
    if (word_after(line, "add-sigsum-log -key=", &word)) sigsum_key(n, word);
    if (word_after(line, "add-key -origin ", &origin) && word_after(line, " -key ", &word) &&
        note_key_parse(word, &key) == OK)
        key_add(n, &key, origin);
    if (note_key_parse(trim(line), &key) == OK) key_add(n, &key, SPAN_EMPTY);
}

static struct span file_kept(struct notes *n, const char *path) {
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, VECTOR_FILE_BYTES_MAX);
    if (!file_read(path, &b)) return SPAN_EMPTY;
    return arena_copy(&n->arena, buffer_span(&b));
}

/* Is it a signed note in full? Specifications shorten some signatures with an ellipsis. */
static bool looks_like_note(struct span block) {
    bool signature = false;
    for (size_t i = 0; i + 6 <= block.len; i++) {
        if (memcmp(block.data + i, "\n\n\xe2\x80\x94 ", 6) == 0) signature = true;
        if (memcmp(block.data + i, "[...]", 5) == 0 || block.data[i] == '<') return false;
    }
    return signature;
}

/* Verified under the key, and under none with a byte of the note's text changed. */
static bool verifies_strictly(struct span block, const struct note_key *key, struct note *note) {
    if (note_parse(block, note) != OK || note_verify(note, key) != OK) return false;
    size_t text_len = note->text.len;
    uint8_t *bad = check_alloc(block.len, 1);
    bool good = true;
    for (size_t i = 0; i < text_len; i++) {
        memcpy(bad, block.data, block.len);
        bad[i] ^= 1;
        if (note_parse(span_of(bad, block.len), note) == OK && note_verify(note, key) == OK)
            good = false;
    }
    free(bad);
    return good;
}

static void block_judge(struct notes *n, struct span block, const char *path, unsigned line) {
    if (!looks_like_note(block)) return;
    struct note *note = check_alloc(1, sizeof *note);
    enum err e = note_parse(block, note);
    tally_case(n->t, e == OK, "%s:%u: %s", path, line, err_name(e));
    for (uint32_t i = 0; i < n->keys_count && e == OK; i++) {
        const struct note_key *key = &n->keys[i].key;
        bool signs = false;
        e = note_parse(block, note);
        for (uint32_t k = 0; k < note->lines_count && e == OK; k++)
            signs |= span_equal(note->lines[k].name, key->name) && note->lines[k].key_id == key->id;
        if (signs && n->keys[i].origin.len == 0)
            tally_case(n->t, verifies_strictly(block, key, note), "%s:%u: under its key", path, line);
    }
    free(note);
}

/* Fenced blocks and those indented by four spaces. */
static void markdown(void *context, const char *path) {
    struct notes *n = context;
    struct span rest = file_kept(n, path), line;
    struct buffer block CLEANUP(buffer_free) = {0};
    bool fenced = false, indented = false;
    unsigned number = 0;
    buffer_init(&block, NOTE_BYTES_MAX);
    while (line_next(&rest, &line)) {
        bool fence = span_starts(line, "```"), indent = span_starts(line, "    ");
        number++;
        if (fence || (indented && !indent && line.len > 0)) {
            while (indented && block.len > 1 && block.data[block.len - 2] == '\n')
                block.len--; /* blank lines behind an indented block */
            block_judge(n, buffer_span(&block), path, number);
            buffer_clear(&block);
            indented = false;
        }
        if (fence) fenced = !fenced;
        if (fence || (!fenced && !indent && !(indented && line.len == 0))) continue;
        indented = !fenced;
        buffer_append_span(&block, fenced || line.len == 0 ? line : span_part(line, 4, line.len - 4));
        buffer_text(&block, "\n");
    }
}

/* What a witness answers: tlog-witness, "The witness MUST ..." in its order. */
static unsigned witness_answer(struct notes *n, struct span body) {
    struct span rest = body, line, word;
    struct digest proof[PROOF_LINES_MAX];
    struct checkpoint c;
    uint32_t count = 0;
    uint64_t old = 0;
    size_t len;
    if (!line_next(&rest, &line) || !word_after(line, "old ", &word)) return 400;
    for (size_t i = 0; i < word.len; i++)
        old = old * 10 + (uint64_t)(word.data[i] - '0');
    while (line_next(&rest, &line) && line.len > 0)
        if (count == PROOF_LINES_MAX || !base64_decode(line, proof[count++].b, 32, &len) || len != 32)
            return 400;
    struct note *note = check_alloc(1, sizeof *note);
    const struct known *key = NULL;
    unsigned answer = 0;
    if (note_parse(rest, note) != OK || checkpoint_parse(note->text, &c) != OK) answer = 400;
    for (uint32_t i = 0; i < n->keys_count && answer == 0; i++)
        if (span_equal(n->keys[i].origin, c.origin)) key = &n->keys[i];
    if (answer == 0 && key == NULL) answer = 404;
    if (answer == 0 && note_verify(note, &key->key) != OK) answer = 403;
    if (answer == 0 && old > c.size) answer = 400;
    if (answer == 0 && old != n->size) answer = 409;
    if (answer == 0 && old == c.size && n->seen && !digest_equal(&c.root, &n->root)) answer = 409;
    if (answer == 0 && old == 0 && count != 0) answer = 422;
    if (answer == 0 && old > 0 &&
        merkle_consistency_verify(old, &n->root, c.size, &c.root, proof, count) != OK)
        answer = 422;
    if (answer == 0) {
        n->size = c.size;
        n->root = c.root;
        n->seen = true;
        answer = 200;
    }
    free(note);
    return answer;
}

/* POST .../add-checkpoint, a fenced body, "HTTP nnn". */
static void requests(void *context, const char *path) {
    struct notes *n = context;
    struct span rest = file_kept(n, path), line;
    struct buffer body CLEANUP(buffer_free) = {0};
    unsigned number = 0, expected;
    bool fenced = false, asked = false;
    buffer_init(&body, NOTE_BYTES_MAX);
    n->size = 0;
    n->seen = false;
    while (line_next(&rest, &line)) {
        char status[16] = "";
        number++;
        if (span_starts(line, "POST ")) {
            asked = true;
            buffer_clear(&body);
        }
        if (span_starts(line, "```")) {
            fenced = !fenced;
        } else if (fenced) {
            buffer_append_span(&body, line);
            buffer_text(&body, "\n");
        } else if (asked && span_starts(line, "HTTP ") && line.len < sizeof status) {
            memcpy(status, line.data, line.len);
            if (sscanf(status, "HTTP %u", &expected) != 1) continue;
            unsigned answer = witness_answer(n, buffer_span(&body));
            /* An unknown log is 404 in the specification and 403 in older recordings. Base64 with bits set
             * behind its end is malformed to us, an invalid signature to Go's lenient decoder. */
            bool same = answer == expected || (expected == 403 && (answer == 404 || answer == 400));
            tally_case(n->t, same, "%s:%u: answered %u, recorded %u", path, number, answer, expected);
            asked = false;
        }
    }
}

static void keys_of_file(void *context, const char *path) {
    struct notes *n = context;
    struct span rest = file_kept(n, path), line;
    while (line_next(&rest, &line))
        keys_of_line(n, line);
}

void set_notes(const char *dir, struct tally *t) {
    struct notes *n = check_alloc(1, sizeof *n);
    n->t = t;
    arena_init(&n->arena, 256 << 20);
    files_each(dir, ".md", keys_of_file, n);
    files_each(dir, ".txt", keys_of_file, n);
    files_each(dir, ".md", markdown, n);
    files_each(dir, ".txt", requests, n);
    arena_free(&n->arena);
    free(n);
}
