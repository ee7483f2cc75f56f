/* division.h: China's administrative divisions (GB/T 2260): the codes of provinces, prefectures and
 * counties with their names, and what a longer code lies in.
 *
 *   33 or 330000   浙江省            33 03 or 330300   浙江省 温州市
 *   330302         浙江省 温州市 鹿城区
 *   330302001      a street or town of it (9 digits), 330302001002 a village (12): their first six
 *                  digits are looked up, the rest is not known here
 *
 * The levels between that are only written, not administered ("市辖区" of a municipality, "省直辖县级行政
 * 区划"), are left out of a name. As of 2023; a code that was withdrawn before is unknown here, which
 * is why the ledger itself only checks a code's form.
 *
 * Pure. Names are constant UTF-8 texts.
 */
#ifndef TRACE_DIVISION_H
#define TRACE_DIVISION_H

#include "base/err.h"
#include "base/span.h"

enum division_level {
    DIVISION_PROVINCE = 1,
    DIVISION_CITY = 2,
    DIVISION_COUNTY = 3,
    DIVISION_TOWN = 4,
    DIVISION_VILLAGE = 5,
};

struct division {
    enum division_level level;
    struct span province, city, county; /* names; empty below the level, and a city only written */
};

/* ERR_DIVISION_FORM, ERR_DIVISION_UNKNOWN. */
enum err division_find(struct span code, struct division *ret) MUST_USE;
/* "浙江省 温州市 鹿城区" */
void division_name(const struct division *d, struct buffer *out);

/* Walks all counties, cities and provinces of this name ("鹿城区"): begin with *at = 0; false past the last.
 * ret_code: six digits. */
bool division_named(struct span name, size_t *at, char ret_code[6]) MUST_USE;
/* Every code in order, for documents and tests. False past the last. */
bool division_next(size_t *at, char ret_code[6], struct span *ret_name) MUST_USE;

#endif
