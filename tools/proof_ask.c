#include "tools/proof_ask.h"

#include <string.h>

#include "base/limits.h"
#include "tools/chain.h"
#include "tools/statement.h"
#include "trace/identifier.h"

static const struct {
    struct proof_kind kind;
    const char *collection;
} kinds[] = {
    {{PROOF_RECORD, "record"}, "records"},
    {{PROOF_THING, "thing"}, "things"},
    {{PROOF_CERTIFICATE, "certificate"}, "certificates"},
    {{PROOF_CODE, "code"}, "codes"},
};

const struct proof_kind *proof_kind_find(const char *word) {
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].kind.word, word) == 0) return &kinds[i].kind;
    return NULL;
}

const char *proof_path(struct tool *t, const struct proof_kind *kind, const char *word) {
    size_t i = 0;
    while (kinds[i].kind.question != kind->question)
        i++;
    return format(t, "/v1/%s/%s/proof", kinds[i].collection, path_segment(t, span_text(word)));
}

int proof_ask(struct node *n, const struct arguments *a, const struct proof_kind *kind, const char *word, const char *next) {
    struct buffer canonical CLEANUP(buffer_free) = {0};
    struct tool *t = n->tool;
    struct digest chain_id;
    enum identifier_kind ignored;
    struct proof_asked asked = {.question = kind->question, .identifier = span_text(word)};
    CHECK(kind->question != PROOF_RECORD); /* its proof names the wire identity, which people do not have */
    int code = chain_id_of_arguments(t, a, &chain_id);
    if (code) return code;
    /* SPEC P5: a proof spells things canonically, whatever the spelling of who asks. */
    buffer_init(&canonical, IDENTIFIER_BYTES_MAX);
    if (kind->question != PROOF_CERTIFICATE && identifier_canonical(asked.identifier, &canonical, &ignored) == OK)
        asked.identifier = buffer_span(&canonical);
    code = node_get(n, proof_path(t, kind, word), PROOF_ACCEPT, next);
    if (code == EXIT_OK) code = proof_report(t, word, buffer_span(&n->answer.body), &chain_id, chain_genesis_hint(t, a), &asked, NULL);
    return code ? code : asked.bad ? EXIT_FALSE : EXIT_OK;
}
