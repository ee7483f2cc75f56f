#!/bin/sh
# suyuan devnet: five validators and a follower made, killed, started, resumed and stopped; nobody else's process is ever signalled.
set -eu
suyuan=$(cd "$(dirname "$1")" && pwd)/suyuan
dir=$(mktemp -d)
cd "$dir"
end() {
    code=$?
    "$suyuan" devnet down --hard --dir net >/dev/null 2>&1 || true
    rm -rf "$dir"
    exit $code
}
trap end EXIT
fails() { # EXIT_CODE COMMAND...
    want=$1
    shift
    code=0
    "$@" >out 2>&1 || code=$?
    [ $code = "$want" ] || { echo "devnet.sh: exit $code, not $want: $*" >&2; cat out >&2; exit 1; }
    grep -qE '接着试：suyuan |try: suyuan ' out || { echo "devnet.sh: no next command: $*" >&2; cat out >&2; exit 1; }
}
says() {
    "$suyuan" devnet status --dir net --json >status || true
    jq -e "$1" status >/dev/null || { echo "devnet.sh: not so: $1" >&2; cat status >&2; exit 1; }
}

fails 7 "$suyuan" devnet status --dir net
fails 2 "$suyuan" devnet up --dir net --validators 0
"$suyuan" devnet up --dir net --base-port 0 --validators 5 --follower --json >/dev/null
says '[.nodes[] | select(.ready)] | length == 6'
says '[.nodes[] | select(.role == "follower")] | length == 1'
[ "$(find net/keys -name '*.key' ! -perm 600 | wc -l)" = 0 ] || { echo 'devnet.sh: a key can be read by others' >&2; exit 1; }

"$suyuan" devnet kill 4 follower --dir net --json >/dev/null
says '[.nodes[] | select(.running)] | length == 4'
fails 5 "$suyuan" devnet status --dir net
fails 2 "$suyuan" devnet kill 5 --dir net
"$suyuan" devnet start 4 --dir net --json >/dev/null
"$suyuan" devnet up --dir net --json >/dev/null
says '[.nodes[] | select(.ready)] | length == 6'
fails 3 "$suyuan" devnet up --dir net --validators 4

# A pid file that names somebody else: a process that lives, but is not the one that was started.
"$suyuan" devnet down --dir net --json | jq -e 'map(.end) | unique == ["stopped"]' >/dev/null
sleep 60 &
stranger=$!
echo "$stranger 1 $(cat /proc/sys/kernel/random/boot_id)" >net/node0/pid
says '.nodes[0].running | not'
"$suyuan" devnet down --hard --dir net >/dev/null
kill -0 $stranger || { echo 'devnet.sh: a stranger was killed' >&2; exit 1; }
kill $stranger

mkdir other
touch other/file
fails 3 "$suyuan" devnet up --dir other
