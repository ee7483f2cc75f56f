#!/bin/sh
# Scans on a devnet: a copied code warns; an hour's tallies are anchored; what is changed afterwards is seen.
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
