# A follower that starts empty beside running validators verifies the whole chain and says so; it keeps every certificate and serves all reads.
# Whatever is altered in its copy is named with height and reason at a full check, and never served.
. "$(dirname "$0")/nodes.sh"
nodes_make
for i in 0 1 2 3; do node_start $i; done
nodes_ready 0 1 2 3
load_start 60 4
wait_for 30 acks_grow 300
say "a chain of $(node_height 0) blocks, growing"
node_start 4 --check full
wait_for 30 node_get 4 /readyz
wait_for 10 node_at_least 4 "$(node_height 0)"
grep -q 'node.ready role=follower .*verified=every_block' log4 || fail "the follower does not say that it verified"
[ "$(node_get 4 /v1/node | jq -r '[.role, .voting, .diverged] | join(" ")')" = "follower false false" ] || fail "its status"
[ "$(node_get 4 /v1/node | jq -r '.verified_height')" -ge 50 ] || fail "its status names no verified height"
load_end
nodes_level 0 1 2 3 4
height=$(node_height 0)
say "the follower verified $(node_get 4 /v1/node | jq -r .verified_height) blocks"

# Blocks with their certificates and the same roots as a validator's (a sample of them: the roots cover the rest); every record; a proof and a trace.
h=1
while [ $h -le "$height" ]; do
    for n in 0 4; do
        node_get $n /v1/blocks/$h >block.$n || fail "node $n does not serve block $h"
        jq -S 'del(.at, .certificate, .nullifications)' block.$n >plain.$n
    done
    cmp -s plain.0 plain.4 || fail "block $h differs: $(diff plain.0 plain.4)"
    jq -e '.certificate | tostring | length > 100' block.4 >/dev/null || fail "the follower has no certificate of block $h"
    h=$((h + 1 + height / 25))
done
"$hand" acked acks "$http4" || fail "the follower lacks records"
id=$(head -n 1 acks)
for path in "/v1/records/$id" "/v1/records/$id/epcis" "/v1/records/$id/proof" /v1/members /v1/checkpoint /checkpoint /v1/genesis \
    /v1/records?limit=5 /tile/0/000 /tile/entries/000 /openapi.json /metrics; do
    node_get 4 "$path" >/dev/null || case $path in
    /tile/*) ;; # a full tile may not exist yet
    *) fail "the follower does not serve $path" ;;
    esac
done
[ "$(submit 4 | jq -r .name)" = ERR_NOT_VOTING ] || fail "a follower took a record"
say "it serves $height blocks with their certificates, $(acks_count) records, proofs and lists; takes no record (ERR_NOT_VOTING)"

# A second one behind the first, which is all it knows: an office that mirrors another office.
"$suyuand" --data d5 --genesis genesis --key v5.key --listen "127.0.0.1:$(peer_port 5)" --peer "127.0.0.1:$(peer_port 4) $(cat v4.pub)" \
    --http "127.0.0.1:$(http_port 5)" --limit journal_segment_bytes=16M >>log5 2>&1 &
echo $! >pid5
wait_for 30 node_at_least 5 "$height"
[ "$(node_get 5 /v1/node | jq -r '.verified_height')" -ge "$height" ] || fail "the mirror did not verify what it copied"
node_is 5 validators_connected 0 || fail "the mirror knows a validator"
say "a follower behind the follower executed the same $height blocks"
node_kill TERM 5
node_gone 5 || fail "the mirror did not end cleanly"

node_kill TERM 4
node_gone 4 || fail "the follower did not end cleanly"
cp -r d4/store store.whole
for what in block certificate record result root statusroot leaf node status; do
    "$hand" alter d4/store $what 20 >/dev/null || fail "cannot alter $what"
    : >log4
    node_start 4 --check full
    if node_gone 4; then fail "altered $what: the follower started"; fi
    line=$(grep store.broken log4 || :)
    case $line in
    *'height='*'why='*) say "altered $what: ${line#* error }" ;;
    *) fail "altered $what was not named" ;;
    esac
    case $what in
    node | status) ;; # part of what stands above too: found at the first height that needs it, or at the head
    *) echo "$line" | grep -q "height 20 does not check" || fail "altered $what: another height was named" ;;
    esac
    rm -rf d4/store
    cp -r store.whole d4/store
done
node_start 4 --check full
wait_for 30 node_get 4 /readyz
say "with its own copy back it is ready again"
