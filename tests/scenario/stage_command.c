/* stage_command.c: the words of a script (README.md). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/stage_state.h"

enum { WORDS = 16, END_MS = 900000 };

struct words {
    char *word[WORDS];
    int count, at;
};

static const char *peek(const struct words *s) {
    return s->at < s->count ? s->word[s->at] : "";
}

static const char *take(struct words *s) {
    return s->at < s->count ? s->word[s->at++] : "";
}

static bool take_if(struct words *s, const char *word) {
    if (strcmp(peek(s), word) != 0) return false;
    s->at++;
    return true;
}

static bool take_number(struct words *s, uint64_t *ret) {
    char *end;
    const char *text = take(s);
    *ret = strtoull(text, &end, 10);
    return text[0] != 0 && *end == 0;
}

/* "v12" */
static bool take_view(struct words *s, uint64_t *ret) {
    char *end;
    const char *text = take(s);
    *ret = text[0] == 'v' ? strtoull(text + 1, &end, 10) : 0;
    return text[0] == 'v' && text[1] != 0 && *end == 0;
}

/* "013" or "all": bits. */
static bool take_nodes(const struct stage *w, struct words *s, uint32_t *ret) {
    const char *text = take(s);
    *ret = 0;
    if (strcmp(text, "all") == 0) {
        *ret = (1u << w->n) - 1;
        return true;
    }
    for (const char *c = text; *c != 0; c++) {
        if (*c < '0' || (uint32_t)(*c - '0') >= w->n) return false;
        *ret |= 1u << (*c - '0');
    }
    return *ret != 0;
}

static bool has(uint32_t nodes, uint32_t i) {
    return (nodes >> i & 1) != 0;
}

/* ---- time and the wire ---- */

struct filter {
    uint32_t from, to;
    bool any_said;
    enum said said;
};

static bool take_filter(const struct stage *w, struct words *s, struct filter *f) {
    static const char *const names[] = {"proposals", "votes", "certificates", "payloads"};
    *f = (struct filter){.from = ~0u, .to = ~0u, .any_said = true};
    while (s->at < s->count) {
        if (take_if(s, "from")) {
            if (!take_nodes(w, s, &f->from)) return false;
            continue;
        }
        if (take_if(s, "to")) {
            if (!take_nodes(w, s, &f->to)) return false;
            continue;
        }
        for (int i = 0; i < 4 && f->any_said; i++) {
            if (!take_if(s, names[i])) continue;
            f->any_said = false;
            f->said = (enum said)i;
        }
        if (f->any_said) return false;
    }
    return true;
}

static bool next_message(struct stage *w, const struct filter *f, struct message *ret) {
    for (uint32_t i = 0; i < w->wire_count; i++) {
        struct message *m = w->wire[i];
        if (!has(f->from, m->from) || !has(f->to, m->to) || (!f->any_said && f->said != m->said)) continue;
        *ret = *m;
        free(m);
        memmove(&w->wire[i], &w->wire[i + 1], (w->wire_count - i - 1) * sizeof m);
        w->wire_count--;
        return true;
    }
    return false;
}

static void deliver_all(struct stage *w, const struct filter *f) {
    struct message m;
    while (next_message(w, f, &m)) deliver(w, &m);
}

static const struct filter everything = {.from = ~0u, .to = ~0u, .any_said = true};

/* Fires timers until `until_ms`, delivering in between or not. */
static void pass_time(struct stage *w, uint64_t until_ms, bool delivering) {
    for (int guard = 0; guard < 200000; guard++) {
        if (delivering) deliver_all(w, &everything);
        uint64_t next = UINT64_MAX;
        for (uint32_t i = 0; i < w->n; i++) {
            if (!w->nodes[i].alive) continue;
            uint64_t due = consensus_deadline(w->nodes[i].core);
            if (due < next) next = due;
        }
        if (next > until_ms) {
            w->now_ms = until_ms;
            return;
        }
        if (next > w->now_ms) w->now_ms = next;
        for (uint32_t i = 0; i < w->n; i++)
            if (w->nodes[i].alive && consensus_deadline(w->nodes[i].core) <= w->now_ms)
                input(w, i, (struct consensus_input){.kind = CONSENSUS_TIMER});
    }
    stage_fail(w, "timers without end at %lu ms", (unsigned long)w->now_ms);
}

