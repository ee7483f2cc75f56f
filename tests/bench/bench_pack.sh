#!/bin/sh
# bench_pack.sh SUYUAN [CODES]: a code pack from nothing to labels on a network of this machine, as one JSON object: how long making its
# secrets and leaves takes (Argon2id on all cores), until it is committed, until one node has the leaves, until every node has them; a
# proof's and a path's bytes; 100,000 labels; memory at its highest. CODES: otherwise 1,000,000.
set -eu
suyuan=$(cd "$(dirname "$1")" && pwd)/suyuan
codes=${2:-1000000}
there=$(mktemp -d)
cleanup() {
    "$suyuan" devnet down --dir "$there/net" >/dev/null 2>&1 || :
    rm -rf "$there"
}
trap cleanup EXIT
cd "$there"
"$suyuan" devnet up --dir net --base-port 0 >up
SUYUAN_NODE=$("$suyuan" devnet status --dir net | grep -o 'http://127.0.0.1:[0-9]*' | tr '\n' ' ')
SUYUAN_GENESIS=net/genesis SUYUAN_OUTBOX=outbox SUYUAN_KEY=net/keys/members/lucheng.kangbu-shoes.key
export SUYUAN_NODE SUYUAN_GENESIS SUYUAN_OUTBOX SUYUAN_KEY
now() { echo $(($(date +%s%N) / 1000000)); }

# peak NAME COMMAND...: runs it; its greatest resident memory in KiB into the file NAME.peak.
peak() {
    name=$1
    shift
    "$@" >"$name" &
    child=$!
    echo 0 >"$name.peak"
    while kill -0 $child 2>/dev/null; do
        sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' /proc/$child/status >"$name.now" 2>/dev/null || :
        [ ! -s "$name.now" ] || cp "$name.now" "$name.peak"
        sleep 0.2
    done
    wait $child
}

peak made "$suyuan" code pack --gtin 06901234567892 --count "$codes" --host https://id.example.cn -o pack --json
given=$(now)
pack=$(jq -r .pack made)
for node in $SUYUAN_NODE; do
    until [ "$(curl -s "$node/v1/packs/$pack/leaves" | jq .whole)" = true ]; do
        [ $(($(now) - given)) -lt 300000 ] || { echo "the leaves are not on $node" >&2; exit 1; }
        sleep 0.2
    done
done
spread=$(($(now) - given))

line=$((codes / 2 + 2))
url=$(sed -n "${line}p" pack/secrets.csv | cut -d, -f3)
inner=$(sed -n "${line}p" pack/secrets.csv | cut -d, -f4)
node=${SUYUAN_NODE%% *}
began=$(now)
"$suyuan" code claim "$url" --inner "$inner" --division 330302 --json >claimed
claim=$(($(now) - began))
id=$(jq -r '.records[0].id' claimed)
path=$(curl -s "$node/v1/records/$id" | jq '.items[0].fields.path | length * 32')
# Absent where the node has no such method.
status=$(curl -s -o proof -w '%{http_code}' -H 'accept: application/vnd.suyuan.proof' "$node/v1/codes/$(printf %s "$url" | jq -sRr @uri)/proof")
[ "$status" = 200 ] && proof=$(wc -c <proof) || proof=null

labels=$codes
[ "$labels" -le 100000 ] || labels=100000
peak feeder "$suyuan" code labels pack -o labels.pdf --last $((labels - 1)) --json
jq -n --slurpfile made made --slurpfile labels feeder --argjson spread $spread --argjson claim $claim --argjson path "$path" \
    --argjson proof "$proof" --argjson make_peak "$(cat made.peak)" --argjson feed_peak "$(cat feeder.peak)" --argjson cores "$(nproc)" \
    --argjson secrets "$(wc -c <pack/secrets.csv)" --argjson leaves "$(wc -c <pack/leaves.bin)" --argjson record "$(wc -c <pack/record.bin)" '
    {codes: $made[0].count, cores: $cores, make_ms: $made[0].make_ms, record_bytes: $record, commit_ms: $made[0].commit_ms,
     leaves_bytes: $leaves, upload_ms: $made[0].upload_ms, spread_after_upload_ms: $spread, secrets_bytes: $secrets, make_peak_kb: $make_peak,
     claim_ms: $claim, path_bytes: $path, proof_bytes: $proof,
     labels: $labels[0].labels, labels_ms: $labels[0].ms, labels_bytes: $labels[0].bytes, labels_peak_kb: $labels[0].peak_rss_kb,
     labels_feeder_peak_kb: $feed_peak}'
