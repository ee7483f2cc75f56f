#!/bin/sh
# Scans on a devnet: a copied code warns; one address has its share; an hour's tallies are anchored, or every hour that is over; what is
# changed afterwards is seen.
set -eu
suyuan=$(cd "$(dirname "$1")" && pwd)/suyuan
hand=$(cd "$(dirname "$2")" && pwd)/e2e_hand
dir=$(mktemp -d)
cd "$dir"
end() {
    code=$?
    "$suyuan" devnet down --hard --dir net >/dev/null 2>&1 || true
    rm -rf "$dir"
    exit $code
}
trap end EXIT
gives() { # EXIT_CODE COMMAND...
    want=$1
    shift
    code=0
    "$@" >out 2>err || code=$?
    [ $code = "$want" ] || { echo "scan.sh: exit $code, not $want: $*" >&2; cat out err >&2; exit 1; }
}
shows() {
    grep -qF -- "$1" out err || { echo "scan.sh: does not show: $1" >&2; cat out err >&2; exit 1; }
}
piece=https://id.gs1.org/01/06901234567892/21/K7M2Q003F9XW4T0BRN2H
url=https://id.example.cn/01/06901234567892/21/K7M2Q003F9XW4T0BRN2H

"$suyuan" devnet up --dir net --base-port 0 --json >net.json
SUYUAN_GENESIS=$dir/net/genesis SUYUAN_NODE=$(jq -r '.nodes[0].url' net.json) SUYUAN_OUTBOX=none
export SUYUAN_GENESIS SUYUAN_NODE SUYUAN_OUTBOX
store=$(find net/node0 -name scans.sqlite) other=$(find net/node1 -name scans.sqlite)

# A copied code, scanned in four provinces within the hour.
for place in 330302 440106 510104; do
    gives 0 "$suyuan" scan report "$url" --division $place
done
gives 0 "$suyuan" scan show "$url"
shows '没有警示'
shows '浙江省 温州市 鹿城区'
gives 0 "$suyuan" scan report "$url" --division 110101
gives 4 "$suyuan" scan show "$url"
shows '4 个地区'
gives 4 "$suyuan" scan show "$url" --json
jq -e '.warnings == [{"name": "many_divisions", "figure": 4, "limit": 3, "hour_ms": .rows[0].hour_ms}]' out >/dev/null
gives 0 "$suyuan" scan show "$url" --divisions 4
gives 3 "$suyuan" scan report https://id.example.cn/01/06901234567892 --division 330302
gives 2 "$suyuan" scan report "$url" --division 3303021
# Nothing of who asked is in the file.
! grep -aqE '127\.0\.0\.1|curl' "$store"* || { echo 'scan.sh: the tallies hold an address' >&2; exit 1; }

# Behind a proxy on this machine each address has its share, at once in one batch; no address is ever kept.
batch() { # ADDRESS CALLS
    jq -nc --arg url "$url" --argjson n "$2" \
        '[range($n) | {jsonrpc: "2.0", id: ., method: "scan.report", params: {identifier: $url}}]' >batch
    curl -fsS -H "X-Real-IP: $1" -H 'Content-Type: application/json' -d @batch "$SUYUAN_NODE/rpc" >out
}
batch 192.0.2.77 64
jq -e '([.[] | select(.result)] | length) == 60 and ([.[] | select(.error.data.name == "ERR_SCAN_VISITOR")] | length) == 4' out >/dev/null ||
    { echo 'scan.sh: not the share of one address' >&2; cat out >&2; exit 1; }
batch 192.0.2.78 1
jq -e '.[0].result' out >/dev/null || { echo 'scan.sh: one address took from another' >&2; cat out >&2; exit 1; }
! grep -raqF '192.0.2.7' net/ || { echo 'scan.sh: an address was kept' >&2; exit 1; }

# An hour that is over, on another node: anchored once, checked by its proof.
SUYUAN_NODE=$(jq -r '.nodes[1].url' net.json)
hour=$((($(date +%s) / 3600 - 3) * 3600000))
set -- --hour $hour --subject lucheng.agri-bureau
"$hand" scan "$other" $hour "$piece" 330302 330302 440106
gives 2 "$suyuan" scan anchor --hour "$(date +%s)000" --subject lucheng.agri-bureau --key net/keys/members/lucheng.agri-bureau.key
gives 7 "$suyuan" scan anchor --hour $((hour - 3600000)) --subject lucheng.agri-bureau --key net/keys/members/lucheng.agri-bureau.key
gives 7 "$suyuan" scan check "$@"
gives 0 "$suyuan" scan anchor "$@" --key net/keys/members/lucheng.agri-bureau.key
gives 3 "$suyuan" scan anchor "$@" --key net/keys/members/lucheng.agri-bureau.key
gives 0 "$suyuan" scan check "$@"
shows '相符'
gives 0 "$suyuan" scan check "$@" --json
jq -e '.matches and .count == 2 and .anchored_count == 2' out >/dev/null
# One scan more in the anchored hour.
"$hand" scan "$other" $hour "$piece" 330302
gives 4 "$suyuan" scan check "$@"
shows '不符'

