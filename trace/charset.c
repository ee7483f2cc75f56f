#include "trace/charset.h"

#include "base/check.h"

bool charset_has(enum charset set, char c) {
    bool digit = c >= '0' && c <= '9';
    bool upper = c >= 'A' && c <= 'Z';
    switch (set) {
    case SET_DIGITS:
        return digit;
    case SET_39:
        return digit || upper || c == '#' || c == '-' || c == '/';
    case SET_82:
        if (digit || upper || (c >= 'a' && c <= 'z')) return true;
        for (const char *p = "!\"%&'()*+,-./:;<=>?_"; *p != '\0'; p++) {
            if (*p == c) return true;
        }
        return false;
    }
    CHECK(false);
}
