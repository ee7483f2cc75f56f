/* The Lucheng story (genesis/lucheng) told once, by hand: every document is well formed, is signed
 * by a member of the consortium, and every thing in it has a way from where it was made to a shelf
 * or to its end. Nothing here asks the ledger: whoever holds a thing, where it is going and what it
 * lies in is kept in one small table below, so the story is judged by what it says. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "trace/epcis.h"
#include "trace/event.h"
#include "trace/quantity.h"

enum { DOCUMENTS_MAX = 1000, THINGS_MAX = 4096, PLACES_MAX = 100, TEXT_BYTES = 160 };

/* What is known of one thing after the events so far. */
struct story_thing {
    char name[TEXT_BYTES];
    char holder[64];        /* the subject that has it */
    char going[TEXT_BYTES]; /* destination while on its way, else empty */
    struct story_thing *inside;
    bool made, growing, failed, used, shelved, ended;
};

struct story {
    struct story_thing things[THINGS_MAX];
    uint32_t things_count;
    struct {
        char place[TEXT_BYTES], subject[64];
    } places[PLACES_MAX];
    uint32_t places_count;
    struct arena arena;
    const char *file; /* being read */
    char subject[64];
    char declared[8][TEXT_BYTES], ids[16][TEXT_BYTES]; /* errorDeclaration's, and all eventIDs */
    uint32_t declared_count, ids_count;
    uint32_t events, types[8], certificates, sensors, failures, corrections, mixings, tags;
};

#define STORY_CHECK(s, condition, what)                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            print_error("%s: %s\n", (s)->file, what);                                              \
            fail();                                                                                \
        }                                                                                          \
    } while (0)

static void text_set(char *to, size_t cap, struct span from) {
    assert_true(from.len < cap);
    memcpy(to, from.len ? from.data : (const uint8_t *)"", from.len);
    to[from.len] = 0;
}

static struct span file_read(const char *path, struct arena *arena) {
    FILE *f = fopen(path, "rb");
    static char text[1 << 20];
    if (!f) fail_msg("cannot read %s", path);
    size_t len = fread(text, 1, sizeof text, f);
    (void)fclose(f);
    assert_true(len < sizeof text);
    return arena_copy(arena, span_of(text, len));
}

static struct span text_of(struct span map, const char *name) {
    struct span v;
    struct unpack u;
    if (!value_get(map, name, &v)) return SPAN_EMPTY;
    unpack_init(&u, v);
    struct span text = unpack_text(&u, 4096);
    return unpack_end(&u) ? SPAN_EMPTY : text;
}

static struct story_thing *thing_find(struct story *s, struct span canonical) {
    for (uint32_t i = 0; i < s->things_count; i++)
        if (span_is(canonical, s->things[i].name)) return &s->things[i];
    return NULL;
}

/* Check digits of what the district issued itself (GS1 General Specifications 7.9). */
static void check_digits(struct story *s, struct span canonical) {
    static const struct {
        const char *prefix;
        size_t digits;
    } keys[] = {{"https://id.gs1.org/00/", 18},
                {"https://id.gs1.org/01/", 14},
                {"https://id.gs1.org/414/", 13}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        size_t at = strlen(keys[i].prefix), n = keys[i].digits;
        if (!span_starts(canonical, keys[i].prefix)) continue;
        STORY_CHECK(s, canonical.len >= at + n, "a key is too short");
        STORY_CHECK(s,
                    identifier_check_digit(span_part(canonical, at, n - 1)) ==
                        (char)canonical.data[at + n - 1],
                    "a wrong check digit");
    }
}

static struct story_thing *thing_new(struct story *s, const struct event_thing *e) {
    assert_true(s->things_count < THINGS_MAX);
    struct story_thing *t = &s->things[s->things_count++];
    text_set(t->name, sizeof t->name, e->canonical);
    memcpy(t->holder, s->subject, sizeof t->holder);
    check_digits(s, e->canonical);
    return t;
}

/* Each place belongs to the one subject that records events there. */
static void place_check(struct story *s, struct span place) {
    if (place.len == 0) return;
    check_digits(s, place);
    for (uint32_t i = 0; i < s->places_count; i++)
        if (span_is(place, s->places[i].place)) {
            STORY_CHECK(s, strcmp(s->places[i].subject, s->subject) == 0,
                        "reads at another subject's place");
            return;
        }
    assert_true(s->places_count < PLACES_MAX);
    text_set(s->places[s->places_count].place, TEXT_BYTES, place);
    memcpy(s->places[s->places_count++].subject, s->subject, sizeof s->subject);
}

