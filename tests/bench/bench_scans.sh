#!/bin/sh
# bench_scans.sh SUYUAN BENCH_STORAGE_SCANS [SCANS]: a JSON object per line. Through the store: a day of SCANS scans (1000000) of 100,000
# codes, and of 1,000 (fewer rows, the same reports). Over HTTP, to one node of a network of this machine: reports as fast as one client
# sends them on one connection, one by one and in batches of 60 (JSON-RPC; an address has 60 at once), each request from another address,
# so that only the node's own limit (SCANS_PER_SECOND) is above; what was counted, what was refused as busy. Run it when nothing else runs.
set -eu
suyuan=$(cd "$(dirname "$1")" && pwd)/suyuan
store=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
scans=${3:-1000000}
there=$(mktemp -d)
cleanup() {
    "$suyuan" devnet down --dir "$there/net" >/dev/null 2>&1 || :
    rm -rf "$there"
}
trap cleanup EXIT
cd "$there"
for codes in 100000 1000; do
    "$store" "$there/$codes.sqlite" "$scans" $codes
    rm -f "$there/$codes.sqlite"*
done

"$suyuan" devnet up --dir net --base-port 0 --json >net.json
node=$(jq -r '.nodes[0].url' net.json)
now() { echo $(($(date +%s%N) / 1000000)); }
metric() { curl -fsS "$node/metrics" | sed -n "s/^suyuan_$1 //p"; }

# requests PATH COUNT CALLS: a curl configuration; as many reports in a request as CALLS says (0: REST).
requests() {
    awk -v url="$node$1" -v count="$2" -v calls="$3" 'BEGIN {
        for (i = 0; i < count; i++) {
            printf "%surl = \"%s\"\nheader = \"Content-Type: application/json\"\n", i ? "next\n" : "", url
            printf "header = \"X-Real-IP: 10.%d.%d.%d\"\noutput = \"/dev/null\"\nsilent\n", i / 65536 % 256, i / 256 % 256, i % 256
            body = ""
            for (k = 0; k < (calls ? calls : 1); k++) {
                piece = sprintf("https://id.example.cn/01/06901234567892/21/K7M2Q%08dW4T0BRN", (i * 64 + k) % 5000)
                report = sprintf("{\\\"identifier\\\":\\\"%s\\\",\\\"division\\\":\\\"330302\\\"}", piece)
                call = sprintf("{\\\"jsonrpc\\\":\\\"2.0\\\",\\\"id\\\":%d,\\\"method\\\":\\\"scan.report\\\",\\\"params\\\":%s}", k, report)
                body = body (k ? "," : "") (calls ? call : report)
            }
            printf "data = \"%s\"\n", calls ? "[" body "]" : body
        }
    }'
}

# run NAME PATH REQUESTS CALLS
run() {
    requests "$2" "$3" "$4" >requests
    counted=$(metric scans_counted_total) busy=$(metric scans_refused_busy_total) visitor=$(metric scans_refused_visitor_total)
    began=$(now)
    curl --config requests
    ms=$(($(now) - began))
    jq -nc --arg bench "$1" --argjson requests "$3" --argjson ms "$ms" --argjson counted $(($(metric scans_counted_total) - counted)) \
        --argjson busy $(($(metric scans_refused_busy_total) - busy)) \
        --argjson visitor $(($(metric scans_refused_visitor_total) - visitor)) '
        {bench: $bench, requests: $requests, ms: $ms, counted: $counted, refused_busy: $busy, refused_visitor: $visitor,
         reports_per_second: (($counted + $busy + $visitor) * 1000 / $ms | round), counted_per_second: ($counted * 1000 / $ms | round)}'
}
run scans.http.report /v1/scans 10000 0
sleep 2
run scans.http.batch /rpc 500 60
