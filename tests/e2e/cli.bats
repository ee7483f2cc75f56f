# The command line without a node: keys, genesis, documents, proofs, help, completion, exit codes.

setup_file() {
    export SUYUAN_BIN=${SUYUAN_BIN:-$PWD/build/dev}
    export SUYUAN_ROOT=${SUYUAN_ROOT:-$PWD}
    export WORLD=$BATS_FILE_TMPDIR/world
    mkdir "$WORLD"
    "$SUYUAN_BIN/tests/e2e/make_proofs" "$WORLD"
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset SUYUAN_NODE SUYUAN_KEY SUYUAN_SUBJECT SUYUAN_GENESIS SUYUAN_CHAIN_ID SUYUAN_OUTBOX LC_ALL LC_MESSAGES LANG
    PATH=$SUYUAN_BIN:$PATH
    # Nobody listens here: what must work offline cannot ask.
    nobody=http://127.0.0.1:9
}

# exits CODE COMMAND...: runs it, output and errors in $output.
exits() {
    local code=$1
    shift
    run "$@"
    [ "$status" -eq "$code" ] || { echo "exit $status instead of $code: $output"; return 1; }
}

has() {
    [[ $output == *"$1"* ]] || { echo "no \"$1\" in: $output"; return 1; }
}

event() {
    cat <<JSON
{"@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", "type": "ObjectEvent",
 "eventTime": "2026-05-01T08:00:00.000+08:00", "eventTimeZoneOffset": "+08:00", "action": "$1",
 "bizStep": "inspecting", "epcList": ["urn:epc:id:sgtin:6901234.056789.1001"]}
JSON
}

