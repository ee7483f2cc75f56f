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
    tail -20 "$dir/out" "$dir/err" >&2
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
shows out '3 份文档已落账'
shows out '更正声明'
[ "$(grep -c '^node3 .*就绪' "$dir/out")" = 2 ] || { echo 'demo.sh: node3 did not come back' >&2; exit 1; }
# All four stand at the same height at the end, and none of them runs any more.
[ "$(grep -c '^node[0-3] .*就绪 .* 204 ' "$dir/out")" = 4 ] || { echo 'demo.sh: not all at height 204' >&2; grep '^node' "$dir/out" >&2; exit 1; }
for pid in "$dir"/net/*/pid; do
    read -r number _ <"$pid"
    [ ! -e "/proc/$number/exe" ] || [ "$(readlink "/proc/$number/exe")" != "$build/suyuand" ] || { echo "demo.sh: $number still runs" >&2; exit 1; }
done
