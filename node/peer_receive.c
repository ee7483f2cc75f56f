/* peer_receive.c: transport bytes to messages: budgets, decryption, reassembly.
 *
 * The happy path is: a Noise message arrives whole, holds several small frames, and each is handed out where it lies in
 * `plain`. A frame that spans messages is gathered in its class's buffer. Possible failures: a message that does not
 * authenticate, a stream byte that is neither class, an empty piece, a type that is unknown, not granted or in the wrong
 * stream, a length above the type's. All close the session; none allocates.
 */
#include "node/peer_session.h"

#include <string.h>

void budget_init(struct budget *b, uint32_t per_s, uint32_t burst, uint64_t now_ms) {
    *b = (struct budget){per_s, burst, (uint64_t)burst * 1000, now_ms};
}

void budget_refill(struct budget *b, uint64_t now_ms) {
    if (now_ms <= b->refilled_ms) return;
    uint64_t passed_ms = now_ms - b->refilled_ms;
    uint64_t full_ms = b->burst * 1000 / b->per_s + 1; /* longer is no different; the product stays small */
    if (passed_ms > full_ms) passed_ms = full_ms;
    b->milli += passed_ms * b->per_s;
    if (b->milli > b->burst * 1000) b->milli = b->burst * 1000;
    b->refilled_ms = now_ms;
}

uint64_t budget_left(const struct budget *b) {
    return b->milli / 1000;
}

void budget_spend(struct budget *b, uint64_t tokens) {
    CHECK(tokens <= budget_left(b));
    b->milli -= tokens * 1000;
}

uint64_t budget_wait_ms(const struct budget *b, uint64_t tokens) {
    if (tokens > b->burst) tokens = b->burst;
    uint64_t want = tokens * 1000;
    if (b->milli >= want) return 0;
    return (want - b->milli + b->per_s - 1) / b->per_s;
}

static void hold(struct peer_open *o, const struct budget *b, uint64_t tokens, uint64_t now_ms) {
    uint64_t wait_ms = budget_wait_ms(b, tokens);
    o->held_until_ms = now_ms + (wait_ms > 0 ? wait_ms : 1);
}

static bool piece_pending(const struct peer_open *o) {
    return o->plain_at < o->plain_len;
}

/* One whole Noise message stands in `in`: decrypts it and looks at the class byte. */
static enum err open_message(struct peer *p, uint64_t now_ms) {
    struct peer_open *o = p->open;
    struct span message = span_of(o->in + LENGTH_BYTES, o->in_len - LENGTH_BYTES);
    o->in_len = 0;
    enum err e = noise_decrypt(&p->noise, message, o->plain);
    if (e != OK) return e;
    o->received_ms = now_ms;
    size_t len = message.len - NOISE_TAG_BYTES;
    if (len < 2 || o->plain[0] >= MESSAGE_CLASSES) return ERR_PEER_FRAME;
    o->plain_len = len;
    o->plain_at = 1;
    return OK;
}

size_t peer_receive(struct peer *p, struct span bytes, uint64_t now_ms) {
    struct peer_open *o = p->open;
    budget_refill(&o->bytes, now_ms);
    size_t used = 0;
    while (used < bytes.len && p->state == STATE_OPEN && !piece_pending(o)) {
        size_t want = LENGTH_BYTES;
        if (o->in_len >= LENGTH_BYTES) want += get_u16(o->in);
        size_t n = want - o->in_len;
        if (n > bytes.len - used) n = bytes.len - used;
        if (n > budget_left(&o->bytes)) n = (size_t)budget_left(&o->bytes);
        if (n == 0 && o->in_len < want) {
            hold(o, &o->bytes, bytes.len - used, now_ms);
            break;
        }
        memcpy(o->in + o->in_len, bytes.data + used, n);
        budget_spend(&o->bytes, n);
        o->in_len += n;
        used += n;
        if (o->in_len < LENGTH_BYTES || o->in_len < (size_t)LENGTH_BYTES + get_u16(o->in)) continue;
        enum err e = open_message(p, now_ms);
        if (e != OK) peer_fail(p, e, false);
    }
    return p->state == STATE_CLOSED ? bytes.len : used;
}

