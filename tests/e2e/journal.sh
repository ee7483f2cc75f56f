# The journal of a validator is removed, or damaged inside, while its store is there: it says so, follows, serves, and signs nothing; when the others
# told it in which views they are, it votes again. A validator that hears too few stays silent, over restarts too.
. "$(dirname "$0")/nodes.sh"
nodes_make
for i in 0 1 2 3; do node_start $i; done
nodes_ready 0 1 2 3
load_start 600 4
wait_for 10 acks_grow 100

alarm() { node_get "$1" /v1/node | jq -e ".alarms[] | select(.text | startswith(\"$2\"))"; }

for how in removed damaged; do
    node_kill KILL 2
    node_gone 2 || :
    if [ $how = removed ]; then
        rm -rf d2/journal
    else
        # Beyond the header and the first records: inside what was synced.
        segment=$(ls d2/journal/*.journal | tail -n 1)
        dd if=/dev/urandom of="$segment" bs=1 seek=4096 count=64 conv=notrunc 2>/dev/null
    fi
    node_start 2
    wait_for 20 alarm 2 event=journal_lost
    wait_for 20 alarm 2 event=journal_found
    wait_for 20 node_is 2 voting true
    count=$(acks_count)
    wait_for 20 acks_grow $((count + 100))
    grep -h 'event=journal_' log2 | tail -n 2 | while read -r line; do say "$how: ${line#* error }"; done
done

# Now its vote is needed: two others are not there.
node_kill TERM 3
node_gone 3 || fail "node 3 did not end cleanly"
count=$(acks_count)
wait_for 20 acks_grow $((count + 20))
say "it votes: with validator 3 stopped, records go on"
load_end

# Too few to ask: silent, and a second restart does not forget that.
node_kill KILL 2
node_gone 2 || :
rm -rf d2/journal
for round in first second; do
    node_start 2
    wait_for 20 alarm 2 event=journal_lost
    sleep 2
    node_is 2 voting false || fail "it votes after its $round start though validator 3 was not heard"
    [ "$(submit 2 | jq -r .name)" = ERR_NOT_VOTING ] || fail "it takes records"
    node_get 2 /v1/blocks/1 >/dev/null || fail "it serves no reads"
    say "$round start without validator 3: $(node_get 2 /v1/node | jq -r .reason)"
    if [ $round = first ]; then
        node_kill KILL 2
        node_gone 2 || :
    fi
done
node_start 3
wait_for 20 node_is 2 voting true
wait_for 20 submit_committed 2
say "with validator 3 back it votes again"
for i in 0 1 2 3; do
    if alarm $i event=equivocation >/dev/null; then fail "somebody signed twice: $(alarm $i event=equivocation)"; fi
done
nodes_level 0 1 2 3
"$hand" acked acks "$http0" "$http1" "$http2" "$http3" || fail "an acknowledged record is missing"
