# Codes of one lot, from the factory to the buyer, on a running network: made, printed, shown, claimed, voided, copied; and a machine that
# dies while a pack is made.

setup_file() {
    export SUYUAN_BIN=${SUYUAN_BIN:-$PWD/build/dev}
    export SUYUAN_ROOT=${SUYUAN_ROOT:-$PWD}
    export SUYUAN_OUTBOX=$BATS_FILE_TMPDIR/outbox
    export NET=$BATS_FILE_TMPDIR/net
    PATH=$SUYUAN_BIN:$PATH
    suyuan devnet up --dir "$NET" --base-port 0 > "$BATS_FILE_TMPDIR/up"
    SUYUAN_NODE=$(suyuan devnet status --dir "$NET" | grep -o 'http://127.0.0.1:[0-9]*' | tr '\n' ' ')
    export SUYUAN_NODE
    export SUYUAN_GENESIS=$NET/genesis
    export SUYUAN_KEY=$NET/keys/members/lucheng.kangbu-shoes.key
    export SHOP=$NET/keys/members/lucheng.shoe-city-mall.key
    cd "$BATS_FILE_TMPDIR" || return 1
    # 2,500 pairs of one lot.
    cat > made.json <<'END'
{"@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", "type": "ObjectEvent", "eventTime": "2026-11-01T08:00:00+08:00",
 "eventTimeZoneOffset": "+08:00", "action": "ADD", "bizStep": "commissioning", "epcList": [],
 "quantityList": [{"epcClass": "https://id.gs1.org/01/06901234567892/10/LOT1", "quantity": 2500}]}
END
    suyuan submit --wait made.json > /dev/null
    suyuan code pack --gtin 6901234567892 --lot LOT1 --count 2000 --host https://id.example.cn -o pack --json > pack.out 2> pack.err
}

teardown_file() {
    PATH=$SUYUAN_BIN:$PATH
    suyuan devnet down --dir "$NET"
}

setup() {
    PATH=$SUYUAN_BIN:$PATH
    cd "$BATS_FILE_TMPDIR"
    pack=$(jq -r .pack pack/pack.json)
}

url() { sed -n "$(($1 + 2))p" pack/secrets.csv | cut -d, -f3; }
inner() { sed -n "$(($1 + 2))p" pack/secrets.csv | cut -d, -f4; }

# Says a sentence in Chinese and in English with this exit code: COMMAND... are the words of suyuan.
both() { # STATUS ZH EN COMMAND...
    local want=$1 zh=$2 en=$3
    shift 3
    run suyuan "$@" --lang zh
    [[ $status -eq $want && $output == *"$zh"* ]] || { echo "$status: $output"; return 1; }
    run suyuan "$@" --lang en
    [[ $status -eq $want && $output == *"$en"* ]] || { echo "$status: $output"; return 1; }
}

@test "a pack of a lot is on the ledger, its leaves are on every node" {
    [ "$(jq -r '.records[0].code' pack.out)" = 0 ]
    [ "$(jq .count pack.out)" = 2000 ] && [ "$(jq .chunks_sent pack.out)" = 2 ]
    [ "$(stat -c %a pack/secrets.csv)" = 600 ]
    for node in $SUYUAN_NODE; do
        for i in $(seq 60); do
            [ "$(curl -s "$node/v1/packs/$pack/leaves" | jq .whole)" = true ] && continue 2
            sleep 0.5
        done
        false
    done
    for node in $SUYUAN_NODE; do
        for chunk in 0 1; do curl -s "$node/v1/packs/$pack/leaves/$chunk"; done | cmp - pack/leaves.bin
    done
    run suyuan code packs --lot https://id.gs1.org/01/06901234567892/10/LOT1 --json
    [ "$(jq -r '.packs[0].pack' <<<"$output")" = "$pack" ]
    both 0 "2000 个码" "2000 codes" code packs --gtin 6901234567892
    both 0 "2000 个码" "2000 codes" code packs --subject lucheng.kangbu-shoes
}

