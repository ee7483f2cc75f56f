/* epc_host.c: the host name of a "++" tag (TDS section 14.5.16): URN Code 40, or units of 7 bits where some
 * units, and some pairs of them, stand for what host names often begin or end with.
 *
 * The standard lets any printable character of GS1's set stand in a host. Here only what a host and a port
 * are made of: the host goes into a link that people follow. */
#include <string.h>

#include "trace/epc_tables.h"

/* Units that stand for more than themselves, Optimisation Table A. */
static const struct {
    uint8_t unit;
    const char *text;
} table_a[] = {
    {0x1e, "qr."},  {0x1f, "www."}, {0x20, "id."},  {0x5b, ".com"}, {0x5c, ".org"}, {0x5d, ".net"}, {0x5e, ".int"},
    {0x60, ".edu"}, {0x7b, ".gov"}, {0x7c, ".mil"}, {0x7d, ".biz"}, {0x7e, ".eco"}, {0x7f, ".med"},
};
enum { TABLE_A = sizeof table_a / sizeof *table_a };

/* Pairs: the first unit names the table, the second the row. Tables B1 to B4; B3 prints two rows (.org.cn,
 * .net.cn) with the first unit of B1, where those places are taken: an erratum. */
static const char *const table_b1[] = {
    ".ac", ".ad", ".ae", ".af", ".ag", ".ai", ".al", ".am", ".ao", ".aq", ".ar", ".as", ".at", ".au", ".aw", ".ax",
    ".az", ".ba", ".bb", ".bd", ".be", ".bf", ".bg", ".bh", ".bi", ".bj", ".bm", ".bn", ".bo", ".bq", ".br", ".bs",
    ".bt", ".bw", ".by", ".bz", ".ca", ".cc", ".cd", ".cf", ".cg", ".ch", ".ci", ".ck", ".cl", ".cm", ".cn", ".co",
    ".cr", ".cu", ".cv", ".cw", ".cx", ".cy", ".cz", ".de", ".dj", ".dk", ".dm", ".do", ".dz", ".ec", ".ee", ".eg",
    ".eh", ".er", ".es", ".et", ".eu", ".fi", ".fj", ".fk", ".fm", ".fo", ".fr", ".ga", ".gd", ".ge", ".gf", ".gg",
    ".gh", ".gi", ".gl", ".gm", ".gn", ".gp", ".gq", ".gr", ".gs", ".gt", ".gu", ".gw", ".gy", ".hk", ".hm", ".hn",
    ".hr", ".ht", ".hu", ".id", ".ie", ".il", ".im", ".in", ".io", ".iq", ".ir", ".is", ".it", ".je", ".jm", ".jo",
    ".jp", ".ke", ".kg", ".kh", ".ki", ".km", ".kn", ".kp", ".kr", ".kw", ".ky", ".kz", ".la", ".lb", ".lc", ".li",
};
static const char *const table_b2[] = {
    ".lk", ".lr", ".ls", ".lt", ".lu", ".lv", ".ly", ".ma", ".mc", ".md", ".me", ".mg", ".mh", ".mk", ".ml", ".mm",
    ".mn", ".mo", ".mp", ".mq", ".mr", ".ms", ".mt", ".mu", ".mv", ".mw", ".mx", ".my", ".mz", ".na", ".nc", ".ne",
    ".nf", ".ng", ".ni", ".nl", ".no", ".np", ".nr", ".nu", ".nz", ".om", ".pa", ".pe", ".pf", ".pg", ".ph", ".pk",
    ".pl", ".pm", ".pn", ".pr", ".ps", ".pt", ".pw", ".py", ".qa", ".re", ".ro", ".rs", ".ru", ".rw", ".sa", ".sb",
    ".sc", ".sd", ".se", ".sg", ".sh", ".si", ".sk", ".sl", ".sm", ".sn", ".sr", ".ss", ".st", ".su", ".sv", ".sx",
    ".sy", ".sz", ".tc", ".td", ".tf", ".tg", ".th", ".tj", ".tk", ".tl", ".tm", ".tn", ".to", ".tr", ".tt", ".tv",
    ".tw", ".tz", ".ua", ".ug", ".us", ".uy", ".uz", ".va", ".vc", ".ve", ".vg", ".vi", ".vn", ".vu", ".wf", ".ws",
    ".ye", ".yt", ".za", ".zm", ".zw",
};
static const char *const table_b3[] = {
    ".com.au", ".net.au", ".org.au", ".co.at",  ".com.bd", ".co.bd",  ".com.br", ".net.br",
    ".co.nz",  ".com.ng", ".com.pk", ".co.in",  ".com.in", ".co.il",  ".co.jp",  ".co.za",
    ".co.kr",  ".com.es", ".com.lk", ".co.th",  ".co.tt",  ".com.tt", ".com.tr", ".biz.tr",
    ".com.ua", ".co.uk",  ".co.zm",  ".com.zm", ".com.cn", ".org.cn", ".net.cn", ".gov.cn",
};
static const char *const table_b4[] = {".tech"};

