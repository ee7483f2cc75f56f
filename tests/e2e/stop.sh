# Graceful stops under load lose nothing that was acknowledged; and a disk that takes no more: the node stops voting, says so, serves reads, and
# after a restart catches up and votes again.
. "$(dirname "$0")/nodes.sh"
nodes_make
for i in 0 1 2 3; do node_start $i; done
nodes_ready 0 1 2 3
load_start 600 6
wait_for 10 acks_grow 50

for pair in "0 1" "2 3" "0 1 2 3"; do
    # shellcheck disable=SC2086
    node_kill TERM $pair
    for i in $pair; do node_gone $i || fail "node $i did not end cleanly"; done
    for i in $pair; do grep -q 'node.end result=ok' log$i || fail "node $i does not say that it ended"; done
    before=$(acks_count)
    for i in $pair; do node_start $i; done
    wait_for 20 acks_grow $((before + 50))
    say "stopped and started $pair: records go on"
done
for i in 0 1 2 3; do
    if grep -q 'torn\|DAMAGED' log$i; then fail "a graceful stop left a torn journal: $(grep 'torn\|DAMAGED' log$i)"; fi
done

# ---- a full disk: from now on every write of a file fails (RLIMIT_FSIZE); the log goes through a pipe ----
node_kill TERM 1
node_gone 1 || fail "node 1 did not end cleanly"
mkfifo fifo
cat <fifo >>log1 &
"$suyuand" --data d1 --genesis genesis --key v1.key --listen "127.0.0.1:$peer1" --peer "127.0.0.1:$peer0" --peer "127.0.0.1:$peer2" \
    --peer "127.0.0.1:$peer3" --http "127.0.0.1:$http1" --limit journal_segment_bytes=16M >fifo 2>&1 &
echo $! >pid1
wait_for 20 node_is 1 voting true
prlimit --pid "$(cat pid1)" --fsize=4096:4096
wait_for 20 node_is 1 voting false
node_get 1 /v1/node | jq -e '.alarms[] | select(.text | startswith("event=write"))' >/dev/null || fail "no alarm: $(node_get 1 /v1/node)"
grep -q 'node.alarm event=write' log1 || fail "the log has no alarm"
[ "$(node_get 1 /v1/node | jq -r .ready)" = false ] || fail "it calls itself ready"
before=$(acks_count)
wait_for 20 acks_grow $((before + 50))
id=$(head -n 1 acks)
for path in "/v1/records/$id" "/v1/records/$id/proof" /v1/blocks/1 /v1/checkpoint /metrics; do
    node_get 1 "$path" >/dev/null || fail "with a full disk it does not serve $path"
done
[ "$(submit 1 | jq -r .name)" = ERR_NOT_VOTING ] || fail "it takes records"
say "full disk: $(node_get 1 /v1/node | jq -r .reason); it serves reads; the others went on"
node_kill TERM 1
node_gone 1 || say "it ended with status $?"
node_start 1
wait_for 20 node_is 1 voting true
height=$(node_height 0)
wait_for 20 node_at_least 1 "$height"
nodes_hold_all
