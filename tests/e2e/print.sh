# print.sh SUYUAN_PRINT: what goes on paper, rasterised at 300 dpi and scanned back: every code says exactly its url, every module is at least
# 0.6 mm, nothing that fails leaves a file. Long form (SUYUAN_SOAK > 1): 100,000 labels in bounded memory.
set -eu
print=$(realpath "$1")
there=$(mktemp -d)
cleanup() { [ -n "${SUYUAN_E2E_KEEP:-}" ] || rm -rf "$there"; }
trap cleanup EXIT
cd "$there"
fail() {
    echo "失败 failed: $*" >&2
    exit 1
}
say() { echo "$*"; }
for tool in pdftoppm pdftotext rsvg-convert zbarimg jq; do
    command -v $tool >/dev/null || { echo "skipped: $tool is not installed"; exit 77; }
done
# What is found; nothing is an answer too.
scan() { zbarimg -q --raw -Sdisable -Sqrcode.enable "$1" 2>/dev/null || :; }

# labels COUNT: JSON lines, each of its own serial and inner code.
labels() {
    awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) {
        s = sprintf("LC2A7%04dQ7R2T%06d", i % 10000, i)
        printf "{\"url\":\"https://id.lucheng.gov.cn/01/06901234567892/21/%s\",\"serial\":\"%s\",\"inner\":\"K7QM-%06d-44TD\",", s, s, i
        printf "\"lines\":[\"鹿城皮鞋 · 男士正装鞋\",\"Lucheng leather shoes, size 42\"]}\n" } }'
}
urls() { jq -r .url "$1"; }

# module_mm FILE.pgm DPI MODULES: the first dark row of a page with nothing above its code is that of the upper finder patterns, which reach
# from one side to the other: so many modules.
module_mm() {
    od -An -v -tu1 -w1 "$1" | awk -v dpi="$2" -v modules="$3" '
        fields < 4 { # P5, width, height, depth
            if ($1 != 10 && $1 != 32) { word = word sprintf("%c", $1); next }
            if (++fields == 2) width = word
            word = ""
            next
        }
        {
            at++
            row = int((at - 1) / width)
            if (seen && row > top) exit
            if ($1 >= 128) next
            if (!seen) first = at
            seen = 1; top = row; last = at
        }
        END { printf "%.4f\n", (last - first + 1) * 25.4 / dpi / modules }'
}

# ---- labels in PDF ----
labels 504 >in.jsonl
"$print" labels --in in.jsonl --out sheets.pdf --count 504 --json >result
[ "$(jq .labels result)" = 504 ] && [ "$(jq .pages result)" = 21 ] || fail "result: $(cat result)"
[ "$(stat -c %a sheets.pdf)" = 600 ] || fail "others may read inner codes"
# Label by label: of a page with many codes zbar mixes up the finder patterns of neighbours. Columns are cut by pdftoppm, rows out of the
# bytes: 70 x 36 mm from 4.5 mm on are 827 x 425 pixels from 53 on.
for column in 0 827 1654; do
    pdftoppm -r 300 -gray -x $column -y 53 -W 827 -H 3402 sheets.pdf page
    for page in page-*.pgm; do
        for row in 0 425 850 1275 1700 2126 2551 2976; do
            { printf 'P5\n827 425\n255\n'; tail -c $((827 * 3402)) "$page" | tail -c +$((row * 827 + 1)) | head -c $((827 * 425)); } >label.pgm
            scan label.pgm >>scanned
        done
    done
done
urls in.jsonl | sort >wanted
sort scanned | cmp - wanted || fail "scanned $(wc -l <scanned) of 504 codes"
pdftotext -raw sheets.pdf - | tr -d '\f' >text
[ "$(grep -c '^K7QM-' text)" = 504 ] || fail "inner codes"
grep -q '鹿城皮鞋' text && grep -q 'Scratch here' text || fail "captions"
rm page-*.pgm
say "PDF: 504 codes of 21 sheets say their urls; $(cat result)"

# ---- in numbered files, by a pipe, and in SVG ----
head -50 in.jsonl | "$print" labels --out parts.pdf --pages-per-file 1 --json >result
[ "$(ls parts-*.pdf | wc -l)" = 3 ] || fail "parts"
for part in parts-*.pdf; do
    for column in 0 827 1654; do
        pdftoppm -r 300 -gray -singlefile -x $column -y 0 -W 827 -H 3508 "$part" part
        scan part.pgm >>parts
    done