# Every hour that is over, the missed ones first: once, whoever runs it and how often; an anchor by another record with the same root is as
# good, with another root it is a conflict.
SUYUAN_NODE=$(jq -r '.nodes[2].url' net.json) SUYUAN_SUBJECT=lucheng.agri-bureau SUYUAN_KEY=net/keys/members/lucheng.agri-bureau.key
export SUYUAN_SUBJECT SUYUAN_KEY
third=$(find net/node2 -name scans.sqlite) fourth=$(find net/node3 -name scans.sqlite)
now=$(($(date +%s) / 3600 * 3600000))
ago() { echo $((now - $1 * 3600000)); }
fates() { # EXIT_CODE FATES: "anchored 5", hours before now
    code=$1
    shift
    gives "$code" "$suyuan" scan anchor --due --json
    jq -r --argjson now "$now" 'select(.fate) | "\(.fate) \(($now - .hour_ms) / 3600000)"' out | grep -v ' 0$' >fates || true
    printf '%s\n' "$@" | cmp -s - fates || { echo "scan.sh: not $*:" >&2; cat fates out err >&2; exit 1; }
}
anchors() { curl -fsS "$SUYUAN_NODE/v1/records?subject=$SUYUAN_SUBJECT&limit=1000" | jq '[.records[] | select(.kind == 10)] | length'; }
for hours in 300 9 5 4; do
    "$hand" scan "$third" "$(ago $hours)" "$piece" 330302 440106
done
gives 0 "$suyuan" scan anchor --hour "$(ago 5)"
fates 0 'anchored 300' 'anchored 9' 'same 5' 'anchored 4'
before=$(anchors)
fates 0 'anchored 300' 'anchored 9' 'same 5' 'anchored 4'
gives 2 "$suyuan" scan anchor --due --hour "$(ago 5)"
"$hand" scan "$third" "$(ago 4)" "$piece" 510104
"$hand" scan "$third" "$(ago 3)" "$piece" 510104
gives 0 "$suyuan" scan report "$url" --division 330302
fates 4 'anchored 300' 'anchored 9' 'same 5' 'conflict 4' 'anchored 3'
gives 4 "$suyuan" scan anchor --due
shows '冲突'
[ "$(anchors)" = $((before + 1)) ] || { echo 'scan.sh: an hour was anchored twice' >&2; exit 1; }
# Following: the same, killed and begun again.
SUYUAN_NODE=$(jq -r '.nodes[3].url' net.json)
"$hand" scan "$fourth" "$(ago 7)" "$piece" 330302
for turn in 1 2; do
    "$suyuan" scan anchor --follow >follow 2>&1 &
    follow=$!
    until grep -q 已存证 follow; do
        kill -0 $follow 2>/dev/null || { cat follow >&2; exit 1; }
        sleep 0.2
    done
    kill -9 $follow
    wait $follow 2>/dev/null || true
done
gives 0 "$suyuan" scan check --hour "$(ago 7)"
[ "$(anchors)" = $((before + 2)) ] || { echo 'scan.sh: an hour was anchored twice' >&2; exit 1; }
# The node tells which hour was anchored last, when it knows by whom, and limits nobody when it is told so; after a start too.
"$suyuan" devnet down --dir net >/dev/null 2>&1
printf 'scans_anchored_by = %s\nscans_per_minute = 0\n' "$SUYUAN_SUBJECT" >>net/node2/node.ini
"$suyuan" devnet up --dir net --json >net.json
SUYUAN_NODE=$(jq -r '.nodes[2].url' net.json)
curl -fsS "$SUYUAN_NODE/metrics" >metrics
grep -qxE "suyuan_scans_anchored_hour_seconds ($(($(ago 3) / 1000))|$((now / 1000)))" metrics || { grep scans metrics >&2; exit 1; }
batch 192.0.2.77 64
jq -e 'all(.[]; .result)' out >/dev/null || { echo 'scan.sh: limited without a limit' >&2; cat out >&2; exit 1; }