@test "more codes than were produced are refused, by name" {
    run suyuan code pack --gtin 6901234567892 --lot LOT1 --count 501 --host https://id.example.cn -o more
    [[ $status -eq 3 && $output == *RESULT_QUANTITY* ]]
    both 3 "数量" "quantity" code pack --resume more
    run suyuan code pack --gtin 6901234567892 --certificate lucheng.shoe-association/none --count 1 --host https://id.example.cn -o other
    [[ $status -eq 3 && $output == *RESULT_NO_CERTIFICATE* ]]
    both 3 "证书" "certificate" code pack --resume other
    both 2 "校验位" "check digit" code pack --gtin 6901234567893 --count 1 --host https://id.example.cn -o x
    both 2 "--host" "--host" code pack --gtin 6901234567892 --count 1 --host 'https://id.example.cn/?a=' -o x
    both 2 "不是空的" "not empty" code pack --gtin 6901234567892 --count 1 --host https://id.example.cn -o pack
    [ ! -e x ]
}

@test "labels: a table and drawn codes say exactly the urls of the pack" {
    suyuan code labels pack -o table.csv
    tail -n +2 table.csv | tr -d '\r' | cut -d, -f2,3 | cmp - <(tail -n +2 pack/secrets.csv | cut -d, -f2,3)
    tail -n +2 table.csv | tr -d '\r-' | cut -d, -f4 | cmp - <(tail -n +2 pack/secrets.csv | cut -d, -f4)
    [ "$(stat -c %a table.csv)" = 600 ]
    suyuan code labels pack -o label.svg --sheet 62x29mm --first 7 --last 9
    [ "$(ls label-*.svg | wc -l)" = 3 ]
    both 7 "没有" "No such" code labels nothing -o x.csv
    sed '5d' pack/secrets.csv > fewer.csv
    mkdir damaged && cp pack/pack.json pack/record.bin damaged && cp fewer.csv damaged/secrets.csv
    both 1 "第 5 行" "line 5" code labels damaged -o damaged.csv
    [ ! -e damaged.csv ]
    for tool in rsvg-convert zbarimg; do command -v $tool > /dev/null || { [ "${CI:-}" != true ] && skip "$tool is absent"; }; done
    for i in 7 8 9; do
        rsvg-convert -d 300 -p 300 -b white -o label.png "label-0000$((i - 6)).svg"
        [ "$(zbarimg -q --raw -Sdisable -Sqrcode.enable label.png)" = "$(url $i)" ]
    done
}

@test "genuine, claimed once, and a second claim says when and where the first was" {
    both 0 "真码" "genuine" code show "$(url 3)"
    both 4 "内码不是这个码的" "not this code's" code claim "$(url 3)" --inner "$(inner 4)" --key "$SHOP"
    both 2 "16 个字符" "16 characters" code claim "$(url 3)" --inner 12345 --key "$SHOP"
    run suyuan code claim "$(url 3)" --inner "$(inner 3 | sed 's/..../&- /g' | tr A-Z a-z)" --division 330302 --key "$SHOP" --lang zh
    [[ $status -eq 0 && $output == *已认领* ]]
    both 3 "此前已被认领" "claimed before" code claim "$(url 3)" --inner "$(inner 3)" --division 110101 --key "$SHOP"
    [[ $output == *"330302"*"鹿城区"* && $output == *"$(date +%Y)"* ]]
    run suyuan code claim "$(url 3)" --inner "$(inner 3)" --key "$SHOP" --json
    [[ $status -eq 3 && $(jq -r 'select(.first_claim).first_claim.division' <<<"${lines[0]}") == 330302 ]]
    both 0 "已被认领" "claimed before" code show "$(url 3)"
    [[ $output == *330302* ]]
    serial=$(basename "$(url 5)")
    inner 5 | suyuan code claim "$serial" --gtin 6901234567892 --inner - --key "$SHOP" --json > claimed.out
    [ "$(jq -s length claimed.out)" = 1 ] && [ "$(jq -r .records[0].code claimed.out)" = 0 ]
    both 0 "未报地区" "no place given" code show "$serial" --gtin 06901234567892
}