done
head -50 in.jsonl | jq -r .url | sort >wanted
sort parts | cmp - wanted || fail "codes of parts"
head -50 in.jsonl >fifty
"$print" labels --in fifty --out s.svg --sheet a4-2x7
[ "$(ls s-*.svg | wc -l)" = 4 ] || fail "SVG sheets"
rsvg-convert -d 300 -p 300 -b white -o s.png s-00001.svg
[ "$(scan s.png | sort | comm -12 - wanted | wc -l)" -ge 10 ] || fail "codes of an SVG sheet"
head -20 fifty | "$print" labels --out r.svg --sheet 70x36mm
for label in r-*.svg; do rsvg-convert -d 300 -p 300 -b white -o s.png "$label"; scan s.png >>svg; done
head -20 fifty | jq -r .url | cmp - svg || fail "codes of SVG"
! "$print" labels --in fifty --out s.svg --sheet a4-2x7 2>error || fail "an old set was mixed with a new one"
say "numbered PDF and SVG: every code says its url"

# ---- the size of a module ----
head -1 in.jsonl | jq -c 'del(.inner, .lines)' >one.jsonl
for case in "40x25mm 0.6" "62x29mm 0.6" "46x34mm 0.8" "90x60mm 1.3"; do
    set -- $case
    "$print" labels --in one.jsonl --out one.pdf --sheet "$1" --module-mm "$2"
    pdftoppm -r 300 -gray -singlefile one.pdf one
    [ "$(scan one.pgm)" = "$(jq -r .url one.jsonl)" ] || fail "$1: the code says $(scan one.pgm)"
    pdftoppm -r 600 -gray -singlefile one.pdf one
    size=$(module_mm one.pgm 600 33)
    awk -v s="$size" -v m="$2" 'BEGIN { exit !(s >= m - 0.002 && s < 1.4) }' || fail "$1: a module of $size mm, not $2"
    say "$1: modules of $size mm, at least $2 asked"
done

# ---- CSV ----
"$print" labels --in fifty --out table.csv
[ "$(head -c 3 table.csv | od -An -tx1 | tr -d ' ')" = efbbbf ] || fail "no byte order mark"
[ "$(grep -c "$(printf '\r')\$" table.csv)" = 51 ] && [ "$(wc -l <table.csv)" = 51 ] || fail "line ends"
tail -n +2 table.csv | cut -d, -f3 | sort | cmp - wanted || fail "urls of the table"

# ---- what is refused, by name, and leaves nothing ----
mkdir refused
cd refused
refused() { # NAME WHERE INPUT ARGUMENTS...
    name=$1 where=$2 input=$3
    shift 3
    code=0
    printf '%b' "$input" | "$print" labels --json "$@" 2>error || code=$?
    [ $code = 3 ] || fail "exit $code instead of 3 for $name: $(cat error)"
    [ "$(jq -r .error.name error)" = "$name" ] || fail "$(cat error) instead of $name"
    case $(jq -r .error.where error) in *"$where"*) ;; *) fail "$(cat error): not at $where" ;; esac
    rm error
    [ -z "$(ls -A)" ] || fail "$name left $(ls -A)"
}
one='{"url":"https://id.lucheng.gov.cn/01/06901234567892/21/LC2A70001Q7R2T000001","serial":"A"}'
for out in x.pdf x.svg x.csv; do
    refused ERR_JSON_SYNTAX "line 2" "$one\nnonsense\n" --out $out
    refused ERR_CODEC_UTF8 "line 2" "$one\n{\"url\":\"\0377\"}\n" --out $out
    refused ERR_PRINT_TEXT "line 1: lines[0]" '{"url":"https://a.cn","serial":"A","lines":["\\u001b[2J"]}' --out $out
    refused ERR_PRINT_COUNT "1 / 2" "$one\n" --out $out --count 2
    refused ERR_PRINT_EMPTY "" "" --out $out
    refused ERR_TOO_LARGE "line 2" "$one\n$(printf '%020000d' 0)\n" --out $out
done
refused ERR_PRINT_LABEL_SMALL "line 1: 30.0 x 20.0 mm" "$one\n" --out x.pdf --sheet 30x20mm
refused ERR_PRINT_LABEL_SMALL "line 1" "$one\n" --out x.svg --sheet 62x29mm --module-mm 1
refused ERR_PRINT_TEXT_FIT "line 1: inner" "${one%\}},\"inner\":\"$(printf '%060d' 0)\"}\n" --out x.pdf
refused ERR_PRINT_GLYPH "line 1: U+10FFFD" "${one%\}},\"lines\":[\"\0364\0217\0277\0275\"]}\n" --out x.pdf
refused ERR_PRINT_FORMULA "line 1: serial" '{"url":"https://a.cn","serial":"=1"}' --out x.csv
printf '<fontconfig></fontconfig>' >../none.conf
export FONTCONFIG_FILE="$there/none.conf"
refused ERR_PRINT_FONT "WenQuanYi Micro Hei" "$one\n" --out x.pdf
unset FONTCONFIG_FILE
# Where the reader's language is Chinese, fonts have Chinese names.
printf '%s\n' "$one" | LC_ALL=zh_CN.UTF-8 "$print" labels --out ../zh.pdf 2>../zh.err || fail "in Chinese: $(cat ../zh.err)"
for usage in "" "--out x.txt" "--out - --format svg" "--out x.pdf --module-mm 0.5" "--out x.pdf --sheet a5" "--out x.pdf --colour" "--out x.pdf y"; do
    code=0
    # shellcheck disable=SC2086
    "$print" labels $usage </dev/null 2>/dev/null || code=$?
    [ $code = 2 ] || fail "exit $code instead of 2: labels $usage"