static struct span party(const struct item *item, bool source) {
    struct event_party p;
    if (source ? event_source(item, 0, &p) : event_destination(item, 0, &p)) return p.id;
    return SPAN_EMPTY;
}

/* 承诺达标合格证: six mandatory items, the words, a statement, a basis (in force since 2026-02-01).
 */
static bool certificate_of(struct story *s, const struct item *item) {
    static const char *const mandatory[] = {
        "lucheng:productName", "lucheng:quantity", "lucheng:origin", "lucheng:issueDate",
        "lucheng:promisor",    "lucheng:contact",  "lucheng:number", "lucheng:statement"};
    struct span ilmd, c, basis, ticks, transactions;
    if (!value_get(item->fields, "ilmd", &ilmd) || !value_get(ilmd, "lucheng:certificate", &c))
        return false;
    STORY_CHECK(s, span_is(text_of(c, "lucheng:title"), "承诺达标合格证"),
                "a certificate without its words");
    for (size_t i = 0; i < sizeof mandatory / sizeof *mandatory; i++)
        STORY_CHECK(s, text_of(c, mandatory[i]).len > 0, mandatory[i]);
    STORY_CHECK(
        s, value_get(c, "lucheng:basis", &basis) && value_get(basis, "lucheng:ownControl", &ticks),
        "a certificate without its basis");
    STORY_CHECK(s, value_get(item->fields, "bizTransactionList", &transactions),
                "a certificate without cert");
    s->certificates++;
    return true;
}

static bool grows_food(const char *subject) {
    static const char *const subjects[] = {
        "shanfu-yangmei",   "tengqiao-tea", "qidu-vegetables", "yangyi-ougan",
        "tengqiao-chicken", "oujiang-fish", "shanfu-rice",     "shuangchao-mushroom",
        "tengqiao-pig",     "qidu-grape",   "packing-centre"};
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        if (strcmp(subject, subjects[i]) == 0) return true;
    return false;
}

static void make(struct story *s, const struct item *item, const struct event_thing *e) {
    struct story_thing *t = thing_find(s, e->canonical);
    struct span lot = event_ilmd_lot(item);
    if (t == NULL) t = thing_new(s, e);
    STORY_CHECK(s, !t->made, "made twice");
    STORY_CHECK(s, e->kind == IDENTIFIER_ITEM || e->kind == IDENTIFIER_LOT,
                "made, and neither a piece nor a lot");
    STORY_CHECK(s, lot.len > 0, "made without a lot number (SPEC S6)");
    if (e->kind == IDENTIFIER_LOT)
        STORY_CHECK(
            s,
            e->canonical.len > lot.len &&
                span_equal(lot, span_part(e->canonical, e->canonical.len - lot.len, lot.len)),
            "the lot number is another than the lot's");
    t->made = true;
    t->growing = false;
}

static void hold(struct story *s, struct story_thing *t) {
    for (uint32_t i = 0; i < s->things_count; i++)
        if (s->things[i].inside == t) memcpy(s->things[i].holder, s->subject, sizeof s->subject);
    memcpy(t->holder, s->subject, sizeof s->subject);
    t->going[0] = 0;
}

static void move(struct story *s, const struct item *item, struct story_thing *t) {
    struct span step = event_biz_step(item), place = event_read_point(item),
                to = party(item, false);
    bool mine = strcmp(t->holder, s->subject) == 0;
    STORY_CHECK(s, !t->ended, "sold or destroyed, and seen again");
    if (span_is(step, "shipping")) {
        STORY_CHECK(s, mine && !t->going[0], "shipped by somebody who does not have it");
        STORY_CHECK(s, to.len > 0 && party(item, true).len > 0,
                    "shipping without source and destination");
        STORY_CHECK(s, !t->failed, "a lot that failed its inspection was shipped");
        text_set(t->going, sizeof t->going, to);
    } else if (span_is(step, "receiving")) {
        STORY_CHECK(s, span_is(place, t->going), "received where it was not sent");
        hold(s, t);
    } else if (span_is(step, "inspecting") && span_is(span_text(s->subject), "food-laboratory")) {
        t->failed = t->failed || span_is(event_disposition(item), "non_conformant");
    } else {
        STORY_CHECK(s, mine, "recorded by somebody who does not have it");
        t->shelved = t->shelved || span_is(step, "stocking");
    }
}

