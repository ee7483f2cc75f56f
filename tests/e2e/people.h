/* people.h: who lives in the chains of these tests: four validators, a bureau (authority) with three keys, three farms. All
 * keys follow from names, so that every program of a test knows them without being told.
 *
 * people_record makes one signed record; what a hostile or careless submitter does differently stands in struct draft.
 */
#ifndef TESTS_E2E_PEOPLE_H
#define TESTS_E2E_PEOPLE_H

#include "genesis/genesis.h"

enum { PEOPLE_VALIDATORS = 4, PEOPLE_SUBJECTS = 4, PEOPLE_BUREAU = 0 };

struct draft {
    uint32_t subject;      /* 0 the bureau, 1..3 farms */
    uint32_t key;          /* 0, 1, 2: which of the subject's keys; only the first is in genesis, and the bureau's first three */
    uint64_t nonce;
    uint32_t text_bytes;   /* of padding in the event */
    int64_t created_in_ms; /* relative to now */
    uint64_t lifetime_ms;  /* 0: a day */
    bool other_chain;
    uint32_t odd;          /* fields that are no canonical map: 1 a key twice, 2 keys out of order, 3 nested too deeply, 4 1.0 as a float,
                            * 5 a length beyond the end, 6 a number not in its shortest form */
    bool revoke;           /* instead of an event: the bureau revokes its key number `revoked` */
    uint32_t revoked;
};

uint64_t people_now_ms(void);
void people_validator_seed(uint32_t index, struct seed *ret);
/* The key of a subject, and its name. */
void people_key(uint32_t subject, uint32_t key, struct keypair *ret);
const char *people_subject(uint32_t subject);

/* The genesis file, appended. */
void people_genesis(uint64_t created_ms, uint64_t heartbeat_ms, struct buffer *out);
/* A genesis file from disk; ends the program when it is none. */
struct genesis *people_genesis_read(const char *path);
/* Appends the wire form. */
void people_record(const struct genesis *g, const struct draft *d, struct buffer *out);

/* Decimal digits and nothing else; ends the program when it is something else. */
uint64_t number_of(const char *text);

/* The whole file, appended; ends the program when it cannot be read. */
void people_file(const char *path, struct buffer *out);

#endif
