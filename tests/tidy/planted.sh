#!/bin/sh
# planted.sh TIDY ROOT: breaks every house rule once, in a copy, and sees that tidy names it; and sees that what only looks like a breach is
# left alone.
set -eu
tidy=$(realpath "$1")
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
tar -C "$2" --exclude=./build --exclude=./.git --exclude=node_modules --exclude=corpus --exclude=events -cf - . | tar -C "$copy" -xf -
cd "$copy"
planted=0
missed=0

# expect RULE FILE [EDITED]: tidy reports this rule for this file; the edited file is put back.
expect() {
    planted=$((planted + 1))
    if ! "$tidy" . $([ "$1" = readme ] || echo "$2") | grep -q "^$2:[0-9]*: $1: "; then
        missed=$((missed + 1))
        echo "missed: $1 in $2"
    fi
    [ ! -f saved ] || mv saved "${3:-$2}"
    [ ! -f fresh ] || rm -f "$(cat fresh)" fresh
}

# append RULE FILE TEXT
append() {
    cp "$2" saved
    printf '%s\n' "$3" >>"$2"
    expect "$1" "$2"
}

# edit RULE FILE SED-SCRIPT [REPORTED-FILE]
edit() {
    cp "$2" saved
    sed -i "$3" "$2"
    expect "$1" "${4:-$2}" "$2"
}

# create RULE FILE TEXT
create() {
    printf '%s\n' "$3" >"$2"
    echo "$2" >fresh
    expect "$1" "$2"
}

if ! "$tidy" . >clean; then
    cat clean
    echo "the copy is not clean before anything is planted"
    exit 1
fi

append include base/span.c '#include "trace/item.h"'
append include consensus/views.c '#include "ledger/apply.h"'
append include ledger/apply.c '#include "consensus/message.h"'
append include trace/item.c '#include "ledger/record.h"'
append include genesis/genesis.c '#include "storage/store.h"'
append include storage/store.c '#include "rpc/rpc.h"'
append include rpc/rpc.c '#include "node/replica.h"'
append include tools/main.c '#include "storage/store.h"'
append include tools/main.c '#include "tools/print/qr.h"'
append include tools/print/qr.c '#include "tools/tool.h"'
append include tools/print/main.c '#include "trace/item.h"'
append include base/json.c '#include "span.h"'

for header in sodium.h openssl/evp.h msgpack.h jansson.h leveldb/c.h zlib.h llhttp.h uv.h ini.h curl/curl.h cmocka.h \
    cairo.h cairo-pdf.h pango/pangocairo.h qrencode.h; do
    append door rpc/rpc.c "#include <$header>"
done
append door node/replica.c '#include <uv.h>'

for call in strcpy strcat sprintf vsprintf strncpy gets atoi atol atof rand srand strtok alloca system popen malloc calloc realloc setjmp; do
    append call node/uv_net.c "static void planted(void) { $call (a); }"
done
for call in atoi gets strtok; do
    append call tests/unit/test_node_pool.c "static void planted(void) { $call(a); }"
done
for call in time clock_gettime gettimeofday random getrandom getenv open fopen socket printf fprintf log_line sleep fork pthread_create exit; do
    append call consensus/views.c "static void planted(void) { $call(a); }"
    append call node/replica.c "static void planted(void) { $call(a); }"
done
append memcmp ledger/apply.c 'static int planted(void) { return memcmp(&a, &b, sizeof a); }'
append memcmp ledger/apply.c 'static int planted(void) { return memcmp(a, b, sizeof *a); }'

append cleanup node/pool.c 'static void planted(void) {
    struct buffer CLEANUP(buffer_free) b;
}'
append cleanup node/pool.c 'static void planted(void) {
    struct buffer CLEANUP(buffer_free) a = {0}, b;
}'
append cleanup node/pool.c 'static void planted(void) {
    struct buffer a CLEANUP(buffer_free) = {0}, b CLEANUP(buffer_free);
}'
append goto ledger/apply.c 'static void planted(void) { goto out; }'
append typedef ledger/apply.c 'typedef struct x y;'
append global ledger/apply.c 'static int planted;'
append global ledger/apply.c 'int planted = 3;'
append global ledger/apply.c '    static uint8_t planted[4];'
append columns ledger/apply.c "/* $(printf '%0160d' 0) */"
append space ledger/apply.c 'int a; '
append space ledger/apply.c "$(printf '\tint a;')"
append mark ledger/apply.c '/* TO''DO */'
append mark docs/spec.md 'FIX''ME'
append lines ledger/apply.c "$(yes "/**/" | head -n 600)
/* end */"
append function ledger/apply.c "static void planted(void) {
$(yes '    a();' | head -n 80)
}"
append lines ARCHITECTURE.md "$(yes 'x' | head -n 150)"
edit guard ledger/apply.h 's/#ifndef LEDGER_APPLY_H/#ifndef APPLY_H/'
create letter ledger/planted.h '#ifndef LEDGER_PLANTED_H
#define LEDGER_PLANTED_H
#endif'

append spec ledger/apply.c '/* SPEC M7: "A decoder accepts every byte string" */'
append spec ledger/apply.c '/* SPEC Q99: "no such rule" */'
append spec ledger/apply.c '/* as it says (SPEC Q98) */'
edit spec docs/spec.md 's/uses an unsigned form/uses any form/' base/codec.c
append link docs/spec.md '[nothing](nothing.md)'
append path storage/README.md 'see `storage/nothing.c`'
append path storage/README.md 'see `nothing_here.h`'
append table base/err_table.h 'ERR(1, ERR_PLANTED, "planted", "种下的")'
append table base/err_table.h 'ERR(799, ERR_PLANTED, "planted", "planted")'
append table ledger/result_table.h 'RESULT(999, RESULT_PLANTED, "planted")'

mv storage/README.md saved-readme
planted=$((planted + 1))
"$tidy" . | grep -q '^storage:0: readme: ' || { missed=$((missed + 1)); echo "missed: readme"; }
mv saved-readme storage/README.md
edit readme storage/README.md 's/overlay/layer/g'

# What must not be taken for a breach.
cp ledger/apply.c saved
cat >>ledger/apply.c <<'END'
/* strcpy(a) goto out; static int global; #include <uv.h> */
static const char planted_text[] = "gets(a); goto out; /* strtok(a)";
static const char planted_quote = '"'; /* atoi(a) */
static int planted_member(struct x *x) { return x->ops->open(x) + x->time(x) + my_rand(x); }
/* SPEC M7: "refuses every byte string that is not the
 * canonical encoding of its value" */
END
planted=$((planted + 1))
"$tidy" . >clean || { missed=$((missed + 1)); echo "false alarm:"; head -n 5 clean; }
mv saved ledger/apply.c

echo "$planted planted, $missed missed"
[ "$missed" -eq 0 ]
