#!/bin/sh
# run.sh CHAIN BLOCKS SEED...: for each seed a chain made by our execution (tests/vectors/chain.c) and executed again by execute.mjs.
set -eu
chain=$1
blocks=$2
shift 2
file=$(mktemp)
trap 'rm -f "$file"' EXIT
for seed; do
    "$chain" "$seed" "$blocks" >"$file" 2>/dev/null
    node "$(dirname "$0")/execute.mjs" "$file"
done