static void told_object(struct story *s, const struct item *item, const struct event_thing *e) {
    struct span step = event_biz_step(item), supplier;
    struct story_thing *t = thing_find(s, e->canonical);
    if (span_is(event_action(item), "ADD")) {
        make(s, item, e);
        return;
    }
    bool grows = t == NULL && grows_food(s->subject) && e->kind == IDENTIFIER_LOT;
    bool supplied = t == NULL && span_is(step, "receiving") &&
                    value_get(item->fields, "lucheng:supplierBatch", &supplier);
    if (grows || supplied) {
        t = thing_new(s, e);
        t->growing = grows;
        t->made = supplied;
        return;
    }
    STORY_CHECK(s, t != NULL, "a thing nobody made");
    STORY_CHECK(s, t->made || t->growing, "neither growing nor made");
    if (t->growing) return;
    move(s, item, t);
    if (span_is(event_action(item), "DELETE")) {
        STORY_CHECK(s, !t->failed || span_is(step, "destroying"), "a failed lot was sold");
        t->ended = true;
    }
}

static void told_aggregation(struct story *s, const struct item *item,
                             const struct event_thing list[], uint32_t count) {
    bool add = span_is(event_action(item), "ADD");
    STORY_CHECK(s, count > 0 && list[0].roles & (1u << ROLE_PARENT),
                "aggregation without a parent");
    struct story_thing *parent = thing_find(s, list[0].canonical);
    if (parent == NULL) parent = thing_new(s, &list[0]);
    STORY_CHECK(s, strcmp(parent->holder, s->subject) == 0,
                "packed by somebody who does not have it");
    if (add) parent->made = parent->used = true; /* a carton ends with what was in it */
    for (uint32_t i = 1; i < count; i++) {
        struct story_thing *child = thing_find(s, list[i].canonical);
        STORY_CHECK(s, child != NULL && child->made, "packed, but never made");
        STORY_CHECK(s, strcmp(child->holder, s->subject) == 0,
                    "packed by somebody who does not have it");
        STORY_CHECK(s, child->inside == (add ? NULL : parent),
                    add ? "packed twice" : "unpacked from where it is not");
        child->inside = add ? parent : NULL;
    }
    /* Without children an unpacking empties the parent (EPCIS 2.0 section 7.4.3). */
    for (uint32_t i = 0; !add && count == 1 && i < s->things_count; i++)
        if (s->things[i].inside == parent) s->things[i].inside = NULL;
    for (uint32_t i = 0; !add && i < s->things_count; i++)
        STORY_CHECK(s, s->things[i].inside != parent, "something stayed in an unpacked carton");
}

static void told_transformation(struct story *s, const struct item *item,
                                const struct event_thing list[], uint32_t count) {
    const uint16_t inputs = 1u << ROLE_INPUT | 1u << ROLE_INPUT_QUANTITY;
    uint32_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!(list[i].roles & inputs)) {
            make(s, item, &list[i]);
            /* A lot named beside its pieces, for certificates: what moves is the pieces. */
            if (i > 0 && list[i].kind == IDENTIFIER_LOT && list[i - 1].kind == IDENTIFIER_ITEM)
                thing_find(s, list[i].canonical)->used = true;
            continue;
        }
        struct story_thing *t = thing_find(s, list[i].canonical);
        STORY_CHECK(s, t != NULL && t->made && !t->ended, "made of something nobody made");
        STORY_CHECK(s, strcmp(t->holder, s->subject) == 0 && !t->going[0],
                    "made of something it does not have");
        STORY_CHECK(s, !t->failed, "made of a lot that failed its inspection");
        t->used = true;
        used++;
    }
    STORY_CHECK(s, used > 0 && used < count, "nothing went in, or nothing came out");
    if (used > 1 && grows_food(s->subject)) s->mixings++;
}

static void told_association(struct story *s, const struct event_thing list[], uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        struct story_thing *t = thing_find(s, list[i].canonical);
        if (list[i].roles & (1u << ROLE_PARENT))
            STORY_CHECK(s, t != NULL && t->made, "a tag on something nobody made");
        else {
            STORY_CHECK(s, t == NULL, "a tag bound twice");
            (void)thing_new(s, &list[i]);
            s->tags++;
        }
    }
}

/* A declaration says an earlier event was wrong: it names it, repeats it, and names what is right.
 */
