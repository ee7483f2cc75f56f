#!/bin/sh
# Hidden values on a devnet: a price is opened by its buyer and by nobody else, a buyer by the regulator, a contact by anybody until it is
# deleted on all nodes; every proof still verifies; nothing of it stands in any file of a node in the clear.
set -eu
suyuan=$(cd "$(dirname "$1")" && pwd)/suyuan
dir=$(mktemp -d)
cd "$dir"
end() {
    code=$?
    "$suyuan" devnet down --hard --dir net >/dev/null 2>&1 || true
    "$suyuan" devnet down --hard --dir liar >/dev/null 2>&1 || true
    rm -rf "$dir"
    exit $code
}
trap end EXIT
fail() {
    echo "sealed.sh: $1" >&2
    cat out err >&2
    exit 1
}
gives() { # EXIT_CODE COMMAND...
    want=$1
    shift
    code=0
    "$@" >out 2>err || code=$?
    [ $code = "$want" ] || fail "exit $code, not $want: $*"
}
shows() { grep -qF -- "$1" out err || fail "does not show: $1"; }
hides() { ! grep -qF -- "$1" out err || fail "shows: $1"; }
say() { echo "$(date +%T) $1"; }

"$suyuan" devnet up --dir net --base-port 0 --json >net.json
SUYUAN_GENESIS=$dir/net/genesis SUYUAN_NODE=$(jq -r '[.nodes[].url] | join(" ")' net.json) SUYUAN_OUTBOX=$dir/outbox
export SUYUAN_GENESIS SUYUAN_NODE SUYUAN_OUTBOX
key() { echo "net/keys/members/$1.key"; }
farm=$(key lucheng.shanfu-yangmei) buyer=$(key lucheng.wuma-fruit) stranger=$(key lucheng.tengqiao-tea) bureau=$(key lucheng.market-bureau)

cat >delivery.json <<'END'
{"@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"lucheng": "https://trace.lucheng.example/ns/"}],
 "type": "ObjectEvent", "eventTime": "2026-06-12T08:00:00+08:00", "eventTimeZoneOffset": "+08:00", "action": "ADD",
 "bizStep": "commissioning", "epcList": ["urn:epc:id:sgtin:6901234.056789.1001"],
 "lucheng:price": "price-4f1c9a is 12.80", "lucheng:contact": "contact-77e0b2 is 13800000000",
 "ilmd": {"lucheng:buyer": "buyer-d03e51", "lucheng:note": 1}, "lucheng:more": {"lucheng:note": 2}}
END
set -- --key "$farm" --hide price=partner,buyer=regulator --hide lucheng:contact=public --to lucheng.wuma-fruit

# What may not be hidden, or is not there, or is there twice.
gives 3 "$suyuan" submit --key "$farm" --hide action=public delivery.json
shows ERR_ITEM_HIDDEN
gives 3 "$suyuan" submit --key "$farm" --hide weight=public delivery.json
shows ERR_HIDE_NONE
gives 3 "$suyuan" submit --key "$farm" --hide note=public delivery.json
shows ERR_HIDE_MANY
gives 2 "$suyuan" submit --key "$farm" --hide price=secret delivery.json
gives 3 "$suyuan" submit --key "$farm" --hide price=partner delivery.json
shows --to
say 'refusals are told by name'

# A node that names other keys for the buyer (here: one of another ledger) reads nothing.
"$suyuan" devnet up --dir liar --base-port 0 --json >liar.json
gives 3 env SUYUAN_NODE="$SUYUAN_NODE $(jq -r '.nodes[0].url' liar.json)" "$suyuan" submit "$@" delivery.json
shows 另有说法
[ -z "$(ls outbox)" ] || fail 'something was sealed for a key that nodes do not agree about'
"$suyuan" devnet down --hard --dir liar >/dev/null
say 'a node that lies about keys is noticed'

gives 0 "$suyuan" submit "$@" delivery.json --json
record=$(jq -r '.records[0].id' out)
[ -z "$(ls outbox)" ] || fail 'the outbox still keeps something'
leaf=$(curl -fsS "${SUYUAN_NODE%% *}/v1/records/$record" | jq -r .leaf)
gives 0 "$suyuan" record show "$record"
shows 第\ 1\ 级
hides price-4f1c9a
gives 0 "$suyuan" proof get record "$record" -o record.syp
say "record $record hides three values"

# Each reads what is for it.
gives 0 "$suyuan" open "$record" --key "$buyer" -o opened.json
shows price-4f1c9a
shows contact-77e0b2
hides buyer-d03e51
shows ERR_SEALED_RECIPIENT
gives 0 "$suyuan" open "$leaf" --key "$bureau"
shows buyer-d03e51
hides price-4f1c9a
gives 0 "$suyuan" open "$record" --key "$stranger"
shows contact-77e0b2
hides price-4f1c9a
hides buyer-d03e51
shows ERR_SEALED_NO_KEY
gives 0 "$suyuan" open "$record"
shows ERR_SEALED_RECIPIENT
gives 0 "$suyuan" open "$record" --key "$farm" --json
[ "$(jq -r '[.openings[].tier] | sort | map(tostring) | join(",")' out)" = 1,2,3 ] || fail 'the submitter does not open its own'
say 'the buyer opened the price, the bureau the buyer, everybody the contact'

# Offline, beside a proof; a value that was changed does not check.
gives 0 "$suyuan" verify record.syp --openings opened.json
shows price-4f1c9a
sed 's/price-4f1c9a/price-000000/' opened.json | jq --arg v "$(printf '\265price-4f1c9a is 99.80' | base64)" \
    '(.openings[] | select(.tier == 1) | .canonical) = $v' >forged.json
