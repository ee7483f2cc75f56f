#!/bin/sh
# demo.sh BUILD [--stop] [--dir DIR]: the story of Lucheng on four validators on this machine. Called by ./run demo.
# --stop stops the network at the end and picks free ports (for tests); otherwise it is left running.
set -eu
story=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:?用法 usage: demo.sh BUILD [--stop] [--dir DIR]}" && pwd)
shift
stop=no
dir=$build/demo
while [ $# -gt 0 ]; do
    case $1 in
    --stop) stop=yes ;;
    --dir) dir=${2:?--dir DIR}; shift ;;
    *) echo "不认识的选项 unknown option: $1" >&2; exit 2 ;;
    esac
    shift
done
suyuan=$build/suyuan
[ -x "$suyuan" ] || { echo "没有 there is no $suyuan：先运行 first run: ./run build release" >&2; exit 2; }

box=urn:epc:id:sgtin:69722301.00011.1009
box_sold_by_mistake=urn:epc:id:sgtin:69722301.00011.1000
lot=https://id.gs1.org/01/06972230100017/10/YM20260612
carton=https://id.gs1.org/00/069722301000001014
shoes=urn:epc:id:sgtin:69722321.00001.20000
failed_lot=https://id.gs1.org/01/06972230300028/10/S261016
origin=lucheng.shoe-association/XG-2026-0001
recalled_lot=https://id.gs1.org/01/06972230100017/10/YM20260615

bold= plain=
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); fi
heading() { printf '\n%s── %s%s\n' "$bold" "$1" "$plain"; }
# Shows a command as one would type it, then runs it.
run() {
    printf '%s$ suyuan %s%s\n' "$bold" "$*" "$plain"
    "$suyuan" "$@"
}

# document FILE: signed by the key of the subject that the file's name names.
document() {
    subject=lucheng.$(basename "$1" | cut -d. -f2)
    "$suyuan" submit --key "$dir/keys/members/$subject.key" --subject "$subject" --wait --outbox none "$1" >"$dir/submit.log" 2>&1 || {
        cat "$dir/submit.log" >&2
        echo "未能提交 not taken: $1" >&2
        exit 1
    }
}

# documents FROM TO: by their numbers, in order, as things happened.
documents() {
    n=0
    for f in "$story"/events/*.json; do
        number=$(basename "$f" | cut -d. -f1 | sed 's/^0*//')
        [ "$number" -ge "$1" ] && [ "$number" -le "$2" ] || continue
        document "$f"
        n=$((n + 1))
        [ ! -t 1 ] || printf '\r%d' "$n"
    done
    [ ! -t 1 ] || printf '\r'
    printf '%d 份文档已落账 documents in the ledger\n' "$n"
}

keys=$dir/keys/members
# fails CODE WHAT COMMAND...: shown, and it has to end with this exit code.
fails() {
    want=$1 what=$2 code=0
    shift 2
    run "$@" || code=$?
    [ $code -eq "$want" ] || { echo "$what: $code" >&2; exit 1; }
}
# quietly WHAT COMMAND...: its output only when it fails.
quietly() {
    what=$1
    shift
    "$suyuan" "$@" >"$dir/quiet.log" 2>&1 || { cat "$dir/quiet.log" >&2; echo "$what" >&2; exit 1; }
}
# Asks the first node.
get() { curl -s -f -m 20 -H 'accept: application/ld+json, application/json' "$first/v1/records$1"; }
# The N-th column of line LINE of the pack's secrets.
secret() { sed -n "$1p" "$dir/pack/secrets.csv" | cut -d, -f"$2"; }

heading '一 四个验证节点 · four validators'
if [ -e "$dir/devnet.json" ]; then
    "$suyuan" devnet down --dir "$dir" >/dev/null 2>&1 || true
    rm -rf "$dir"
fi
mkdir -p "$(dirname "$dir")"
started=no
# Whatever goes wrong, nothing is left running unasked.
finish() {
    code=$?
    [ $code -eq 0 ] && [ $stop = no ] || [ $started = no ] || "$suyuan" devnet down --dir "$dir" >/dev/null 2>&1 || true
    exit $code
}
trap finish EXIT
trap 'exit 130' INT TERM
ports=7700
if [ $stop = yes ] || ! "$suyuan" devnet up --dir "$dir" --base-port "$ports" >"$build/demo.log" 2>&1; then
    rm -rf "$dir"
    "$suyuan" devnet up --dir "$dir" --base-port 0 >"$build/demo.log" || { cat "$build/demo.log" >&2; exit 1; }
