# Documents in and out of a running network: every valid public document is finalised and comes back equal as JSON values.

setup_file() {
    export SUYUAN_BIN=${SUYUAN_BIN:-$PWD/build/dev}
    export SUYUAN_ROOT=${SUYUAN_ROOT:-$PWD}
    export SUYUAN_OUTBOX=$BATS_FILE_TMPDIR/outbox
    export NET=$BATS_FILE_TMPDIR/net
    PATH=$SUYUAN_BIN:$PATH
    suyuan devnet up --dir "$NET" --base-port 0 > "$BATS_FILE_TMPDIR/up"
    SUYUAN_NODE=$(suyuan devnet status --dir "$NET" | grep -o 'http://127.0.0.1:[0-9]*' | tr '\n' ' ')
    export SUYUAN_NODE
    export KEYS=$NET/keys/members
    export GENESIS=$NET/genesis
}

teardown_file() {
    PATH=$SUYUAN_BIN:$PATH
    suyuan devnet down --dir "$NET"
}

setup() {
    PATH=$SUYUAN_BIN:$PATH
    cd "$BATS_TEST_TMPDIR"
    vectors=${SUYUAN_VECTORS:-$SUYUAN_ROOT/../shared/data}
}

# One document: submitted, committed, fetched, compared (jq compares numbers as numbers).
comes_back() {
    local id
    id=$(suyuan submit --key "$KEYS/lucheng.shanfu-yangmei.key" --wait --json "$1" 2> /dev/null | jq -er '.records[0] | select(.code == 0) | .id')
    suyuan record show "$id" --epcis > back.json
    jq -en --slurpfile a "$1" --slurpfile b back.json '$a == $b' > /dev/null
}

@test "every valid public document is finalised and comes back equal" {
    [ -d "$vectors/epcis-docs-openepcis" ] || { [ "${CI:-}" != true ] && skip "epcis-docs-openepcis is absent"; }
    count=0
    while IFS= read -r -d '' file; do
        suyuan submit --check "$file" > /dev/null 2>&1 || continue
        comes_back "$file" || { echo "$file"; return 1; }
        count=$((count + 1))
    done < <(find "$vectors/epcis-docs-openepcis" "$vectors/epcis-testdata-generator" -name '*.json*' -print0)
    [ "$count" -ge 27 ]
}

@test "documents under one signature come back each by itself, in order" {
    for i in 1 2 3 4 5; do
        jq -c ".epcisBody.eventList[0].\"lucheng:number\" = $i" "$SUYUAN_ROOT/genesis/lucheng/events/001.shanfu-yangmei.farm-work-ym20260612.json"
    done > five.jsonl
    run suyuan submit --key "$KEYS/lucheng.shanfu-yangmei.key" --wait --json --batch 4096 five.jsonl
    [ "$status" -eq 0 ]
    [ "$(jq '.records | length' <<<"${lines[0]}")" = 1 ]
    suyuan record show "$(jq -r '.records[0].id' <<<"${lines[0]}")" --epcis > back.jsonl
    jq -en --slurpfile a five.jsonl --slurpfile b back.jsonl '$a == $b' > /dev/null
    suyuan record show "$(jq -r '.records[0].id' <<<"${lines[0]}")" --epcis --document 3 > fourth.json
    [ "$(jq '.epcisBody.eventList[0]["lucheng:number"]' fourth.json)" = 4 ]
}

@test "trace, proof and verification of what was submitted; the node may then be gone" {
    story=$SUYUAN_ROOT/genesis/lucheng/events
    for file in "$story"/00[1-4].*.json; do
        who=$(basename "$file" | cut -d. -f2)
        suyuan submit --key "$KEYS/lucheng.$who.key" --wait "$file"
    done
    run suyuan trace https://shop.example/gtin/06972230100017/lot/YM20260612
    [ "$status" -eq 0 ]
    [[ $output == *"山福杨梅专业合作社"* && $output == *"承诺达标合格证"* ]]
    suyuan proof get thing urn:epc:id:sgtin:69722301.00011.1000 -o box.syp
    run suyuan verify box.syp --genesis "$GENESIS" --node http://127.0.0.1:9
    [ "$status" -eq 0 ]
    run suyuan trace urn:epc:id:sgtin:69722301.00011.1000 --verify --genesis "$GENESIS"
    [ "$status" -eq 0 ]
    run suyuan trace urn:epc:id:sgtin:69722301.00011.4711
    [ "$status" -eq 7 ]
    run suyuan checkpoint show --genesis "$GENESIS"
    [ "$status" -eq 0 ]
    jq -n --arg id "$(jq -r .chain_id < <(suyuan genesis show "$GENESIS" --json))" '$id' > /dev/null
    [ "$(suyuan checkpoint policy)" = "$(suyuan checkpoint policy --genesis "$GENESIS")" ]
}

