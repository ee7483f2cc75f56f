# Hostile input against running validators over HTTP and over the peer port: each is refused by its name, memory stays bounded, and records go on
# being finalised during all of it and after.
. "$(dirname "$0")/nodes.sh"
nodes_make
for i in 0 1 2 3; do node_start $i --log debug; done
nodes_ready 0 1 2 3
load_start 600 2
wait_for 10 acks_grow 20

rss_kib() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$(cat "pid$1")/status"; }
before_kib=$(rss_kib 0)
grown=0
still_going() {
    kill -0 "$(cat pid0)" || fail "node 0 is gone"
    count=$(acks_count)
    wait_for 15 acks_grow $((count + 5))
    [ "$(rss_kib 0)" -le $grown ] || grown=$(rss_kib 0)
}

# name_is NAME [WHERE]: the problem document on stdin
: >cases
cases() { wc -l <cases; }
name_is() {
    cat >answer
    echo >>cases
    [ "$(tail -n 1 answer | jq -r .name 2>/dev/null)" = "$1" ] || fail "expected $1: $(head -c 600 answer)"
    [ -z "${2:-}" ] || tail -n 1 answer | jq -r .where | grep -q "$2" || fail "expected $1 at $2: $(cat answer)"
}
post() { curl -s -m 20 -X POST -H "content-type: $1" --data-binary @- "http://127.0.0.1:$http0$2"; }
record() { "$hand" record genesis "$@"; }
raw() { "$hand" raw "$http0" 1500; }
repeat() { head -c "$2" /dev/zero | tr '\0' "$1"; }

# ---- records that are none ----
as_record() { post application/msgpack "/v1/records?wait=committed"; }
: | as_record | name_is ERR_RPC_PARAMETER_MISSING
printf '\335\377\377\377\377' | as_record | name_is ERR_CODEC_TRUNCATED
printf '\333\377\377\377\377abc' | as_record | name_is ERR_CODEC_TYPE
printf '\223\306\377\377\377\377abc' | as_record | name_is ERR_CODEC_TRUNCATED
repeat '\221' 100000 | as_record | name_is ERR_CODEC_TYPE
repeat 'x' 100000 | as_record | name_is ERR_CODEC_TYPE
record | LC_ALL=C sed 's/^./\xdc\x00\x03/' | as_record | name_is ERR_CODEC_NOT_SHORTEST
{ record; printf x; } | as_record | name_is ERR_CODEC_TRAILING
record | head -c 300 | as_record | name_is ERR_CODEC_TRUNCATED
record odd=1 | as_record | name_is ERR_CODEC_KEY_ORDER
record odd=2 | as_record | name_is ERR_CODEC_KEY_ORDER
record odd=3 | as_record | name_is ERR_CODEC_DEPTH
record odd=4 | as_record | name_is ERR_CODEC_FLOAT
record odd=5 | as_record | name_is ERR_CODEC_TRUNCATED
record odd=6 | as_record | name_is ERR_CODEC_NOT_SHORTEST
record text=1100000 2>/dev/null | as_record | name_is ERR_RPC_PARAMETER_MISSING # the tool itself refuses to make it
repeat 'x' 1100000 | as_record | name_is ERR_HTTP_BODY_SIZE
record spoil=3 | as_record | name_is ERR_RECORD_BODY
say "$(cases) malformed records: each refused by its name"
still_going

# ---- records that are well formed and wrong ----
record otherchain=1 | as_record | name_is ERR_RECORD_CHAIN
record lifetime=1400000000 | as_record | name_is ERR_RECORD_LIFETIME
record created=-86400000 lifetime=1000 | as_record | name_is ERR_WOULD_REFUSE RESULT_EXPIRED
record created=600000 | as_record | name_is ERR_WOULD_REFUSE RESULT_TOO_EARLY
record subject=1 key=1 | as_record | name_is ERR_WOULD_REFUSE RESULT_UNKNOWN_KEY
submit 0 subject=0 revoke=2 key=0 | jq -e '.status == "committed" and .result.code == 0' >/dev/null || fail "a key could not be revoked"
record subject=0 key=2 | as_record | name_is ERR_WOULD_REFUSE RESULT_KEY_REVOKED
record subject=1 revoke=1 | as_record | name_is ERR_WOULD_REFUSE RESULT_ROLE
record text=100 nonce=77 created=0 >plain
cp plain twice
as_record <plain >first
as_record <twice >second
[ "$(jq -r .status first)" = committed ] || fail "the plain record: $(cat first)"
[ "$(jq -rc '[.id, .height, .log_index]' first)" = "$(jq -rc '[.id, .height, .log_index]' second)" ] || fail "replay: $(cat first second)"
say "$(cases) cases so far: wrong chain, lifetime, expired, future, unknown and revoked key, role; a replay answers with the first one's place"
still_going