fi
started=yes
run devnet status --dir "$dir"
first=$("$suyuan" devnet status --dir "$dir" --json | sed -n 's/.*"node":0,[^}]*"url":"\([^"]*\)".*/\1/p')
nodes=$("$suyuan" devnet status --dir "$dir" --json | tr ',' '\n' | sed -n 's/^"url":"\([^"]*\)"$/\1/p' | tr '\n' ' ')
SUYUAN_NODE=$nodes
SUYUAN_GENESIS=$dir/genesis
export SUYUAN_NODE SUYUAN_GENESIS

heading '二 一季的故事：每份文档由其主体签名 · one season: every document signed by its subject'
documents 1 201

heading '三 一盒杨梅 · a box of waxberries'
run trace "$box"
heading '    它的批次：农事、采收与合格证、检测 · its lot: farm work, harvest with certificate, test'
run trace "$lot"
heading '    它的箱子：冷链 · its carton: the cold chain'
run trace "$carton"

heading '四 一双皮鞋 · a pair of shoes'
run trace "$shoes"

heading '五 检测不合格的一批菠菜 · the spinach that failed its test'
run trace "$failed_lot"

heading '六 可独立核对的证明 · a proof that checks alone'
run proof get thing "$box" -o "$dir/box.syp"
run verify "$dir/box.syp" --genesis "$dir/genesis"
heading '    改动一个字节 · one byte changed'
size=$(wc -c <"$dir/box.syp")
{ head -c $((size / 2)) "$dir/box.syp"; printf 'x'; tail -c +$((size / 2 + 2)) "$dir/box.syp"; } >"$dir/forged.syp"
if cmp -s "$dir/box.syp" "$dir/forged.syp"; then printf 'y' | dd of="$dir/forged.syp" bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null; fi
code=0
run verify "$dir/forged.syp" --genesis "$dir/genesis" || code=$?
[ $code -eq 4 ] || { echo "伪造的证明没有被识破 the forged proof was not refused: $code" >&2; exit 1; }

heading '    只有买方能读的价格，与可以删除的联系方式 · a price that only its buyer reads, a contact that can be deleted'
run submit --key "$keys/lucheng.shanfu-yangmei.key" --hide price=partner,contact=public --to lucheng.wuma-fruit \
    --outbox "$dir/outbox" "$story/delivery.json" | tee "$dir/hidden.log"
delivery=$(grep -v '^.*\$ ' "$dir/hidden.log" | grep -o '[0-9a-f]\{64\}' | head -n 1)
run proof get record "$delivery" -o "$dir/delivery.syp"
printf '买方 the buyer:\n'
run open "$delivery" --key "$keys/lucheng.wuma-fruit.key" -o "$dir/price.json"
printf '别的成员 another member:\n'
run open "$delivery" --key "$keys/lucheng.tengqiao-tea.key"
printf '装车人要求删去电话 who loaded it asks for the number to be deleted:\n'
run delete "$delivery" --tier public --reason 1 --key "$keys/lucheng.shanfu-yangmei.key"
run open "$delivery" --key "$keys/lucheng.wuma-fruit.key" | tee "$dir/hidden.log"
grep -q ERR_SEALED_DELETED "$dir/hidden.log" || { echo '联系方式没有删去 the contact was not deleted' >&2; exit 1; }
printf '证明照旧 its proof stays true:\n'
run verify "$dir/delivery.syp" --openings "$dir/price.json" --genesis "$dir/genesis"

heading '七 证书：类型由农业农村局设定 · certificates: their types, set by the bureau'
for type in conformity shoe-origin test-report inspection regional-mark; do
    printf '%s$ suyuan cert type set %s.json%s\n' "$bold" $type "$plain"
    quietly "未能设定 not set: $type" cert type set "$story/certificates/$type.json" --key "$keys/lucheng.agri-bureau.key"