@test "a refusal names document, event and rule; the others go in" {
    suyuan key new stranger.key > /dev/null 2>&1
    document=$SUYUAN_ROOT/genesis/lucheng/events/001.shanfu-yangmei.farm-work-ym20260612.json
    run suyuan submit --key stranger.key --subject lucheng.shanfu-yangmei --wait "$document" --lang en
    [ "$status" -eq 3 ]
    [[ $output == *"$document"*RESULT_UNKNOWN_KEY* ]]
    jq '.epcisBody.eventList[1].eventTime = "2099-01-01T00:00:00+08:00"' "$document" > future.json
    run suyuan submit --key "$KEYS/lucheng.shanfu-yangmei.key" --wait future.json "$document" --lang en
    [ "$status" -eq 3 ]
    [[ $output == *"1 committed"*"1 refused"* && $output == *"future.json: eventList[1]: "*RESULT_EVENT_TIME* ]]
}

@test "the outbox: what went out unseen is not entered twice" {
    document=$SUYUAN_ROOT/genesis/lucheng/events/001.shanfu-yangmei.farm-work-ym20260612.json
    run suyuan submit --key "$KEYS/lucheng.shanfu-yangmei.key" --json "$document"
    [ "$status" -eq 0 ]
    id=$(jq -r '.records[0].id' <<<"${lines[0]}")
    run suyuan outbox list
    [[ $output == *"$id"* ]]
    mkdir kept && cp "$SUYUAN_OUTBOX"/*.parcel kept
    run suyuan outbox flush --wait --json
    [ "$status" -eq 0 ]
    height=$(jq -r --arg id "$id" '.records[] | select(.id == $id) | .height' <<<"${lines[0]}")
    # The machine died before it heard: the same bytes go out again and the same answer comes back.
    run suyuan outbox flush --wait --json --outbox kept
    [ "$status" -eq 0 ]
    [ "$(jq -r --arg id "$id" '.records[] | select(.id == $id) | .height' <<<"${lines[0]}")" = "$height" ]
    run suyuan outbox list
    [[ $output != *"$id"* ]]
}

@test "members: admitted, suspended, keys added and revoked, with approvals" {
    authority=$KEYS/lucheng.agri-bureau.key
    suyuan key new farm.key --json > farm.pub 2> /dev/null
    suyuan member admit lucheng.new-farm --name 新农场 --roles producer --division 330302 --public-key farm.pub --key "$authority"
    document=$SUYUAN_ROOT/genesis/lucheng/events/001.shanfu-yangmei.farm-work-ym20260612.json
    suyuan submit --key farm.key --wait "$document"
    suyuan member suspend lucheng.new-farm --reason 3 -o draft.json
    suyuan member approve draft.json --key "$KEYS/lucheng.market-bureau.key"
    suyuan member submit draft.json --key "$authority"
    run suyuan submit --key farm.key --wait "$document"
    [ "$status" -eq 3 ]
    [[ $output == *RESULT_MEMBER_SUSPENDED* ]]
    run suyuan member key-revoke farm.pub --key "$KEYS/lucheng.shanfu-yangmei.key"
    [ "$status" -eq 3 ]
    [[ $output == *RESULT_ROLE* ]]
    id=$(suyuan member key-revoke farm.pub --reason 1 --key "$authority" --json | jq -r ".records[0].id")
    run suyuan record show "$id" --lang en
    [[ $output == *"revoke a key"*"$(jq -r .record_key farm.pub)"*"reason    1"* ]]
    run suyuan member show lucheng.new-farm --lang en
    [[ $output == *suspended*revoked* ]]
    run suyuan member list --json
    [ "$(jq '.members | length' <<<"$output")" -ge 27 ]
}