gives 4 "$suyuan" verify record.syp --openings forged.json
say 'openings check offline; a forged one does not'

# Nothing of it is written in the clear, on any node.
for what in price-4f1c9a contact-77e0b2 buyer-d03e51; do
    ! grep -raqF $what net/ || fail "$what stands in a file of a node"
done

# A stranger's deletion is accepted and deletes nothing.
gives 0 "$suyuan" delete "$record" --tier partner,public --key "$stranger"
gives 0 "$suyuan" open "$record" --key "$buyer"
shows contact-77e0b2
shows price-4f1c9a
# Its subject's deletes on all nodes, and what is deleted is not taken again.
gives 0 "$suyuan" delete "$record" --tier public --reason 1 --key "$farm"
gives 3 "$suyuan" delete "$record" --tier public --reason 1 --key "$farm"
shows RESULT_DELETED
for url in $SUYUAN_NODE; do
    n=0
    until curl -fsS "$url/metrics" | grep -q '^suyuan_sealed_destroyed_total[^ ]* 1$'; do
        n=$((n + 1))
        [ $n -lt 100 ] || fail "$url destroyed nothing"
        sleep 0.1
    done
    [ "$(curl -sS -o out -w '%{http_code}' "$url/v1/records/$record/sealed/3/key")" = 410 ] || fail "$url still gives the key"
    [ "$(curl -sS -o out -w '%{http_code}' "$url/v1/records/$record/sealed/3")" = 410 ] || fail "$url still gives the file"
done
gives 0 "$suyuan" open "$record" --key "$buyer"
hides contact-77e0b2
shows ERR_SEALED_DELETED
shows price-4f1c9a
say 'the contact is deleted on all nodes'

# And every proof is as true as before.
gives 0 "$suyuan" verify record.syp
gives 0 "$suyuan" proof get record "$record" -o later.syp
gives 0 "$suyuan" verify later.syp --openings opened.json
gives 0 "$suyuan" proof get thing urn:epc:id:sgtin:6901234.056789.1001 -o thing.syp
gives 0 "$suyuan" verify thing.syp
# The run ends before the record is decided: what opens it waits in the outbox, and only there.
sed 's/1001/1002/; s/4f1c9a/5b2d0c/' delivery.json >second.json
code=0
"$suyuan" submit "$@" --timeout 1ms second.json --json >out 2>err || code=$?
[ $code = 5 ] || [ $code = 6 ] || fail "exit $code of a run that had no time"
second=$(jq -r '.records[0].id' out)
[ "$(find outbox -name '*.sealed' | wc -l)" = 1 ] || fail 'nothing waits in the outbox'
! grep -raqE '5b2d0c|buyer-d03e51' outbox net/ || fail 'a value waits in the clear'
gives 0 "$suyuan" outbox flush --wait
[ -z "$(ls outbox)" ] || fail 'the outbox still keeps something'
gives 0 "$suyuan" open "$second" --key "$buyer"
shows price-5b2d0c
gives 0 "$suyuan" outbox flush --wait
say 'what was not given is given later'

# Without --to the event's destination reads, when the ledger says who that is (SPEC A11).
jq '.destinationList = [{type: "possessing_party", destination: "https://id.gs1.org/414/6972234200019"}] | .epcList[0] |= sub("1001"; "1003")' \
    delivery.json >third.json
gives 3 "$suyuan" submit --key "$farm" --hide price=partner third.json
shows --to
act=$(printf '\202\245party\331\044https://id.gs1.org/414/6972234200019\247subject\262lucheng.wuma-fruit' | base64 -w 0)
jq -n --arg act "$act" --arg chain "$(jq -r .chain_id opened.json)" --argjson now "$(date +%s)000" \
    '{chain_id: $chain, type: 38, created_ms: $now, nonce: 7, act: $act, approvals: []}' >draft.json
gives 0 "$suyuan" member submit draft.json --key "$bureau" --outbox none
gives 0 "$suyuan" submit --key "$farm" --hide price=partner third.json --json
third=$(jq -r '.records[0].id' out)
gives 0 "$suyuan" open "$third" --key "$buyer"
shows price-4f1c9a
gives 3 "$suyuan" open "$third" --key "$stranger"
say 'the destination reads where nobody is named'

# A node that is down when it is told destroys when it is back, and takes nothing again meanwhile.
last=$(jq -r '.nodes[-1].url' net.json) number=$(jq -r '.nodes[-1].node' net.json)
gives 0 "$suyuan" devnet kill "$number" --dir net
store=$(dirname "$(find "net/node$number" -name sealed.sqlite)")
mkdir backup
cp "$store"/sealed.sqlite* backup/
gives 0 "$suyuan" delete "$second" --tier partner,public --key "$farm"
gone() {
    n=0
    until [ "$(curl -sS "$last/v1/records/$second/sealed" | jq -r '[.tiers[] | select(.deleted) | .bytes] | add')" = 0 ]; do
        n=$((n + 1))
        [ $n -lt 100 ] || fail "$1"
        sleep 0.1
    done
}
gives 0 "$suyuan" devnet start "$number" --dir net
gone 'the node that was down still holds it'
say 'a node that was down destroyed it too'
# A file from before, put back: what the ledger says is carried out again at the start.
gives 0 "$suyuan" devnet kill "$number" --dir net
rm "$store"/sealed.sqlite*
cp backup/sealed.sqlite* "$store"
gives 0 "$suyuan" devnet start "$number" --dir net
gone 'what was put back is still there'
say 'a file that was put back does not bring it back'

# An authority deletes of anybody's record.
gives 0 "$suyuan" delete "$record" --tier partner,regulator --key "$bureau"
gives 7 "$suyuan" open "$record" --key "$farm"
say 'every proof still verifies'