@test "key new makes a private file once, key show shows public keys and never the seed" {
    exits 0 suyuan key new a.key
    [ "$(stat -c %a a.key)" = 600 ]
    seed=$(cat a.key)
    [ ${#seed} -eq 64 ]
    exits 3 suyuan key new a.key
    has "从不覆盖"
    [ "$seed" = "$(cat a.key)" ]
    exits 0 suyuan key show a.key --json
    [[ $output != *"$seed"* ]]
    [ "$(jq -r '.record_key | length' <<<"$output")" = 64 ]
    [ "$(jq -r '[.consensus_key, .checkpoint_key, .log_key, .transport_key, .record_key] | unique | length' <<<"$output")" = 5 ]
    chmod 644 a.key
    exits 1 suyuan key show a.key
    has ERR_CONFIG_KEY_OPEN_TO_OTHERS
    echo nonsense > b.key && chmod 600 b.key
    exits 1 suyuan key show b.key
    has "接着试：suyuan "
}

@test "a key file gives the keys that the spec derives" {
    printf "%064d\n" 0 > zero.key && chmod 600 zero.key
    exits 0 suyuan key show zero.key --json
    # C4 and RFC 8032, computed with OpenSSL.
    [ "$(jq -r .record_key <<<"$output")" = b165d8ee7732f96cefbbe1359dc3ff84275ff143ddd4743e117d1f530dae1a3e ]
}

@test "genesis make fills in keys from a directory, and refuses what lacks them" {
    document=$SUYUAN_ROOT/genesis/lucheng/genesis.json
    exits 3 suyuan genesis make "$document" -o genesis
    has "validators[0]"
    exits 3 suyuan genesis make "$document" --keys nowhere -o genesis
    has "suyuan key new nowhere/validators/"
    exits 0 suyuan genesis make "$document" --keys keys --new-keys -o genesis
    has "鹿城区溯源联盟"
    [ "$(stat -c %a keys/members/lucheng.shanfu-yangmei.key)" = 600 ]
    exits 3 suyuan genesis make "$document" --keys keys -o genesis
    has "已存在"
    exits 0 suyuan genesis show genesis --json
    first=$(suyuan key show keys/members/lucheng.agri-bureau.key --json | jq -r .record_key)
    [ "$(jq -r '.members[] | select(.subject == "lucheng.agri-bureau") | .keys[0].key' <<<"$output")" = "$first" ]
    [ "$(jq -r '.validators[0].consensus_key' <<<"$output")" = \
      "$(suyuan key show keys/validators/agri-bureau.lucheng.example.key --json | jq -r .consensus_key)" ]
    # The JSON of a genesis makes the same genesis.
    suyuan genesis show genesis --json > again.json
    exits 0 suyuan genesis make again.json -o again
    cmp genesis again
    head -c 500 genesis > torn
    exits 3 suyuan genesis show torn
    exits 7 suyuan genesis show absent
}

@test "genesis make takes public keys handed in as files" {
    mkdir -p public/validators public/members private
    for name in $(jq -r '.validators[].name' "$SUYUAN_ROOT/genesis/lucheng/genesis.json"); do
        suyuan key new "private/$name.key" --json > "public/validators/$name.pub"
    done
    suyuan key new private/agri.key --json > public/members/lucheng.agri-bureau.pub
    exits 0 suyuan genesis make "$SUYUAN_ROOT/genesis/lucheng/genesis.json" --keys public -o genesis
    has "没有公钥"
    exits 0 suyuan genesis show genesis --json
    [ "$(jq '[.members[] | select(.keys | length > 0)] | length' <<<"$output")" = 1 ]
    echo '{"record_key": "00"}' > public/members/lucheng.agri-bureau.pub
    rm genesis
    exits 3 suyuan genesis make "$SUYUAN_ROOT/genesis/lucheng/genesis.json" --keys public -o genesis
    has "lucheng.agri-bureau.pub"
}

@test "submit --check takes what is in order and names file, field and rule of what is not" {
    event OBSERVE > good.json
    event OBSRVE > bad.json
    exits 0 suyuan submit --check good.json
    has "1 个文档合格"
    exits 3 suyuan submit --check good.json bad.json --lang en
    has "bad.json: action: "
    has ERR_EPCIS_WORD
    has "1 documents in order (1 events), 1 refused"
    exits 3 suyuan submit --check bad.json --json
    [[ $output == *'"refused":1'* ]]
    mkdir -p many/deep && cp good.json many/1.json && cp good.json many/deep/2.jsonld && echo text > many/readme.txt
    event ADD | jq -c . > many/3.jsonl && event DELETE | jq -c . >> many/3.jsonl
    exits 0 suyuan submit --check many
    has "4 个文档合格"
    jq -c . bad.json >> many/3.jsonl
    exits 3 suyuan submit --check many
    has "many/3.jsonl:3: action"
}

@test "submit --check reads standard input, one document or a line each" {
    exits 0 bash -c "$(declare -f event); event ADD | suyuan submit --check - --lang en"
    has "1 documents in order"
    exits 0 bash -c "$(declare -f event); for i in 1 2 3; do event ADD | jq -c .; done | suyuan submit --check - --lang en"
    has "3 documents in order"
    exits 3 bash -c "printf '{\"a\":1,\"a\":2}' | suyuan submit --check - --lang en"
    has ERR_JSON_DUPLICATE
    exits 3 bash -c "head -c 9000000 /dev/zero | tr '\\0' ' ' | suyuan submit --check - --lang en"
    has ERR_TOO_LARGE
    exits 3 bash -c "printf '[%.0s' {1..5000} | suyuan submit --check - --lang en"
    has "ERR_JSON"
}

@test "every public document is taken or refused as its folder says" {
    vectors=${SUYUAN_VECTORS:-$SUYUAN_ROOT/../shared/data}
    [ -d "$vectors/epcis-docs-openepcis" ] || { [ "${CI:-}" != true ] && skip "epcis-docs-openepcis is absent"; }
    find "$vectors/epcis-docs-openepcis" -name '*.json*' | grep -v -e /Invalid/ -e /Queries/ > valid
    [ "$(wc -l < valid)" -ge 25 ]
    exits 0 xargs -d '\n' suyuan submit --check --lang en < valid
    has "$(wc -l < valid) documents in order"
    find "$vectors/epcis-docs-openepcis" -path '*/Invalid/*' -name '*.json*' | while read -r file; do
        exits 3 suyuan submit --check --lang en "$file"
        [[ $output =~ $(basename "$file"):\ [@A-Za-z][A-Za-z0-9.@_-]*.*\[ERR_EPCIS_ ]] || { echo "no field: $output"; return 1; }
    done
    # Of the generator's files, those that say by their own "type" that they are EPCIS are; the others are forms of its screens.
    find "$vectors/epcis-testdata-generator" -name '*.json' -print0 | while IFS= read -r -d '' file; do
        if jq -e 'type == "object" and ((.type? // "") | test("^(EPCIS(Query)?Document|[A-Z][a-z]+Event)$"))' "$file" > /dev/null; then
            exits 0 suyuan submit --check "$file"
        else
            exits 3 suyuan submit --check --lang en "$file"
            [[ $output == *ERR_EPCIS_REQUIRED* || $output == *ERR_EPCIS_DOCUMENT* ]]
        fi
    done
}

@test "what cannot be sent is signed and kept in the outbox" {
    event ADD > good.json
    suyuan key new farm.key > /dev/null 2>&1
    submit="suyuan submit --node $nobody --key farm.key --subject farm1 --genesis $WORLD/genesis --outbox box"
    exits 5 $submit --wait good.json
    has "box"
    exits 0 suyuan outbox list --outbox box --json
    [ "$(jq '.records | length' <<<"${lines[0]}")" = 1 ]
    [ "$(jq -r '.records[0].source' <<<"${lines[0]}")" = good.json ]
    for i in 1 2 3 4 5; do event ADD | jq -c .; done > five.jsonl
    exits 5 $submit --batch 2 five.jsonl
    exits 0 suyuan outbox list --outbox box --json
    [ "$(jq '.records | length' <<<"${lines[0]}")" = 4 ]
    exits 5 suyuan outbox flush --node $nobody --outbox box
    exits 0 suyuan outbox list --outbox box --json
    [ "$(jq '.records | length' <<<"${lines[0]}")" = 4 ]
    # Genesis says whose a key is.
    suyuan genesis make "$SUYUAN_ROOT/genesis/lucheng/genesis.json" --keys keys --new-keys -o lucheng > /dev/null
    exits 5 suyuan submit --node $nobody --key keys/members/lucheng.qidu-grape.key --genesis lucheng --outbox box3 good.json
    # Without genesis and node nothing can be signed: not even the chain is known.
    exits 5 suyuan submit --node $nobody --key farm.key --subject farm1 --outbox box2 good.json
    # A damaged file of the outbox is named, not lost and not sent.
    for file in box/*; do head -c 40 "$file" > torn; cp torn "$file"; done
    exits 1 suyuan outbox list --outbox box
    has ".parcel"
}

@test "verify: a proof is true with nothing else at hand, and says what it proves" {
    exits 0 suyuan verify "$WORLD/record.syp" --genesis "$WORLD/genesis"
    has "真"
    has "杨梅合作社 (farm1)"
    has "4 个验证节点中的 3 个联署"
    exits 0 suyuan verify "$WORLD/thing.syp" --genesis "$WORLD/genesis" --lang en
    has "all its 2 events follow, none is hidden"
    has "shipping"
    exits 0 suyuan verify "$WORLD/absence.syp" --genesis "$WORLD/genesis" --lang en
    has "never appeared"
    chain=$(suyuan genesis show "$WORLD/genesis" --json | jq -r .chain_id)
    exits 0 suyuan verify "$WORLD/thing.syp" --chain-id "$chain" --json
    [ "$(jq -r '.true, .statement.chain_id' <<<"$output" | xargs)" = "true $chain" ]
    exits 0 env SUYUAN_CHAIN_ID="$chain" suyuan verify "$WORLD/thing.syp"
    exits 0 bash -c "suyuan verify - --chain-id $chain < $WORLD/thing.syp"
}

@test "verify: another ledger, a changed, dropped or doubled byte: false, exit 4" {
    chain=$(suyuan genesis show "$WORLD/genesis" --json | jq -r .chain_id)
    exits 4 suyuan verify "$WORLD/thing.syp" --chain-id "$(printf '%064d' 0)"
    has ERR_PROOF_CHAIN
    size=$(stat -c %s "$WORLD/thing.syp")
    for at in 0 1 7 $((size / 5)) $((size / 3)) $((size / 2)) $((size * 3 / 4)) $((size - 1)); do
        byte=$(od -An -tu1 -j$at -N1 "$WORLD/thing.syp")
        { head -c $at "$WORLD/thing.syp"; printf "\\x$(printf %02x $((byte ^ 1)))"; tail -c +$((at + 2)) "$WORLD/thing.syp"; } > changed
        exits 4 suyuan verify changed --chain-id "$chain"
        { head -c $at "$WORLD/thing.syp"; tail -c +$((at + 2)) "$WORLD/thing.syp"; } > dropped
        exits 4 suyuan verify dropped --chain-id "$chain"
        { head -c $((at + 1)) "$WORLD/thing.syp"; tail -c +$((at + 1)) "$WORLD/thing.syp"; } > doubled
        exits 4 suyuan verify doubled --chain-id "$chain"
    done
    : > empty
    exits 4 suyuan verify empty --chain-id "$chain"
    exits 4 suyuan verify empty --chain-id "$chain" --json
    [ "$(jq -r .error.exit <<<"$output")" = 4 ]
    head -c 2000000 /dev/zero > large
    exits 3 suyuan verify large --chain-id "$chain"
    has ERR_TOO_LARGE
    exits 2 suyuan verify "$WORLD/thing.syp"
    exits 2 suyuan verify "$WORLD/thing.syp" --chain-id 12
    exits 3 suyuan verify "$WORLD/thing.syp" --genesis "$WORLD/genesis" --chain-id "$(printf '%064d' 0)"
    exits 7 suyuan verify absent --chain-id "$chain"
}

@test "a governance draft goes from desk to desk" {
    for who in a b; do suyuan key new $who.key > /dev/null 2>&1; done
    exits 0 suyuan member admit lucheng.new-farm --name 新农场 --roles producer,processor --division 330302 \
        --public-key "$(suyuan key show a.key --json | jq -r .record_key)" --genesis "$WORLD/genesis" -o draft.json
    has "新农场"
    exits 0 suyuan member approve draft.json --key a.key
    has "接纳成员"
    exits 2 suyuan member approve draft.json --key a.key
    exits 0 suyuan member approve draft.json --key b.key
    [ "$(jq '.approvals | length' draft.json)" = 2 ]
    jq '.nonce += 1' draft.json > other.json
    exits 3 suyuan member approve other.json --key b.key
    has ERR_SIGNATURE
    jq '.approvals = [] | .act = "gA=="' draft.json > empty.json
    exits 2 suyuan member approve empty.json --key b.key
    [ "$(jq '.approvals | length' empty.json)" = 0 ]
    exits 2 suyuan member admit "no spaces" --name x --roles producer -o d.json --genesis "$WORLD/genesis"
    exits 2 suyuan member admit farm9 --name x --roles emperor -o d.json --genesis "$WORLD/genesis"
    exits 2 suyuan member key-add farm1 "$(printf '%064d' 0)" -o d.json --genesis "$WORLD/genesis"
}

@test "checkpoint policy comes out of the genesis file" {
    exits 0 suyuan checkpoint policy --genesis "$WORLD/genesis"
    [ "$(grep -c ^witness <<<"$output")" = 4 ]
    has "quorum"
}

@test "help: every command, in both languages, examples first; the same table completes" {
    exits 0 suyuan help
    has "例子"
    names=$(awk '/^命令/ {on = 1; next} /^$/ {on = 0} on {print}' <<<"$output" | sed 's/^  //; s/  .*//')
    [ "$(wc -l <<<"$names")" -ge 20 ]
    while read -r name; do
        exits 0 suyuan help $name --lang zh
        has "例子"
        exits 0 suyuan $name --help --lang en
        has "Examples:"
        has "Usage:"
        grep -q "'$name'\*)" <(suyuan completion bash)
    done <<<"$names"
    exits 0 suyuan help key --lang en
    has "key new"
    exits 0 suyuan help --manual --lang en
    while read -r name; do has ".SS \"suyuan $(sed "s|-|\\\\-|g" <<<"$name")"; done <<<"$names" > /dev/null
    for shell in bash zsh fish; do exits 0 suyuan completion $shell; done
    suyuan completion bash | bash -n
    exits 2 suyuan completion tcsh
}

@test "the language comes from --lang, then LC_ALL, LC_MESSAGES, LANG; Chinese when nothing says" {
    exits 2 suyuan nonsense
    has "没有这个命令"
    exits 2 env LANG=en_US.UTF-8 suyuan nonsense
    has "no such command"
    exits 2 env LANG=en_US.UTF-8 LC_ALL=zh_CN.UTF-8 suyuan nonsense
    has "没有这个命令"
    exits 2 env LC_ALL=zh_CN.UTF-8 suyuan --lang en nonsense
    has "no such command"
    exits 2 env LC_ALL=C.UTF-8 suyuan nonsense
    has "没有这个命令"
    exits 2 suyuan --lang fr help
}

@test "wrong usage is 2, unreachable is 5, and every error ends with the next command" {
    for words in "" "key" "key new" "verify" "submit" "key new a b" "submit --nonsense x" "submit --batch 0 --key k x" "submit --expires 3 --key k x" \
        "status --node" "trace" "outbox" "proof get record" "record show 12"; do
        exits 2 suyuan $words
    done
    for words in "status" "trace x" "member list" "checkpoint show" "proof get thing x -o f" "record show $(printf '%064d' 0)"; do
        exits 5 suyuan $words --node $nobody
        [[ ${lines[-1]} == "接着试：suyuan "* ]]
    done
    exits 5 suyuan trace "$(printf "%020000d" 0)" --node $nobody
    exits 5 suyuan status --node $nobody --json
    [ "$(grep -o '"exit":5' <<<"$output")" ]
    exits 0 suyuan version --json
    [ "$(jq -r .version <<<"$output")" ]
}

@test "text of others reaches the terminal without its control characters" {
    printf '{"type": "Object\033[31mEvent"}' > red.json
    exits 3 suyuan submit --check red.json
    [[ $output != *$'\033'* ]]
    exits 2 suyuan $'\033[31mred'
    [[ $output != *$'\033'* ]]
    cp "$WORLD/thing.syp" $'\033[31mred.syp'
    exits 0 suyuan verify $'\033[31mred.syp' --genesis "$WORLD/genesis"
    [[ $output != *$'\033'* ]]
    exits 4 suyuan verify $'\033[31mred.syp' --chain-id "$(printf '%064d' 0)"
    [[ $output != *$'\033'* ]]
    exits 7 suyuan verify $'\033[31mabsent' --chain-id "$(printf '%064d' 0)" --json
    jq -e .error.text <<<"$output" > /dev/null
}

@test "every command that the documents name exists" {
    grep -oh '\(^ *\|`\)suyuan [a-z][a-z-]*\( [a-z][a-z-]*\)\?' "$SUYUAN_ROOT"/docs/*.md "$SUYUAN_ROOT"/*.md | sed 's/.*suyuan //' | sort -u > named
    [ -s named ]
    while read -r first second; do
        run suyuan help "$first" "$second"
        [ "$status" -eq 0 ] || exits 0 suyuan help "$first"
        # A group is no command: its second word must be one.
        [ "$status" -ne 0 ] || [[ ${lines[0]} == *" — "* ]] || { echo "suyuan $first $second"; return 1; }
    done < named
}

@test "in one file, sentences and results stand in the order they were said" {
    suyuan key new a.key >both 2>&1
    [[ "$(head -n 1 both)" == a.key ]]
    [[ "$(tail -n 1 both)" == *"suyuan member key-add"* ]]
}

@test "with --json every complaint is one JSON object on standard error, wherever --json stands" {
    local line
    touch empty
    mkdir none
    while read -r line; do
        # shellcheck disable=SC2086
        suyuan $line >out 2>err </dev/null && { echo "no failure: $line"; return 1; }
        jq -es "length <= 1" out >/dev/null && jq -es 'length == 1 and (.[0].error | .exit > 0 and .text != "" and .next != "")' err >/dev/null || {
            echo "$line: $(cat out err)"
            return 1
        }
    done <<'END'
--json
key --json
--json key
nosuch --json
status --foo --json
submit --json --key
key show nofile --json
genesis show empty --json
genesis show none --json
submit --check none --json
verify nofile --chain-id 0 --json
END
}

@test "a complaint names the option, the file and the trouble, in the language, and a way on that exists" {
    exits 2 suyuan status --foo --node http://127.0.0.1:9
    has "未知选项：--foo"
    exits 2 suyuan key bogus
    has "suyuan help key"
    exits 7 suyuan key show nofile
    has "nofile：没有这个文件或目录"
    has "suyuan key new nofile"
    mkdir none
    exits 1 suyuan key show none
    has "这是一个目录"
    [[ $output != *"chmod"* && $output != *"key new"* ]]
    exits 7 suyuan key new none/none/a.key
    has "suyuan help key new"
    touch empty
    exits 3 suyuan genesis show empty
    has ERR_CODEC_TRUNCATED
    exits 3 suyuan genesis make empty -o g
    has "line 1 column 0"
    # Nothing to submit is no success.
    exits 7 suyuan submit --check none
    has "none：目录里没有"
}

@test "epcis hash: a line for each event, JSON or XML, and a word for the one without" {
    event OBSERVE > a.json
    cat > a.xml <<'XML'
<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:2"><EPCISBody><EventList><ObjectEvent>
  <eventTime>2026-05-01T00:00:00Z</eventTime><eventTimeZoneOffset>+08:00</eventTimeZoneOffset>
  <epcList><epc>https://example.com/01/06901234567892/21/1001</epc></epcList><action>OBSERVE</action>
  <bizStep>urn:epcglobal:cbv:bizstep:inspecting</bizStep>
</ObjectEvent></EventList></EPCISBody></e:EPCISDocument>
XML
    suyuan epcis hash --prehash a.json > string
    exits 0 suyuan epcis hash a.json a.xml - < a.xml
    [ "${#lines[@]}" -eq 3 ]
    [ "${lines[0]}" = "${lines[1]}" ] && [ "${lines[1]}" = "${lines[2]}" ]
    [ "${lines[0]}" = "ni:///sha-256;$(head -c -1 string | sha256sum | cut -c1-64)?ver=CBV2.0" ]
    sed 's/08:00:00.000/08:00:00.9996/' a.json > b.json
    suyuan epcis hash b.json a.json > lines 2> errors && return 1 || [ $? -eq 3 ]
    [ "$(head -1 lines)" = - ] && [ "$(wc -l < lines)" -eq 2 ]
    grep -q ERR_EVENT_HASH_SECOND errors
    suyuan epcis hash --json b.json > json && return 1 || [ $? -eq 3 ]
    [ "$(jq -r '.events[0].error | .name + " " + .where' json)" = "ERR_EVENT_HASH_SECOND eventTime" ]
    echo '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>' > evil.xml
    exits 3 suyuan epcis hash evil.xml
    has ERR_XML_DOCTYPE
    exits 3 suyuan submit --check a.xml
    has ERR_EPCIS_XML
    exits 3 suyuan epcis hash /dev/null
    exits 7 suyuan epcis hash nowhere.json
}
