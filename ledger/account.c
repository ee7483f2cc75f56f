/* account.c: see account.h. */
#include "ledger/account.h"

/* SPEC S5: "20 account (subject: canonical [who text, kind u8, lot, unit text])" */
static struct digest account_key(const struct account_name *name) {
    struct buffer subject CLEANUP(buffer_free) = {0};
    buffer_init(&subject, 2 * IDENTIFIER_BYTES_MAX + CERTIFICATE_UNIT_BYTES_MAX + 64);
    pack_array(&subject, 4);
    pack_text(&subject, name->who);
    pack_uint(&subject, name->kind);
    pack_text(&subject, name->lot);
    pack_text(&subject, name->unit);
    CHECK(!subject.overflow);
    return status_key(STATUS_ACCOUNT, buffer_span(&subject));
}

static int64_t amount_at(struct reader r, const struct digest *key) {
    struct buffer bytes CLEANUP(buffer_free) = {0};
    struct account_value v;
    buffer_init(&bytes, STATUS_VALUE_BYTES_MAX);
    if (!status_get(r, key, &bytes)) return 0;
    CHECK(codec_decode(&account_value_type, buffer_span(&bytes), NULL, &v) == OK);
    return v.amount;
}

int64_t account_read(struct reader r, const struct account_name *name) {
    struct digest key = account_key(name);
    return amount_at(r, &key);
}

bool account_add(const struct item_run *t, const struct account_name *name, int64_t amount, int64_t *ret_before,
                 int64_t *ret_after) {
    struct digest key = account_key(name);
    struct account_value v = {ITEM_VALUE(t, STATE_ACTIVE)};
    int64_t before = amount_at(t->run->now, &key);
    if (__builtin_add_overflow(before, amount, &v.amount) || v.amount == INT64_MIN) return false;
    rules_value_put(t->run, &key, &account_value_type, &v);
    *ret_before = before;
    *ret_after = v.amount;
    return true;
}