static bool command_wire(struct stage *w, const char *name, struct words *s) {
    struct filter f;
    uint64_t ms;
    struct message m;
    if (strcmp(name, "deliver") == 0) {
        if (!take_filter(w, s, &f)) return false;
        deliver_all(w, &f);
        return true;
    }
    if (strcmp(name, "lose") == 0) {
        if (!take_filter(w, s, &f)) return false;
        while (next_message(w, &f, &m)) continue;
        return true;
    }
    bool run = strcmp(name, "run") == 0;
    if (!run && strcmp(name, "wait") != 0) return false;
    if (!take_number(s, &ms)) return false;
    pass_time(w, w->now_ms + ms, run);
    return true;
}

/* ---- what a liar says, and what a quorum said off stage ---- */

static bool take_ballot(struct words *s, struct ballot *b, bool *ret_proposal) {
    const char *kind = take(s);
    *b = (struct ballot){.kind = VOTE_NOTARIZE};
    *ret_proposal = strcmp(kind, "propose") == 0;
    if (strncmp(kind, "null", 4) == 0) b->kind = VOTE_NULLIFY;
    else if (strncmp(kind, "final", 5) == 0) b->kind = VOTE_FINALIZE;
    else if (strncmp(kind, "notar", 5) != 0 && !*ret_proposal) return false;
    if (!take_view(s, &b->view)) return false;
    if (b->kind == VOTE_NULLIFY) return true;
    b->digest = named(take(s));
    return take_if(s, "on") && take_view(s, &b->parent_view);
}

static bool command_say(struct stage *w, struct words *s) {
    uint32_t from, to;
    bool proposal;
    struct vote v = {0};
    if (!take_nodes(w, s, &from) || !take_ballot(s, &v.ballot, &proposal) || !take_if(s, "to")) return false;
    if (!take_nodes(w, s, &to)) return false;
    for (uint32_t i = 0; i < w->n; i++) {
        if (!has(from, i)) continue;
        v.signer = (uint8_t)i;
        struct node *n = &w->nodes[i];
        if (proposal && n->payloads_count < PAYLOADS) n->payloads[n->payloads_count++] = v.ballot.digest;
        for (uint32_t k = 0; k < w->n; k++)
            if (has(to, k) && k != i) post(w, i, k, proposal ? SAID_PROPOSAL : SAID_VOTE, &v, NULL);
    }
    return true;
}

static bool command_certify(struct stage *w, struct words *s) {
    struct certificate c = {0};
    uint32_t to;
    bool proposal;
    if (!take_ballot(s, &c.ballot, &proposal) || proposal || !take_if(s, "to") || !take_nodes(w, s, &to)) return false;
    c.count = quorum(w->n);
    for (uint32_t i = 0; i < c.count; i++) signers_add(&c.signers, i);
    for (uint32_t k = 0; k < w->n; k++)
        if (has(to, k)) post(w, (k + 1) % w->n, k, SAID_CERTIFICATE, NULL, &c);
    return true;
}

/* ---- nodes ---- */

static void show(struct stage *w, uint32_t i) {
    const struct node *n = &w->nodes[i];
    if (!n->alive) {
        tell(w, i, "dead");
        return;
    }
    uint64_t due = consensus_deadline(n->core);
    char when[32] = "nothing is due";
    if (due != UINT64_MAX && due > w->now_ms) snprintf(when, sizeof when, "due in %lu ms", (unsigned long)(due - w->now_ms));
    if (due <= w->now_ms) snprintf(when, sizeof when, "due now");
    tell(w, i, "in v%lu, final v%lu, %s", (unsigned long)consensus_view(n->core), (unsigned long)consensus_final_view(n->core), when);
}

static void set_verdict(struct stage *w, uint32_t i, enum verdict_mode mode) {
    struct node *n = &w->nodes[i];
    n->verdict = mode;
    if (!n->checking || mode == VERDICT_PENDING) return;
    for (uint32_t k = 0; k < n->payloads_count; k++)
        if (digest_equal(&n->payloads[k], &n->check.digest)) {
            take_payload(w, i, &n->check.digest);
            return;
        }
}

