# kill -9 of all four under load, 20 times over: they resume alone; every acknowledged record is there, none twice.
. "$(dirname "$0")/nodes.sh"
nodes_make
for i in 0 1 2 3; do node_start $i; done
nodes_ready 0 1 2 3
load_start 600 8
wait_for 10 acks_grow 100
round=0
while [ $round -lt $((20 * soak)) ]; do
    # Not all in one moment: the last ones see some of the first ones' silence.
    for i in 0 1 2 3; do node_kill KILL $i; done
    for i in 0 1 2 3; do node_gone $i || :; done
    before=$(acks_count)
    for i in 0 1 2 3; do node_start $i; done
    wait_for 20 acks_grow $((before + 50))
    say "round $round: $before records were acknowledged before, and they resumed"
    sleep "0.$((round % 7))"
    round=$((round + 1))
done
nodes_hold_all
