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

heading '七 一个验证节点被强制结束，其余继续 · a validator is killed, the others go on'
run devnet kill 3 --dir "$dir"
documents 202 204
printf '记错的一盒，已更正 the box recorded as sold by mistake, corrected:\n'
run trace "$box_sold_by_mistake"

heading '八 它回来并追上 · it comes back and catches up'
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
  suyuan devnet up --dir $dir --follower          加一个审计节点 an audit node beside them
  suyuan bench                                    测速 how fast is it?
  curl $first/openapi.json                         接口 its interface
  suyuan devnet down --dir $dir                   停止 stop it
END
