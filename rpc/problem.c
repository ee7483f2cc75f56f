#include "rpc/problem.h"

#include "base/emit.h"

struct row {
    enum err err;
    uint16_t status;
};

/* What is not listed is a well-formed request whose content is refused: 422. */
static const struct row rows[] = {
    {ERR_HTTP_SYNTAX, 400},          {ERR_HTTP_AMBIGUOUS, 400},     {ERR_HTTP_HEAD_SIZE, 431},
    {ERR_HTTP_BODY_SIZE, 413},       {ERR_HTTP_TIMEOUT, 408},       {ERR_HTTP_VERSION, 505},
    {ERR_HTTP_CODING, 415},          {ERR_HTTP_EXPECT, 417},        {ERR_HTTP_BUSY, 503},
    {ERR_RPC_PATH, 404},             {ERR_RPC_VERB, 405},           {ERR_RPC_MEDIA_TYPE, 415},
    {ERR_RPC_NOT_ACCEPTABLE, 406},   {ERR_RPC_PARAMETER_MISSING, 400}, {ERR_RPC_PARAMETER, 400},
    {ERR_RPC_PARAMETER_UNKNOWN, 400}, {ERR_RPC_NOT_FOUND, 404},     {ERR_RPC_CURSOR, 400},
    {ERR_RPC_NOT_ATTESTED, 503},     {ERR_RPC_REQUEST, 400},        {ERR_RPC_METHOD, 404},
    {ERR_RPC_BATCH_SIZE, 413},       {ERR_RPC_NO_DOCUMENT, 404},    {ERR_RPC_STREAMS, 503},
    {ERR_RPC_EVENT_ID, 400},         {ERR_BUSY, 503},               {ERR_NOT_VOTING, 503},
    {ERR_PROOF_LEAF_ABSENT, 503},    {ERR_STOPPING, 503},             {ERR_TOO_LARGE, 413},          {ERR_QUERY_UNKNOWN, 404},
    {ERR_JSON_SYNTAX, 400},          {ERR_JSON_DUPLICATE, 400},     {ERR_JSON_DEPTH, 400},
    {ERR_JSON_NUMBER, 400},          {ERR_CODEC_TRUNCATED, 400},    {ERR_CODEC_TRAILING, 400},
    {ERR_CODEC_TYPE, 400},           {ERR_CODEC_NOT_SHORTEST, 400}, {ERR_CODEC_KEY_ORDER, 400},
    {ERR_CODEC_DEPTH, 400},          {ERR_CODEC_RANGE, 400},        {ERR_CODEC_UTF8, 400},
    {ERR_CODEC_FLOAT, 400},          {ERR_CODEC_COUNT, 400},         {ERR_LEAVES_ORDER, 409},
    {ERR_LEAVES_ABSENT, 404},        {ERR_LEAVES_DELETED, 410},      {ERR_LEAVES_ROOM, 507},
    {ERR_SCAN_BUSY, 503},            {ERR_SCAN_CLOCK, 503},          {ERR_SCAN_STORE, 503},
    {ERR_SCANS_NONE, 404},           {ERR_SCAN_PIECE, 400},
    {ERR_SCAN_VISITOR, 429},         {ERR_SEALED_NONE, 404},
    {ERR_SEALED_ABSENT, 404},        {ERR_SEALED_DELETED, 410},      {ERR_SEALED_EXISTS, 409},
    {ERR_SEALED_RECIPIENT, 403},     {ERR_SEALED_ROOM, 507},         {ERR_SEALED_STORE, 503},
    {ERR_SEALED_DISABLED, 404},      {ERR_SEALED_TIME, 403},         {ERR_SEALED_SIZE, 413},         {ERR_SEALED_NO_KEY, 404},
};

uint16_t problem_status(enum err e) {
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].err == e) return rows[i].status;
    return 422;
}

static bool letter_is(uint8_t c, char lower) {
    return c == (uint8_t)lower || c == (uint8_t)(lower - 'a' + 'A');
}

/* The weight of one range in thousandths, "en;q=0.8" -> 800 (RFC 9110 section 12.4.2). */
static uint32_t weight_of(struct span range) {
    for (size_t i = 0; i + 2 < range.len; i++) {
        if (!letter_is(range.data[i], 'q') || range.data[i + 1] != '=') continue;
        uint32_t weight = range.data[i + 2] == '1' ? 1000 : 0, unit = 100;
        for (size_t k = i + 4; k < range.len && unit > 0; k++, unit /= 10)
            if (range.data[k] >= '0' && range.data[k] <= '9') weight += (uint32_t)(range.data[k] - '0') * unit;
        return weight > 1000 ? 1000 : weight;
    }
    return 1000;
}

enum lang problem_lang(struct span accept_language) {
    uint32_t en = 0, zh = 0;
    size_t begin = 0;
    for (size_t i = 0; i <= accept_language.len; i++) {
        if (i < accept_language.len && accept_language.data[i] != ',') continue;
        struct span range = span_part(accept_language, begin, i - begin);
        begin = i + 1;
        while (range.len > 0 && range.data[0] == ' ')
            range = span_part(range, 1, range.len - 1);
        if (range.len < 2) continue;
        uint32_t weight = weight_of(range);
        if (letter_is(range.data[0], 'e') && letter_is(range.data[1], 'n') && weight > en) en = weight;
        if (letter_is(range.data[0], 'z') && letter_is(range.data[1], 'h') && weight > zh) zh = weight;
    }
    return en > zh ? LANG_EN : LANG_ZH;
}

void problem_members(struct emit *j, const struct refusal *refusal, enum lang lang) {
    emit_key(j, "type");
    char type[48] = "urn:suyuan:error:";
    size_t len = 17;
    char digits[12];
    size_t n = 0;
    for (uint32_t v = (uint32_t)refusal->err; v > 0 || n == 0; v /= 10)
        digits[n++] = (char)('0' + v % 10);
    while (n > 0)
        type[len++] = digits[--n];
    emit_text(j, span_of(type, len));
    emit_key_string(j, "title", err_text(refusal->err, lang));
    emit_key_uint(j, "status", problem_status(refusal->err));
    emit_key_uint(j, "code", (uint64_t)refusal->err);
    emit_key_string(j, "name", err_name(refusal->err));
    emit_key_string(j, "where", refusal->where);
    emit_key_string(j, "title_en", err_text(refusal->err, LANG_EN));
    emit_key_string(j, "title_zh", err_text(refusal->err, LANG_ZH));
}

void problem_write(struct http_response *r, const struct refusal *refusal, enum lang lang,
                   uint32_t retry_after_ms) {
    buffer_clear(&r->body);
    r->status = problem_status(refusal->err);
    r->content_type = "application/problem+json";
    struct emit j;
    emit_begin(&j, &r->body);
    emit_object(&j);
    problem_members(&j, refusal, lang);
    emit_object_end(&j);
    emit_end(&j);
    if (r->status == 503 || r->status == 429) {
        uint32_t seconds = retry_after_ms == 0 ? 1 : (retry_after_ms + 999) / 1000;
        http_response_header_copy(r, "Retry-After", "%u", (unsigned)seconds);
    }
}