static const struct {
    const char *const *rows;
    uint8_t count;
} tables_b[] = {
    {table_b1, sizeof table_b1 / sizeof *table_b1},
    {table_b2, sizeof table_b2 / sizeof *table_b2},
    {table_b3, sizeof table_b3 / sizeof *table_b3},
    {table_b4, sizeof table_b4 / sizeof *table_b4},
};
enum { TABLES_B = sizeof tables_b / sizeof *tables_b };

static bool host_letter(char c) {
    return letters_have(LETTERS_UPPER, c) || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == ':' || c == '_';
}

enum err host_check(struct span text) {
    if (text.len < 1 || text.len > EPC_HOST_MAX) return ERR_EPC_HOST;
    for (size_t i = 0; i < text.len; i++)
        if (!host_letter((char)text.data[i])) return ERR_EPC_HOST;
    return OK;
}

static bool host_add(struct epc_host *h, const char *text, size_t len) {
    if (len > (size_t)EPC_HOST_MAX - h->len) return false;
    memcpy(h->text + h->len, text, len);
    h->len = (uint8_t)(h->len + len);
    return true;
}

/* ---- units of a text: the fewest, counted from its end ---- */

struct step {
    uint8_t units, len; /* the units from here to the end; characters this step stands for */
    uint8_t first, second;
};

static void step_try(struct step *steps, struct span text, size_t at, const char *what, uint8_t cost, uint8_t first,
                     uint8_t second) {
    size_t len = strlen(what);
    if (len > text.len - at || memcmp(text.data + at, what, len) != 0) return;
    unsigned units = steps[at + len].units + cost;
    if (units < steps[at].units) steps[at] = (struct step){(uint8_t)units, (uint8_t)len, first, second};
}

static void steps_find(struct span text, struct step steps[EPC_HOST_MAX + 1]) {
    steps[text.len] = (struct step){0, 0, 0, 0};
    for (size_t at = text.len; at-- > 0;) {
        steps[at] = (struct step){(uint8_t)(steps[at + 1].units + 1), 1, text.data[at], 0};
        for (size_t i = 0; i < TABLE_A; i++)
            step_try(steps, text, at, table_a[i].text, 1, table_a[i].unit, 0);
        for (uint8_t t = 0; t < TABLES_B; t++)
            for (uint8_t i = 0; i < tables_b[t].count; i++)
                step_try(steps, text, at, tables_b[t].rows[i], 2, t, i);
    }
}

static uint8_t units_shortest(struct span text, uint8_t ret[EPC_HOST_MAX]) {
    struct step steps[EPC_HOST_MAX + 1];
    uint8_t count = 0;
    steps_find(text, steps);
    for (size_t at = 0; at < text.len; at += steps[at].len) {
        ret[count++] = steps[at].first;
        if (steps[at].first < TABLES_B) ret[count++] = steps[at].second;
    }
    return count;
}