# ---- JSON ----
as_rpc() { post application/json /rpc; }
rpc_name_is() {
    cat >answer
    echo >>cases
    [ "$(jq -r '.error.data.name // .name' answer 2>/dev/null)" = "$1" ] || fail "expected $1: $(head -c 600 answer)"
}
repeat '[' 1000000 | as_rpc | rpc_name_is ERR_JSON_DEPTH
{ repeat '[' 20 && repeat ']' 20; } | as_rpc | jq ".[0]" | rpc_name_is ERR_RPC_REQUEST
printf '{"jsonrpc":"2.0","jsonrpc":"2.0","id":1,"method":"node.status"}' | as_rpc | rpc_name_is ERR_JSON_DUPLICATE
printf '{"jsonrpc":"2.0","id":1e999,"method":"node.status"}' | as_rpc | rpc_name_is ERR_JSON_NUMBER
printf '{"jsonrpc":"2.0","id":1,"method":"no.such"}' | as_rpc | rpc_name_is ERR_RPC_METHOD
printf '{"jsonrpc":"2.0","id":1,"method":"\377"}' | as_rpc | rpc_name_is ERR_CODEC_UTF8
{ printf '[1' && for i in 1 2 3 4 5 6 7 8 9; do repeat ',' 1; printf '1,1,1,1,1,1,1,1'; done && printf ']'; } |
    as_rpc | rpc_name_is ERR_RPC_BATCH_SIZE
repeat ' ' 3000000 | as_rpc | rpc_name_is ERR_HTTP_BODY_SIZE
printf '{"jsonrpc":"2.0","id":1,"method":"record.submit","params":{"record":"!!!"}}' | as_rpc | rpc_name_is ERR_RPC_PARAMETER
say "$(cases) cases so far: JSON bombs, nesting, duplicate keys"
still_going

# ---- HTTP ----
printf 'GARBAGE\r\n\r\n' | raw | tr -d '\r' | sed '/^closed$/d; /^$/d' | name_is ERR_HTTP_SYNTAX
printf 'POST /rpc HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n' | raw |
    tr -d '\r' | sed '/^closed$/d; /^$/d' | name_is ERR_HTTP_AMBIGUOUS
printf 'GET / HTTP/3.0\r\n\r\n' | raw | tr -d '\r' | sed '/^closed$/d; /^$/d' | name_is ERR_HTTP_VERSION
{ printf 'GET / HTTP/1.1\r\nx: '; repeat y 20000; printf '\r\n\r\n'; } | raw | tr -d '\r' | sed '/^closed$/d; /^$/d' | name_is ERR_HTTP_HEAD_SIZE
curl -s "http://127.0.0.1:$http0/nothing" | name_is ERR_RPC_PATH
curl -s -X DELETE "http://127.0.0.1:$http0/v1/node" | name_is ERR_RPC_VERB
printf x | post text/plain /v1/records | name_is ERR_RPC_MEDIA_TYPE
curl -s "http://127.0.0.1:$http0/v1/blocks/abc" | name_is ERR_RPC_PARAMETER
curl -s "http://127.0.0.1:$http0/v1/blocks/99999999" | name_is ERR_RPC_NOT_FOUND
curl -s -H 'Last-Event-ID: x' "http://127.0.0.1:$http0/v1/stream" | name_is ERR_RPC_EVENT_ID
i=0
while [ $i -lt 200 ]; do
    printf 'GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n'
    i=$((i + 1))
done | raw >answer
[ "$(grep -c '^HTTP/1.1 200' answer)" = 200 ] || fail "a pipeline of 200: $(grep -c '^HTTP/1.1 200' answer) answers"
say "$(cases) cases so far: HTTP; a pipeline of 200 requests has 200 answers"
still_going