@test "void: by the issuer or an authority, and then neither shown as good nor claimed" {
    suyuan code void "$pack" --first 100 --last 109 --reason 7
    both 4 "已作废" "void" code show "$(url 105)"
    both 3 "该码已作废" "the code is void" code claim "$(url 105)" --inner "$(inner 105)" --key "$SHOP"
    both 0 "真码" "genuine" code show "$(url 110)"
    both 3 "区间内有码已作废" "void already" code void "$pack" --first 100 --last 105
    both 3 "没有这一区间" "no such range" code void "$pack" --first 2000
    both 3 "没有这个码包" "no such code pack" code void 06901234567892/00000 --first 0
    run suyuan code void "$pack" --first 200 --key "$SHOP"
    [ "$status" -eq 3 ]
    suyuan code void "$pack" --first 200 --key "$NET/keys/members/lucheng.market-bureau.key"
    both 0 "作废 11" "11 void" code packs --lot https://id.gs1.org/01/06901234567892/10/LOT1
}

@test "void codes get no labels, and it is said which; --with-voided draws them and asks no node" {
    void=$(for i in $(seq 100 109) 200; do url $i; done)
    both 0 "略去已作废的 11 个：100-109, 200" "11 void codes are left out: 100-109, 200" code labels pack -o void.csv
    both 0 "1989 枚标签" "1989 labels" code labels pack -o void.csv
    [ "$(tail -n +2 void.csv | wc -l)" = 1989 ]
    for u in $void; do ! grep -qF "$u" void.csv || { echo "void: $u"; return 1; }; done
    grep -qF "$(url 99)" void.csv && grep -qF "$(url 110)" void.csv
    # Of the range that is asked for, what lies in it.
    both 0 "略去已作废的 2 个：100-109" "2 void codes are left out: 100-109" code labels pack -o part.csv --first 90 --last 101
    [ "$(tail -n +2 part.csv | wc -l)" = 10 ]
    run suyuan code labels pack -o good.csv --first 110 --last 119 --lang zh
    [[ $status -eq 0 && $output != *略去* ]]
    rm -f none.csv
    both 3 "没有标签可画" "get no labels" code labels pack -o none.csv --first 100 --last 109
    both 5 "加 --with-voided" "also what is void: --with-voided" code labels pack -o none.csv --node http://127.0.0.1:9
    [ ! -e none.csv ]
    run suyuan code labels pack -o all.csv --with-voided --node http://127.0.0.1:9 --lang zh
    [[ $status -eq 0 && $output == *"2000 枚标签"* && $output != *略去* ]]
    tail -n +2 all.csv | tr -d '\r' | cut -d, -f2,3 | cmp - <(tail -n +2 pack/secrets.csv | cut -d, -f2,3)
}

@test "a pack on a certificate alone, and one on nothing: what is said of their codes, with a proof and without" {
    cert=lucheng.shoe-association/XG-1
    suyuan cert type set "$SUYUAN_ROOT/genesis/lucheng/certificates/shoe-origin.json" --key "$NET/keys/members/lucheng.agri-bureau.key"
    suyuan cert issue --type shoe-origin --number XG-1 --producer lucheng.kangbu-shoes --field article-number=1 --field product-name=x \
        --field place-of-last-making=x --field materials=x --field standard=x --covers https://id.gs1.org/01/06901234567892/10/LOT1=20 \
        --key "$NET/keys/members/lucheng.shoe-association.key"
    suyuan code pack --gtin 6901234567892 --certificate $cert --count 20 --host https://id.example.cn -o certified
    u=$(tail -n 1 certified/secrets.csv | cut -d, -f3)
    both 0 "证书    $cert" "cert.   $cert" code show "$u"
    [[ $output != *"lot  "* && $output != *"backing none"* ]]
    both 0 "  证书 $cert" "  certificate $cert" code show "$u" --verify
    [[ $output != *"no lot or certificate"* ]]
    run suyuan code show "$u" --json
    [ "$(jq -c '[.pack.lot, .pack.certificate, .verdict]' <<<"$output")" = "[\"\",\"$cert\",\"genuine\"]" ]
    both 0 "    证书 $cert" "    certificate $cert" code packs --subject lucheng.kangbu-shoes
    # The certificate carries 20; voided codes come back to it.
    run suyuan code pack --gtin 6901234567892 --certificate $cert --count 2 --host https://id.example.cn -o certified.more
    [[ $status -eq 3 && $output == *RESULT_CODES* ]]
    suyuan code void "$(jq -r .pack certified/pack.json)" --first 0 --last 1
    suyuan code pack --resume certified.more
    both 4 "已作废" "void" code show "$(sed -n 2p certified/secrets.csv | cut -d, -f3)"

    # Neither: no rule bounds it, and it is said.
    suyuan code pack --gtin 6901234567892 --count 3 --host https://id.example.cn -o bare
    u=$(tail -n 1 bare/secrets.csv | cut -d, -f3)
    both 0 "依据    没有：这个码包没有写明批次或证书" "backing none: the pack names neither lot nor certificate" code show "$u"
    both 0 "该码包没有批次或证书支持" "no lot or certificate backs its pack" code show "$u" --verify
    run suyuan code show "$u" --json
    [ "$(jq -c '[.pack.lot, .pack.certificate]' <<<"$output")" = '["",""]' ]
}

