/* gateway_spool.c: a spool with reads that were received two hours ago: gateway_spool CONFIG DIRECTORY READS. Nothing else can wait
 * for an hour to be over. Their reader stands in no zone, so they move nothing. */
#include <stdio.h>
#include <stdlib.h>

#include "tools/gateway/intake.h"
#include "tools/tool.h"

int main(int argc, char **argv) {
    struct gateway_config *c = NULL;
    struct intake *in = NULL;
    struct refusal refusal;
    char text[65536];
    CHECK(argc == 4);
    crypto_start();
    FILE *f = fopen(argv[1], "re");
    CHECK(f != NULL);
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    CHECK(config_parse(span_of(text, n), &c, &refusal) == OK);
    c->spool = argv[2];
    uint64_t then = now_ms() - 2 * (uint64_t)HOUR_MS;
    CHECK(intake_open(c, then, &in, &refusal) == OK);
    for (unsigned long i = 0; i < strtoul(argv[3], NULL, 10); i++) {
        uint8_t epc[12] = {0x30, (uint8_t)(i >> 8), (uint8_t)i};
        struct tag_read r = {.time_ms = then - 1000 + i, .reader = span_text("old-1"), .epc = span_of(epc, sizeof epc), .antenna = 1};
        CHECK(intake_take(in, &r, then) == OK);
        if (intake_group(in) >= 1000) CHECK(intake_commit(in) == OK);
    }
    CHECK(intake_commit(in) == OK && intake_keep(in) == OK);
    intake_close(in);
    config_free(c);
    return 0;
}
