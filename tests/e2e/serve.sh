# What a live node serves: the event stream resumes by Last-Event-ID across a kill without gap or double; the OpenAPI document parses and names
# every path; the metrics are what promtool wants; every JSON-RPC method answers.
. "$(dirname "$0")/nodes.sh"
nodes_make
for i in 0 1 2 3; do node_start $i; done
nodes_ready 0 1 2 3
load_start 600 4
wait_for 10 acks_grow 20

# ---- the stream ----
listen() { curl -sN -m "$1" -H "Last-Event-ID: $2" "http://127.0.0.1:$http0/v1/stream" >"$3" || :; }
curl -sN -m 60 "http://127.0.0.1:$http0/v1/stream?from=1" >stream.0 2>/dev/null &
echo $! >pids
wait_for 10 grep -q '^id: 30\.' stream.0
node_kill KILL 0
node_gone 0 || :
wait "$(cat pids)" || :
# Only what ends in an empty line was said; the id of the last such event.
last_id() { awk '/^id: /{id=$2} /^$/{if (id != "") last=id; id=""} END{print last}' "$1"; }
node_start 0
nodes_ready 0
listen 3 "$(last_id stream.0)" stream.1
node_kill TERM 0
node_gone 0 || fail "node 0 did not end cleanly"
node_start 0
nodes_ready 0
listen 3 "$(last_id stream.1)" stream.2
cat stream.0 >all
for i in 1 2; do cat stream.$i; done >more
awk '
    function bad(why) { print why " at " id; failed = 1; exit 1 }
    FNR == 1 { id = ""; event = "" }
    /^event: / { event = $2 }
    /^id: / { id = $2 }
    /^$/ {
        if (id != "") {
            split(id, at, ".")
            if (count++ > 0) {
                same = at[1] == height && at[2] == place + 1
                next_one = at[1] == height + 1 && at[2] == 0
                if (!same && !next_one) bad("after " height "." place)
                if (next_one && before != "block") bad("the block did not come last")
            } else if (at[1] != 1 || at[2] != 0) bad("the first")
            height = at[1]; place = at[2]; before = event
        }
        id = ""; event = ""
    }
    END { if (!failed) print count " events up to height " height ", none missing, none twice" }
' stream.0 stream.1 stream.2 >verdict || fail "$(cat verdict)"
[ "$(last_id stream.2 | cut -d. -f1)" -gt "$(last_id stream.0 | cut -d. -f1)" ] || fail "the stream did not go on"
say "stream over a kill and a stop: $(cat verdict)"
load_end

# ---- OpenAPI, metrics ----
node_get 0 /openapi.json >openapi || fail "no OpenAPI document"
[ "$(jq -r .openapi openapi)" = 3.1.0 ] || fail "not OpenAPI 3.1: $(jq -r .openapi openapi)"
[ "$(jq -r '.paths | length' openapi)" -ge 20 ] || fail "too few paths"
node_get 0 /metrics >metrics
if command -v promtool >/dev/null; then
    promtool check metrics <metrics || fail "promtool"
else
    say "promtool is not installed: the metrics were not judged"
fi
say "OpenAPI document of $(jq -r '.paths | length' openapi) paths, $(grep -vc '^#' metrics) metrics"

# ---- JSON-RPC: every method ----
id=$(head -n 1 acks)
key=$(node_get 0 /v1/members/farm1 | jq -r '.keys[0].key')
thing=urn:epc:id:sgtin:4012345.011111.0
one=$("$hand" record genesis | base64 -w 0)
two=$("$hand" record genesis subject=2 | base64 -w 0)
call() {
    printf '{"jsonrpc":"2.0","id":1,"method":"%s","params":%s}' "$1" "$2" >call
    curl -s -m 20 -X POST -H 'content-type: application/json' --data-binary @call "http://127.0.0.1:$http0/rpc" >answer
    jq -e '.result != null and .id == 1' answer >/dev/null || fail "$1: $(head -c 500 answer)"
    echo "$1" >>called
}
# What this chain has none of is refused by its name.
call_refused() {
    printf '{"jsonrpc":"2.0","id":1,"method":"%s","params":%s}' "$1" "$2" >call
    curl -s -m 20 -X POST -H 'content-type: application/json' --data-binary @call "http://127.0.0.1:$http0/rpc" >answer
    [ "$(jq -r .error.data.name answer)" = "$3" ] || fail "$1: $(head -c 500 answer)"
    echo "$1" >>called
}
node_get 0 "/v1/things/$thing" >/dev/null || thing=urn:epc:id:sgtin:4012345.011111.$(
    node_get 0 "/v1/records/$id" | jq -r '.items[].things[].identifier' | head -n 1 | sed 's/.*\.//')