@test "a copied code is one code; what was never issued is said to be false" {
    copy=https://other.example/01/06901234567892/21/$(basename "$(url 3)")
    both 0 "已被认领" "claimed before" code show "$copy"
    guess=$(url 8 | sed 's/.$/0/')
    [ "$guess" != "$(url 8)" ] || guess=$(url 8 | sed 's/.$/1/')
    both 4 "从未发出" "never issued" code show "$guess"
    both 4 "从未发出" "never issued" code claim "$guess" --inner "$(inner 8)" --key "$SHOP"
    both 4 "从未发出" "never issued" code show https://id.example.cn/01/06901234567892/21/ZZZZZ0000ZZZZZZZZZZZ
    both 4 "不是防伪码" "no code" code show https://id.example.cn/01/06901234567892/21/1001
    run suyuan code show "$(url 9)" --json
    [ "$(jq -r .verdict <<<"$output")" = genuine ]
}

@test "kill -9 while a pack is made, at each step; resumed, it is the same pack, once" {
    count=12000
    [ -n "${SUYUAN_SOAK:-}" ] && count=$((count * SUYUAN_SOAK))
    packs=0
    for at in pack.json secrets.csv.part leaves.bin.part leaves.bin record.bin; do
        dir=killed.$at
        suyuan code pack --gtin 6972230100017 --count $count --host https://id.example.cn -o "$dir" > /dev/null 2>&1 3>&- &
        child=$!
        for i in $(seq 2000); do
            [ -e "$dir/$at" ] && break
            sleep 0.005
        done
        kill -KILL $child 2> /dev/null || :
        wait $child || :
        for file in secrets.csv record.bin; do [ ! -e "$dir/$file" ] || cp "$dir/$file" "$dir.$file"; done
        run suyuan code pack --resume "$dir" --json
        [ "$status" -eq 0 ] || { echo "$at: $output"; return 1; }
        for file in secrets.csv record.bin; do [ ! -e "$dir.$file" ] || cmp "$dir/$file" "$dir.$file"; done
        packs=$((packs + 1))
        suyuan code pack --resume "$dir" > /dev/null
        u=$(tail -n 1 "$dir/secrets.csv" | cut -d, -f3)
        both 0 "真码" "genuine" code show "$u"
        [ "$(suyuan code packs --gtin 6972230100017 --json | jq '.packs | length')" = $packs ]
    done
    # Damaged leaves are made again from the secrets, to the root that was signed.
    printf x | dd of="$dir/leaves.bin" bs=1 seek=5000 conv=notrunc status=none
    suyuan code pack --resume "$dir" > /dev/null
    run suyuan code pack --resume "$dir" --key "$SHOP"
    [ "$status" -eq 2 ]
    run suyuan code pack --resume nothing
    [ "$status" -eq 7 ]
}

@test "without a node the pack is made and kept; with one it goes out" {
    run suyuan code pack --gtin 6901234567892 --count 10 --host https://id.example.cn -o kept --node http://127.0.0.1:9 --lang en
    [[ $status -eq 5 && $output == *"code pack --resume kept"* && -e kept/record.bin ]]
    suyuan code pack --resume kept
    both 0 "真码" "genuine" code show "$(tail -n 1 kept/secrets.csv | cut -d, -f3)"
    [[ $output == *"backing none"* ]]
}
