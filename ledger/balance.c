/* balance.c: see balance.h. */
#include "ledger/balance.h"

/* SPEC S5: "21 balance (subject: canonical [purpose u8, subject id, canonical lot, unit text, type text])" */
static struct digest balance_key(const struct balance_name *name) {
    struct buffer subject CLEANUP(buffer_free) = {0};
    buffer_init(&subject, IDENTIFIER_BYTES_MAX + CERTIFICATE_UNIT_BYTES_MAX + 256);
    pack_array(&subject, 5);
    pack_uint(&subject, name->purpose);
    pack_text(&subject, name->subject);
    pack_text(&subject, name->lot);
    pack_text(&subject, name->unit);
    pack_text(&subject, name->type);
    CHECK(!subject.overflow);
    return status_key(STATUS_BALANCE, buffer_span(&subject));
}

static uint64_t amount_at(struct reader r, const struct digest *key) {
    struct buffer bytes CLEANUP(buffer_free) = {0};
    struct balance_value v;
    buffer_init(&bytes, STATUS_VALUE_BYTES_MAX);
    if (!status_get(r, key, &bytes)) return 0;
    CHECK(codec_decode(&balance_value_type, buffer_span(&bytes), NULL, &v) == OK);
    return v.amount;
}

static void put(struct run *run, uint64_t log_index, const struct digest *key, uint64_t amount) {
    struct balance_value v = {.version = 1,
                              .state = STATE_ACTIVE,
                              .since_height = run->height,
                              .log_index = log_index,
                              .amount = amount};
    CHECK(amount <= BALANCE_MAX);
    rules_value_put(run, key, &balance_value_type, &v);
}

uint64_t balance_read(struct reader r, const struct balance_name *name) {
    struct digest key = balance_key(name);
    return amount_at(r, &key);
}

void balance_write(struct run *run, uint64_t log_index, const struct balance_name *name,
                   uint64_t amount) {
    struct digest key = balance_key(name);
    put(run, log_index, &key, amount);
}

void balance_add(struct run *run, uint64_t log_index, const struct balance_name *name,
                 uint64_t amount) {
    struct digest key = balance_key(name);
    uint64_t before = amount_at(run->now, &key);
    put(run, log_index, &key, amount > BALANCE_MAX - before ? BALANCE_MAX : before + amount);
}

/* SPEC Q6: "when its unit counts pieces: none, `H87`, `EA`, `PR`, `NPR`; else 0" */
static const char *const piece_units[] = {"", "H87", "EA", "PR", "NPR"};
enum { PIECE_UNITS = sizeof piece_units / sizeof *piece_units };

bool unit_counts_pieces(struct span unit) {
    for (size_t i = 0; i < PIECE_UNITS; i++)
        if (span_is(unit, piece_units[i])) return true;
    return false;
}

uint64_t unit_codes(uint64_t quantity, struct span unit) {
    return unit_counts_pieces(unit) ? quantity / MILLIONTHS : 0;
}

uint64_t balance_produced_codes(struct reader r, struct span subject, struct span lot) {
    uint64_t most = 0;
    for (size_t i = 0; i < PIECE_UNITS; i++) {
        struct balance_name name = {.purpose = BALANCE_PRODUCED,
                                    .subject = subject,
                                    .lot = lot,
                                    .unit = span_text(piece_units[i])};
        uint64_t codes = balance_read(r, &name) / MILLIONTHS;
        if (codes > most) most = codes;
    }
    return most;
}
