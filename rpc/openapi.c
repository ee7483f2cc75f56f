/* The OpenAPI 3.1 document, written from the table. Nothing here knows a method by name. */
#include <string.h>

#include "rpc/handlers.h"

#ifndef SUYUAN_VERSION
#define SUYUAN_VERSION "0"
#endif

static void put_schema_kind(struct emit *j, enum shape_kind kind, const struct shape *shape) {
    char ref[96] = "#/components/schemas/";
    switch (kind) {
    case SHAPE_TEXT:
        emit_key_string(j, "type", "string");
        return;
    case SHAPE_UINT:
        emit_key_string(j, "type", "integer");
        emit_key_uint(j, "minimum", 0);
        return;
    case SHAPE_BOOL:
        emit_key_string(j, "type", "boolean");
        return;
    case SHAPE_HEX:
        emit_key_string(j, "type", "string");
        emit_key_string(j, "pattern", "^([0-9a-f]{2})*$");
        return;
    case SHAPE_DIGEST:
        emit_key_string(j, "type", "string");
        emit_key_string(j, "pattern", "^[0-9a-f]{64}$");
        return;
    case SHAPE_BASE64:
        emit_key_string(j, "type", "string");
        emit_key_string(j, "contentEncoding", "base64");
        return;
    case SHAPE_ANY:
        return;
    case SHAPE_OBJECT:
        CHECK(strlen(ref) + strlen(shape->name) < sizeof ref);
        memcpy(ref + strlen(ref), shape->name, strlen(shape->name) + 1);
        emit_key_string(j, "$ref", ref);
        return;
    }
}

static void put_description(struct emit *j, const char *en, const char *zh) {
    emit_key(j, "description");
    struct buffer text;
    buffer_init(&text, 1024);
    buffer_printf(&text, "%s / %s", zh, en);
    emit_text(j, buffer_span(&text));
    buffer_free(&text);
}

static void put_schema_field(struct emit *j, const struct shape_field *f) {
    emit_key(j, f->name);
    emit_object(j);
    if (f->list) {
        emit_key_string(j, "type", "array");
        emit_key(j, "items");
        emit_object(j);
        put_schema_kind(j, f->kind, f->shape);
        emit_object_end(j);
    } else {
        put_schema_kind(j, f->kind, f->shape);
    }
    put_description(j, f->en, f->zh);
    emit_object_end(j);
}

static void put_schemas(struct emit *j) {
    emit_key(j, "schemas");
    emit_object(j);
    for (size_t i = 0; shape_at(i) != NULL; i++) {
        const struct shape *s = shape_at(i);
        emit_key(j, s->name);
        emit_object(j);
        emit_key_string(j, "type", "object");
        emit_key(j, "properties");
        emit_object(j);
        for (size_t k = 0; k < s->fields_count; k++)
            put_schema_field(j, &s->fields[k]);
        emit_object_end(j);
        emit_key(j, "required");
        emit_list(j);
        for (size_t k = 0; k < s->fields_count; k++)
            if (!s->fields[k].optional) emit_text(j, span_text(s->fields[k].name));
        emit_list_end(j);
        emit_key_bool(j, "additionalProperties", false);
        emit_object_end(j);
    }
    emit_object_end(j);
}

static void put_words(struct emit *j, const char *const *words) {
    emit_key(j, "enum");
    emit_list(j);
    for (size_t i = 0; words[i] != NULL; i++)
        emit_text(j, span_text(words[i]));
    emit_list_end(j);
}

static void put_param_schema(struct emit *j, const struct param *p) {
    emit_key(j, "schema");
    emit_object(j);
    switch (p->kind) {
    case PARAM_DIGEST:
    case PARAM_KEY:
        put_schema_kind(j, SHAPE_DIGEST, NULL);
        break;
    case PARAM_UINT:
        emit_key_string(j, "type", "integer");
        emit_key_uint(j, "minimum", p->min);
        emit_key_uint(j, "maximum", p->max);
        break;
    case PARAM_TEXT:
        emit_key_string(j, "type", "string");
        emit_key_uint(j, "minLength", p->min);
        emit_key_uint(j, "maxLength", p->max);
        break;
    case PARAM_WORD:
        emit_key_string(j, "type", "string");
        put_words(j, p->words);
        break;
    case PARAM_INDICES:
        emit_key_string(j, "type", "string");
        emit_key_string(j, "pattern", "^[0-9]+(,[0-9]+)*$");
        break;
    case PARAM_RECORD:
    case PARAM_RECORDS:
    case PARAM_BYTES:
        emit_key_string(j, "type", "string");
        break;
    }
    emit_object_end(j);
}

