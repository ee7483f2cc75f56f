#!/bin/sh
# operations.sh SUYUAND ROOT: what docs/operations.md says is so. The sample configuration is one the daemon takes; the unit is one
# systemd takes (where
# systemd-analyze is there); every alarm the node can raise has its row; every metric named exists.
set -eu
suyuand=$1
cd "$2"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Exit status 2 says that the configuration is wrong; 1 that the world is: there is no such genesis file here.
status=0
"$suyuand" --config docs/node.ini --data "$work/data" --genesis "$work/none" --key "$work/none" >"$work/log" 2>&1 || status=$?
if [ $status -ne 1 ]; then
    cat "$work/log"
    echo "docs/node.ini: suyuand ended with $status"
    exit 1
fi

if command -v systemd-analyze >/dev/null 2>&1; then
    sed "s|^ExecStart=[^ ]*|ExecStart=$suyuand|; s|^User=.*|User=root|" docs/suyuand.service >"$work/suyuand.service"
    systemd-analyze verify --man=no "$work/suyuand.service" 2>"$work/log" || { cat "$work/log"; exit 1; }
    if grep suyuand.service "$work/log"; then exit 1; fi
else
    echo "systemd-analyze is not here: the unit was not checked"
fi

for alarm in $(sed -n 's/.*"event=\([a-z_]*\).*/\1/p' node/*.c | sort -u); do
    grep -q "event=$alarm" docs/operations.md || { echo "docs/operations.md has no row for event=$alarm"; exit 1; }
done
for metric in $(grep -o 'suyuan_[a-z_]*' docs/operations.md | sort -u); do
    grep -q "\"${metric#suyuan_}\"" rpc/metrics.c || { echo "docs/operations.md names $metric, which does not exist"; exit 1; }
done
echo "the samples, the alarms and the metrics of docs/operations.md are so"