done
run cert type list
heading '    每批收获一张承诺达标合格证，每批鞋一张原产地证书 · a pledge for every harvest, an origin certificate for every batch of shoes'
pledges=0 origins=0 reports=0
mkdir "$dir/openings"
for f in "$story"/certificates/issued/*.json; do
    name=$(basename "$f" .json)
    quietly "未能签发 not issued: $name" cert issue --file "$f" --outbox none --openings "$dir/openings/$name.json" \
        --key "$keys/lucheng.$(echo "$name" | cut -d. -f2).key"
    case $name in
    *.conformity-*) pledges=$((pledges + 1)) ;;
    *.shoe-origin-*) origins=$((origins + 1)) ;;
    *) reports=$((reports + 1)) ;;
    esac
    [ ! -t 1 ] || printf '\r%s' "${name%%.*}"
done
[ ! -t 1 ] || printf '\r'
printf '%d 张合格证、%d 份检测报告、%d 张鞋类原产地证书已签发 pledges, test reports and certificates of origin issued\n' \
    $pledges $reports $origins
run cert show "$origin"
heading '    一张合格证印在纸上 · a pledge on paper'
run cert print lucheng.shanfu-yangmei/CN330302-YM20260612 -o "$dir/pledge.pdf" \
    --openings "$dir/openings/001.shanfu-yangmei.conformity-ym20260612.json"
heading '    它的证明，离线可验 · its proof, checked off line'
run proof get certificate "$origin" -o "$dir/certificate.syp"
run verify "$dir/certificate.syp" --genesis "$dir/genesis"

heading '八 伪造的证书 · forged certificates'
printf '鞋厂冒充协会签发 a factory issues what only the association may:\n'
fails 3 '伪造的证书没有被拒绝 a forged certificate was not refused' cert issue --key "$keys/lucheng.zuji-kids.key" \
    --file "$story/certificates/refused/001.zuji-kids.forged-origin-kb88010904.json" --openings "$dir/openings/r1.json"
printf '二十双里的第二十一双 the twenty-first pair of twenty:\n'
fails 3 '超出所产的证书没有被拒绝 a certificate above what was made was not refused' cert issue --key "$keys/lucheng.shoe-association.key" \
    --file "$story/certificates/refused/002.shoe-association.above-what-was-made-kb88010904.json" --openings "$dir/openings/r2.json"

heading '九 鞋厂凭证书领码 · a factory draws codes on its certificate'
set -- code pack --gtin 06972232100015 --lot KB88010904 --certificate "$origin" --host https://id.lucheng.example \
    --key "$keys/lucheng.kangbu-shoes.key"
printf '证书是二十双的，领不到两千个码 the certificate is for twenty pairs, not for 2,000 codes:\n'
fails 3 '超出证书的码包没有被拒绝 a pack above its certificate was not refused' "$@" --count 2000 -o "$dir/pack-refused"
run "$@" --count 20 -o "$dir/pack"
run code labels "$dir/pack" -o "$dir/labels.pdf" --line '康步 KB-8801 Kangbu'
url=$(secret 2 3) serial=$(secret 2 2)
heading '    一双鞋上的码：真，离线可验 · the code on a pair: genuine, checked off line'
run code show "$url"
run proof get code "$url" -o "$dir/code.syp"
run verify "$dir/code.syp" --genesis "$dir/genesis"
heading '    编造的码：从未发出，同样可证 · a made-up code: never issued, and that too is proven'
case $serial in *0) last=1 ;; *) last=0 ;; esac
made_up=${url%?}$last
fails 4 '编造的码没有被识破 a made-up code was not seen' code show "$made_up"
run proof get code "$made_up" -o "$dir/made-up.syp"
run verify "$dir/made-up.syp" --genesis "$dir/genesis"
heading '    刮开认领；再次认领时说明首次的时间和地点 · claimed by its inner code; a second claim is told when and where'
run code claim "$url" --inner "$(secret 2 4)" --division 330302 --key "$keys/lucheng.shoe-city-mall.key"
fails 3 '再次认领没有被拒绝 a second claim was not refused' code claim "$url" --inner "$(secret 2 4)" --division 310101 \
    --key "$keys/lucheng.wuma-fruit.key"

heading '    同一个码一日之内在四省被扫：按规则警示 · one code scanned in four provinces in a day: the rules warn of a copy'
copied=$(secret 3 3)
for division in 330302 440106 510104 110101; do
    run scan report "$copied" --division $division
done
fails 4 '复制的码没有警示 a copied code gave no warning' scan show "$copied"

heading '十 一周的 RFID：网关断网七天，恢复后补送 · a week of RFID: a gateway cut off for seven days catches up'
quietly '未能生成密钥 no key made' key new "$dir/kangbu-gate.key" --json
mv "$dir/quiet.log" "$dir/kangbu-gate.pub"
run member admit lucheng.kangbu-gate --name '康步鞋业仓库网关 Kangbu warehouse gateway' --roles device --division 330302 \
    --public-key "$dir/kangbu-gate.pub" --key "$keys/lucheng.agri-bureau.key"
cp "$story/gateway.json" "$dir/gateway.json"
week=$(date -u -d @$(($(date +%s) - 8 * 86400)) +%Y-%m-%dT00:00:00Z)
run gateway simulate --config "$dir/gateway.json" --spool --begin "$week" --spread 7d --tags 40 --visits 6 --reads 16 --seed 7 \
    --format mixed --expected "$dir/movements.tsv"
run gateway run --config "$dir/gateway.json" --status 0s </dev/null
expected=$(wc -l <"$dir/movements.tsv")
get '?subject=lucheng.kangbu-gate&limit=500' | tr '{' '\n' >"$dir/records.json"
events=$(sed -n 's/.*"id":"\([0-9a-f]*\)".*"kind":1,.*/\1/p' "$dir/records.json" |
    while read -r id; do get "/$id/epcis"; done | grep -o '"eventTime"' | wc -l)
