# kill -9 of one validator under load: the others go on, it comes back and catches up.
. "$(dirname "$0")/nodes.sh"
nodes_make
for i in 0 1 2 3; do node_start $i; done
nodes_ready 0 1 2 3
load_start 300 8
wait_for 10 acks_grow 200
round=0
while [ $round -lt $((4 * soak)) ]; do
    victim=$((round % 4))
    node_kill KILL $victim
    node_gone $victim || :
    before=$(acks_count)
    wait_for 20 acks_grow $((before + 100))
    node_start $victim
    height=$(node_height $(((victim + 1) % 4)))
    wait_for 20 node_at_least $victim "$height"
    wait_for 20 node_is $victim voting true
    say "round $round: without validator $victim $(($(acks_count) - before)) records were acknowledged; it came back to height $height"
    round=$((round + 1))
done
nodes_hold_all
