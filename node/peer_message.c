/* peer_message.c: the table of peer_message.h. */
#include "node/peer_message.h"

#include <stddef.h>

enum {
    KIB = 1 << 10,
    /* Wire identities with room for the codec's bytes around each. */
    IDENTITIES_BYTES_MAX = BLOCK_RECORDS_MAX * 36 + 4 * KIB,
    /* A certificate: a signature and an index for each validator, and what was signed. */
    CERTIFICATE_BYTES_MAX = 16 * KIB,
    /* The largest record with its framing, or as many smaller ones. */
    RECORDS_BYTES_MAX = RECORD_BYTES_MAX + LEAF_BYTES_MAX + 64 * KIB,
    /* One block of the largest size with its identities and what it jumped over in common nights. */
    BLOCKS_BYTES_MAX = BLOCK_BYTES_MAX + IDENTITIES_BYTES_MAX + 1024 * KIB,
};
static_assert(IDENTITIES_BYTES_MAX < RECORDS_BYTES_MAX, "an urgent body is short");
static_assert(BLOCKS_BYTES_MAX <= (int)PEER_QUEUE_BYTES_MAX, "the longest message fits into a queue");

static const struct message_rule RULES[] = {
    {MESSAGE_STATUS, MESSAGE_URGENT, 1 * KIB, "status"},
    {MESSAGE_PROPOSAL, MESSAGE_URGENT, 4 * CERTIFICATE_BYTES_MAX, "proposal"},
    {MESSAGE_VOTE, MESSAGE_URGENT, 1 * KIB, "vote"},
    {MESSAGE_CERTIFICATE, MESSAGE_URGENT, CERTIFICATE_BYTES_MAX, "certificate"},
    {MESSAGE_CERTIFICATE_FETCH, MESSAGE_URGENT, 1 * KIB, "certificate_fetch"},
    {MESSAGE_PAYLOAD, MESSAGE_URGENT, IDENTITIES_BYTES_MAX, "payload"},
    {MESSAGE_PAYLOAD_FETCH, MESSAGE_URGENT, 1 * KIB, "payload_fetch"},
    {MESSAGE_COSIGNATURE, MESSAGE_URGENT, 1 * KIB, "cosignature"},
    {MESSAGE_RECORD_FETCH, MESSAGE_URGENT, IDENTITIES_BYTES_MAX, "record_fetch"},
    {MESSAGE_RECORDS, MESSAGE_BULK, RECORDS_BYTES_MAX, "records"},
    {MESSAGE_RECORDS_FOUND, MESSAGE_BULK, RECORDS_BYTES_MAX, "records_found"},
    {MESSAGE_BLOCK_FETCH, MESSAGE_BULK, 1 * KIB, "block_fetch"},
    {MESSAGE_BLOCKS, MESSAGE_BULK, BLOCKS_BYTES_MAX, "blocks"},
    {MESSAGE_LEAVES_WANTED, MESSAGE_BULK, 1 * KIB, "leaves_wanted"},
    {MESSAGE_LEAVES_FOUND, MESSAGE_BULK, 65 * KIB, "leaves_found"},
    {MESSAGE_LEAVES_HELD, MESSAGE_BULK, 1 * KIB, "leaves_held"},
    {MESSAGE_EVIDENCE, MESSAGE_BULK, 4 * CERTIFICATE_BYTES_MAX, "evidence"},
    {MESSAGE_PING, MESSAGE_URGENT, 8, "ping"},
    {MESSAGE_PONG, MESSAGE_URGENT, 8, "pong"},
    {MESSAGE_GOODBYE, MESSAGE_URGENT, 2, "goodbye"},
};
enum { RULES_COUNT = sizeof RULES / sizeof RULES[0] };

const struct message_rule *message_rule(uint8_t type) {
    for (size_t i = 0; i < RULES_COUNT; i++) {
        if (RULES[i].type == type) return &RULES[i];
    }
    return NULL;
}

uint32_t message_class_body_max(enum message_class c) {
    uint32_t longest = 0;
    for (size_t i = 0; i < RULES_COUNT; i++) {
        if (RULES[i].message_class == c && RULES[i].body_max > longest) longest = RULES[i].body_max;
    }
    return longest;
}