static bool told_correction(struct story *s, const struct item *item,
                            const struct event_thing list[], uint32_t count) {
    struct span e, ids, id = event_id(item);
    if (!value_get(item->fields, "errorDeclaration", &e)) return false;
    bool known = false;
    for (uint32_t i = 0; i < s->ids_count; i++)
        known = known || span_is(id, s->ids[i]);
    STORY_CHECK(s, id.len > 0 && known, "a correction of an event nobody recorded");
    STORY_CHECK(s, value_get(e, "correctiveEventIDs", &ids),
                "a correction that names nothing right");
    struct unpack u;
    unpack_init(&u, ids);
    uint32_t n = unpack_array(&u, 8);
    for (uint32_t i = 0; i < n; i++)
        text_set(s->declared[s->declared_count++], TEXT_BYTES, unpack_text(&u, TEXT_BYTES - 1));
    for (uint32_t i = 0; i < count; i++) {
        struct story_thing *t = thing_find(s, list[i].canonical);
        STORY_CHECK(s, t != NULL && t->ended, "a correction of nothing");
        t->ended = false;
    }
    s->corrections++;
    return true;
}

static void told_event(struct story *s, const struct item *item) {
    struct event_thing *list;
    uint32_t count;
    struct span value;
    assert_int_equal(event_things(item, &s->arena, &list, &count), OK);
    STORY_CHECK(s, count > 0, "an event about nothing");
    place_check(s, event_read_point(item));
    place_check(s, event_biz_location(item));
    s->events++;
    s->types[item->type]++;
    if (value_get(item->fields, "sensorElementList", &value)) s->sensors++;
    if (span_is(event_disposition(item), "non_conformant")) s->failures++;
    bool certified = certificate_of(s, item);
    if (grows_food(s->subject) && item->type == ITEM_OBJECT_EVENT &&
        span_is(event_action(item), "ADD"))
        STORY_CHECK(s, certified, "a harvest without its 承诺达标合格证");
    if (told_correction(s, item, list, count)) return;
    if (event_id(item).len > 0) {
        assert_true(s->ids_count < 16);
        text_set(s->ids[s->ids_count++], TEXT_BYTES, event_id(item));
    }
    if (item->type == ITEM_OBJECT_EVENT)
        for (uint32_t i = 0; i < count; i++)
            told_object(s, item, &list[i]);
    if (item->type == ITEM_AGGREGATION_EVENT) told_aggregation(s, item, list, count);
    if (item->type == ITEM_TRANSFORMATION_EVENT) told_transformation(s, item, list, count);
    if (item->type == ITEM_ASSOCIATION_EVENT) told_association(s, list, count);
    if (item->type == ITEM_TRANSACTION_EVENT)
        for (uint32_t i = 0; i < count; i++)
            STORY_CHECK(s, thing_find(s, list[i].canonical) != NULL,
                        "an order for something nobody made");
}

/* NNN.SUBJECT.WHAT.json */
static void told_document(struct story *s, const char *path, uint32_t number) {
    const char *name = strrchr(path, '/') + 1, *dot = strchr(name, '.');
    struct items items;
    struct refusal refusal = {0};
    int64_t last = INT64_MIN, ms;
    s->file = name;
    STORY_CHECK(s, (uint32_t)strtoul(name, NULL, 10) == number, "the numbers have a gap");
    const char *end = dot ? strchr(dot + 1, '.') : NULL;
    STORY_CHECK(s, end != NULL, "not NNN.SUBJECT.WHAT.json");
    text_set(s->subject, sizeof s->subject, span_of(dot + 1, (size_t)(end - dot - 1)));
    struct span text = file_read(path, &s->arena);
    if (epcis_parse(text, &s->arena, &items, &refusal))
        fail_msg("%s: %s at %s", name, err_name(refusal.err), refusal.where);
    uint32_t item;
    assert_int_equal(epcis_items_check(items.list, items.count, &item, &refusal), OK);
    STORY_CHECK(s, items.count > 1 && items.list[0].type == ITEM_ENVELOPE, "no document");
    for (uint32_t i = 1; i < items.count; i++) {
        told_event(s, &items.list[i]);
        STORY_CHECK(s, event_time_ms(&items.list[i], &ms), "an event without a time");
        struct span declaration;
        if (value_get(items.list[i].fields, "errorDeclaration", &declaration)) continue;
        STORY_CHECK(s, ms >= last, "a document that goes back in time");
        last = ms;
    }
}

static int name_order(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static uint32_t list_documents(char **ret_paths) {
    DIR *d = opendir(STORY_DIRECTORY "/events");
    uint32_t n = 0;
    if (!d) fail_msg("no %s/events", STORY_DIRECTORY);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (e->d_name[0] == '.') continue;
        assert_true(n < DOCUMENTS_MAX);
        assert_true(asprintf(&ret_paths[n++], STORY_DIRECTORY "/events/%s", e->d_name) > 0);
    }
    (void)closedir(d);
    qsort(ret_paths, n, sizeof *ret_paths, name_order);
    return n;
}

