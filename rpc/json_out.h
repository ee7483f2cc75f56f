/* json_out.h: a streaming JSON writer into a bounded buffer, for hot answers.
 *
 * Commas and colons are its business; that every object and list is closed is the caller's (json_out_end CHECKs it). An answer that does not fit
 * sets the buffer's `overflow`; asked about once at the end.
 * Bytes go out as lower-case hex or base64, canonical values as base/json.h writes them.
 */
#ifndef RPC_JSON_OUT_H
#define RPC_JSON_OUT_H

#include "base/crypto.h"
#include "base/err.h"
#include "base/span.h"

enum { JSON_OUT_DEPTH_MAX = 16 };

struct json_out {
    struct buffer *out;
    uint32_t depth;
    bool some[JSON_OUT_DEPTH_MAX + 1]; /* something stands at this depth already */
    bool keyed;                        /* a key was written, its value comes next */
};

void json_out_init(struct json_out *j, struct buffer *out);
void json_out_end(const struct json_out *j);

void json_object(struct json_out *j);
void json_object_end(struct json_out *j);
void json_list(struct json_out *j);
void json_list_end(struct json_out *j);
void json_key(struct json_out *j, const char *key); /* a constant without characters to escape */

void json_text(struct json_out *j, struct span text);
void json_uint(struct json_out *j, uint64_t v);
void json_bool(struct json_out *j, bool v);
void json_null(struct json_out *j);
void json_hex(struct json_out *j, struct span bytes);
void json_base64(struct json_out *j, struct span bytes);
void json_value(struct json_out *j, struct span canonical);
void json_raw(struct json_out *j, struct span json); /* JSON text made elsewhere */

/* key and value at once */
void json_put_text(struct json_out *j, const char *key, struct span text);
void json_put_string(struct json_out *j, const char *key, const char *text);
void json_put_uint(struct json_out *j, const char *key, uint64_t v);
void json_put_bool(struct json_out *j, const char *key, bool v);
void json_put_digest(struct json_out *j, const char *key, const struct digest *d);
void json_put_hex(struct json_out *j, const char *key, struct span bytes);
void json_put_base64(struct json_out *j, const char *key, struct span bytes);
void json_put_value(struct json_out *j, const char *key, struct span canonical);

#endif
