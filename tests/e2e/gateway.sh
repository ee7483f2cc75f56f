#!/bin/sh
# suyuan gateway: a stream of reads over MQTT with kill -9 of the gateway and restarts of the broker while it runs; then exactly the
# expected events stand on the ledger, none twice, none missing. Arguments: suyuan, e2e_hand, gateway_spool. SUYUAN_SOAK multiplies tags and kills.
set -eu
bin=$(cd "$(dirname "$1")" && pwd)
hand=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
seed=$(cd "$(dirname "$3")" && pwd)/$(basename "$3")
suyuan=$bin/suyuan
here=$(cd "$(dirname "$0")" && pwd)
soak=${SUYUAN_SOAK:-1}
PATH=$PATH:/usr/sbin:$bin/../tools/usr/sbin
command -v mosquitto >/dev/null || { echo 'gateway.sh: mosquitto is not installed' >&2; exit 1; }
dir=$(mktemp -d "${TMPDIR:-/tmp}/suyuan-e2e-gateway.XXXXXX")
cd "$dir"
broker= gateway= stream=
began=$(date +%s)
say() { printf '%3d s  %s\n' $(($(date +%s) - began)) "$*"; }
fail() {
    say "FAILED: $*"
    for f in gateway.log broker.log simulate.log; do [ -f $f ] && { echo "--- $f"; tail -n 20 $f; }; done
    exit 1
}
end() {
    code=$?
    trap - EXIT
    for pid in $stream $gateway $broker; do kill -KILL "$pid" 2>/dev/null || :; done
    "$suyuan" devnet down --hard --dir net >/dev/null 2>&1 || :
    wait 2>/dev/null || :
    cd /
    if [ $code -eq 0 ] && [ -z "${SUYUAN_E2E_KEEP:-}" ]; then rm -rf "$dir"; else echo "left in $dir"; fi
    exit $code
}
trap end EXIT
trap 'exit 130' INT TERM
# wait_for SECONDS COMMAND...
wait_for() {
    until_s=$(($(date +%s) + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt $until_s ] || fail "not in time: $*"
        sleep 0.2
    done
}
status() { curl -s -f -m 5 "http://127.0.0.1:$http/status"; }
status_is() { status | jq -e "$1"; }
gateway_start() {
    "$suyuan" gateway run --config gate.json --json --status 1s >>status.jsonl 2>>gateway.log &
    gateway=$!
}
gateway_kill() {
    kill -KILL "$gateway" 2>/dev/null || fail 'the gateway was not running'
    wait "$gateway" 2>/dev/null || :
}
broker_start() {
    mosquitto -c broker.conf >>broker.log 2>&1 &
    broker=$!
}

set -- $("$hand" ports 2)
mqtt=$1 http=$2
tags=$((200 * (soak > 1 ? 5 * soak : 1))) kills=$((3 * soak)) restarts=$soak
cat >broker.conf <<END
listener $mqtt 127.0.0.1
allow_anonymous true
user $(id -un)
persistence true
persistence_location $dir/broker/
max_inflight_messages 1000
max_queued_messages 0
END
mkdir broker
sed -e "s/@MQTT@/$mqtt/" -e "s/@HTTP@/$http/" "$here/gateway.json" >gate.json
"$suyuan" devnet up --dir net --base-port 0 --json >net.json
SUYUAN_GENESIS=$dir/net/genesis SUYUAN_NODE=$(jq -r '.nodes | map(.url) | join(",")' net.json)
export SUYUAN_GENESIS SUYUAN_NODE
node=$(jq -r '.nodes[0].url' net.json)
"$suyuan" key new gate.key --json >gate.pub 2>/dev/null
"$suyuan" --node "$node" member admit lucheng.gate --name 七号门 --roles device --division 330302 --public-key gate.pub \
    --key net/keys/members/lucheng.agri-bureau.key --json >/dev/null
jq --arg urls "$(jq -c '.nodes | map(.url)' net.json)" '.nodes = ($urls | fromjson)' gate.json >g && mv g gate.json

"$seed" gate.json spool 3000
broker_start
gateway_start
# The session must exist before anything is published: what nobody has subscribed to a broker forgets.
wait_for 30 status_is '.sources_connected == 1'
sleep 0.5
say "a devnet, a broker, a gateway; $tags tags"
"$suyuan" gateway simulate --config gate.json --tags $tags --format mixed --per-message 20 --rate "${SUYUAN_GATEWAY_RATE:-4000}" \
    --seed 7 --mqtt "127.0.0.1:$mqtt" --topic readers/dock-1/events --expected expected.tsv 2>simulate.log &
stream=$!
round=0
restarted=0
while kill -0 $stream 2>/dev/null && [ $round -lt $kills ]; do
    sleep "0.$((3 + round * 7 % 6))"
    gateway_kill
    round=$((round + 1))
    if [ $restarted -lt $restarts ] && [ $((round % 3)) -eq 2 ]; then
        # Down together, and the broker alone once more under the gateway.
        kill -TERM "$broker"
        wait "$broker" 2>/dev/null || :
        gateway_start
        sleep 0.3
        broker_start
        restarted=$((restarted + 1))
    else
        gateway_start
    fi
    sleep 0.3
    wait_for 60 status_is '.sources_connected == 1'
done
wait $stream || fail 'the stream could not be brought to the broker'
stream=
say "$(tail -n 1 simulate.log)"
say "$round kills of the gateway, $restarted restarts of the broker"
[ $round -eq $kills ] && [ $restarted -eq $restarts ] || fail 'the stream ended too early: nothing was killed in its midst'
expected=$(wc -l <expected.tsv)
wait_for $((60 + 60 * soak)) status_is ".events_accepted >= $expected and .batches_open == 0"
sleep 1
status >last.json
say "$(jq -r '"\(.reads_in_all) reads kept, \(.late) late, \(.events_accepted) events in \(.batches_accepted) batches"' last.json)"
say "the spool holds $(($(jq .spool_bytes last.json) / 1048576)) MiB"
say "$(jq -s -r '"at most \(map(.reads_per_s) | max) reads/s, \(map(.memory_kib) | max / 1024 | floor) MiB"' status.jsonl)"
kill -TERM "$gateway"
wait "$gateway" || fail 'the gateway did not end cleanly'
gateway=

# What stands on the ledger, by the ledger.
cursor=
: >found.tsv
while :; do
    curl -s -f -m 20 "$node/v1/records?subject=lucheng.gate&limit=500${cursor:+&cursor=$cursor}" >page.json || fail 'no list of records'
    for id in $(jq -r '.records[] | select(.kind == 1) | .id' page.json); do
        curl -s -f -m 20 -H 'accept: application/ld+json' "$node/v1/records/$id/epcis" |
            jq -r '.epcisBody.eventList[] | . as $e | .epcList[] | [$e.eventTime, ., $e.bizStep, $e.readPoint.id] | @tsv' >>found.tsv
    done
    cursor=$(jq -r '.next // empty' page.json)
    [ -n "$cursor" ] || break
done
sort expected.tsv >a
sort found.tsv >b
cmp -s a b || {
    diff a b | head -n 20
    fail "$(wc -l <a) events expected, $(wc -l <b) on the ledger"
}
[ "$(wc -l <b)" -eq "$expected" ] && [ "$expected" -gt 100 ] || fail 'too little happened'
say "$expected events on the ledger: exactly those that happened"

# A read of an hour that is over: opened, checked by anybody, and no byte of it can be another.
"$suyuan" --node "$node" gateway prove --config gate.json --read 1234 -o read.syr --json >opened.json || fail 'a read cannot be opened'
jq -e \
  '.count == 3000 and .index == 1233 and .reader == "old-1" and .subject == "lucheng.gate" and .what == "rfid-reads:gate-7"' opened.json >/dev/null ||
    fail "opened: $(cat opened.json)"
"$suyuan" gateway prove --check read.syr --json | cmp -s - opened.json || fail 'the check says something else'
size=$(wc -c <read.syr)
at=3
while [ $at -lt "$size" ]; do
    cp read.syr bad.syr
    byte=$(od -An -tu1 -j $at -N 1 read.syr | tr -d ' ')
    printf "\\$(printf %o $((byte ^ 1)))" | dd of=bad.syr bs=1 seek=$at conv=notrunc status=none
    ! "$suyuan" gateway prove --check bad.syr >/dev/null 2>&1 || fail "byte $at of the opened read may be another"
    at=$((at + 1 + size / 100))
done
code=0
"$suyuan" gateway prove --config gate.json --tag ffff -o none.syr >/dev/null 2>&1 || code=$?
[ $code -eq 7 ] || fail "a tag that was never read: exit $code"
say "a read of an anchored hour opened and checked, $size bytes"