static uint32_t forms_count(const struct method *m) {
    uint32_t n = 0;
    while (m->forms[n] != FORM_NONE)
        n++;
    return n;
}

static void put_format_param(struct emit *j, const struct method *m) {
    emit_object(j);
    emit_key_string(j, "name", "format");
    emit_key_string(j, "in", "query");
    put_description(j, "form of the answer; the first is the default", "结果格式，默认为第一个");
    emit_key(j, "schema");
    emit_object(j);
    emit_key_string(j, "type", "string");
    emit_key(j, "enum");
    emit_list(j);
    for (uint32_t i = 0; m->forms[i] != FORM_NONE; i++)
        emit_text(j, span_text(form_word(m->forms[i])));
    emit_list_end(j);
    emit_object_end(j);
    emit_object_end(j);
}

static void put_params(struct emit *j, const struct method *m) {
    emit_key(j, "parameters");
    emit_list(j);
    for (size_t i = 0; i < m->params_count; i++) {
        const struct param *p = &m->params[i];
        if (p->place == PARAM_BODY) continue;
        emit_object(j);
        emit_key_string(j, "name", p->name);
        emit_key_string(j, "in", p->place == PARAM_PATH ? "path" : "query");
        emit_key_bool(j, "required", p->required);
        put_description(j, p->en, p->zh);
        put_param_schema(j, p);
        emit_object_end(j);
    }
    if (forms_count(m) > 1) put_format_param(j, m);
    emit_list_end(j);
}

/* A body of named members is one JSON object. */
static void put_body_schema(struct emit *j, const struct method *m) {
    bool some = false;
    for (size_t i = 0; i < m->params_count; i++)
        some = some || (m->params[i].place == PARAM_BODY && m->params[i].kind == PARAM_TEXT);
    if (!some) return;
    emit_key(j, "schema");
    emit_object(j);
    emit_key_string(j, "type", "object");
    emit_key(j, "properties");
    emit_object(j);
    for (size_t i = 0; i < m->params_count; i++) {
        const struct param *p = &m->params[i];
        if (p->place != PARAM_BODY) continue;
        emit_key(j, p->name);
        emit_object(j);
        emit_key_string(j, "type", "string");
        emit_key_uint(j, "minLength", p->min);
        emit_key_uint(j, "maxLength", p->max);
        put_description(j, p->en, p->zh);
        emit_object_end(j);
    }
    emit_object_end(j);
    emit_key(j, "required");
    emit_list(j);
    for (size_t i = 0; i < m->params_count; i++)
        if (m->params[i].place == PARAM_BODY && m->params[i].required) emit_text(j, span_text(m->params[i].name));
    emit_list_end(j);
    emit_key_bool(j, "additionalProperties", false);
    emit_object_end(j);
}

static void put_body(struct emit *j, const struct method *m) {
    if (m->body_types == NULL) return;
    emit_key(j, "requestBody");
    emit_object(j);
    emit_key_bool(j, "required", true);
    emit_key(j, "content");
    emit_object(j);
    for (size_t i = 0; m->body_types[i] != NULL; i++) {
        emit_key(j, m->body_types[i]);
        emit_object(j);
        put_body_schema(j, m);
        emit_object_end(j);
    }
    emit_object_end(j);
    emit_object_end(j);
}

