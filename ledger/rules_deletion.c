/* rules_deletion.c: hidden values of a record are told to be deleted (SPEC U9). Execution knows no record by its bytes: it writes down who
 * told it, and who holds what opens them looks whether that was for them to tell (U10). */
#include "ledger/rows.h"
#include "ledger/rules_item.h"
#include "trace/deletion.h"

/* SPEC U9: "deleter being the record's subject, or the empty text when it has the role authority" */
static struct span deleter(const struct item_run *t) {
    struct member_value m;
    struct span subject = t->record->header.subject;
    struct digest key = status_key(STATUS_MEMBER, subject);
    CHECK(rules_value_get(t->run, &key, &member_value_type, &m)); /* X2 */
    return m.roles & MEMBER_AUTHORITY ? SPAN_EMPTY : subject;
}

uint16_t rules_deletion(const struct item_run *t) {
    struct deletion d;
    struct deletion_value before = {.tiers = 0};
    CHECK(deletion_decode(t->item, &d) == OK);
    struct digest key = row_deletion(&d.record, deleter(t));
    (void)rules_value_get(t->run, &key, &deletion_value_type, &before);
    /* SPEC U9: "Refused when every one of the tiers stands in that row already (70)." */
    if ((d.tiers & ~before.tiers) == 0) return RESULT_DELETED;
    struct deletion_value v = {ITEM_VALUE(t, STATE_ACTIVE), .reason = d.reason, .tiers = before.tiers | d.tiers};
    struct digest all = sha256(SPAN_EMPTY);
    struct row_key row = row_issued('y', &all, t->log_index, (uint16_t)t->index);
    rules_value_put(t->run, &key, &deletion_value_type, &v);
    row_put(t->run->changes, TABLE_STATE, &row, span_of(d.record.b, sizeof d.record.b));
    return RESULT_ACCEPTED;
}