done
# A signal in the midst, and a reader that goes away.
mkfifo ../pipe
"$print" labels --in ../pipe --out x.pdf 2>/dev/null &
child=$!
exec 9>../pipe
head -30 ../in.jsonl >&9
sleep 0.3
kill -TERM $child
code=0
wait $child || code=$?
exec 9>&-
[ $code = 1 ] && [ -z "$(ls -A)" ] || fail "after SIGTERM: exit $code, $(ls -A)"
{ code=0; "$print" labels --in ../in.jsonl --out - --format pdf 2>/dev/null || code=$?; echo $code >../code; } | head -c 1 >/dev/null
[ "$(cat ../code)" = 1 ] || fail "a reader that went away: exit $(cat ../code)"
cd ..
say "refusals: each by its name and line, no file left"

# ---- certificates ----
cat >c.json <<'END'
{"title_zh": "承诺达标合格证", "title_en": "Certificate of Promised Compliance", "number": "330302-2026-000318", "issuer": "温州市鹿城区某专业合作社",
 "rows": [{"zh": "产品名称", "en": "Product", "value": "东魁杨梅"}, {"zh": "数量（重量）", "en": "Quantity", "value": "312.5 千克 kg"},
          {"zh": "产地", "en": "Origin", "value": "浙江省温州市鹿城区七都街道"}],
 "boxes": [{"zh": "自我质量控制", "en": "Own control", "ticked": true}, {"zh": "委托检测", "en": "Commissioned test", "ticked": false}],
 "statements": ["对承诺的真实性负责。 We answer for the truth of this promise."],
 "qr": "https://id.lucheng.gov.cn/01/06901234567892/10/YM20260612A?cert=330302-2026-000318",
 "footer_zh": "现状以扫码所得为准。", "footer_en": "Its present state is what a scan shows."}
END
for state in active revoked superseded expired; do
    jq --arg s $state '.state = $s' c.json | "$print" certificate --out $state.pdf
    pdftoppm -r 300 -gray -singlefile $state.pdf page
    [ "$(scan page.pgm)" = "$(jq -r .qr c.json)" ] || fail "$state: the code says $(scan page.pgm)"
    pdftotext -raw $state.pdf - | tr -d ' \n' >$state.txt
    [ "$(grep -o '承诺达标合格证' $state.txt | wc -l)" -ge 2 ] || fail "$state: the name of the certificate is not beside its code"
done
grep -q 'REVOKED' revoked.txt && grep -q 'SUPERSEDED' superseded.txt && grep -q 'EXPIRED' expired.txt || fail "overprint"
! grep -qE 'REVOKED|SUPERSEDED|EXPIRED' active.txt || fail "overprint of one in force"
jq '.rows = [range(40) as $i | {zh: "检测项目", en: "Test \($i)", value: ("很长的值" * 30)}]' c.json | "$print" certificate --out long.pdf --json >result
[ "$(jq .pages result)" -gt 2 ] || fail "a long one: $(cat result)"
[ "$(pdftotext long.pdf - | grep -c '^Test ')" = 40 ] || fail "rows of a long one"
code=0
echo '{"title_zh": 1}' | "$print" certificate --out wrong.pdf 2>/dev/null || code=$?
[ $code = 3 ] && [ ! -e wrong.pdf ] || fail "a wrong certificate: exit $code"
say "certificates: code, name and state are there"

# ---- the long form ----
if [ "${SUYUAN_SOAK:-1}" -gt 1 ]; then
    labels 100000 >many.jsonl
    "$print" labels --in many.jsonl --out many.pdf --count 100000 --json >result
    say "bench $(cat result)"
    [ "$(jq .peak_rss_kb result)" -lt 65536 ] || fail "memory: $(cat result)"
    pdftoppm -r 300 -gray -f 4167 -l 4167 -singlefile many.pdf last
    [ "$(scan last.pgm | sort | tail -1)" = "$(tail -n 1 many.jsonl | jq -r .url)" ] || fail "the last code"
fi
say ok
