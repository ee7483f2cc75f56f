# Codes on the command line, without a node: code convert, code check.

setup() {
    export SUYUAN_BIN=${SUYUAN_BIN:-$PWD/build/dev}
    unset LC_ALL LC_MESSAGES LANG
    PATH=$SUYUAN_BIN:$PATH
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

@test "code convert: any spelling of one item gives the same forms" {
    for value in 3015A537C8377540000003E9 urn:epc:tag:sgtin-96:0.6901234.056789.1001 urn:epc:id:sgtin:6901234.056789.1001 \
        '(01)06901234567892(21)1001' '^0106901234567892211001' ']C10106901234567892211001' \
        https://example.com/a/01/06901234567892/21/1001 https://example.com/gtin/6901234567892/ser/1001 \
        exMBWlN8g3dUAAAAPp 0106901234567892211001; do
        exits 0 suyuan code convert --company-prefix 7 --json "$value"
        got=$(jq -c '.[0] | [.ledger_name, .bracketed, .epc_uri, (.tags[] | select(.scheme == "sgtin-96") | .hex)]' <<<"$output")
        want='["https://id.gs1.org/01/06901234567892/21/1001","(01)06901234567892(21)1001","urn:epc:id:sgtin:6901234.056789.1001","3015A537C8377540000003E9"]'
        [ "$got" = "$want" ] || { echo "$value: $got"; return 1; }
    done
}

@test "code convert: a GTIN, an SSCC, a location; another stem; what needs the prefix length says so" {
    exits 0 suyuan code convert 6901234567892 --lang en
    has 'https://id.gs1.org/01/06901234567892'
    has '--company-prefix'
    exits 0 suyuan code convert 106141412345678908 --company-prefix 7 --json
    has 'urn:epc:id:sscc:0614141.1234567890'
    exits 0 suyuan code convert '(414)6901234567892(254)A/B' --stem https://id.example.cn/x/ --json
    has 'https://id.example.cn/x/414/6901234567892/254/A%2FB'
}

@test "code convert: what is wrong is refused by name, what has no other form says so" {
    exits 3 suyuan code convert 6901234567893 --json
    has '"ERR_GS1_CHECK_DIGIT"'
    exits 0 suyuan code convert 330302
    has '没有其他写法'
    exits 2 suyuan code convert 6901234567892 --company-prefix 13
}

@test "code check: what each code is, in words" {
    exits 0 suyuan code check 6901234567892 91350100M000100Y43 330302 330302001002 12017011001234567890123456789012 \
        123456789012345678901234 ZN-330302-2026
    has '福建省 福州市'
    has '浙江省 温州市 鹿城区'
    has '农药单元识别代码'
    has '兽药追溯码'
    exits 0 suyuan code check 330302 --json
    [ "$(jq -r '.[0].division_name' <<<"$output")" = '浙江省 温州市 鹿城区' ]
}

@test "code check: what is wrong, and where, and between which" {
    exits 3 suyuan code check 6901234567893 --lang en
    has '(01)0690123456789|3|'
    exits 3 suyuan code check 91350100M000100Y44
    has '末位校验码不正确'
    exits 3 suyuan code check '(01)06901234567892(02)06901234567892(250)X' --json
    [ "$(jq -c '[.[0].problems[].name]' <<<"$output")" = '["ERR_GS1_EXCLUDED","ERR_GS1_REQUIRED"]' ]
    exits 3 suyuan code check 330399
    exits 3 suyuan code check ']Q1https://www.example.com/'
    exits 3 suyuan code check ''
    exits 2 suyuan code check
}

@test "code check: control characters in a code do not reach the terminal" {
    exits 3 suyuan code check $'(10)A\e[31mB'
    [[ $output != *$'\e'* ]]
}
