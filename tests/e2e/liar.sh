# A follower beside a lying peer: whatever the peer alters is refused, named with height and reason in the log and in /v1/node, and not taken in;
# with an honest peer beside, the follower reaches the head all the same.
. "$(dirname "$0")/nodes.sh"
nodes_make
for i in 0 1 2 3; do node_start $i; done
nodes_ready 0 1 2 3
load_start 60 4
wait_for 30 acks_grow 200
load_end
node_kill TERM 0
node_gone 0 || fail "node 0 did not end cleanly"
height=$(node_height 1)
say "a chain of $height blocks; validator 0 is replaced by the liar"

alarm() {
    node_get 4 /v1/node | jq -r '[.alarms[].text] | join("\n")' | grep -q "$1"
}

follower_only() {
    "$suyuand" --data d4 --genesis genesis --key v4.key --peer "127.0.0.1:$peer7" --http "127.0.0.1:$http4" "$@" >>log4 2>&1 &
    echo $! >pid4
}

for what in honest block parent record signature certificate result root; do
    rm -rf d4
    : >log4
    "$hand" liar genesis "$peer7" d0/store $what 20 >liarlog 2>&1 &
    echo $! >pid0
    follower_only
    case $what in
    honest) wait_for 20 node_at_least 4 "$(($(node_height 1) - 1))" ;;
    result | root)
        wait_for 20 alarm 'event=diverged height=20'
        node_is 4 diverged true || fail "not marked as diverged"
        node_is 4 diverged_height 20 || fail "diverged at another height"
        ;;
    *) wait_for 20 alarm "event=bad_.*height=20" ;;
    esac
    say "$what: at height $(node_height 4); $(grep -m 1 'node.alarm' log4 | sed 's/.*node.alarm //' || :)"
    if [ $what != honest ]; then
        [ "$(node_height 4)" -lt 20 ] || fail "what was altered was taken in"
    fi
    case $what in
    result | root | honest) ;;
    *)
        follower_pid=$(cat pid4)
        kill -TERM "$follower_pid"
        node_gone 4 || fail "the follower did not end cleanly"
        follower_only --peer "127.0.0.1:$peer1"
        wait_for 30 node_at_least 4 "$height"
        say "$what: with an honest peer beside it came to height $(node_height 4)"
        ;;
    esac
    kill -TERM "$(cat pid4)"
    node_gone 4 || fail "the follower did not end cleanly"
    kill -TERM "$(cat pid0)"
    node_gone 0 || :
done
