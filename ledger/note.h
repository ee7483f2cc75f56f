/* note.h: C2SP signed notes (c2sp.org/signed-note): text, an empty line, signature lines "— <name>
 * <base64(key id || signature)>".
 *
 * Pure. Spans borrow from the note. Errors: ERR_NOTE_FORM (not a note), ERR_NOTE_KEY (not a vkey),
 * ERR_NOTE_UNSIGNED (no known key signed), ERR_SIGNATURE (a known key's signature does not check:
 * the whole note is refused).
 */
#ifndef LEDGER_NOTE_H
#define LEDGER_NOTE_H

#include "base/crypto.h"

enum { NOTE_SIGNATURES_MAX = 160, NOTE_BYTES_MAX = 64 << 10, NOTE_SIGNATURE_BYTES_MAX = 8 << 10 };
enum note_type { NOTE_ED25519 = 0x01, NOTE_COSIGNATURE = 0x04 };

struct note_line {
    struct span name;
    uint32_t key_id;
    struct span base64; /* of key id and signature; note_line_signature decodes it */
};

struct note {
    struct span text; /* with its final newline */
    struct note_line lines[NOTE_SIGNATURES_MAX];
    uint32_t lines_count;
};
enum err note_parse(struct span in, struct note *ret) MUST_USE;
/* The signature bytes without the key id; false when they are not exactly `len` long. */
bool note_line_signature(const struct note_line *line, uint8_t ret[], size_t len) MUST_USE;

struct note_key {
    struct span name;
    uint8_t type; /* enum note_type */
    uint32_t id;
    struct pubkey key;
};
/* SHA-256(name || "\n" || type || key)[:4] */
uint32_t note_key_id(struct span name, uint8_t type, const struct pubkey *key);
void note_key_make(struct span name, uint8_t type, const struct pubkey *key, struct note_key *ret);
/* "<name>+<id>+<base64>", of either Ed25519 type. */
enum err note_key_parse(struct span vkey, struct note_key *ret) MUST_USE;
void note_key_text(const struct note_key *key, struct buffer *out);

/* Is a name one that a note may carry: not empty, valid UTF-8, no space and no '+'. */
bool note_name_valid(struct span name);
/* Signature of type 0x01 over the text. */
enum err note_verify(const struct note *note, const struct note_key *key) MUST_USE;
/* Appends one signature line. */
void note_line_write(struct span name, uint32_t key_id, struct span signature, struct buffer *out);

#endif
