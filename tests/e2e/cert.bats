# Certificates from the command line, against four validators: a type set, goods produced, certificates issued, refused by name,
# superseded, revoked, checked.

setup_file() {
    export SUYUAN_BIN=${SUYUAN_BIN:-$PWD/build/dev}
    export SUYUAN_ROOT=${SUYUAN_ROOT:-$PWD}
    export NET=$BATS_FILE_TMPDIR/net STORY=$SUYUAN_ROOT/genesis/lucheng
    unset SUYUAN_KEY SUYUAN_SUBJECT SUYUAN_CHAIN_ID LC_ALL LC_MESSAGES LANG
    PATH=$SUYUAN_BIN:$PATH
    suyuan devnet up --dir "$NET" --base-port 0 >/dev/null
    SUYUAN_NODE=$(suyuan devnet status --dir "$NET" --json | jq -r '[.nodes[].url] | join(" ")')
    export SUYUAN_NODE SUYUAN_GENESIS=$NET/genesis SUYUAN_OUTBOX=none KEYS=$NET/keys/members
    for type in conformity shoe-origin test-report; do
        suyuan cert type set "$STORY/certificates/$type.json" --outbox none --key "$KEYS/lucheng.agri-bureau.key" >/dev/null
    done
    suyuan submit --key "$KEYS/lucheng.shanfu-yangmei.key" --wait "$STORY"/events/00[12].*.json >/dev/null
    curl -s "${SUYUAN_NODE%% *}/v1/codes" > "$BATS_FILE_TMPDIR/codes"
    cat > "$BATS_FILE_TMPDIR/pledge.json" <<JSON
{"type": "conformity", "number": "P1",
 "covers": [{"identifier": "https://id.gs1.org/01/06972230100017/10/YM20260612", "quantity": 100, "unit": "KGM"}],
 "fields": {"product-name": "杨梅", "quantity": "100 千克", "origin": "山福镇", "issue-date": "2026-06-12", "contact": "0577-00000101",
            "promising-subject": "山福杨梅专业合作社", "statement": "生产者", "bases": ["质量安全控制符合要求", "自我检测"]}}
JSON
}

teardown_file() {
    "$SUYUAN_BIN/suyuan" devnet down --hard --dir "$NET" >/dev/null 2>&1 || true
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    PATH=$SUYUAN_BIN:$PATH
    farm=$KEYS/lucheng.shanfu-yangmei.key
    lot=https://id.gs1.org/01/06972230100017/10/YM20260612
}

exits() {
    local code=$1
    shift
    run "$@"
    [ "$status" -eq "$code" ] || { echo "exit $status instead of $code: $output"; return 1; }
}

has() {
    [[ $output == *"$1"* ]] || { echo "no \"$1\" in: $output"; return 1; }
}

# pledge FILTER > FILE: the certificate of setup_file, changed.
pledge() {
    jq "$1" "$BATS_FILE_TMPDIR/pledge.json"
}

# refused RESULT COMMAND...: the ledger says no, with its sentence in both languages and what to type.
refused() {
    local name=$1 language text
    shift
    for language in zh en; do
        exits 3 suyuan "$@" --lang $language
        text=$(jq -r ".results[] | select(.name == \"$name\") | .text_$language" "$BATS_FILE_TMPDIR/codes")
        [ -n "$text" ]
        has "$text [$name]"
        [ $language = en ] && has "try: suyuan help " || [ $language = zh ]
    done
}

