#include "trace/uri.h"

static bool is_alpha(uint8_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

static bool is_hex(uint8_t c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_unreserved(uint8_t c) {
    return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

static bool is_sub_delim(uint8_t c) {
    switch (c) {
    case '!':
    case '$':
    case '&':
    case '\'':
    case '(':
    case ')':
    case '*':
    case '+':
    case ',':
    case ';':
    case '=':
        return true;
    }
    return false;
}

/* Every character is one of the unreserved, the sub-delims, `more`, or a percent sign with two
 * hexadecimal digits. */
static bool only(struct span s, const char *more, bool percent) {
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.data[i];
        if (is_unreserved(c) || is_sub_delim(c)) continue;
        if (percent && c == '%') {
            if (s.len - i < 3 || !is_hex(s.data[i + 1]) || !is_hex(s.data[i + 2])) return false;
            i += 2;
            continue;
        }
        const char *p = more;
        while (*p != '\0' && (uint8_t)*p != c)
            p++;
        if (*p == '\0') return false;
    }
    return true;
}

static size_t find(struct span s, const char *any_of) {
    for (size_t i = 0; i < s.len; i++) {
        for (const char *p = any_of; *p != '\0'; p++) {
            if ((uint8_t)*p == s.data[i]) return i;
        }
    }
    return s.len;
}

static struct span from(struct span s, size_t at) {
    return span_part(s, at, s.len - at);
}

/* 0..255, up to three digits, leading zeros allowed. */
static bool ipv4_valid(struct span s) {
    unsigned parts = 0;
    size_t at = 0;
    for (;;) {
        unsigned value = 0;
        size_t digits = 0;
        while (at < s.len && is_digit(s.data[at]) && digits < 3) {
            value = value * 10 + (unsigned)(s.data[at] - '0');
            digits++;
            at++;
        }
        if (digits == 0 || value > 255) return false;
        parts++;
        if (at == s.len) return parts == 4;
        if (s.data[at] != '.' || parts == 4) return false;
        at++;
    }
}

/* Groups of one to four hexadecimal digits between colons, the last perhaps an IPv4 address (two
 * groups). How many, or -1. */
static int ipv6_groups(struct span s, bool ipv4_last) {
    int groups = 0;
    if (s.len == 0) return 0;
    for (;;) {
        size_t end = find(s, ":");
        struct span group = span_part(s, 0, end);
        if (end == s.len && ipv4_last && find(group, ".") < group.len) {
            return ipv4_valid(group) ? groups + 2 : -1;
        }
        if (group.len < 1 || group.len > 4) return -1;
        for (size_t i = 0; i < group.len; i++) {
            if (!is_hex(group.data[i])) return -1;
        }
        groups++;
        if (groups > 8) return -1;
        if (end == s.len) return groups;
        s = from(s, end + 1);
    }
}

/* RFC 3986 IPv6address: eight groups, or fewer around one "::". */
static bool ipv6_valid(struct span s) {
    for (size_t i = 0; i + 1 < s.len; i++) {
        if (s.data[i] != ':' || s.data[i + 1] != ':') continue;
        int left = ipv6_groups(span_part(s, 0, i), false);
        int right = ipv6_groups(from(s, i + 2), true);
        return left >= 0 && right >= 0 && left + right <= 7;
    }
    return ipv6_groups(s, true) == 8;
}

/* IPvFuture: "v", hexadecimal digits, ".", and at least one character more. */
static bool ip_future_valid(struct span s) {
    size_t at = 1;
    if (s.len == 0 || (s.data[0] != 'v' && s.data[0] != 'V')) return false;
    while (at < s.len && is_hex(s.data[at]))
        at++;
    if (at == 1 || at + 1 >= s.len || s.data[at] != '.') return false;
    return only(from(s, at + 1), ":", false);
}

/* A path with an address literal: "//" (or, as ajv-formats allows, "/"), user information, "[...]",
 * port, segments. */
static bool literal_host_valid(struct span body) {
    size_t at = 0;
    while (at < 2 && at < body.len && body.data[at] == '/')
        at++;
    size_t open = find(body, "[");
    if (at == 0 || open < at) return false;
    struct span user = span_part(body, at, open - at);
    if (user.len > 0) {
        if (user.data[user.len - 1] != '@') return false;
        if (!only(span_part(user, 0, user.len - 1), ":", true)) return false;
    }
    struct span rest = from(body, open + 1);
    size_t close = find(rest, "]");
    if (close == rest.len) return false;
    struct span literal = span_part(rest, 0, close);
    if (!ipv6_valid(literal) && !ip_future_valid(literal)) return false;
    rest = from(rest, close + 1);
    size_t slash = find(rest, "/");
    struct span port = span_part(rest, 0, slash);
    if (port.len > 0 && port.data[0] != ':') return false;
    for (size_t i = 1; i < port.len; i++) {
        if (!is_digit(port.data[i])) return false;
    }
    return only(from(rest, slash), ":@/", true);
}

bool uri_valid(struct span text) {
    size_t colon = 0;
    while (colon < text.len &&
           (is_alpha(text.data[colon]) || is_digit(text.data[colon]) || text.data[colon] == '+' ||
            text.data[colon] == '-' || text.data[colon] == '.')) {
        colon++;
    }
    if (colon == 0 || colon == text.len || text.data[colon] != ':' || !is_alpha(text.data[0]))
        return false;
    struct span rest = from(text, colon + 1);
    size_t hash = find(rest, "#");
    if (hash < rest.len && !only(from(rest, hash + 1), ":@/?", true)) return false;
    rest = span_part(rest, 0, hash);
    size_t question = find(rest, "?");
    if (question < rest.len && !only(from(rest, question + 1), ":@/?", true)) return false;
    rest = span_part(rest, 0, question);
    return (rest.len > 0 && only(rest, ":@/", true)) || literal_host_valid(rest);
}

static uint8_t hex_value(uint8_t c) {
    if (is_digit(c)) return (uint8_t)(c - '0');
    return (uint8_t)((c | 0x20) - 'a' + 10);
}

bool uri_unescape(struct span text, size_t cap, char *ret, size_t *ret_len) {
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c == '%') {
            if (text.len - i < 3 || !is_hex(text.data[i + 1]) || !is_hex(text.data[i + 2]))
                return false;
            c = (uint8_t)(hex_value(text.data[i + 1]) << 4 | hex_value(text.data[i + 2]));
            i += 2;
        }
        if (len == cap) return false;
        ret[len] = (char)c;
        len++;
    }
    *ret_len = len;
    return true;
}

void uri_escape(struct span text, struct buffer *out) {
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (is_unreserved(c)) {
            buffer_u8(out, c);
            continue;
        }
        buffer_u8(out, '%');
        buffer_u8(out, (uint8_t)digits[c >> 4]);
        buffer_u8(out, (uint8_t)digits[c & 15]);
    }
}
