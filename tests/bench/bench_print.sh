#!/bin/sh
# bench_print.sh SUYUAN_PRINT [LABELS]: one JSON line per form: labels/s, bytes and peak memory (kB) of 100,000 labels on A4, 24 a sheet.
set -eu
print=$(realpath "$1")
count=${2:-100000}
there=$(mktemp -d)
trap 'rm -rf "$there"' EXIT
cd "$there"
awk -v n="$count" 'BEGIN { for (i = 0; i < n; i++) {
    s = sprintf("LC2A7%04dQ7R2T%06d", i % 10000, i)
    printf "{\"url\":\"https://id.lucheng.gov.cn/01/06901234567892/21/%s\",\"serial\":\"%s\",\"inner\":\"K7QM-%06d-44TD\",", s, s, i
    printf "\"lines\":[\"鹿城皮鞋\",\"Lucheng shoes\"]}\n" } }' >in.jsonl
for form in csv pdf; do
    printf '{"bench":"print.%s","result":%s}\n' $form "$("$print" labels --in in.jsonl --out out.$form --count "$count" --json)"
done
