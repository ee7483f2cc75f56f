# nodes.sh: daemons of one test, in a directory of their own, on free ports. Read by each test: . nodes.sh; its arguments are the
# daemon and e2e_hand. Only processes started here are ever ended, by their pids.
#
#   nodes_make [HEARTBEAT_MS]   genesis and keys for four validators
#   node_start N [FLAG ...]     starts validator N (0 to 3), or a follower (4 to 7); waits for nothing
#   node_kill SIGNAL N ...      sends the signal; node_gone N waits for its end and gives its exit status
#   node_get N PATH             GET, the body to stdout; fails when nothing or an error comes
#   nodes_level N ...           waits until all stand at the height of the highest
#   nodes_hold_all              ends a load and all validators: everything acknowledged is there
#   wait_for SECONDS WORDS ...  until the command succeeds, or the test fails
#   say, fail                   what the test did; what went wrong, with the ends of all logs
set -eu
suyuand=$1
hand=$2
here=$(cd "$(dirname "$0")" && pwd)
name=$(basename "$0" .sh)
dir=$(mktemp -d "${TMPDIR:-/tmp}/suyuan-e2e-$name.XXXXXX")
cd "$dir"
# Soak runs multiply counts (./run soak).
soak=${SUYUAN_SOAK:-1}
began=$(date +%s)

say() {
    printf '%3d s  %s\n' $(($(date +%s) - began)) "$*"
}

fail() {
    say "FAILED: $*"
    for log in log?; do
        [ -f "$log" ] || continue
        echo "--- $log"
        tail -n 25 "$log"
    done
    exit 1
}

nodes_end() {
    status=$?
    trap - EXIT
    for file in pid?* loadpid; do
        [ -f "$file" ] || continue
        kill -CONT "$(cat "$file")" 2>/dev/null || :
        kill -KILL "$(cat "$file")" 2>/dev/null || :
    done
    # What they still write ends with them.
    wait 2>/dev/null || :
    cd /
    if [ $status -eq 0 ] && [ -z "${SUYUAN_E2E_KEEP:-}" ]; then rm -rf "$dir"; else echo "left in $dir"; fi
    exit $status
}
trap nodes_end EXIT
trap 'exit 130' INT TERM

nodes_make() {
    "$hand" genesis . "${1:-0}"
    set -- $("$hand" ports 16)
    for i in 0 1 2 3 4 5 6 7; do
        eval "peer$i=$1 http$i=$2"
        shift 2
    done
}

peer_port() { eval "echo \$peer$1"; }
http_port() { eval "echo \$http$1"; }

node_start() {
    n=$1
    shift
    peers=
    for i in 0 1 2 3; do
        [ "$i" = "$n" ] || peers="$peers --peer 127.0.0.1:$(peer_port $i)"
    done
    for i in 4 5 6 7; do peers="$peers --follower $(cat v$i.pub)"; done
    # shellcheck disable=SC2086
    "$suyuand" --data "d$n" --genesis genesis --key "v$n.key" --listen "127.0.0.1:$(peer_port "$n")" $peers \
        --http "127.0.0.1:$(http_port "$n")" --limit journal_segment_bytes=16M "$@" >>"log$n" 2>&1 &
    echo $! >"pid$n"
}

node_kill() {
    signal=$1
    shift
    for i in "$@"; do
        # A node that ended by itself is what the test must not overlook.
        kill "-$signal" "$(cat "pid$i")" 2>/dev/null || fail "node $i was not running"
    done
}

node_gone() {
    until_s=$(($(date +%s) + 30))
    until [ "$(cut -d" " -f3 "/proc/$(cat "pid$1")/stat" 2>/dev/null || echo Z)" = Z ]; do
        [ "$(date +%s)" -lt $until_s ] || fail "node $1 does not end"
        sleep 0.05
    done
    code=0
    wait "$(cat "pid$1")" || code=$?
    rm -f "pid$1"
    return $code
}

node_get() {
    curl -s -f -m 10 "http://127.0.0.1:$(http_port "$1")$2"
}

# node_is N NAME VALUE: one member of /v1/node
node_is() {
    [ "$(node_get "$1" /v1/node | jq -r ".$2")" = "$3" ]
}

node_height() {
    node_get "$1" /v1/node | jq -r .committed_height
}

node_at_least() {
    [ "$(node_height "$1" || echo -1)" -ge "$2" ]
}

wait_for() {
    seconds=$1
    shift
    # Three times as long on a machine whose disk is busy with other things: only a failure waits for it.
    until_s=$(($(date +%s) + 3 * seconds))
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt $until_s ] || fail "not within 3 x $seconds s: $*"
        sleep 0.1
    done
}

nodes_ready() {
    for i in "$@"; do wait_for 20 node_get "$i" /readyz; done
}

# What one of them acknowledged, the others have a moment later: waits until all stand where the highest does.
nodes_level() {
    top=0
    for i in "$@"; do
        h=$(node_height "$i")
        [ "$h" -le "$top" ] || top=$h
    done
    for i in "$@"; do wait_for 20 node_at_least "$i" "$top"; done
}

# What was acknowledged under load is on every validator, once, and their logs agree: asked over HTTP, then read from the stores they left.
nodes_hold_all() {
    load_end
    nodes_level 0 1 2 3
    "$hand" acked acks "$http0" "$http1" "$http2" "$http3" || fail "an acknowledged record is missing"
    node_kill TERM 0 1 2 3
    for i in 0 1 2 3; do node_gone $i || fail "node $i did not end cleanly"; done
    "$hand" ledger acks d0/store d1/store d2/store d3/store || fail "the ledgers do not hold what was acknowledged"
}

# load_start SECONDS THREADS: acknowledged ids in acks, the summary in loadout
load_start() {
    "$hand" load genesis acks "$1" "$2" "$http0" "$http1" "$http2" "$http3" >loadout 2>&1 &
    echo $! >loadpid
}

load_end() {
    kill -TERM "$(cat loadpid)" 2>/dev/null || :
    code=0
    wait "$(cat loadpid)" || code=$?
    rm -f loadpid
    say "$(tail -n 1 loadout)"
    [ $code -eq 0 ] || fail "the load was refused something: $(cat loadout)"
}

acks_count() {
    if [ -f acks ]; then wc -l <acks; else echo 0; fi
}

acks_grow() {
    [ "$(acks_count)" -gt "$1" ]
}

# One record by HTTP: submit N [SETTING ...]; prints the answer, sets nothing.
submit() {
    n=$1
    shift
    "$hand" record genesis "$@" |
        curl -s -m 30 -X POST -H 'content-type: application/msgpack' --data-binary @- \
            "http://127.0.0.1:$(http_port "$n")/v1/records?wait=committed&timeout_ms=${submit_ms:-8000}"
}
submit_committed() {
    [ "$(submit "$@" | jq -r .status)" = committed ]
}
