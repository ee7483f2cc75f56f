#!/bin/sh
# The demo from an empty directory to a stopped network, in a directory and on ports of its own: what it shows is what happened.
set -eu
build=$(cd "$(dirname "$1")" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
LC_ALL=zh_CN.UTF-8
export LC_ALL

if ! "$root/genesis/lucheng/demo.sh" "$build" --stop --dir "$dir/net" >"$dir/out" 2>"$dir/err"; then
    tail -n 20 "$dir/out" "$dir/err" >&2
    exit 1
fi
shows() { # FILE TEXT
    grep -qF -- "$2" "$dir/$1" || { echo "demo.sh: $1 does not show: $2" >&2; tail -30 "$dir/$1" >&2; exit 1; }
}
shows out '201 份文档已落账'
shows out '承诺达标合格证'
shows out '温度 Temperature 3.8'
shows out '不合格 non_conformant'
shows out '的全部 6 条历史如下'
shows err ERR_PROOF
# The hidden price, and the contact that was deleted.
shows out 'lucheng:price: "每箱 168.00 元 CNY a carton"'
shows out ERR_SEALED_NO_KEY
shows out ERR_SEALED_DELETED
shows out '3 份文档已落账'
shows out '更正声明'
[ "$(grep -c '^node3 .*就绪' "$dir/out")" = 2 ] || { echo 'demo.sh: node3 did not come back' >&2; exit 1; }
# The certificates, and those that had to be refused.
shows out '35 张合格证、18 份检测报告、10 张鞋类原产地证书已签发'
shows out '证书 lucheng.shoe-association/XG-2026-0001：有效。'
shows err RESULT_CERTIFICATE_ISSUER
shows err RESULT_QUANTITY
# Codes: none above the certificate, genuine, never issued, claimed once.
shows err RESULT_CODES
shows out '20 个码，叶子在'
for pdf in pledge labels; do
    head -c 5 "$dir/net/$pdf.pdf" | grep -q %PDF- || { echo "demo.sh: $pdf.pdf is none" >&2; exit 1; }
done
shows out '发出，未作废。'
shows out '从未发出：码包'
shows err RESULT_CLAIMED
shows out '330302 浙江省 温州市 鹿城区（账本高度'
shows out '4 个地区'
# The week of reads: what happened and nothing else, and one read of it opened.
shows out '账本上 353 个事件，应有 353；'
shows out '以 rfid-reads:kangbu-gate 存证于'
[ "$(grep -c '^读取 urn:epc:id:sgtin:697223010' "$dir/out")" = 2 ] ||
    { echo 'demo.sh: the read that was opened is not the one that was checked' >&2; exit 1; }
# All four stand at the same height at the end, and none of them runs any more.
heights=$(sed -n 's/^node[0-3] .*就绪 .*http[^ ]* *\([0-9][0-9]*\) .*/\1/p' "$dir/out" | tail -n 4 | sort -u)
[ "$(echo "$heights" | wc -l)" = 1 ] && [ "$heights" -gt 204 ] ||
    { echo "demo.sh: not all at one height: $heights" >&2; grep '^node' "$dir/out" >&2; exit 1; }
for pid in "$dir"/net/*/pid; do
    read -r number _ <"$pid"
    [ ! -e "/proc/$number/exe" ] || [ "$(readlink "/proc/$number/exe")" != "$build/suyuand" ] || { echo "demo.sh: $number still runs" >&2; exit 1; }
done