static void put_content(struct emit *j, const struct method *m) {
    emit_key(j, "content");
    emit_object(j);
    for (uint32_t i = 0; m->forms[i] != FORM_NONE; i++) {
        bool again = false; /* two forms may share a media type: the first speaks for both */
        for (uint32_t k = 0; k < i; k++)
            again = again || strcmp(form_media_type(m->forms[i]), form_media_type(m->forms[k])) == 0;
        if (again) continue;
        emit_key(j, form_media_type(m->forms[i]));
        emit_object(j);
        if (m->forms[i] == FORM_JSON && m->result != NULL) {
            emit_key(j, "schema");
            emit_object(j);
            put_schema_kind(j, SHAPE_OBJECT, m->result);
            emit_object_end(j);
        }
        emit_object_end(j);
    }
    emit_object_end(j);
}

static void put_response(struct emit *j, const char *status, const char *en, const char *zh,
                         const struct method *m) {
    emit_key(j, status);
    emit_object(j);
    put_description(j, en, zh);
    put_content(j, m);
    emit_object_end(j);
}

static void put_responses(struct emit *j, const struct method *m) {
    emit_key(j, "responses");
    emit_object(j);
    if (m->flow != FLOW_REPORT) put_response(j, "200", m->en, m->zh, m);
    if (m->flow == FLOW_REPORT) put_response(j, "202", m->en, m->zh, m);
    if (m->flow == FLOW_SUBMIT) put_response(j, "202", "taken, not yet decided", "已受理，尚未决定", m);
    emit_key(j, "default");
    emit_object(j);
    put_description(j, "refused", "拒绝");
    emit_key(j, "content");
    emit_object(j);
    emit_key(j, "application/problem+json");
    emit_object(j);
    emit_key(j, "schema");
    emit_object(j);
    emit_key_string(j, "$ref", "#/components/schemas/Problem");
    emit_object_end(j);
    emit_object_end(j);
    emit_object_end(j);
    emit_object_end(j);
    emit_object_end(j);
}

static void put_operation(struct emit *j, const struct method *m) {
    emit_key(j, m->verb == HTTP_VERB_POST ? "post" : m->verb == HTTP_VERB_PUT ? "put" : "get");
    emit_object(j);
    emit_key_string(j, "operationId", m->name);
    put_description(j, m->en, m->zh);
    emit_key_bool(j, "x-json-rpc", m->json_rpc);
    put_params(j, m);
    put_body(j, m);
    put_responses(j, m);
    emit_object_end(j);
}

static bool path_is_first(size_t i) {
    for (size_t k = 0; k < i; k++)
        if (strcmp(method_at(k)->path, method_at(i)->path) == 0) return false;
    return true;
}

/* "{path*}" is our own notation: OpenAPI has no parameter that takes several segments. */
static void put_path_key(struct emit *j, const char *path) {
    char key[96];
    size_t n = 0;
    CHECK(strlen(path) < sizeof key);
    for (const char *p = path; *p != 0; p++)
        if (*p != '*') key[n++] = *p;
    key[n] = 0;
    emit_key(j, key);
}

enum err read_openapi(struct view *v) {
    struct emit j;
    emit_begin(&j, v->out);
    emit_object(&j);
    emit_key_string(&j, "openapi", "3.1.0");
    emit_key(&j, "info");
    emit_object(&j);
    emit_key_string(&j, "title", "Suyuan 溯源");
    emit_key_string(&j, "version", SUYUAN_VERSION);
    put_description(&j, "A ledger node for the origin of food and shoes", "农产品与鞋类溯源账本节点");
    emit_key(&j, "license");
    emit_object(&j);
    emit_key_string(&j, "name", "Apache-2.0");
    emit_key_string(&j, "identifier", "Apache-2.0");
    emit_object_end(&j);
    emit_object_end(&j);
    emit_key(&j, "paths");
    emit_object(&j);
    for (size_t i = 0; method_at(i) != NULL; i++) {
        if (!path_is_first(i)) continue;
        put_path_key(&j, method_at(i)->path);
        emit_object(&j);
        for (size_t k = i; method_at(k) != NULL; k++)
            if (strcmp(method_at(k)->path, method_at(i)->path) == 0) put_operation(&j, method_at(k));
        emit_object_end(&j);
    }
    emit_object_end(&j);
    emit_key(&j, "components");
    emit_object(&j);
    put_schemas(&j);
    emit_object_end(&j);
    emit_object_end(&j);
    emit_end(&j);
    return OK;
}
