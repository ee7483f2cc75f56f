# The leaves of code packs: given to one node, they come to all, while records are finalised as before; a node killed in the middle goes on where it
# was; one that joins later gets them; what an operator deletes stays deleted there; nothing is taken that is not on the ledger.
. "$(dirname "$0")/nodes.sh"
codes=$((160 * 1024 * soak + 7))
[ $codes -le 1000000 ] || codes=1000000
nodes_make
for i in 0 1 2 3; do node_start $i; done
nodes_ready 0 1 2 3
node_start 4
wait_for 20 node_get 4 /readyz

issue() { # PACK COUNT
    "$hand" pack genesis "$1" "$2" | curl -s -m 30 -X POST -H 'content-type: application/msgpack' --data-binary @- \
        "http://127.0.0.1:$http0/v1/records?wait=committed&timeout_ms=8000" >issued
    [ "$(jq -r '.status + " " + .result.name' issued)" = "committed RESULT_ACCEPTED" ] || fail "pack $1: $(cat issued)"
}
leaves() { node_get "$1" "/v1/packs/06901234567892/$2/leaves" | jq -r ".$3"; }
has_some() { [ "$(leaves "$1" BBBBB held)" -gt 0 ]; }
is_whole() { [ "$(leaves "$1" "$2" whole)" = true ]; }
metric() { node_get "$1" /metrics | sed -n "s/^suyuan_$2 //p"; }
metric_is() { [ "$(metric "$1" "$2")" = "$3" ]; }

# ---- one small pack, given to one node ----
if "$hand" leaves "$http1" AAAAA 5000 0 9 >given; then fail "leaves of a pack that nobody issued were taken"; fi
grep -q ERR_RPC_NOT_FOUND given || fail "not by name: $(cat given)"
issue AAAAA 5000
wait_for 10 leaves 1 AAAAA count
"$hand" leaves "$http1" AAAAA 5000 0 3 >given || fail "$(cat given)"
[ "$(leaves 1 AAAAA held)" = 4 ] || fail "held: $(leaves 1 AAAAA held)"
if is_whole 1 AAAAA; then fail "whole without its last chunk"; fi
"$hand" leaves "$http1" AAAAA 5000 4 9 >given || fail "$(cat given)"
for i in 0 2 3 4; do wait_for 20 is_whole $i AAAAA; done
"$hand" whole AAAAA 5000 "$http0" "$http1" "$http2" "$http3" "$http4" || fail "the leaves differ"
say "a pack of 5,000 codes given to one node is on all five"

# ---- a large one under load, with a kill -9 in the middle ----
issue BBBBB $codes
chunks=$(leaves 0 BBBBB chunks)
for i in 0 1 2 3 4; do wait_for 10 leaves $i BBBBB count; done
load_start 120 2
before=$(acks_count)
"$hand" leaves "$http4" BBBBB $codes 0 $chunks >given || fail "$(cat given)"
say "a follower took $(head -n 1 given)"
wait_for 20 has_some 3
node_kill KILL 3
node_gone 3 || :
node_start 3
wait_for 20 node_get 3 /healthz
kept=$(sed -n 's/.*leaves.open.* chunks=\([0-9]*\).*/\1/p' log3 | tail -n 1)
for i in 0 1 2 3; do wait_for 60 is_whole $i BBBBB; done
say "$chunks chunks are on all five; the killed one had $kept of all and went on from there"
[ "$kept" -ge 5 ] || fail "nothing was kept over the kill"
wait_for 20 node_is 3 voting true
acks_grow "$before" || fail "no record was finalised while leaves were on their way"
load_end
"$hand" whole BBBBB $codes "$http0" "$http1" "$http2" "$http3" "$http4" || fail "the leaves differ"

# ---- one that joins later; one where they are deleted ----
node_start 5
for p in AAAAA BBBBB; do wait_for 60 is_whole 5 $p; done
say "a follower that joined later has both"
touch d2/leaves/06901234567892-BBBBB.deleted
rm d2/leaves/06901234567892-BBBBB.leaves
[ "$(leaves 2 BBBBB deleted)" = true ] || fail "not deleted"
curl -s "http://127.0.0.1:$http2/v1/packs/06901234567892/BBBBB/leaves/0" | grep -q ERR_LEAVES_DELETED || fail "deleted leaves are not named"
node_kill TERM 2
node_gone 2 || fail "node 2 did not end cleanly"
node_start 2
nodes_ready 2
sleep 2
[ "$(leaves 2 BBBBB deleted) $(leaves 2 AAAAA whole)" = "true true" ] || fail "after a restart"
[ ! -e d2/leaves/06901234567892-BBBBB.leaves ] || fail "what was deleted came back"
[ "$(submit 2 | jq -r .status)" = committed ] || fail "a node without leaves takes records"
for i in 0 1 3 4 5; do
    wait_for 5 metric_is $i leaves_packs 2
    wait_for 5 metric_is $i leaves_packs_incomplete 0
    metric_is $i leaves_refused_total 0 || fail "node $i refused leaves of an honest peer"
done
say "deleted where its operator deleted it, after a restart too; metrics say two packs, none incomplete"