hours=$(grep -c '"kind":10,' "$dir/records.json")
printf '账本上 %d 个事件，应有 %d；%d 个小时的读取已存证 %d events on the ledger, %d expected; the reads of %d hours anchored\n' \
    "$events" "$expected" "$hours" "$events" "$expected" "$hours"
[ "$events" -eq "$expected" ] || exit 1
heading '    有争议的一次读取 · a disputed read is opened'
run gateway prove --config "$dir/gateway.json" --read 1234 -o "$dir/read.syr"
run gateway prove --check "$dir/read.syr" --genesis "$dir/genesis"

heading '十一 超量与召回 · more than was made, and a recall'
# told SUBJECT STEP ACTION QUANTITY: the subject says so of the lot that will be recalled, now.
said() {
    printf '{"@context":"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld","type":"ObjectEvent","eventTime":"%s",
"eventTimeZoneOffset":"+08:00","action":"%s","bizStep":"%s","quantityList":[{"epcClass":"%s","quantity":%s,"uom":"KGM"}]}\n' \
        "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$3" "$2" "$recalled_lot" "$4" >"$dir/said.json"
    set -- submit --key "$keys/lucheng.$1.key" --wait --outbox none "$dir/said.json"
    fails 3 'the ledger took it' "$@"
}
echo '合作社发运的多于采收的 the cooperative ships more than it harvested:'
said shanfu-yangmei shipping OBSERVE 50000
run recall drill "$recalled_lot"
run recall order R-2026-1 "$recalled_lot" --level 2 --reason 1 --key "$keys/lucheng.agri-bureau.key" --outbox none
sleep 1
echo '水果店仍要出售 the fruit shop would sell it still:'
said wuma-fruit retail_selling DELETE 1
fails 4 'a recalled lot is no bad news' trace "$recalled_lot" --verify --genesis "$dir/genesis"

heading '十二 一个验证节点被强制结束，其余继续 · a validator is killed, the others go on'
run devnet kill 3 --dir "$dir"
documents 202 204
printf '记错的一盒，已更正 the box recorded as sold by mistake, corrected:\n'
run trace "$box_sold_by_mistake"

heading '十三 它回来并追上 · it comes back and catches up'
run devnet start 3 --dir "$dir"

heading '接着试 · next'
if [ $stop = yes ]; then
    run devnet down --dir "$dir"
    exit 0
fi
node=
[ "$first" = http://127.0.0.1:7780 ] || node=" --node $first"
cat <<END
  export PATH=$build:\$PATH                       使提示中的命令可以照样粘贴 so that what it says to try can be pasted
  suyuan status$node
  suyuan trace $shoes$node --verify --genesis $dir/genesis
  suyuan cert list$node --thing $lot             一个批次的证书 the certificates of a lot
  suyuan code show$node $url
  suyuan code pack$node --resume $dir/pack --key $keys/lucheng.kangbu-shoes.key    断电之后接着做，结果相同 after an outage: the same result
  suyuan gateway prove --check $dir/read.syr --genesis $dir/genesis
  $dir/pledge.pdf $dir/labels.pdf               合格证与标签 the pledge and the labels, to print
  suyuan devnet up --dir $dir --follower          加一个审计节点 an audit node beside them
  suyuan bench                                    测速 how fast is it?
  curl $first/openapi.json                         接口 its interface
  suyuan devnet down --dir $dir                   停止 stop it
END
