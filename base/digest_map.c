/* digest_map.c: open addressing with linear probing and backward-shift deletion, at most 3/4 full. */
#include "base/digest_map.h"

#include <stdlib.h>
#include <string.h>

struct digest_slot {
    struct digest key;
    void *value; /* NULL: free */
};

void digest_map_init(struct digest_map *m, uint64_t salt) {
    *m = (struct digest_map){.salt = salt};
}

void digest_map_free(struct digest_map *m) {
    free(m->slots);
    *m = (struct digest_map){.salt = m->salt};
}

static size_t home_of(const struct digest_map *m, const struct digest *key) {
    /* Two halves of the digest mixed with the salt by a multiply: enough, as the salt is unknown outside. */
    uint64_t x = (get_u64(key->b) ^ m->salt) * 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 32) ^ get_u64(key->b + 8)) * 0xd6e8feb86659fd93u;
    return (size_t)(x >> 17) & (m->slots_count - 1);
}

/* The slot that holds the key, or the free one where it belongs. */
static size_t slot_of(const struct digest_map *m, const struct digest *key) {
    size_t i = home_of(m, key);
    while (m->slots[i].value != NULL && !digest_equal(&m->slots[i].key, key))
        i = (i + 1) & (m->slots_count - 1);
    return i;
}

static void grow(struct digest_map *m) {
    struct digest_map bigger = {.salt = m->salt,
                                .slots_count = m->slots_count == 0 ? 16 : m->slots_count * 2,
                                .count = m->count};
    bigger.slots = check_alloc(bigger.slots_count, sizeof(struct digest_slot));
    for (size_t i = 0; i < m->slots_count; i++) {
        if (m->slots[i].value == NULL) continue;
        bigger.slots[slot_of(&bigger, &m->slots[i].key)] = m->slots[i];
    }
    free(m->slots);
    *m = bigger;
}

void *digest_map_get(const struct digest_map *m, const struct digest *key) {
    if (m->count == 0) return NULL;
    return m->slots[slot_of(m, key)].value;
}

void *digest_map_put(struct digest_map *m, const struct digest *key, void *value) {
    CHECK(value != NULL);
    if ((m->count + 1) * 4 > m->slots_count * 3) grow(m);
    struct digest_slot *slot = &m->slots[slot_of(m, key)];
    void *old = slot->value;
    if (old == NULL) m->count++;
    *slot = (struct digest_slot){*key, value};
    return old;
}

void *digest_map_remove(struct digest_map *m, const struct digest *key) {
    if (m->count == 0) return NULL;
    size_t mask = m->slots_count - 1;
    size_t hole = slot_of(m, key);
    void *old = m->slots[hole].value;
    if (old == NULL) return NULL;
    /* Shift later entries back so that no probe sequence is cut by the hole. */
    for (size_t i = (hole + 1) & mask; m->slots[i].value != NULL; i = (i + 1) & mask) {
        size_t home = home_of(m, &m->slots[i].key);
        if (((i - home) & mask) < ((i - hole) & mask)) continue;
        m->slots[hole] = m->slots[i];
        hole = i;
    }
    m->slots[hole] = (struct digest_slot){0};
    m->count--;
    return old;
}

void *digest_map_next(const struct digest_map *m, size_t *at, struct digest *ret_key) {
    for (; *at < m->slots_count; (*at)++) {
        if (m->slots[*at].value == NULL) continue;
        if (ret_key != NULL) *ret_key = m->slots[*at].key;
        return m->slots[(*at)++].value;
    }
    return NULL;
}