# ---- peers ----
# peer_refused WHY KEY WHAT [TYPE]: why the node ended it, as it logs it
peer_refused() {
    echo >>cases
    mark=$(wc -l <log0)
    "$hand" peer genesis "$peer0" "$2" "$3" ${4:+"$4"} >answer || fail "peer $2 $3 could not connect"
    tail -n +$((mark + 1)) log0 | grep -q "peer.down .*reason=$1" ||
        fail "peer $*: expected $1: $(cat answer) $(tail -n +$((mark + 1)) log0 | grep 'peer\.')"
}
peer_refused ERR_PEER_UNKNOWN 9 hello
"$hand" peer genesis "$peer0" 4 chain >answer </dev/null
grep -q "by-us ERR_PEER_HANDSHAKE" answer || fail "another chain got past message 2: $(cat answer)"
echo >>cases
repeat Z 5000 | "$hand" raw "$peer0" 1000 >/dev/null
tail -n 40 log0 | grep -q 'peer.down .*reason=ERR_PEER_HANDSHAKE' || fail "garbage on the peer port was not named"
echo >>cases
printf '\0' | peer_refused ERR_PEER_MESSAGE_TYPE 4 message 3        # a follower votes
printf '\0' | peer_refused ERR_PEER_MESSAGE_TYPE 4 message 19       # a follower gives blocks
peer_refused ERR_PEER_CIPHER 5 cipher </dev/null
peer_refused ERR_PEER_CIPHER 5 again </dev/null
printf '\377\377\377\377\003' | peer_refused ERR_PEER_MESSAGE_ 5 frame 3 # four gigabytes are announced
printf '\000\000\000\001\077x' | peer_refused ERR_PEER_MESSAGE_TYPE 5 frame 3 # no such type
# A validator's key in wrong hands (validator 3 is down): every message of the replica, malformed.
node_kill KILL 3
node_gone 3 || :
for type in 1 2 3 4 5 6 7 8 9 16 17 18 23; do
    for body in '' '\301' '\335\377\377\377\377' '\223\001\002\003'; do
        # shellcheck disable=SC2059
        printf "$body" >body
        "$hand" peer genesis "$peer0" 3 message $type <body >answer || fail "no connection for message $type"
        echo >>cases
    done
done
[ "$(grep -c 'peer.drop ' log0)" -ge 30 ] || fail "malformed messages were not named: $(grep -c 'peer.drop ' log0)"
dropped=$(sed -n 's/.*peer.drop .*err=//p' log0 | sort | uniq -c | sort -rn | awk '{printf "%s %s, ", $1, $2}')
say "$(cases) cases so far: peers; dropped with $dropped"
still_going
node_start 3
wait_for 20 node_is 3 voting true

# ---- masses ----
"$hand" flood open "$peer0" 10000 2 >flood1 &
one=$!
"$hand" flood noise "$peer1" 3000 2 >flood2 &
two=$!
still_going
wait $one $two
say "peer port: $(cat flood1); $(cat flood2)"
"$hand" flood open "$http0" 10000 3 >flood1 &
one=$!
sleep 1
still_going
wait $one
say "HTTP: $(cat flood1)"
"$hand" flood body "$http0" 500 14 >flood1 &
one=$!
"$hand" flood drip "$http1" 300 14 >flood2 &
two=$!
"$hand" flood head "$http2" 1000 14 >flood3 &
three=$!
still_going
printf 'GET /v1/node HTTP/1.1\r\n' | "$hand" raw "$http0" 13000 | tr -d '\r' | sed '/^closed$/d; /^$/d' | name_is ERR_HTTP_TIMEOUT
wait $one $two $three
say "slow senders: $(cat flood1); $(cat flood2); $(cat flood3)"
still_going
load_end
nodes_level 0 1 2 3
"$hand" acked acks "$http0" "$http1" "$http2" "$http3" || fail "an acknowledged record is missing"
say "$(cases) cases; memory of node 0: $((before_kib / 1024)) MiB before, at most $((grown / 1024)) MiB"
[ $grown -lt $((200 * 1024)) ] || fail "memory is not bounded"
grep -l 'CHECK failed\|ERROR: ' log? && fail "a node was broken" || :
