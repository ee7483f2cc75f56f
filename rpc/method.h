/* method.h: ONE table of everything the node answers. From it come REST routing, JSON-RPC, the OpenAPI document and the test that compares
 * them with what the handlers really write.
 *
 * A row names the method (JSON-RPC "record.status"), its verb and path template ("/v1/records/{id}/status"; "{path*}" takes the rest),
 * its parameters, the forms its answer can take (the first is the default), the shape of the JSON form, and the handler.
 * Every text stands in English and Chinese.
 *
 * A handler reads its arguments and one snapshot, writes the answer and returns OK, or returns a refusal (and then what
 * it wrote is dropped). It runs on any thread. Limits: base/limits.h.
 */
#ifndef RPC_METHOD_H
#define RPC_METHOD_H

#include "rpc/host.h"
#include "rpc/http.h"
#include "ledger/query.h"
#include "base/emit.h"

enum param_place { PARAM_PATH, PARAM_QUERY, PARAM_BODY };

enum param_kind {
    PARAM_DIGEST,  /* 64 lower-case hex digits */
    PARAM_KEY,     /* the same, a public key */
    PARAM_UINT,    /* min..max */
    PARAM_TEXT,    /* UTF-8 of min..max bytes, percent-decoded in a path; in a body the members of one JSON object */
    PARAM_WORD,    /* one of words */
    PARAM_INDICES, /* "0,3,7": rising, each at most max */
    PARAM_RECORD,  /* one wire record: the body's bytes, base64 in JSON */
    PARAM_BYTES,   /* the body's bytes, at most body_max of them */
    PARAM_RECORDS, /* canonical array of wire records as bytes, a list of base64 in JSON */
};

struct param {
    const char *name;
    enum param_place place;
    enum param_kind kind;
    bool required;
    uint64_t min, max;
    const char *const *words; /* NULL-terminated */
    const char *en, *zh;
};

enum { METHOD_PARAMS_MAX = 8, METHOD_INDICES_MAX = 64, METHOD_FORMS_MAX = 4 };

struct argument {
    bool given;
    uint64_t number;      /* PARAM_UINT; PARAM_WORD: index of the word */
    struct digest digest; /* PARAM_DIGEST, PARAM_KEY */
    struct span text;     /* PARAM_TEXT, PARAM_RECORD, PARAM_BYTES, PARAM_RECORDS (canonical array of bytes) */
    uint32_t indices[METHOD_INDICES_MAX];
    uint32_t indices_count;
};

enum shape_kind {
    SHAPE_TEXT,
    SHAPE_UINT,
    SHAPE_BOOL,
    SHAPE_HEX,     /* lower-case hex of any length */
    SHAPE_DIGEST,  /* hex of 32 bytes */
    SHAPE_BASE64,
    SHAPE_ANY,     /* any JSON value */
    SHAPE_OBJECT,
};

struct shape;
struct shape_field {
    const char *name;
    enum shape_kind kind;
    bool optional;
    bool list; /* an array of it */
    const struct shape *shape;
    const char *en, *zh;
};
struct shape {
    const char *name; /* in the OpenAPI document's components */
    const struct shape_field *fields;
    size_t fields_count;
};

/* The forms an answer can take. */
enum form {
    FORM_NONE, /* ends a list of forms */
    FORM_JSON,
    FORM_MSGPACK,    /* canonical bytes: a record, a block, genesis */
    FORM_PROOF,      /* a proof bundle */
    FORM_TLOG, /* c2sp.org/tlog-proof@v1 */
    FORM_NOTE,       /* a signed note, UTF-8 */
    FORM_EPCIS,      /* the document as received */
    FORM_TEXT,
    FORM_BYTES,
    FORM_METRICS,
    FORM_EVENTS,     /* Server-Sent Events */
};
const char *form_media_type(enum form form);
/* "json", "msgpack", "proof", "tlog", "note", "epcis", "text", "bytes": for ?format= */
const char *form_word(enum form form);

enum method_flow {
    FLOW_READ,   /* run() answers */
    FLOW_WRITE,  /* the same, and changes something on this node's own disk, nothing on the ledger */
    FLOW_REPORT, /* the same, answered 202: taken, and nothing promised */
    FLOW_SUBMIT, /* rpc_submit.c */
    FLOW_STATUS, /* run() answers, or asks first whether it is pending */
    FLOW_STREAM,
    FLOW_CALLS,  /* JSON-RPC itself */
};

/* What a handler sees. */
struct view {
    const struct host *host;
    struct snapshot snapshot; /* reader all zero when the method needs none */
    struct ledger_head head;
    struct block_summary summary; /* of the head's height */
    struct arena *arena;   /* of the call */
    struct arena *scratch; /* of one step of the handler, which resets it */
    const struct argument *arguments; /* in the order of the table */
    const struct http_request *request;
    uint64_t now_ms; /* monotonic, when the call came */
    enum form form;
    enum lang lang;
    struct refusal refusal; /* `where` of a refusal */
    uint32_t retry_after_ms; /* of one that passes by itself; 0: not known */
    /* The answer. */
    struct buffer *out;
    uint16_t status;        /* 200 unless the handler says otherwise */
    bool immutable;         /* may be kept for ever */
    bool unkept;            /* may be kept by no cache on the way */
    bool ask_pending;       /* FLOW_STATUS: nothing is known of it in this snapshot */
    struct digest asked;
};

typedef enum err method_fn(struct view *v);

struct method {
    const char *name;
    enum http_verb verb;
    const char *path;
    enum method_flow flow;
    bool json_rpc;  /* reachable at /rpc */
    bool worker;    /* may take longer than a loop turn likes */
    bool snapshot;  /* reads the ledger */
    uint64_t body_max;
    const char *const *body_types; /* NULL-terminated; NULL without a body */
    const struct param *params;
    size_t params_count;
    enum form forms[METHOD_FORMS_MAX + 1];
    const struct shape *result; /* of FORM_JSON; NULL: any, or none */
    method_fn *run;
    const char *en, *zh;
};

/* Walks the table; NULL past the end. */
const struct method *method_at(size_t i);
const struct method *method_by_name(struct span name);
/* By verb and path (HEAD finds GET). OK; ERR_RPC_PATH; ERR_RPC_VERB when the path is there under other verbs: *ret_allow (bits by enum http_verb) is
 * then set, as it is on OK. `texts` receives the raw path arguments in the order of the template's names. */
enum err method_match(enum http_verb verb, struct span path, const struct method **ret_method, struct span ret_texts[],
                      uint32_t *ret_allow);

/* Every shape that the table names, each once. For the OpenAPI document. */
const struct shape *shape_at(size_t i);

#endif