# says ZH EN COMMAND...: refused before anything is signed, in both languages.
says() {
    local zh=$1 en=$2
    shift 2
    exits 3 suyuan "$@" --lang zh
    has "$zh"
    exits 3 suyuan "$@" --lang en
    has "$en"
    ! ls ./*.openings.json 2>/dev/null || return 1
}

@test "types are set, listed and shown; a definition that is none is refused by name" {
    exits 0 suyuan cert type list
    has 承诺达标合格证
    exits 0 suyuan cert type show conformity --lang en
    has "Who promises"
    [ "$(suyuan cert type show shoe-origin --json | jq -r '.type.issuers[0]')" = lucheng.shoe-association ]
    exits 7 suyuan cert type show nonsense
    jq '.roles = ["king"] | .extra = 1' "$STORY/certificates/conformity.json" > bad.json
    exits 3 suyuan cert type set bad.json --key "$KEYS/lucheng.agri-bureau.key" --lang en
    has 'there is no role "king"'
    has "extra: there is no such entry"
    # Who is no authority sets nothing.
    exits 3 suyuan cert type set "$STORY/certificates/inspection.json" --key "$farm"
    has RESULT_ROLE
    # As other acts, it can go from desk to desk.
    exits 0 suyuan cert type set "$STORY/certificates/inspection.json" -o draft.json
    exits 0 suyuan member approve draft.json --key "$KEYS/lucheng.market-bureau.key"
    has 巡检记录
    exits 0 suyuan member submit draft.json --key "$KEYS/lucheng.agri-bureau.key"
    exits 0 suyuan cert type show inspection
}

@test "what is wrong with a certificate is told field by field, before anything is signed" {
    issue=(cert issue --key "$farm" --file bad.json)
    pledge 'del(.fields.origin)' > bad.json
    says "origin（产地）：必填，未填写" "origin (Origin): is mandatory and missing" "${issue[@]}"
    pledge '.fields.origins = "x"' > bad.json
    says "origins：这种证书没有该字段" "origins: this type of certificate has no such field" "${issue[@]}"
    pledge '.fields["issue-date"] = "2026-02-30"' > bad.json
    says "issue-date（开具日期）：应为日期" "a date is wanted" "${issue[@]}"
    pledge '.fields.statement = "经销商"' > bad.json
    says "应为其中之一：收购者 | 生产者" "one of these is wanted" "${issue[@]}"
    pledge '.fields.bases = ["自我检测", "自我检测", "无"]' > bad.json
    says "应为其中若干" "some of these are wanted" "${issue[@]}"
    pledge '.fields.origin = ""' > bad.json
    says "应为 1 至 1024 字节的文本" "a text of 1 to 1,024 bytes is wanted" "${issue[@]}"
    pledge 'del(.covers)' > bad.json
    says "没有列出货物" "no goods are named" "${issue[@]}"
    pledge '.covers[0].quantity = 0' > bad.json
    says "数量须是大于零的数" "the quantity is a number above zero" "${issue[@]}"
    pledge 'del(.covers[0].quantity)' > bad.json
    says "单位须是文本，并与数量同在" "a unit is a text beside a quantity" "${issue[@]}"
    pledge 'del(.covers[0].quantity, .covers[0].unit)' > bad.json
    says "须写明数量" "a quantity is needed" "${issue[@]}"
    pledge '.covers[0].identifier = "https://id.gs1.org/414/6972230100017"' > bad.json
    says "不列这类标识" "does not cover things of this kind" "${issue[@]}"
    pledge '.covers += [.covers[0]]' > bad.json
    says "列 1 至 1 个标识" "covers 1 to 1 identifiers" "${issue[@]}"
    pledge '.number = "a/b"' > bad.json
    says "证书编号须为" "a certificate number is" "${issue[@]}"
    pledge '.until = "2020-01-01" | .from = "2019-12-01"' > bad.json
    says "已经过期" "this is past" "${issue[@]}"
    pledge '.until = "2099-01-01"' > bad.json
    says "至多有效 365 天" "valid for 365 days at most" "${issue[@]}"
    pledge '.from = "2027-01-01" | .until = "2026-12-31"' > bad.json
    says "截止时间不晚于起始时间" "ends before it begins" "${issue[@]}"
    pledge '.from = "tomorrow"' > bad.json
    says "时间应如" "a time is written" "${issue[@]}"
    pledge '.producer = "lucheng.qidu-grape"' > bad.json
    says "只能为自己的货物开具" "for the issuer's own goods" "${issue[@]}"
    pledge '.upstream = ["x"]' > bad.json
    says "签发者/编号" "named ISSUER/NUMBER" "${issue[@]}"
    pledge '.colour = 1' > bad.json
    says "证书里没有这一项" "a certificate has no such entry" "${issue[@]}"
    pledge '.type = "test-report" | .fields = {"laboratory": "x", "sampled": "2026-06-12", "items": ["x"], "standard": "x",
            "conclusion": "合格", "report": "12"}' > bad.json
    says "64 位十六进制的摘要" "64 hex digits" "${issue[@]}"
    # All of it at once.
    pledge 'del(.fields.origin) | .fields.statement = "x" | .covers[0].quantity = -1' > bad.json
    exits 4 suyuan cert check bad.json --json
    pledge '.type = "nonsense"' > bad.json
    exits 7 suyuan cert issue --key "$farm" --file bad.json
    has 没有这种证书
    exits 2 suyuan cert issue --type conformity --number 1 --covers x=KGM --key "$farm"
    exits 2 suyuan cert issue --type conformity --number 1 --field x --key "$farm"
}

@test "issued, shown, opened, superseded, revoked; every refusal of the ledger has its sentence" {
    pledge . > p1.json
    exits 0 suyuan cert check p1.json --subject lucheng.shanfu-yangmei
    exits 0 suyuan cert issue --file p1.json --key "$farm" --openings p1.openings
    [ "$(stat -c %a p1.openings)" = 600 ]
    id=lucheng.shanfu-yangmei/P1
    exits 0 suyuan cert show $id
    has 未公开
    [[ $output != *0577-00000101* ]]
    exits 0 suyuan cert show $id --openings p1.openings
    has 0577-00000101
    exits 0 suyuan trace "$lot"
    has 签发证书
    [[ $output != *0577-00000101*0577-00000101* ]]
    record=$(suyuan cert show $id --json | jq -r .certificate.record)
    exits 0 suyuan record show "$record" --lang en
    has "certificate issued"
    # An opening that was tampered with opens nothing.
    jq '.openings[0].salt = "00000000000000000000000000000000"' p1.openings > forged
    exits 4 suyuan cert show $id --openings forged --lang en
    has "does not match its commitment"
    exits 0 suyuan cert check $id
    exits 0 suyuan cert list --thing "$lot"
    has $id
    exits 0 suyuan cert list --producer lucheng.shanfu-yangmei --json
    [ "$(jq '.certificates | length' <<<"$output")" = 1 ]

    issue=(cert issue --key "$farm" --file bad.json)
    pledge . > bad.json
    refused RESULT_CERTIFICATE_NUMBER "${issue[@]}" --openings p1.openings
    exits 4 suyuan cert check bad.json --subject lucheng.shanfu-yangmei
    has "编号 P1 已用过"
    pledge '.number = "P2" | .covers[0].quantity = 1100.000001' > bad.json
    refused RESULT_QUANTITY "${issue[@]}"
    pledge '.number = "P2" | .covers[0].unit = "TNE"' > bad.json
    refused RESULT_QUANTITY "${issue[@]}"
    pledge '.number = "P2" | .covers[0].identifier = "https://id.gs1.org/01/06972230100017/10/NONE"' > bad.json
    refused RESULT_BATCH "${issue[@]}"
    exits 4 suyuan cert check bad.json
    has 没有任何事件提到它
    pledge '.number = "P3" | .fields.statement = "收购者"' > bad.json
    refused RESULT_UPSTREAM "${issue[@]}"
    pledge '.number = "P4" | .upstream = ["lucheng.shanfu-yangmei/NONE"]' > bad.json
    refused RESULT_NO_CERTIFICATE "${issue[@]}"
    exits 4 suyuan cert check bad.json
    has 不存在
    pledge '.number = "P5" | .from = "2099-01-01" | .until = "2099-06-01"' > bad.json
    refused RESULT_CERTIFICATE_VALIDITY "${issue[@]}"
    pledge . > bad.json
    refused RESULT_CERTIFICATE_ISSUER cert issue --key "$KEYS/lucheng.food-laboratory.key" --file bad.json
    jq -n --arg lot "$lot" '{type: "shoe-origin", number: "F1", producer: "nobody", covers: [{identifier: $lot, quantity: 1}], fields:
        {"article-number": "x", "place-of-last-making": "x", materials: ["x"], "product-name": "x", standard: "x"}}' > bad.json
    refused RESULT_PRODUCER cert issue --key "$KEYS/lucheng.shoe-association.key" --file bad.json
    jq '.producer = "lucheng.kangbu-shoes"' bad.json > forged.json
    refused RESULT_CERTIFICATE_ISSUER cert issue --key "$KEYS/lucheng.market-bureau.key" --file forged.json

    refused RESULT_NOT_THEIRS cert revoke $id --key "$KEYS/lucheng.qidu-grape.key"
    refused RESULT_NO_CERTIFICATE cert revoke lucheng.shanfu-yangmei/NONE --key "$farm"
    pledge '.number = "P6" | .supersedes = "lucheng.shanfu-yangmei/P1" | .covers[0].quantity = 1200' > p6.json
    exits 0 suyuan cert issue --key "$farm" --file p6.json
    exits 4 suyuan cert check $id --lang en
    has "superseded by lucheng.shanfu-yangmei/P6"
    pledge '.number = "P7" | .supersedes = "lucheng.shanfu-yangmei/P1"' > bad.json
    refused RESULT_CERTIFICATE_ENDED "${issue[@]}"
    pledge '.number = "P8" | .upstream = ["lucheng.shanfu-yangmei/P1"]' > bad.json
    refused RESULT_CERTIFICATE_BASIS "${issue[@]}"
    exits 0 suyuan cert revoke lucheng.shanfu-yangmei/P6 --reason 3 --outbox none --key "$KEYS/lucheng.agri-bureau.key"
    refused RESULT_CERTIFICATE_ENDED cert revoke lucheng.shanfu-yangmei/P6 --key "$farm"
    exits 4 suyuan cert check lucheng.shanfu-yangmei/P6 --json
    [ "$(jq -r .good <<<"$output")" = false ]
    exits 7 suyuan cert check lucheng.shanfu-yangmei/NONE
    exits 2 suyuan cert check nonsense
    exits 0 suyuan help cert
    has "cert issue"
}

@test "a hidden field is opened from the nodes by anybody, until it is deleted; the file that opened it still does" {
    pledge '.number = "S1"' > s1.json
    exits 0 suyuan cert issue --file s1.json --key "$farm" --openings s1.openings --outbox "$PWD/outbox"
    has 个节点保存
    [ -z "$(ls outbox)" ]
    id=lucheng.shanfu-yangmei/S1
    record=$(suyuan cert show $id --json | jq -r .certificate.record)
    exits 0 suyuan open "$record" -o opened.json
    has 0577-00000101
    exits 0 suyuan cert show $id --openings opened.json
    has 0577-00000101
    exits 0 suyuan proof get certificate $id -o s1.syp
    for file in s1.openings opened.json; do
        exits 0 suyuan verify s1.syp --openings $file
        has 0577-00000101
    done
    exits 0 suyuan delete "$record" --tier public --key "$farm"
    exits 7 suyuan open "$record"
    has ERR_SEALED_DELETED
    exits 0 suyuan verify s1.syp --openings s1.openings
}

@test "what stands on the command line is what a file would say" {
    exits 0 suyuan cert issue --type test-report --number T1 --producer lucheng.shanfu-yangmei --covers "$lot" --field laboratory=检测中心 \
        --field sampled=2026-06-12 --field items=毒死蜱 --field items=氰戊菊酯 --field standard=GB2763 --field conclusion=合格 \
        --field report=@"$BATS_FILE_TMPDIR/pledge.json" --key "$KEYS/lucheng.food-laboratory.key"
    exits 0 suyuan cert show lucheng.food-laboratory/T1
    has 毒死蜱、氰戊菊酯
    has "$(sha256sum "$BATS_FILE_TMPDIR/pledge.json" | cut -d' ' -f1)"
    # Again with the same openings: the same certificate, whose number is used; nothing on disk is lost.
    exits 0 suyuan cert issue --type conformity --number C1 --covers "$lot=2.5KGM" --field product-name=杨梅 --field quantity=2.5 \
        --field origin=山福镇 --field issue-date=2026-06-12 --field promising-subject=合作社 --field contact=1 --field statement=生产者 \
        --field bases=自我检测 --key "$farm"
    cp lucheng.shanfu-yangmei.C1.openings.json before
    exits 3 suyuan cert issue --type conformity --number C1 --covers "$lot=2.5KGM" --field product-name=杨梅 --field quantity=2.5 \
        --field origin=山福镇 --field issue-date=2026-06-12 --field promising-subject=合作社 --field contact=2 --field statement=生产者 \
        --field bases=自我检测 --key "$farm"
    has "另一组隐藏值"
    cmp before lucheng.shanfu-yangmei.C1.openings.json
    [ "$(suyuan cert show lucheng.shanfu-yangmei/C1 --json | jq '.certificate.covers[0].quantity_millionths')" = 2500000 ]
}

@test "on paper: its words, six items, both statements and three bases, the code; a revoked one overprinted" {
    [ -x "$SUYUAN_BIN/suyuan-print" ] || skip "suyuan-print is not built"
    jq '.number = "D1" | .covers[0].quantity = 5' "$BATS_FILE_TMPDIR/pledge.json" > d1.json
    exits 0 suyuan cert issue --file d1.json --key "$farm" --openings d1.openings
    exits 2 suyuan cert print lucheng.shanfu-yangmei/D1
    exits 0 suyuan cert print lucheng.shanfu-yangmei/D1 -o d1.pdf --openings d1.openings
    [ "$(head -c 5 d1.pdf)" = %PDF- ]
    exits 0 suyuan cert print lucheng.shanfu-yangmei/D1 -o shut.pdf --json
    [ "$(jq -r .state <<<"$output")" = active ]
    if command -v pdftotext >/dev/null; then
        pdftotext -layout d1.pdf d1.txt
        for words in 承诺达标合格证 产品名称 数量 产地 开具日期 承诺主体 联系方式 0577-00000101 生产者承诺 收购者承诺 委托检测合格 自行检测合格 \
            质量安全控制符合要求 D1; do
            grep -q "$words" d1.txt || { echo "not on paper: $words"; cat d1.txt; return 1; }
        done
        # The words that the form prescribes, to the letter: style one here, style two for a collecting buyer, never both.
        one=我承诺生产销售的食用农产品：未使用禁用农药、兽药及其他化合物；使用的常规农药、兽药残留不超标。
        two=我承诺销售的食用农产品：已按规定收取并保存该批次农产品承诺达标合格证或者其他质量安全合格证明；未违规使用保鲜剂、防腐剂、添加剂等。
        pdftotext d1.pdf - | tr -d ' \n' > one.txt
        grep -qF "$one" one.txt && ! grep -qF "$two" one.txt || { cat one.txt; return 1; }
        jq '.number = "D2" | .covers[0].quantity = 5 | .fields.statement = "收购者" | .upstream = ["lucheng.shanfu-yangmei/D1"]' \
            "$BATS_FILE_TMPDIR/pledge.json" > d2.json
        exits 0 suyuan cert issue --file d2.json --key "$farm" --openings d2.openings
        exits 0 suyuan cert print lucheng.shanfu-yangmei/D2 -o d2.pdf
        pdftotext d2.pdf - | tr -d ' \n' > two.txt
        grep -qF "$two" two.txt && ! grep -qF "$one" two.txt || { cat two.txt; return 1; }
        # One page: it goes with its batch.
        pdfinfo d1.pdf | grep -qx 'Pages: *1' || { pdfinfo d1.pdf; return 1; }
        pdftotext shut.pdf - | grep -q 未公开
        ! pdftotext shut.pdf - | grep -q 0577-00000101 || return 1
    fi
    exits 0 suyuan cert revoke lucheng.shanfu-yangmei/D1 --key "$farm"
    exits 0 suyuan cert print lucheng.shanfu-yangmei/D1 -o revoked.pdf
    ! cmp -s shut.pdf revoked.pdf
    # The letters of REVOKED lie across the page, each a line of its own.
    if command -v pdftotext >/dev/null; then
        pdftotext revoked.pdf - | grep -qx K
        ! pdftotext shut.pdf - | grep -qx K || return 1
    fi
    exits 7 suyuan cert print lucheng.shanfu-yangmei/NONE -o none.pdf
    [ ! -e none.pdf ]
}
