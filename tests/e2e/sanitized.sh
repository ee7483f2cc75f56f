# The daemons of the sanitized build through start, load, reads, a kill, a follower, a lost peer, and a graceful stop: no finding of
# AddressSanitizer, UBSan or ThreadSanitizer, whichever the build has, and nothing leaked.
. "$(dirname "$0")/nodes.sh"
ASAN_OPTIONS=detect_leaks=1:exitcode=99
export ASAN_OPTIONS
nodes_make
for i in 0 1 2 3; do node_start $i; done
nodes_ready 0 1 2 3
load_start 600 4
wait_for 60 acks_grow 60
node_start 4
wait_for 60 node_get 4 /readyz
node_kill KILL 3
node_gone 3 || :
before=$(acks_count)
wait_for 60 acks_grow $((before + 20))
node_start 3
wait_for 60 node_is 3 voting true
load_end
id=$(head -n 1 acks)
"$hand" pack genesis AAAAA 3000 | curl -s -m 60 -X POST -H 'content-type: application/msgpack' --data-binary @- \
    "http://127.0.0.1:$http0/v1/records?wait=committed&timeout_ms=30000" >/dev/null
"$hand" leaves "$http0" AAAAA 3000 0 2 || fail "the leaves were not taken"
wait_for 30 "$hand" whole AAAAA 3000 "$http1" "$http4"
for path in "/v1/records/$id" "/v1/records/$id/proof" "/v1/records/$id/epcis" /v1/blocks/1 /v1/members /openapi.json /metrics /nothing; do
    node_get 0 "$path" >/dev/null || :
done
curl -sN -m 1 "http://127.0.0.1:$http0/v1/stream?from=1" >/dev/null || :
head -c 100 /dev/urandom | "$hand" raw "$http0" 300 >/dev/null
head -c 1000 /dev/urandom | "$hand" raw "$peer0" 300 >/dev/null
node_kill TERM 0 1 2 3 4
for i in 0 1 2 3 4; do node_gone $i || fail "node $i ended with status $?"; done
if grep -l 'ERROR: \|WARNING: ThreadSanitizer\|runtime error\|CHECK failed' log?; then fail "the sanitizers found something"; fi
say "five daemons ended clean: nothing leaked"
