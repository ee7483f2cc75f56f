#!/bin/sh
# suyuan gateway: readers that post over HTTP. 200 only when the reads are durable, whatever is killed then; 503 when the spool takes nothing
# more; what is no read is refused by name and costs nothing; a slow client holds up nobody. No node is reachable all the while.
# Arguments: suyuan, e2e_hand.
set -eu
bin=$(cd "$(dirname "$1")" && pwd)
hand=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
suyuan=$bin/suyuan
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/suyuan-e2e-gateway-http.XXXXXX")
cd "$dir"
gateway= slow=
fail() {
    echo "FAILED: $*"
    tail -n 20 gateway.log 2>/dev/null || :
    exit 1
}
end() {
    code=$?
    trap - EXIT
    for pid in $gateway $slow; do kill -KILL "$pid" 2>/dev/null || :; done
    "$suyuan" devnet down --hard --dir net >/dev/null 2>&1 || :
    wait 2>/dev/null || :
    cd /
    if [ $code -eq 0 ] && [ -z "${SUYUAN_E2E_KEEP:-}" ]; then rm -rf "$dir"; else echo "left in $dir"; fi
    exit $code
}
trap end EXIT
trap 'exit 130' INT TERM

"$suyuan" devnet up --dir net --base-port 0 --json >net.json
"$suyuan" devnet down --dir net >/dev/null
"$suyuan" key new gate.key --json >/dev/null 2>&1
http=$("$hand" ports 1)
jq --arg urls "$(jq -c '.nodes | map(.url)' net.json)" --argjson http "$http" \
    '.nodes = ($urls | fromjson) | del(.mqtt) | .http.port = $http | .spool.disk_mib = 1' >gate.json <<END
$(sed -e 's/@MQTT@/1/' -e 's/@HTTP@/1/' "$here/gateway.json")
END
url=http://127.0.0.1:$http
start() {
    "$suyuan" gateway run --config gate.json >>gateway.log 2>&1 &
    gateway=$!
    n=0
    until curl -s -f -m 2 "$url/status" >/dev/null 2>&1; do
        n=$((n + 1))
        [ $n -lt 100 ] || fail 'the gateway does not answer'
        sleep 0.1
    done
}
kept() { curl -s -f -m 5 "$url/status" | jq .reads_in_all; }
# read N: the N-th read, now.
read_line() { printf '{"epc":"3034257BF7194E40%08X","reader":"gate-1","antenna":1,"time":"%s"}\n' "$1" "$(date -u +%Y-%m-%dT%H:%M:%S.000Z)"; }
# post FILE: the answer in answer.json, its code printed.
post() { curl -s -m 10 -o answer.json -D headers.txt -w '%{http_code}' --data-binary "@$1" "$url/reads"; }
# is CODE POSTED JQ WHAT
is() {
    [ "$2" = "$1" ] || fail "$4: $2 $(cat answer.json)"
    jq -e "$3" answer.json >/dev/null || fail "$4: $(cat answer.json)"
}

start
for n in 1 2 3; do read_line $n; done >three.jsonl
is 200 "$(post three.jsonl)" '.taken == 3 and .refused == 0' 'three reads'
kill -KILL "$gateway"
wait "$gateway" 2>/dev/null || :
start
[ "$(kept)" -eq 3 ] || fail "$(kept) reads are there after kill -9, not the 3 that were answered"
echo '200 means durable: three reads survive kill -9 right after their answer'

{ read_line 4; echo '{"epc":"no hexadecimal","reader":"gate-1","antenna":1,"time":"2026-06-01T08:00:00Z"}'; } >mixed.jsonl
is 200 "$(post mixed.jsonl)" '.taken == 1 and .refused == 1 and .first.name == "ERR_READ_EPC"' 'one good, one bad'
jq -e '(.first.title_zh | length > 4) and (.first.title_en | length > 4)' answer.json >/dev/null || fail "no sentence: $(cat answer.json)"
echo '{"epc":"","reader":"gate-1","antenna":1}' >bad.jsonl
is 422 "$(post bad.jsonl)" '.taken == 0 and .refused == 1' 'nothing in it is a read'
echo 'not JSON' >junk
is 422 "$(post junk)" '.taken == 0 and .first.title_zh != null' 'no JSON'
[ "$(kept)" -eq 4 ] || fail "$(kept) reads kept, not 4"
for asked in '405 GET /reads' '404 GET /other' '405 POST /status'; do
    set -- $asked
    code=$(curl -s -m 5 -o answer.json -w '%{http_code}' -X "$2" "$url$3")
    [ "$code" = "$1" ] || fail "$2 $3: $code"
done
head -c 9000000 /dev/zero >large
code=$(post large)
[ "$code" = 413 ] || fail "nine megabytes: $code"
[ "$(kept)" -eq 4 ] || fail 'a large body left reads'
echo 'refused by name, and nothing kept: no read, no JSON, another verb, another path, too large'

# A client that sends ten bytes a second.
head -c 1000 /dev/zero >slowly
curl -s -m 60 --limit-rate 10 --data-binary @slowly "$url/reads" >/dev/null 2>&1 &
slow=$!
sleep 0.5
kill -0 "$slow" 2>/dev/null || fail 'the slow client is no slow client'
read_line 5 >one.jsonl
is 200 "$(post one.jsonl)" '.taken == 1' 'beside a slow client'
kill "$slow" 2>/dev/null || :
slow=
echo 'a slow client holds up nobody'

# Until the spool is full: 1 MiB.
n=1000
code=200
while [ "$code" = 200 ] && [ $n -lt 60000 ]; do
    awk -v n=$n -v t="$(date -u +%Y-%m-%dT%H:%M:%S.000Z)" 'BEGIN {
        form = "{\"epc\":\"3034257BF7194E40%08X\",\"reader\":\"gate-1\",\"antenna\":1,\"time\":\"%s\"}\n"
        for (i = n; i < n + 2000; i++) printf form, i, t }' >many.jsonl
    before=$(kept)
    code=$(post many.jsonl)
    n=$((n + 2000))
done
[ "$code" = 503 ] || fail "the spool is never full: $code after $n reads"
grep -qi '^retry-after: *[0-9]' headers.txt || fail 'no Retry-After'
jq -e '.taken == 0' answer.json >/dev/null || fail "503: $(cat answer.json)"
[ "$(kept)" -eq "$before" ] || fail "a refused message left reads: $before, then $(kept)"
kill -KILL "$gateway"
wait "$gateway" 2>/dev/null || :
start
[ "$(kept)" -eq "$before" ] || fail "$(kept) reads after kill -9, $before before"
echo "a full spool answers 503 with Retry-After after $before reads; none of those is lost, none of the refused is there"
