/* rpc_fill.h: the path template of a method, filled with what is on the chain of test_rpc_methods.c. */
#ifndef TESTS_RPC_FILL_H
#define TESTS_RPC_FILL_H

#include <string.h>

#include "base/check.h"
#include "tests/unit/rpc_pack.h"
#include "tests/unit/rpc_scans.h"

#define BOX "urn:epc:id:sgtin:0614141.107346.2017"
#define CODE "urn:epc:id:sgtin:0614141.107346.ABCDE000010000000000" /* of a pack that nobody issued */

/* key, record, sealed: hex of a registered key, of a record, of one that hides values. */
static inline void path_fill(const char *path, const char *key, const char *record, const char *sealed, char ret[512]) {
    ret[0] = 0;
    for (const char *p = path; *p != 0;) {
        size_t n = strlen(ret);
        const char *value = NULL;
        if (*p == '{') {
            if (strncmp(p, "{id}", 4) == 0) value = strstr(path, "certificate") ? "farm-1%2F2" : record;
            if (strncmp(p, "{id}", 4) == 0 && strstr(path, "sealed")) value = sealed;
            if (strncmp(p, "{id}", 4) == 0 && strstr(path, "recalls")) value = "bureau%2FR1";
            if (strncmp(p, "{type}", 6) == 0) value = "pledge";
            if (strncmp(p, "{identifier}", 12) == 0)
                value = strcmp(path, "/v1/codes/{identifier}/proof") == 0 ? CODE : BOX;
            if (strncmp(p, "{subject}", 9) == 0) value = "farm-1";
            if (strncmp(p, "{transformation}", 16) == 0) value = "urn:t:jam";
            if (strncmp(p, "{key}", 5) == 0) value = key;
            if (strncmp(p, "{height}", 8) == 0) value = "3";
            if (strncmp(p, "{gtin}", 6) == 0) value = PACK_GTIN;
            if (strncmp(p, "{pack}", 6) == 0) value = "ABC12";
            if (strncmp(p, "{chunk}", 7) == 0) value = "0";
            if (strncmp(p, "{tier}", 6) == 0) value = "3";
            if (strncmp(p, "{hour}", 6) == 0) value = RPC_SCANS_HOUR;
            if (strncmp(p, "{path*}", 7) == 0) value = "0/000.p/5";
            CHECK(value != NULL);
            strcpy(ret + n, value);
            while (*p++ != '}')
                continue;
        } else {
            ret[n] = *p++;
            ret[n + 1] = 0;
        }
    }
}

#endif
