#!/bin/sh
# plants.sh WORLDS PROGRAM...: each program is the simulator with one fault planted (consensus/plant.h). Each must fail within WORLDS worlds, or the
# checks have grown blind to it. The same seeds hold without the fault: that is sim.worlds.
worlds=$1
shift
missed=0
for program in "$@"; do
    name=$(basename "$program")
    if out=$("$program" --seed 1 --worlds "$worlds" --jobs 2 --expect-failure); then
        printf '%-36s caught by%s\n' "$name" "$(printf '%s\n' "$out" | sed -n 's/^ *seed//p' | cut -c1-110)"
    else
        printf '%-36s NOT CAUGHT in %s worlds\n' "$name" "$worlds"
        missed=1
    fi
done
exit $missed