enum { FORM_SHORTEST, FORM_CODE_40, FORM_UNITS };

enum err host_put(struct bit_writer *w, const struct epc_host *host) {
    uint8_t units[EPC_HOST_MAX];
    struct span text = span_of(host->text, host->len);
    enum err err = host_check(text);
    if (err != OK) return err;
    uint8_t count = units_shortest(text, units);
    if (host->form == FORM_UNITS) {
        count = host->units_count;
        memcpy(units, host->units, count);
    }
    bool code_40 = code40_has(text) && host->form != FORM_UNITS &&
                   (host->form == FORM_CODE_40 || (text.len + 2) / 3 * 16 <= count * 7U);
    if (host->form == FORM_CODE_40 && !code_40) return ERR_EPC_HOST;
    bits_put(w, code_40 ? 0 : 1, 1);
    bits_put(w, code_40 ? text.len : count, 6);
    if (code_40) {
        code40_put(w, text);
        return OK;
    }
    for (uint8_t i = 0; i < count; i++)
        bits_put(w, units[i], 7);
    return OK;
}

static bool unit_text(uint8_t unit, struct epc_host *host) {
    for (size_t i = 0; i < TABLE_A; i++)
        if (table_a[i].unit == unit) return host_add(host, table_a[i].text, strlen(table_a[i].text));
    char c = (char)unit;
    return host_letter(c) && host_add(host, &c, 1);
}

static enum err units_take(struct bit_reader *r, uint8_t count, struct epc_host *host) {
    for (uint8_t i = 0; i < count; i++)
        host->units[i] = (uint8_t)bits_take(r, 7);
    if (r->past) return ERR_EPC_TRUNCATED;
    host->units_count = count;
    for (uint8_t i = 0; i < count; i++) {
        uint8_t unit = host->units[i];
        if (unit >= TABLES_B) {
            if (!unit_text(unit, host)) return ERR_EPC_HOST;
            continue;
        }
        uint8_t row = ++i < count ? host->units[i] : 255;
        if (row >= tables_b[unit].count) return ERR_EPC_HOST;
        if (!host_add(host, tables_b[unit].rows[row], strlen(tables_b[unit].rows[row]))) return ERR_EPC_HOST;
    }
    return OK;
}

/* Whether the shortest form of this text has these bits. */
static bool as_shortest(const struct epc_host *host) {
    struct bit_writer read = {.count = 0}, again = {.count = 0};
    struct epc_host shortest = *host;
    shortest.form = FORM_SHORTEST;
    return host_put(&read, host) == OK && host_put(&again, &shortest) == OK && read.count == again.count &&
           memcmp(read.data, again.data, (read.count + 7) / 8) == 0;
}

enum err host_take(struct bit_reader *r, struct epc_host *ret) {
    struct epc_host host = {.len = 0};
    bool units = bits_take(r, 1) == 1;
    uint8_t count = (uint8_t)bits_take(r, 6);
    enum err err = OK;
    host.form = units ? FORM_UNITS : FORM_CODE_40;
    if (units) {
        err = units_take(r, count, &host);
    } else {
        err = code40_take(r, count, host.text);
        host.len = count;
    }
    if (r->past) return ERR_EPC_TRUNCATED;
    if (err == OK) err = host_check(span_of(host.text, host.len));
    if (err != OK) return err;
    if (as_shortest(&host)) {
        host.form = FORM_SHORTEST;
        memset(host.units, 0, sizeof host.units);
        host.units_count = 0;
    }
    *ret = host;
    return OK;
}

enum err epc_use_host(struct epc *e, struct span text) {
    struct epc_host host = {.len = 0};
    enum err err = host_check(text);
    if (err != OK) return err;
    CHECK(host_add(&host, (const char *)text.data, text.len));
    e->host = host;
    return OK;
}
