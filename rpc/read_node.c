#include "rpc/handlers.h"

static void put_alarms(struct emit *j, const struct host_status *s) {
    emit_key(j, "alarms");
    emit_list(j);
    for (uint32_t i = 0; i < s->alarms_count; i++) {
        emit_object(j);
        emit_key_uint(j, "sequence", s->alarms[i].sequence);
        emit_key_uint(j, "time_ms", s->alarms[i].time_ms);
        emit_key_string(j, "text", s->alarms[i].text);
        emit_object_end(j);
    }
    emit_list_end(j);
}

static void put_identity(struct emit *j, const struct view *v, const struct host_status *s) {
    const struct genesis *g = v->host->genesis;
    emit_key_string(j, "version", s->version);
    emit_key_digest(j, "chain_id", &g->chain_id);
    emit_key_text(j, "domain", g->set.domain);
    emit_key_string(j, "role", s->validator ? "validator" : "follower");
    if (s->validator && s->index < g->validators.count) {
        emit_key_uint(j, "index", s->index);
        emit_key_text(j, "name", g->validators.validators[s->index].name);
    }
    emit_key_uint(j, "validators", g->validators.count);
    emit_key_uint(j, "quorum", quorum(g->validators.count));
    emit_key_uint(j, "started_ms", s->started_ms);
    emit_key_uint(j, "uptime_ms", s->now_ms > s->started_ms ? s->now_ms - s->started_ms : 0);
}

enum err read_node_status(struct view *v) {
    struct host_status s = {0};
    v->host->ops->status(v->host->self, &s);
    struct emit j;
    emit_begin(&j, v->out);
    emit_object(&j);
    put_identity(&j, v, &s);
    emit_key_uint(&j, "view", s.view);
    emit_key_uint(&j, "final_height", s.final_height);
    emit_key_uint(&j, "executed_height", s.executed_height);
    emit_key_uint(&j, "attested_height", s.attested_height);
    emit_key_uint(&j, "committed_height", s.committed_height);
    /* Nothing is committed before it was executed here and a quorum signed the same root. */
    emit_key_uint(&j, "verified_height", s.committed_height);
    emit_key_uint(&j, "final_time_ms", s.final_time_ms);
    emit_key_uint(&j, "attested_time_s", s.attested_time_s);
    emit_key_uint(&j, "peers", s.peers);
    emit_key_uint(&j, "validators_connected", s.validators_connected);
    emit_key_uint(&j, "pool_records", s.pool_records);
    emit_key_uint(&j, "pool_bytes", s.pool_bytes);
    emit_key_uint(&j, "records_accepted", s.records_accepted);
    emit_key_uint(&j, "records_refused", s.records_refused);
    emit_key_bool(&j, "ready", s.ready);
    emit_key_bool(&j, "voting", s.voting);
    emit_key_bool(&j, "diverged", s.diverged);
    if (s.diverged) emit_key_uint(&j, "diverged_height", s.diverged_height);
    emit_key_string(&j, "reason", s.reason);
    put_alarms(&j, &s);
    emit_object_end(&j);
    emit_end(&j);
    return OK;
}

enum err read_health(struct view *v) {
    buffer_text(v->out, "ok\n");
    return OK;
}

enum err read_ready(struct view *v) {
    struct host_status s = {0};
    v->host->ops->status(v->host->self, &s);
    v->status = s.ready ? 200 : 503;
    buffer_printf(v->out, "%s%s%s\n", s.ready ? "ready" : "not ready", s.reason[0] == 0 ? "" : ": ", s.reason);
    return OK;
}

static void put_code(struct emit *j, uint64_t code, const char *name, const char *en, const char *zh) {
    emit_object(j);
    emit_key_uint(j, "code", code);
    emit_key_string(j, "name", name);
    emit_key_string(j, "text_en", en);
    emit_key_string(j, "text_zh", zh);
    emit_object_end(j);
}

enum err read_codes(struct view *v) {
    struct emit j;
    emit_begin(&j, v->out);
    emit_object(&j);
    emit_key(&j, "errors");
    emit_list(&j);
    for (int i = 0; err_at(i) >= 0; i++) {
        enum err e = (enum err)err_at(i);
        put_code(&j, (uint64_t)e, err_name(e), err_text(e, LANG_EN), err_text(e, LANG_ZH));
    }
    emit_list_end(&j);
    emit_key(&j, "results");
    emit_list(&j);
    for (int i = 0; result_at(i) >= 0; i++) {
        uint16_t code = (uint16_t)result_at(i);
        put_code(&j, code, result_name(code), result_text(code, LANG_EN), result_text(code, LANG_ZH));
    }
    emit_list_end(&j);
    emit_object_end(&j);
    emit_end(&j);
    return OK;
}
