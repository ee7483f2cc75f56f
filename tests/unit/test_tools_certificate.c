/* Certificates as people write them: definitions and certificates in JSON, to what is signed and back. */
#include "base/json.h"
#include "tools/certificate_json.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* cmocka has a fail() of its own. */
#include <cmocka.h>

struct fixture {
    struct tool tool;
    struct problems problems;
    struct buffer value;
};

static int setup(void **state) {
    struct fixture *f = check_alloc(1, sizeof *f);
    *f = (struct fixture){.tool = {.lang = LANG_EN}};
    arena_init(&f->tool.arena, 16 << 20);
    f->problems.tool = &f->tool;
    buffer_init(&f->value, 1 << 20);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    arena_free(&f->tool.arena);
    buffer_free(&f->value);
    free(f);
    return 0;
}

static struct span json(struct fixture *f, const char *text) {
    buffer_clear(&f->value);
    assert_int_equal(json_parse(span_text(text), &f->value, NULL), OK);
    struct span copy = arena_copy(&f->tool.arena, buffer_span(&f->value));
    assert_non_null(copy.data);
    return copy;
}

static struct certificate_type story_type(struct fixture *f, const char *name) {
    struct buffer text CLEANUP(buffer_free) = {0}, out CLEANUP(buffer_free) = {0};
    struct certificate_type type, back;
    buffer_init(&text, CERTIFICATE_FILE_BYTES_MAX);
    buffer_init(&out, CERTIFICATE_FILE_BYTES_MAX);
    assert_int_equal(file_read(&f->tool, format(&f->tool, STORY_DIRECTORY "/certificates/%s.json", name), &text), EXIT_OK);
    buffer_u8(&text, 0);
    certificate_type_of_json(&f->problems, json(f, (const char *)text.data), &type);
    if (f->problems.count > 0) fail_msg("%s: %s", name, f->problems.list[0]);
    certificate_type_encode(&type, &out);
    struct span copy = arena_copy(&f->tool.arena, buffer_span(&out));
    assert_int_equal(certificate_type_decode(copy, &f->tool.arena, &back), OK);
    return back;
}

static void every_definition_of_the_story_is_one(void **state) {
    static const char *const names[] = {"conformity", "inspection", "regional-mark", "shoe-origin", "test-report"};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct certificate_type type = story_type(f, names[i]);
        assert_true(span_is(type.type, names[i]));
    }
    struct certificate_type t = story_type(f, "conformity");
    assert_int_equal(t.own, CERTIFICATE_OWN);
    assert_int_equal(t.quota, CERTIFICATE_PRODUCED);
    assert_int_equal(t.covers, 1 << IDENTIFIER_LOT);
    assert_int_equal(t.validity_ms, 365ull * 24 * 3600 * 1000);
    assert_true(span_is(t.upstream_field, "statement"));
    assert_int_equal(certificate_type_field(&t, span_text("contact"))->flags, CERTIFICATE_MANDATORY | CERTIFICATE_HIDDEN);
}

#define PLEDGE(more)                                                                                               \
    "{\"type\":\"conformity\",\"number\":\"1\",\"covers\":[{\"identifier\":\"https://id.gs1.org/01/06972230100017/10/A\","   \
    "\"quantity\":1.5,\"unit\":\"KGM\"}],\"upstream\":[\"b/2\",\"a/1\"],\"fields\":{\"product-name\":\"x\",\"quantity\":\"1.5\","    \
    "\"origin\":\"x\",\"issue-date\":\"2026-06-12\",\"promising-subject\":\"x\",\"contact\":\"0577\","                      \
    "\"statement\":\"生产者\",\"bases\":[\"质量安全控制符合要求\",\"自我检测\"]" more "}}"

static void a_certificate_becomes_the_item_that_says_it(void **state) {
    struct fixture *f = *state;
    static const struct digest chain = {{9}};
    struct certificate_type type = story_type(f, "conformity");
    struct certificate_draft d;
    struct openings openings, again;
    struct item item;
    struct certificate_issue back;
    certificate_draft_of_json(&f->problems, json(f, PLEDGE("")), &d);
    certificate_draft_complete(&f->problems, &type, span_text("farm"), &chain, NULL, &d, &openings);
    if (f->problems.count > 0) fail_msg("%s", f->problems.list[0]);
    certificate_draft_item(&f->tool, &d, &item);
    assert_int_equal(certificate_issue_decode(&item, &f->tool.arena, &back), OK);
    assert_true(span_is(back.producer, "farm"));
    assert_int_equal(back.until_ms - back.from_ms, type.validity_ms);
    assert_int_equal(back.things[0].quantity, 1500000);
    assert_true(span_is(back.upstream[0], "a/1"));
    struct span field;
    assert_true(certificate_fields_check(&type, &back, &field));
    /* What is hidden is a commitment that the opening opens, under its name (SPEC D6). */
    assert_int_equal(openings.count, 1);
    struct hidden hidden = {TIER_PUBLIC, {{0}}};
    for (uint32_t i = 0; i < back.fields_count; i++)
        if (span_is(back.fields[i].name, "contact")) assert_int_equal(hidden_read(back.fields[i].value, &hidden), OK);
    assert_int_equal(hidden.tier, TIER_DELETABLE);
    struct digest want = hidden_commitment(&chain, TIER_DELETABLE, openings.list[0].salt, span_text("/fields/contact"),
                                           openings.list[0].value);
    assert_true(digest_equal(&want, &hidden.commitment));
    /* The same value again keeps its salt, another does not. */
    certificate_draft_complete(&f->problems, &type, span_text("farm"), &chain, &openings, &d, &again);
    assert_memory_equal(again.list[0].salt, openings.list[0].salt, HIDDEN_SALT_BYTES);
    certificate_draft_complete(&f->problems, &type, span_text("farm"), &chain, NULL, &d, &again);
    assert_memory_not_equal(again.list[0].salt, openings.list[0].salt, HIDDEN_SALT_BYTES);
}