call record.submit "{\"record\":\"$one\",\"wait\":\"committed\"}"
call record.submit_batch "{\"records\":[\"$two\"],\"wait\":\"committed\"}"
call record.list '{"limit":2}'
call record.status "{\"id\":\"$id\"}"
call record.get "{\"id\":\"$id\"}"
call record.epcis "{\"id\":\"$id\"}"
call record.proof "{\"id\":\"$id\"}"
call sealed.list "{\"id\":\"$id\"}"
call thing.get "{\"identifier\":\"$thing\"}"
call thing.trace "{\"identifier\":\"$thing\"}"
call thing.moves "{\"identifier\":\"$thing\"}"
call transformation.moves '{"subject":"farm1","transformation":"urn:x:never"}'
call recall.list '{}'
call_refused recall.get '{"id":"farm1/none"}' ERR_RPC_NOT_FOUND
call_refused recall.things '{"id":"farm1/none"}' ERR_RPC_NOT_FOUND
call thing.proof "{\"identifier\":\"$thing\"}"
"$hand" pack genesis AAAAA 3000 | curl -s -m 20 -X POST -H 'content-type: application/msgpack' --data-binary @- \
    "http://127.0.0.1:$http0/v1/records?wait=committed" >/dev/null
call pack.leaves '{"gtin":"06901234567892","pack":"AAAAA"}'
call pack.get '{"gtin":"06901234567892","pack":"AAAAA"}'
call member.packs '{"subject":"farm1"}'
call thing.packs '{"identifier":"https://id.gs1.org/01/06901234567892"}'
code=https://id.gs1.org/01/06901234567892/21/BBBBB000010000000000 # of a pack that nobody issued
call code.get "{\"identifier\":\"$code\"}"
call code.proof "{\"identifier\":\"$code\"}"
call scan.report "{\"identifier\":\"$code\",\"division\":\"330302\"}"
call code.scans "{\"identifier\":\"$code\"}"
call scan.hour "{\"hour\":$(($(date +%s) / 3600 * 3600000))}"
call certificate.proof '{"id":"farm1/none"}'
call certificate.list '{"issuer":"farm1"}'
call_refused certificate.get '{"id":"farm1/none"}' ERR_RPC_NOT_FOUND
call certificate_type.list '{}'
call_refused certificate_type.get '{"type":"none"}' ERR_RPC_NOT_FOUND
call member.list '{}'
call member.get '{"subject":"farm1"}'
call party.get '{"identifier":"https://id.gs1.org/414/6972234200019"}'
call key.get "{\"key\":\"$key\"}"
call block.get '{"height":1}'
call checkpoint.get '{}'
call checkpoint.policy '{}'
call genesis.get '{}'
call node.status '{}'
call node.codes '{}'
# The table has no method that this list lacks: those without JSON-RPC are named here.
jq -r '.paths[][] | .operationId' openapi | sort -u >named
printf '%s\n' sealed.get sealed.put sealed.keys_put sealed.key sealed.wrap node.stream rpc openapi log.checkpoint log.tile health ready metrics \
    pack.hashes pack.hashes_put pack.chunk pack.chunk_put | cat - called | sort -u >known
[ -z "$(comm -23 named known)" ] || fail "not called: $(comm -23 named known | tr '\n' ' ')"
say "JSON-RPC: $(wc -l <called) methods answered"