/* The header of a frame is complete. */
static enum err check_header(const struct peer_open *o, enum message_class c, struct stream *s) {
    const struct message_rule *rule = message_rule(s->header[4]);
    if (rule == NULL || rule->message_class != c) return ERR_PEER_MESSAGE_TYPE;
    bool own = rule->type >= MESSAGE_PING;
    if (!own && (o->grant.types & MESSAGE_BIT(rule->type)) == 0) return ERR_PEER_MESSAGE_TYPE;
    uint32_t len = get_u32(s->header);
    if (len > rule->body_max) return ERR_PEER_MESSAGE_SIZE;
    s->body_len = len;
    return OK;
}

static void forget_delivered(struct stream *s) {
    if (!s->delivered) return;
    s->delivered = false;
    size_t max = s->body.max;
    if (s->body.cap > REASSEMBLY_KEEP_BYTES) {
        buffer_free(&s->body);
        buffer_init(&s->body, max);
    } else {
        buffer_clear(&s->body);
    }
}

/* Reads on in the pending piece. True when a frame is complete: its body. */
static bool read_frame(struct peer *p, struct stream *s, struct span *ret_body) {
    struct peer_open *o = p->open;
    while (s->header_len < FRAME_HEADER_BYTES) {
        if (!piece_pending(o)) return false;
        s->header[s->header_len++] = o->plain[o->plain_at++];
        if (s->header_len < FRAME_HEADER_BYTES) continue;
        enum err e = check_header(o, (enum message_class)o->plain[0], s);
        if (e != OK) {
            peer_fail(p, e, false);
            return false;
        }
    }
    size_t left = o->plain_len - o->plain_at;
    size_t missing = s->body_len - s->body.len;
    size_t n = missing < left ? missing : left;
    struct span part = span_of(o->plain + o->plain_at, n);
    o->plain_at += n;
    if (s->body.len == 0 && n == missing) {
        *ret_body = part;
    } else {
        buffer_append_span(&s->body, part);
        CHECK(!s->body.overflow);
        if (n < missing) return false;
        *ret_body = buffer_span(&s->body);
        s->delivered = true;
    }
    s->header_len = 0;
    return true;
}

/* The session's own messages. */
static void own_message(struct peer *p, uint8_t type, struct span body, uint64_t now_ms) {
    struct peer_open *o = p->open;
    if (type == MESSAGE_GOODBYE) {
        if (body.len != 2) {
            peer_fail(p, ERR_PEER_FRAME, false);
            return;
        }
        enum err why = (enum err)get_u16(body.data);
        peer_fail(p, why == OK ? ERR_PEER_CLOSED : why, true);
        return;
    }
    if (body.len != sizeof o->pong) {
        peer_fail(p, ERR_PEER_FRAME, false);
        return;
    }
    if (type == MESSAGE_PING) {
        memcpy(o->pong, body.data, sizeof o->pong);
        o->pong_due = true;
    } else if (get_u64(body.data) == o->ping_number && now_ms >= o->ping_ms) {
        uint64_t took_ms = now_ms - o->ping_ms;
        p->round_trip_ms = took_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)took_ms;
    }
}

bool peer_receive_next(struct peer *p, uint64_t now_ms, struct peer_event *ret) {
    struct peer_open *o = p->open;
    budget_refill(&o->messages, now_ms);
    for (int c = 0; c < MESSAGE_CLASSES; c++) forget_delivered(&o->streams[c]);
    while (p->state == STATE_OPEN && piece_pending(o)) {
        if (budget_left(&o->messages) == 0) {
            hold(o, &o->messages, 1, now_ms);
            return false;
        }
        struct stream *s = &o->streams[o->plain[0]];
        struct span body;
        if (!read_frame(p, s, &body)) continue;
        budget_spend(&o->messages, 1);
        uint8_t type = s->header[4];
        if (type < MESSAGE_PING) {
            *ret = (struct peer_event){.kind = PEER_MESSAGE, .type = type, .body = body};
            return true;
        }
        own_message(p, type, body, now_ms);
        if (p->state == STATE_OPEN) forget_delivered(s);
    }
    return false;
}