static void openings_are_private_and_come_back(void **state) {
    struct fixture *f = *state;
    char path[] = "/tmp/suyuan-openings-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    static const uint8_t value[] = {0xa1, 'x'};
    struct opening one = {0, TIER_DELETABLE, span_text("/fields/contact"), span_of(value, 2), {5}};
    struct openings o = {.chain_id = {{3}}, .certificate = span_text("a/1"), .list = &one, .count = 1}, back;
    assert_int_equal(openings_write(&f->tool, path, &o), EXIT_OK);
    struct stat s;
    assert_int_equal(stat(path, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0600);
    assert_int_equal(openings_read(&f->tool, path, &back), EXIT_OK);
    assert_true(digest_equal(&back.chain_id, &o.chain_id));
    const struct opening *opened = openings_find(&back, span_text("contact"));
    assert_non_null(opened);
    assert_true(span_equal(opened->value, o.list[0].value));
    assert_memory_equal(opened->salt, o.list[0].salt, HIDDEN_SALT_BYTES);
    assert_null(openings_find(&back, span_text("other")));
    unlink(path);
}

static void every_problem_is_told_at_once(void **state) {
    struct fixture *f = *state;
    static const struct digest chain = {{9}};
    struct certificate_type type = story_type(f, "conformity");
    struct certificate_draft d;
    struct openings openings;
    certificate_draft_of_json(&f->problems, json(f, "{\"type\":\"conformity\",\"number\":\"a b\",\"covers\":[],\"x\":1}"), &d);
    uint32_t form = f->problems.count;
    assert_int_equal(form, 3);
    certificate_draft_complete(&f->problems, &type, span_text("farm"), &chain, NULL, &d, &openings);
    /* Eight mandatory fields, and no goods. */
    assert_int_equal(f->problems.count - form, 9);
}

/* NNN.SUBJECT.WHAT.json of the story: each is what its subject may write into its type. */
static void every_certificate_of_the_story_is_in_order(void **state) {
    struct fixture *f = *state;
    static const struct digest chain = {{9}};
    uint32_t count = 0;
    for (int k = 0; k < 2; k++) {
        const char *path = k ? STORY_DIRECTORY "/certificates/refused" : STORY_DIRECTORY "/certificates/issued";
        DIR *d = opendir(path);
        assert_non_null(d);
        for (struct dirent *e; (e = readdir(d)) != NULL;) {
            struct buffer text CLEANUP(buffer_free) = {0};
            struct certificate_draft draft;
            struct openings openings;
            char subject[65], issuer[80];
            if (sscanf(e->d_name, "%*3[0-9].%64[^.]", subject) != 1) continue;
            buffer_init(&text, CERTIFICATE_FILE_BYTES_MAX);
            assert_int_equal(file_read(&f->tool, format(&f->tool, "%s/%s", path, e->d_name), &text), EXIT_OK);
            buffer_u8(&text, 0);
            snprintf(issuer, sizeof issuer, "lucheng.%s", subject);
            certificate_draft_of_json(&f->problems, json(f, (const char *)text.data), &draft);
            struct certificate_type type = story_type(f, shown(&f->tool, draft.issue.type));
            certificate_draft_complete(&f->problems, &type, span_text(issuer), &chain, NULL, &draft, &openings);
            if (f->problems.count > 0) fail_msg("%s: %s", e->d_name, f->problems.list[0]);
            count++;
        }
        closedir(d);
    }
    assert_int_equal(count, 65);
}

int main(void) {
    crypto_start();
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_definition_of_the_story_is_one),
        TEST(a_certificate_becomes_the_item_that_says_it),
        TEST(openings_are_private_and_come_back),
        TEST(every_problem_is_told_at_once),
        TEST(every_certificate_of_the_story_is_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
