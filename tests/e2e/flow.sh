#!/bin/sh
# Flow and recalls as a person at the command line meets them: rules, parties and yields are set; each refusal 45 to 59 that the command line
# can get comes by number, name and sentence, with exit code 3; a lot is followed to where it went, recalled, and let go; a recalled box is
# bad news wherever it is shown. Arguments: the build directory's suyuan, e2e_hand.
set -eu
suyuan=$(cd "$(dirname "$1")" && pwd)/suyuan
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
    echo "flow.sh: $*" >&2
    cat out >&2
    exit 1
}
gives() { # EXIT_CODE COMMAND...
    want=$1 code=0
    shift
    "$@" >out 2>&1 || code=$?
    [ $code = "$want" ] || wrong "exit $code, not $want: $*"
}
sed -n 's/^RESULT(\([0-9]*\), \([A-Z_]*\), "\(.*\)", "\(.*\)")$/\1|\2|\3|\4/p' "$root/ledger/result_table.h" >table
: >seen
no() { # NUMBER COMMAND...
    row=$(grep "^$1|" table)
    name=$(echo "$row" | cut -d'|' -f2) zh=$(echo "$row" | cut -d'|' -f4)
    echo "$1" >>seen
    printf '%s  %s\n' "$1" "$name"
    shift
    gives 3 "$suyuan" "$@" --lang zh
    grep -qF -- "$zh [$name]" out || wrong "not $zh [$name]: $*"
}
key() { echo "net/keys/members/lucheng.$1.key"; }
"$suyuan" devnet up --dir net --base-port 0 --json >net.json
SUYUAN_GENESIS=$dir/net/genesis SUYUAN_NODE=$(jq -r '.nodes[0].url' net.json) SUYUAN_OUTBOX=none
export SUYUAN_GENESIS SUYUAN_NODE SUYUAN_OUTBOX
unset SUYUAN_KEY SUYUAN_SUBJECT
farm=$(key shanfu-yangmei) shop=$(key wuma-fruit) office=$(key agri-bureau) other=$(key qidu-grape)
gtin=https://id.gs1.org/01/06972230100017
lot=$gtin/10/A jam=https://id.gs1.org/01/06972230100024/10/J box=$gtin/21/1 place=https://id.gs1.org/414/6972234200010

n=0
# event FILTER: an ObjectEvent of 2026-06-12, changed by a jq filter, in event.json; no two are alike.
event() {
    n=$((n + 1))
    jq -n --arg n "urn:e:$n" --arg lot "$lot" --arg box "$box" --arg jam "$jam" --arg place "$place" '{
        "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", type: "ObjectEvent", eventID: $n,
        eventTime: "2026-06-12T08:00:00Z", eventTimeZoneOffset: "+08:00", action: "OBSERVE", bizStep: "shipping"}
        | def bulk(q): .quantityList = [{epcClass: $lot, quantity: q, uom: "KGM"}];
          def piece: .epcList = [$box];
          def mixed(i; o): del(.action, .bizStep) | .type = "TransformationEvent"
              | .inputQuantityList = [{epcClass: $lot, quantity: i, uom: "KGM"}] | .outputQuantityList = [{epcClass: $jam, quantity: o, uom: "KGM"}];
          '"$1" >event.json
}
tell() { # KEY FILTER
    event "$2"
    gives 0 "$suyuan" submit --key "$1" --wait event.json
}
told_no() { # NUMBER KEY FILTER
    event "$3"
    no "$1" submit --key "$2" --wait event.json
}
disputed() { curl -s -f "$SUYUAN_NODE/v1/things/$(printf %s "$1" | jq -sRr @uri)" | jq -r '.disputed | join(" ")'; }

gives 0 "$suyuan" flow party $place lucheng.wuma-fruit --key "$office"
no 18 flow party $place lucheng.wuma-fruit --key "$office"
no 15 flow party $place lucheng.nobody-at-all --key "$office"
cat >jam.json <<END
{"product": "https://id.gs1.org/01/06972230100024", "inputs": [{"product": "$gtin", "unit": "KGM", "unit_out": "KGM", "yield": 0.8}]}
END
gives 0 "$suyuan" flow yield jam.json --key "$office"
gives 2 "$suyuan" flow rule held sometimes --key "$office"

tell "$farm" '.action = "ADD" | .bizStep = "commissioning" | bulk(100)'
tell "$farm" '.action = "ADD" | .bizStep = "commissioning" | piece | .ilmd = {"cbvmda:lotNumber": "A"}'
told_no 45 "$farm" 'bulk(101)'
told_no 46 "$farm" 'mixed(10; 8.1)'
tell "$farm" 'mixed(10; 8)'
told_no 52 "$shop" 'piece | .errorDeclaration = {declarationTime: "2026-06-13T08:00:00Z", "suyuan:author": "lucheng.shanfu-yangmei"}'

# A late gateway: the shop's receipt comes before the farm's shipment, is disputed, and is not when the farm has told.
tell "$shop" '.bizStep = "receiving" | .eventTime = "2026-06-12T10:00:00Z" | piece'
[ "$(disputed "$box")" = 'held named' ] || wrong "the box is disputed: $(disputed "$box")"
tell "$farm" '.eventTime = "2026-06-12T09:00:00Z" | piece | .destinationList = [{type: "possessing_party", destination: $place}]'
[ -z "$(disputed "$box")" ] || wrong "the box is still disputed: $(disputed "$box")"

# The same liars, refused where the district says so.
for rule in held named time; do gives 0 "$suyuan" flow rule $rule refuse --key "$office"; done
no 18 flow rule held refuse --key "$office"
told_no 49 "$other" 'piece'
told_no 51 "$shop" 'piece | .eventTime = "2026-06-11T08:00:00Z"'
told_no 50 "$shop" '.bizStep = "receiving" | .eventTime = "2026-06-12T11:00:00Z" | bulk(1)'

# The way of the lot, its recall, and what is refused then.
gives 0 "$suyuan" recall plan $lot --json
jq -e --arg jam $jam --arg lot $lot '[.units[] | [.unit, .way]] == [[$lot, "root"], [$jam, "made"]] and (.places | length) >= 2' out >/dev/null ||
    wrong 'the way of the lot is another'
no 56 recall order R1 $lot --key "$other"
gives 7 "$suyuan" recall lift lucheng.agri-bureau/R1 $lot --key "$office"
gives 0 "$suyuan" recall order R1 $lot --level 2 --key "$office"
no 57 recall order R1 $lot --level 1 --key "$office"
no 18 recall order R1 $lot --level 2 --only --key "$office"
sleep 1.1 # the second after the recall
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
told_no 48 "$shop" '.action = "DELETE" | .bizStep = "retail_selling" | piece | .eventTime = "'"$now"'"'
tell "$shop" '.bizStep = "storing" | piece | .eventTime = "'"$now"'"'
gives 4 "$suyuan" trace $lot --verify
grep -q '已被召回\|RECALLED' out || wrong 'a recalled lot is not said to be'
gives 0 "$suyuan" recall drill $lot
gives 0 "$suyuan" recall lift lucheng.agri-bureau/R1 $lot --key "$office"
gives 7 "$suyuan" recall lift lucheng.agri-bureau/R1 $lot --key "$office"
gives 0 "$suyuan" trace $lot --verify
tell "$office" '.action = "DELETE" | .bizStep = "destroying" | piece | .eventTime = "2026-06-12T12:00:00Z"'
told_no 47 "$shop" 'piece | .eventTime = "2026-06-14T13:00:00Z"'
echo "flow.sh: $(sort -u seen | wc -l) refusals, by name"
