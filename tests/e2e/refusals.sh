#!/bin/sh
# Every refusal of sections D, Q and Z of docs/spec.md (result codes 21 to 44) as a person at the command line meets it: its number and name,
# its sentence in both languages (as ledger/result_table.h has them), exit code 3, and the next command. A code that has no line below, or is
# not in the table, fails the test.
#
#   no NUMBER NEXT COMMAND...    the ledger refuses COMMAND by this number; NEXT is what to type then
#   never NUMBER WHY             the command line cannot get it: it sees the same before it signs, by what can never change
set -eu
suyuan=$(cd "$(dirname "$1")" && pwd)/suyuan
hand=$(cd "$(dirname "$2")" && pwd)/e2e_hand
root=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d)
cd "$dir"
end() {
    code=$?
    "$suyuan" devnet down --hard --dir net >/dev/null 2>&1 || true
    rm -rf "$dir"
    exit $code
}
trap end EXIT
wrong() {
    echo "refusals.sh: $*" >&2
    cat out >&2
    exit 1
}
gives() { # EXIT_CODE COMMAND...
    want=$1 code=0
    shift
    "$@" >out 2>&1 || code=$?
    [ $code = "$want" ] || wrong "exit $code, not $want: $*"
}

# NUMBER, NAME and the two sentences of each code, separated by "|".
sed -n 's/^RESULT(\([0-9]*\), \([A-Z_]*\), "\(.*\)", "\(.*\)")$/\1|\2|\3|\4/p' "$root/ledger/result_table.h" |
    awk -F '|' '$1 >= 21 && $1 <= 44' >table
[ "$(wc -l <table)" = 24 ] || wrong 'the table of results changed'
: >seen

# Each way of asking makes a record of its own; `again` puts things back before each, where a refusal changes what is asked.
no() { # NUMBER NEXT COMMAND...
    number=$1 next=$2
    shift 2
    row=$(grep "^$number|" table)
    name=$(echo "$row" | cut -d'|' -f2) en=$(echo "$row" | cut -d'|' -f3) zh=$(echo "$row" | cut -d'|' -f4)
    again
    gives 3 "$suyuan" "$@" --lang zh
    grep -qF -- "$zh [$name]" out && grep -qF "suyuan $next" out || wrong "not $number: $zh [$name], then $next: $*"
    again
    gives 3 "$suyuan" "$@" --lang en
    grep -qF -- "$en [$name]" out && grep -qF "try: suyuan $next" out || wrong "not $number: $en [$name], then $next: $*"
    again
    gives 3 "$suyuan" "$@" --lang zh --json
    jq -e --argjson n "$number" --arg text "$zh [$name]" 'select(.records) | .records[0] | .code == $n and .text == $text' out >/dev/null ||
        wrong "not $number by --json: $*"
    echo "$number $name" >>seen
    printf '%s  %-30s %s %s\n' "$number" "$name" "$1" "$2"
}
again() { :; }
never() { # NUMBER WHY
    echo "$1 $(grep "^$1|" table | cut -d'|' -f2)" >>seen
    printf '%s  %-30s not from the command line: %s\n' "$1" "$(grep "^$1|" table | cut -d'|' -f2)" "$2"
}
key() { echo "net/keys/members/lucheng.$1.key"; }

"$suyuan" devnet up --dir net --base-port 0 --json >net.json
SUYUAN_GENESIS=$dir/net/genesis SUYUAN_NODE=$(jq -r '.nodes[0].url' net.json) SUYUAN_OUTBOX=none
export SUYUAN_GENESIS SUYUAN_NODE SUYUAN_OUTBOX
unset SUYUAN_KEY SUYUAN_SUBJECT
farm=$(key shanfu-yangmei) factory=$(key kangbu-shoes) office=$(key agri-bureau) shop=$(key shoe-city-mall)
yangmei=https://id.gs1.org/01/06972230100017/10/YM20260612
shoes=https://id.gs1.org/01/06901234567892/10/LOT1