static bool one(struct stage *w, const char *name, uint32_t i, struct words *s) {
    struct node *n = &w->nodes[i];
    uint64_t number;
    if (strcmp(name, "crash") == 0) node_crash(w, i);
    else if (strcmp(name, "restart") == 0) node_start(w, i);
    else if (strcmp(name, "hold") == 0) n->disk_held = true;
    else if (strcmp(name, "write") == 0) n->disk_held = false, disk_sync(w, i);
    else if (strcmp(name, "commit") == 0) n->committed = n->finals_count;
    else if (strcmp(name, "withhold") == 0) n->withholds = true;
    else if (strcmp(name, "show") == 0) show(w, i);
    else if (strcmp(name, "liar") == 0) n->liar = true, node_crash(w, i);
    else if (strcmp(name, "valid") == 0) set_verdict(w, i, VERDICT_VALID);
    else if (strcmp(name, "invalid") == 0) set_verdict(w, i, VERDICT_INVALID);
    else if (strcmp(name, "pending") == 0) set_verdict(w, i, VERDICT_PENDING);
    else if (strcmp(name, "work") == 0) {
        if (!take_number(s, &number)) return false;
        s->at--; /* the same number for each */
        node_work(w, i, (uint32_t)number);
    } else return false;
    return true;
}

static bool command_nodes(struct stage *w, const char *name, struct words *s) {
    uint32_t nodes, others;
    if (strcmp(name, "mend") == 0) {
        memset(w->cut, 0, sizeof w->cut);
        return true;
    }
    if (!take_nodes(w, s, &nodes)) return false;
    if (strcmp(name, "cut") == 0) { /* both ways; "cut 01 hears 2" leaves 01 -> 2 */
        bool hears = take_if(s, "hears");
        if (!take_nodes(w, s, &others)) return false;
        for (uint32_t a = 0; a < w->n; a++)
            for (uint32_t b = 0; b < w->n; b++)
                if (has(nodes, a) && has(others, b) && a != b) w->cut[b][a] = true, w->cut[a][b] = w->cut[a][b] || !hears;
        return true;
    }
    for (uint32_t i = 0; i < w->n; i++)
        if (has(nodes, i) && !one(w, name, i, s)) return false;
    return true;
}

static bool command_stage(struct stage *w, struct words *s) {
    uint64_t n;
    if (w->n != 0 || !take_number(s, &n) || n < 1 || n > NODES) return false;
    w->n = (uint32_t)n;
    w->delta_ms = 100;
    if (take_if(s, "delta") && !take_number(s, &w->delta_ms)) return false;
    if (take_if(s, "activity") && !take_number(s, &w->activity_ms)) return false;
    for (uint32_t i = 0; i < w->n; i++) node_start(w, i);
    return true;
}

bool stage_command(struct stage *w, char *line) {
    struct words s = {.count = 0};
    char *rest = NULL;
    for (char *word = strtok_r(line, " ", &rest); word != NULL && s.count < WORDS; word = strtok_r(NULL, " ", &rest))
        s.word[s.count++] = word;
    const char *name = take(&s);
    if (strcmp(name, "stage") == 0) return command_stage(w, &s);
    if (w->n == 0) return false;
    if (strcmp(name, "quiet") == 0) {
        w->lines_count = 0;
        return true;
    }
    if (strcmp(name, "say") == 0) return command_say(w, &s);
    if (strcmp(name, "certify") == 0) return command_certify(w, &s);
    if (command_wire(w, name, &s)) return true;
    s.at = 1;
    return command_nodes(w, name, &s);
}

/* ---- the end ---- */

static bool arrived(const struct stage *w, uint32_t before) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < w->n; i++) {
        const struct node *n = &w->nodes[i];
        if (n->liar) continue;
        if (count == 0) count = n->finals_count;
        if (n->finals_count <= before || n->finals_count != count) return false;
    }
    return true;
}

bool stage_end(struct stage *w) {
    uint32_t before = 0;
    memset(w->cut, 0, sizeof w->cut);
    for (uint32_t i = 0; i < w->n; i++) {
        struct node *n = &w->nodes[i];
        n->withholds = n->disk_held = false;
        if (n->finals_count > before) before = n->finals_count;
        if (n->liar) continue;
        if (!n->alive) node_start(w, i);
        disk_sync(w, i);
        set_verdict(w, i, VERDICT_VALID);
        node_work(w, i, 50);
    }
    for (uint64_t until = w->now_ms + END_MS; w->now_ms < until && w->failure[0] == 0;) {
        pass_time(w, w->now_ms + w->delta_ms, true);
        if (arrived(w, before)) return true;
    }
    stage_fail(w, "nothing new becomes final everywhere");
    return false;
}
