#!/bin/sh
# run.sh CHAIN NAMES BLOCKS SEED...: for each seed a chain made by our execution (tests/vectors/chain.c) and executed again by execute.mjs,
# and identifiers as our code reads them (tests/vectors/names.c) and names.mjs does.
set -eu
chain=$1
names=$2
blocks=$3
shift 3
file=$(mktemp)
trap 'rm -f "$file"' EXIT
for seed; do
    "$chain" "$seed" "$blocks" >"$file" 2>/dev/null
    node "$(dirname "$0")/execute.mjs" "$file"
    "$names" "$seed" 20000 | node "$(dirname "$0")/names.mjs"
done
