# A validator that stands still (SIGSTOP) and goes on; and no quorum: two stand still, nothing is finalised, reads are served, a submitter hears
# "pending"; when they go on, everything does, within seconds.
. "$(dirname "$0")/nodes.sh"
nodes_make
for i in 0 1 2 3; do node_start $i; done
nodes_ready 0 1 2 3
load_start 600 4
wait_for 10 acks_grow 50

node_kill STOP 1
before=$(acks_count)
wait_for 20 acks_grow $((before + 50))
sleep 3
node_kill CONT 1
height=$(node_height 0)
wait_for 15 node_at_least 1 "$height"
say "one stood still for some seconds: the others went on, and it came to height $height"

# Long enough for its peers to close the sessions with it (20 s of silence).
node_kill STOP 2
sleep 22
node_kill CONT 2
height=$(node_height 0)
wait_for 15 node_at_least 2 "$height"
wait_for 15 node_is 2 voting true
say "one stood still until it was given up: it came to height $height"
load_end

node_kill STOP 2 3
sleep 1
height=$(node_height 0)
submit_ms=1500
answer=$(submit 0 nonce=555)
[ "$(echo "$answer" | jq -r .status)" = pending ] || fail "without a quorum: $answer"
id=$(echo "$answer" | jq -r .id)
sleep 3
[ "$(node_height 0)" = "$height" ] && [ "$(node_height 1)" = "$height" ] || fail "blocks were committed without a quorum"
node_get 0 "/v1/blocks/$height" >/dev/null || fail "no reads without a quorum"
[ "$(node_get 1 "/v1/records/$id/status" | jq -r .status)" = pending ] || fail "the other half does not hold the record"
say "two stood still: height stays $height, a record is pending, reads are served"
began_ms=$(date +%s%3N)
node_kill CONT 2 3
committed() { [ "$(node_get "$1" "/v1/records/$id/status" | jq -r .status)" = committed ]; }
for i in 0 1 2 3; do wait_for 15 committed $i; done
say "they went on: the pending record was committed everywhere after $(($(date +%s%3N) - began_ms)) ms"
nodes_level 0 1 2 3
"$hand" acked acks "$http0" "$http1" "$http2" "$http3" || fail "an acknowledged record is missing"
for i in 0 1 2 3; do
    [ "$(node_get $i /v1/node | jq -r '.alarms | length')" = 0 ] || fail "node $i: $(node_get $i /v1/node | jq -c .alarms)"
done
