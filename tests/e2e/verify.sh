#!/bin/sh
# --verify against honest and lying nodes: "code show", "cert show" and "trace" say what "proof get" and "verify" say; a bundle with one byte
# changed, a true one of something else, and one of another chain are caught, and nothing of what they claim is shown.
set -eu
suyuan=$(cd "$(dirname "$1")" && pwd)/suyuan
hand=$(cd "$(dirname "$2")" && pwd)/e2e_hand
root=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d)
cd "$dir"
liar=
end() {
    code=$?
    [ -z "$liar" ] || kill $liar 2>/dev/null || true
    "$suyuan" devnet down --hard --dir net >/dev/null 2>&1 || true
    rm -rf "$dir"
    exit $code
}
trap end EXIT
wrong() {
    echo "verify.sh: $*" >&2
    cat out err >&2
    exit 1
}
gives() { # EXIT_CODE COMMAND...
    want=$1 code=0
    shift
    "$@" >out 2>err || code=$?
    [ $code = "$want" ] || wrong "exit $code, not $want: $*"
}
shows() { # in both languages what a command says: ZH EN COMMAND...
    zh=$1 en=$2 status=$3
    shift 3
    gives "$status" "$@" --lang zh
    grep -qF -- "$zh" out err || wrong "does not show: $zh"
    gives "$status" "$@" --lang en
    grep -qF -- "$en" out err || wrong "does not show: $en"
}

"$suyuan" devnet up --dir net --base-port 0 --json >net.json
honest=$(jq -r '.nodes[0].url' net.json)
genesis=$dir/net/genesis SUYUAN_OUTBOX=none SUYUAN_NODE=$honest
export SUYUAN_OUTBOX SUYUAN_NODE
unset SUYUAN_KEY SUYUAN_SUBJECT SUYUAN_CHAIN_ID SUYUAN_GENESIS
factory=net/keys/members/lucheng.kangbu-shoes.key
lot=https://id.gs1.org/01/06901234567892/10/LOT1
jq -n --arg lot "$lot" '{"@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", type: "ObjectEvent",
    eventTime: "2026-11-01T08:00:00+08:00", eventTimeZoneOffset: "+08:00", action: "ADD", bizStep: "commissioning", epcList: [],
    quantityList: [{epcClass: $lot, quantity: 100}]}' >made.json
gives 0 "$suyuan" submit --key $factory --wait made.json
gives 0 "$suyuan" cert type set "$root/genesis/lucheng/certificates/shoe-origin.json" --key net/keys/members/lucheng.agri-bureau.key
for number in F1 F2; do
    gives 0 "$suyuan" cert issue --type shoe-origin --number $number --producer lucheng.kangbu-shoes --covers "$lot=10" \
        --field article-number=1 --field product-name=x --field place-of-last-making=x --field materials=x --field standard=x \
        --key net/keys/members/lucheng.shoe-association.key
done
gives 0 "$suyuan" code pack --gtin 6901234567892 --lot LOT1 --count 10 --host https://id.example.cn -o pack --key $factory
gives 0 "$suyuan" code void "$(jq -r .pack pack/pack.json)" --first 3 --key $factory
url() { sed -n "$(($1 + 2))p" pack/secrets.csv | cut -d, -f3; }
forged=$(url 5 | sed 's/....$/0000/')
certificate=lucheng.shoe-association/F1

# Without --verify: whose word it is, and what checks it.
for what in "code show $(url 0)" "cert show $certificate" "trace $lot"; do
    shows "以上是节点的说法；自行验证：suyuan ${what% *} --verify" "This is what the node says; to check it: suyuan ${what% *} --verify" 0 \
        "$suyuan" $what
done
shows "以上是节点的说法" "This is what the node says" 4 "$suyuan" code show "$forged"

# An honest node: the same words as in two steps.
same() { # EXIT_CODE KIND WORD COMMAND...
    status=$1 kind=$2 word=$3
    shift 3
    gives 0 "$suyuan" proof get "$kind" "$word" -o proof.syp
    for form in '--lang zh' '--lang en' --json; do
        gives 0 "$suyuan" verify proof.syp --genesis "$genesis" $form
        sed "s|^proof.syp[：:]|$word&|; s|^\(.*\)proof.syp|\1|" out >two
        gives "$status" "$suyuan" "$@" "$word" --verify --genesis "$genesis" $form
        cmp -s two out || wrong "not the words of verify: $* $word"
    done
}
same 0 code "$(url 0)" code show
same 4 code "$(url 3)" code show
same 4 code "$forged" code show
same 0 certificate $certificate cert show
same 0 thing "$lot" trace
gives 2 "$suyuan" code show "$(url 0)" --verify
gives 4 "$suyuan" code show "$(url 0)" --verify --chain-id "$(printf %064d 1)"
# Another spelling is the same question.
gives 0 "$suyuan" code show "$(basename "$(url 0)")" --gtin 6901234567892 --verify --genesis "$genesis"

# A lying node.
port=$("$hand" ports 1)
"$hand" answer "$port" bundle application/vnd.suyuan.proof >ready &
liar=$!
tries=0
until grep -q ready ready; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || wrong 'the liar does not listen'
    sleep 0.1
done
lies() { # ZH EN WHAT WORD: the bundle at hand does not pass for this
    zh=$1 en=$2 what=$3 word=$4
    SUYUAN_NODE=http://127.0.0.1:$port
    shows "$zh" "$en" 4 "$suyuan" $what "$word" --verify --genesis "$genesis"
    [ ! -s out ] || wrong "shown: $what $word"
    SUYUAN_NODE=$honest
}
caught=0
for what in "code show" "cert show" trace; do
    case $what in
    code*) kind=code word=$(url 0) other=$(url 3) ;;
    cert*) kind=certificate word=$certificate other=lucheng.shoe-association/F2 ;;
    *) kind=thing word=$lot other=https://id.gs1.org/01/06901234567892/10/LOT2 ;;
    esac
    # The truth passes, whoever brings it.
    gives 0 "$suyuan" proof get $kind "$word" -o true
    cp true bundle
    SUYUAN_NODE=http://127.0.0.1:$port
    gives 0 "$suyuan" $what "$word" --verify --genesis "$genesis"
    SUYUAN_NODE=$honest
    # One byte changed, here and there.
    size=$(wc -c <true)
    for part in 1 3 5 7 9 11 13 15; do
        at=$((size * part / 16))
        cp true bundle
        byte=$(dd if=true bs=1 skip=$at count=1 status=none | od -An -tu1 | tr -d ' ')
        printf "\\$(printf %03o $((byte ^ 1)))" | dd of=bundle bs=1 seek=$at conv=notrunc status=none
        lies "$word: 假" "$word: false" "$what" "$word"
        caught=$((caught + 1))
    done
    head -c $((size - 1)) true >bundle
    lies "$word: 假" "$word: false" "$what" "$word"
    : >bundle
    lies "$word: 假" "$word: false" "$what" "$word"
    # A true proof of something else.
    gives 0 "$suyuan" proof get $kind "$other" -o bundle
    lies 答的不是所问 'answers another question' "$what" "$word"
    caught=$((caught + 3))
done
# Of another kind about the same thing: a code is a thing too.
gives 0 "$suyuan" proof get thing "$(url 0)" -o bundle
lies 答的不是所问 'answers another question' 'code show' "$(url 0)"
echo "5 questions answered as in two steps, $((caught + 1)) lies caught"