type_set() { # TYPE FILTER: a type that asks for nothing, changed
    jq -n --arg type "$1" '{type: $type, title_zh: "便条", title_en: "Note", roles: ["producer", "processor"], own: "own", quota: "none",
        covers: ["lot", "product"], things: [1, 2], upstream: "never", validity_days: 0, fields: []}' | jq "$2" >type.json
    gives 0 "$suyuan" cert type set type.json --key "$office"
}
certificate() { # FILE FILTER: a pledge, changed
    jq -n --arg lot "$yangmei" '{type: "conformity", number: "P1", covers: [{identifier: $lot, quantity: 100, unit: "KGM"}], fields: {
        "product-name": "杨梅", "quantity": "100 千克", "origin": "山福镇", "issue-date": "2026-06-12", "contact": "0577-00000101",
        "promising-subject": "山福杨梅专业合作社", "statement": "生产者", "bases": ["自我检测"]}}' | jq "$2" >"$1"
}
issue() { # KEY NUMBER COVERS [OPTION...]: a note
    "$suyuan" cert issue --type note --number "$2" --covers "$3" --key "$1" "${4:---json}" ${5:+"$5"}
}
no_pledge() { # NUMBER FILTER: the pledge, changed, is refused
    certificate bad.json "$2"
    no "$1" 'help cert' cert issue --file bad.json --key "$farm"
    rm -f ./*.openings.json
}

for type in conformity shoe-origin; do
    gives 0 "$suyuan" cert type set "$root/genesis/lucheng/certificates/$type.json" --key "$office"
done
type_set note .
gives 0 "$suyuan" submit --key "$farm" --wait "$root"/genesis/lucheng/events/00[12].*.json
jq -n --arg lot "$shoes" '{"@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", type: "ObjectEvent",
    eventTime: "2026-11-01T08:00:00+08:00", eventTimeZoneOffset: "+08:00", action: "ADD", bizStep: "commissioning", epcList: [],
    quantityList: [{epcClass: $lot, quantity: 2500}]}' >made.json
gives 0 "$suyuan" submit --key "$factory" --wait made.json

# -- certificates --

certificate p1.json .
gives 0 "$suyuan" cert issue --file p1.json --key "$farm"
rm -f ./*.openings.json
certificate bad.json .
no 22 'help cert' cert issue --file bad.json --key "$(key food-laboratory)" --openings laboratory
no_pledge 24 .
no_pledge 25 '.number = "P2" | .covers[0].quantity = 1100.000001'
no_pledge 26 '.number = "P2" | .from = "2099-01-01" | .until = "2099-06-01"'
no_pledge 27 '.number = "P2" | .covers[0].identifier += "X"'
no_pledge 29 '.number = "P2" | .upstream = ["lucheng.shanfu-yangmei/NONE"]'
no_pledge 33 '.number = "P2" | .fields.statement = "收购者"'
jq -n --arg lot "$yangmei" '{type: "shoe-origin", number: "F1", producer: "nobody", covers: [{identifier: $lot, quantity: 1}], fields:
    {"article-number": "x", "place-of-last-making": "x", materials: ["x"], "product-name": "x", standard: "x"}}' >bad.json
no 32 'help cert' cert issue --file bad.json --key "$(key shoe-association)"
no 30 'help cert' cert revoke lucheng.shanfu-yangmei/P1 --key "$(key qidu-grape)"
gives 0 "$suyuan" cert revoke lucheng.shanfu-yangmei/P1 --key "$farm"
no 31 'help cert' cert revoke lucheng.shanfu-yangmei/P1 --key "$farm"
no_pledge 28 '.number = "P2" | .upstream = ["lucheng.shanfu-yangmei/P1"]'

# Superseded fifteen times, a certificate is the 16th of its line.
gives 0 issue "$factory" L1 "$shoes=10"
for i in $(seq 2 16); do
    gives 0 issue "$factory" "L$i" "$shoes=10" --supersedes "lucheng.kangbu-shoes/L$((i - 1))"
done
no 44 'help cert' cert issue --type note --number L17 --covers "$shoes=10" --supersedes lucheng.kangbu-shoes/L16 --key "$factory"

# What the type says is checked before anything is signed; between signing and the ledger's decision it may change. Signed while one node
# alone is up, which can decide nothing; sent when the type was set anew.
type_set leaving .
type_set growing .
gives 0 "$suyuan" devnet kill 1 2 3 --dir net
for type in leaving growing; do
    "$suyuan" cert issue --type $type --number $type --covers "$shoes=1" --key "$factory" --outbox box.$type >/dev/null 2>&1 &
    pid=$!
    tries=0
    until [ "$("$suyuan" outbox list --outbox box.$type --json 2>/dev/null | jq '.records | length')" = 1 ]; do
        tries=$((tries + 1))
        [ $tries -lt 300 ] || wrong "nothing was kept in box.$type"
        sleep 0.1
    done
    kill -KILL $pid
    wait $pid 2>/dev/null || :
done
gives 0 "$suyuan" devnet kill 0 --dir net
gives 0 "$suyuan" devnet up --dir net
type_set leaving '.retired = true'
type_set growing '.fields = [{name: "colour", kind: "text", required: true, zh: "颜色", en: "Colour"}]'
# What was decided leaves the outbox: each of the three ways of asking has its own copy.
again() { rm -rf box && cp -r "box.$now" box; }
now=leaving && no 21 'help cert' outbox flush --wait --outbox box
now=growing && no 23 'help cert' outbox flush --wait --outbox box
again() { :; }

# -- codes --

pack() { # DIRECTORY COUNT [OPTION...]
    directory=$1 count=$2
    shift 2
    "$suyuan" code pack --gtin 6901234567892 --count "$count" --host https://id.example.cn -o "$directory" --key "$factory" "$@"
}
secret() { sed -n "$(($1 + 2))p" pack/secrets.csv | cut -d, -f"$2"; }
gives 0 issue "$factory" C1 "$shoes=10"
gives 3 pack more 11 --lot LOT1 --certificate lucheng.kangbu-shoes/C1
no 34 'help code' code pack --resume more --key "$factory"
gives 0 pack pack 200 --lot LOT1
id=$(jq -r .pack pack/pack.json)
# Another pack under the same id: its secrets are drawn anew.
mkdir -m 700 twin
cp pack/pack.json twin
gives 3 "$suyuan" code pack --resume twin --key "$factory"
no 35 'help code' code pack --resume twin --key "$factory"
no 36 'help code' code void "$id" --first 200 --key "$factory"
gives 0 "$suyuan" code void "$id" --first 0 --key "$factory"
no 37 'help code' code void "$id" --first 0 --key "$factory"
no 38 'help code' code void 06901234567892/00000 --first 0 --key "$factory"
no 30 'help code' code void "$id" --first 1 --key "$(key jianxing-shoes)"
seq 2 2 126 | xargs -P 4 -I {} "$suyuan" code void "$id" --first {} --key "$factory" >out 2>&1 || wrong 'ranges are not void'
no 39 'help code' code void "$id" --first 150 --key "$factory"
# What joins its neighbours is no range more.
gives 0 "$suyuan" code void "$id" --first 1 --key "$factory"
no 41 'help code' code claim "$(secret 2 3)" --inner "$(secret 2 4)" --key "$shop"
gives 0 "$suyuan" code claim "$(secret 199 3)" --inner "$(secret 199 4)" --key "$shop"
no 42 'help code' code claim "$(secret 199 3)" --inner "$(secret 199 4)" --key "$shop"
gives 4 "$suyuan" code claim "$(secret 199 3 | sed 's/....$/0000/')" --inner "$(secret 199 4)" --key "$shop"
never 40 'a pack never changes: the leaf that the claim would need is looked for first, and "code claim" ends with 4'

# -- anchors --

hour=$((($(date +%s) / 3600 - 3) * 3600000))
"$hand" scan "$(find net/node0 -name scans.sqlite)" $hour https://id.gs1.org/01/06901234567892/21/K7M2Q003F9XW4T0BRN2H 330302
gives 0 "$suyuan" scan anchor --hour $hour --key "$office" --subject lucheng.agri-bureau
no 43 'help scan' scan anchor --hour $hour --key "$office" --subject lucheng.agri-bureau

sort -u seen >shown
cut -d'|' -f1,2 table | tr '|' ' ' | cmp -s - shown || { cut -d'|' -f1,2 table | tr '|' ' ' | diff - shown >out || wrong 'not every code was met'; }
echo "24 codes: $(($(wc -l <shown) - 1)) met at the command line, 1 that cannot be"