static void every_thing_arrived(struct story *s) {
    s->file = "at the end";
    for (uint32_t i = 0; i < s->things_count; i++) {
        struct story_thing *t = &s->things[i];
        const char *why = NULL;
        if (t->growing) why = "grew and was never harvested";
        if (t->going[0]) why = "still on its way";
        if (t->inside) why = "never unpacked";
        if (t->made && !t->shelved && !t->used && !t->ended) why = "never came to a shelf";
        if (t->failed && !t->ended) why = "failed its inspection and was not destroyed";
        if (why) fail_msg("%s: %s", t->name, why);
    }
    for (uint32_t i = 0; i < s->declared_count; i++) {
        bool known = false;
        for (uint32_t k = 0; k < s->ids_count; k++)
            known = known || strcmp(s->declared[i], s->ids[k]) == 0;
        assert_true(known);
    }
}

static void every_chain_connects(void **state) {
    (void)state;
    char *paths[DOCUMENTS_MAX];
    struct story *s = calloc(1, sizeof *s);
    assert_non_null(s);
    arena_init(&s->arena, 256u << 20);
    uint32_t n = list_documents(paths);
    for (uint32_t i = 0; i < n; i++)
        told_document(s, paths[i], i + 1);
    every_thing_arrived(s);
    print_message("%u documents, %u events, %u things, %u places; %u certificates, %u cold chains, "
                  "%u mixings, %u tags\n",
                  n, s->events, s->things_count, s->places_count, s->certificates, s->sensors,
                  s->mixings, s->tags);
    assert_true(n >= 200 && s->events >= 400);
    for (uint8_t type = ITEM_OBJECT_EVENT; type <= ITEM_TRANSFORMATION_EVENT; type++)
        assert_true(s->types[type] > 0);
    assert_true(s->certificates >= 20 && s->sensors >= 10 && s->mixings >= 3 && s->tags >= 5);
    assert_int_equal(s->failures, 1);
    assert_int_equal(s->corrections, 1);
    for (uint32_t i = 0; i < n; i++)
        free(paths[i]);
    arena_free(&s->arena);
    free(s);
}

/* Every document's subject is a member, every member that is no bureau has a document, and the cast
 * is the one that was promised. */
static void the_cast_is_complete(void **state) {
    (void)state;
    struct arena arena CLEANUP(arena_free) = {0};
    struct buffer value CLEANUP(buffer_free) = {0};
    struct span members, validators;
    struct unpack u;
    char *paths[DOCUMENTS_MAX];
    arena_init(&arena, 8u << 20);
    buffer_init(&value, 1u << 20);
    assert_int_equal(json_parse(file_read(STORY_DIRECTORY "/genesis.json", &arena), &value, NULL),
                     OK);
    assert_true(value_get(buffer_span(&value), "validators", &validators));
    unpack_init(&u, validators);
    assert_int_equal(unpack_array(&u, 64), 4);
    assert_true(value_get(buffer_span(&value), "members", &members));
    uint32_t n = list_documents(paths), documents = 0, shoes = 0, food = 0;
    unpack_init(&u, members);
    uint32_t count = unpack_array(&u, 1000);
    for (uint32_t i = 0; i < count; i++) {
        struct span member = unpack_value(&u), subject = text_of(member, "subject");
        uint32_t own = 0;
        assert_true(span_starts(subject, "lucheng."));
        for (uint32_t k = 0; k < n; k++) {
            const char *dot = strchr(strrchr(paths[k], '/'), '.') + 1;
            struct span of = span_of(dot, (size_t)(strchr(dot, '.') - dot));
            own += span_equal(of, span_part(subject, 8, subject.len - 8));
        }
        char name[64];
        text_set(name, sizeof name, span_part(subject, 8, subject.len - 8));
        if (grows_food(name)) food++;
        if (strstr(name, "shoes") || strstr(name, "leather") || strstr(name, "sport") ||
            strstr(name, "kids"))
            shoes++;
        if (own == 0 && !strstr(name, "bureau") && !strstr(name, "association"))
            fail_msg("%s says nothing", name);
        documents += own;
    }
    assert_int_equal(documents, n);
    assert_int_equal(food, 11);
    assert_int_equal(shoes, 5);
    for (uint32_t i = 0; i < n; i++)
        free(paths[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_chain_connects),
        cmocka_unit_test(the_cast_is_complete),
    };
    crypto_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
