/* set_noise.c: handshakes and transport messages of Noise_XX_25519_ChaChaPoly_SHA256 (cacophony's and snow's
 * JSON), written by one side and read by the other; the other protocols of the files are not ours. */
#include <stdlib.h>
#include <string.h>

#include "node/noise.h"
#include "tests/vectors/vectors.h"

static bool key_of(struct span object, const char *name, struct noise_key *ret) {
    struct span text = json_text(object, name);
    return hex_decode((const char *)text.data, text.len, ret->b, sizeof ret->b) == OK;
}

static void side(struct noise *n, struct span v, enum noise_role role) {
    struct buffer prologue CLEANUP(buffer_free) = {0};
    struct noise_key s = {{0}}, e = {{0}};
    bool first = role == NOISE_INITIATOR;
    buffer_init(&prologue, 65536);
    CHECK(bytes_hex(json_text(v, first ? "init_prologue" : "resp_prologue"), &prologue));
    CHECK(key_of(v, first ? "init_static" : "resp_static", &s));
    CHECK(key_of(v, first ? "init_ephemeral" : "resp_ephemeral", &e));
    noise_start(n, role, buffer_span(&prologue), &s, &e);
}

static bool pass_on(struct noise *from, struct noise *to, struct span payload, struct span want) {
    uint8_t *message = check_alloc(NOISE_MESSAGE_MAX, 1), *plain = check_alloc(NOISE_MESSAGE_MAX, 1);
    size_t len = 0, plain_len = 0;
    bool good;
    if (noise_is_done(from)) {
        len = payload.len + NOISE_TAG_BYTES;
        plain_len = payload.len;
        noise_encrypt(from, payload, message);
        good = noise_decrypt(to, span_of(message, len), plain) == OK;
    } else {
        good = noise_write(from, payload, message, &len) == OK &&
               noise_read(to, span_of(message, len), plain, &plain_len) == OK;
    }
    good = good && span_equal(span_of(message, len), want) &&
           span_equal(span_of(plain, plain_len), payload);
    free(message);
    free(plain);
    return good;
}

static bool vector_good(struct span v) {
    struct buffer payload CLEANUP(buffer_free) = {0}, want CLEANUP(buffer_free) = {0};
    struct noise sides[2];
    struct json_list messages;
    struct span m;
    bool good = true;
    side(&sides[0], v, NOISE_INITIATOR);
    side(&sides[1], v, NOISE_RESPONDER);
    buffer_init(&payload, NOISE_MESSAGE_MAX);
    buffer_init(&want, NOISE_MESSAGE_MAX);
    json_list_begin(&messages, v, "messages");
    for (uint32_t i = 0; json_list_next(&messages, &m); i++) {
        good = good && bytes_hex(json_text(m, "payload"), &payload) &&
               bytes_hex(json_text(m, "ciphertext"), &want) &&
               pass_on(&sides[i % 2], &sides[1 - i % 2], buffer_span(&payload), buffer_span(&want));
        if (i != 2) continue;
        struct span hash = json_text(v, "handshake_hash");
        struct digest ours = noise_hash(&sides[0]), theirs = noise_hash(&sides[1]);
        char hex[65];
        hex_encode(span_of(ours.b, 32), hex);
        good = good && digest_equal(&ours, &theirs) && (hash.len == 0 || span_is(hash, hex));
    }
    noise_wipe(&sides[0]);
    noise_wipe(&sides[1]);
    return good;
}

static void one(void *context, const char *path) {
    struct tally *t = context;
    struct buffer json CLEANUP(buffer_free) = {0};
    struct json_list vectors;
    struct span v;
    if (strstr(path, "SOURCE") != NULL) return;
    buffer_init(&json, VECTOR_FILE_BYTES_MAX);
    if (!file_json(path, &json)) {
        tally_case(t, false, "%s: not JSON", path);
        return;
    }
    json_list_begin(&vectors, buffer_span(&json), "vectors");
    for (uint32_t i = 0; json_list_next(&vectors, &v); i++) {
        struct span name = json_text(v, "protocol_name");
        if (name.len == 0) name = json_text(v, "name");
        if (span_is(name, "Noise_XX_25519_ChaChaPoly_SHA256"))
            tally_case(t, vector_good(v), "%s: vector %u", path, i);
        else
            tally_beside(t, "other Noise protocols");
    }
}

void set_noise(const char *dir, struct tally *t) {
    files_each(dir, ".txt", one, t);
    files_each(dir, ".json", one, t);
}
