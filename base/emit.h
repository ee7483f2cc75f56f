/* emit.h: a streaming JSON writer into a bounded buffer, for hot answers and for tools.
 *
 * Commas and colons are its business; that every object and list is closed is the caller's (emit_end CHECKs it). An answer that does not fit
 * sets the buffer's `overflow`; asked about once at the end.
 * Bytes go out as lower-case hex or base64, canonical values as base/json.h writes them.
 */
#ifndef BASE_EMIT_H
#define BASE_EMIT_H

#include "base/crypto.h"
#include "base/err.h"
#include "base/span.h"

enum { EMIT_DEPTH_MAX = 16 };

struct emit {
    struct buffer *out;
    uint32_t depth;
    bool some[EMIT_DEPTH_MAX + 1]; /* something stands at this depth already */
    bool keyed;                        /* a key was written, its value comes next */
};

void emit_begin(struct emit *j, struct buffer *out);
void emit_end(const struct emit *j);

void emit_object(struct emit *j);
void emit_object_end(struct emit *j);
void emit_list(struct emit *j);
void emit_list_end(struct emit *j);
void emit_key(struct emit *j, const char *key); /* a constant without characters to escape */

void emit_text(struct emit *j, struct span text);
void emit_uint(struct emit *j, uint64_t v);
void emit_bool(struct emit *j, bool v);
void emit_null(struct emit *j);
void emit_hex(struct emit *j, struct span bytes);
void emit_base64(struct emit *j, struct span bytes);
void emit_value(struct emit *j, struct span canonical);
void emit_raw(struct emit *j, struct span json); /* JSON text made elsewhere */

/* key and value at once */
void emit_key_text(struct emit *j, const char *key, struct span text);
void emit_key_string(struct emit *j, const char *key, const char *text);
void emit_key_uint(struct emit *j, const char *key, uint64_t v);
void emit_key_bool(struct emit *j, const char *key, bool v);
void emit_key_digest(struct emit *j, const char *key, const struct digest *d);
void emit_key_hex(struct emit *j, const char *key, struct span bytes);
void emit_key_base64(struct emit *j, const char *key, struct span bytes);
void emit_key_value(struct emit *j, const char *key, struct span canonical);

#endif
