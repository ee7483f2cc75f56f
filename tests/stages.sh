# stages.sh: what ./run test does, stage by stage. Read by ./run. A test joins a stage by its ctest label (tests/README.md); a test
# without a known label is run too, as the last stage. A stage that fails does not hold up the others, except where nothing could be
# built.

stages_failed=
stages_table=
tests_passed=0
tests_failed=0
tests_skipped=0

stage() {
    stage_name=$1
    shift
    printf '\n=== %s\n' "$stage_name"
    stage_begin=$(date +%s)
    stage_result=ok
    # Not behind ||: there a shell runs on past failures, whatever set -e says.
    set +e
    (set -e; "$@")
    [ $? -eq 0 ] || stage_result=FAILED
    set -e
    stage_seconds=$(($(date +%s) - stage_begin))
    [ $stage_result = ok ] || stages_failed="$stages_failed $stage_name"
    stages_table="$stages_table$(printf '%-12s %-8s %5d s' "$stage_name" $stage_result $stage_seconds)
"
    printf '=== %s: %s, %d s\n' "$stage_name" $stage_result $stage_seconds
}

# ctest_stage NAME PRESET LABEL_OPTION PATTERN
ctest_stage() {
    junit=$root/build/$1.xml
    rm -f "$junit"
    if [ "$(ctest --test-dir "build/$2" -N "$3" "$4" | sed -n 's/^Total Tests: //p')" = 0 ]; then
        printf '\n=== %s: 没有测试 no test carries this label\n' "$1"
        stages_table="$stages_table$(printf '%-12s %-8s' "$1" none)
"
        return 0
    fi
    stage "$1" ctest --test-dir "build/$2" -j "$jobs" --output-on-failure --no-tests=error --output-junit "$junit" "$3" "$4"
    [ -f "$junit" ] || return 0
    total=$(junit_number tests "$junit")
    failed=$(junit_number failures "$junit")
    skipped=$(($(junit_number skipped "$junit") + $(junit_number disabled "$junit")))
    tests_failed=$((tests_failed + failed))
    tests_skipped=$((tests_skipped + skipped))
    tests_passed=$((tests_passed + total - failed - skipped))
}

# Attributes of the <testsuite> element, which ctest writes one a line.
junit_number() {
    sed -n "/<testcase/q; s/.*[[:space:]]$1=\"\([0-9]*\)\".*/\1/p" "$2" | head -n 1
}

# Other worlds than the test has, from a seed that is said.
sim_soak() {
    seed=$(date +%s)
    echo "build/release/tests/sim/sim --seed $seed --worlds $((2000 * SUYUAN_SOAK)) --jobs $jobs"
    build/release/tests/sim/sim --seed "$seed" --worlds $((2000 * SUYUAN_SOAK)) --jobs "$jobs"
}

stages() {
    SUYUAN_SOAK=$1
    export SUYUAN_SOAK
    stages_begin=$(date +%s)
    stage install install_all
    # Again, for this shell: the stage ran in one of its own, and the path to the tools was set there.
    PATH=$root/build/tools/usr/bin:$PATH
    export PATH
    if [ -z "$stages_failed" ]; then
        stage build-dev build dev
        stage build-release build release
    fi
    if [ -z "$stages_failed" ]; then
        ctest_stage tidy dev -L '^tidy$'
        ctest_stage unit dev -L '^unit$'
        ctest_stage vectors dev -L '^vectors$'
        ctest_stage scenario dev -L '^scenario$'
        ctest_stage sim release -L '^sim$'
        ctest_stage planted release -L '^planted$'
        ctest_stage fuzz dev -L '^fuzz$'
        ctest_stage e2e release -L '^e2e$'
        if [ "$SUYUAN_SOAK" -gt 1 ]; then
            stage sim-soak sim_soak
            stage fuzz-soak fuzz $((6 * SUYUAN_SOAK))
        fi
        ctest_stage others dev -LE '^(tidy|unit|vectors|scenario|sim|planted|fuzz|e2e)$'
    fi
    printf '\n阶段 stage   结果     时间 time\n%s%-12s          %5d s\n' "$stages_table" 合计total $(($(date +%s) - stages_begin))
    printf '测试 tests:\n%d passed, %d failed, %d skipped\n' $tests_passed $tests_failed $tests_skipped
    if [ -n "$stages_failed" ]; then
        echo "失败 failed:$stages_failed" >&2
        return 1
    fi
    echo "全部通过 all passed"
}

# One line per set of third parties' vectors, then the comparison with ajv and our own golden bytes.
vectors() {
    vectors_wrong=0
    build/release/tests/vectors/vectors || vectors_wrong=1
    tests/vectors/ajv/run.sh "$SUYUAN_VECTORS" "$PWD/build/release/tests/vectors/epcis_check" 1 2000 || [ $? -eq 77 ] || vectors_wrong=1
    build/release/tests/vectors/golden tests/vectors/golden || vectors_wrong=1
    return $vectors_wrong
}

# Every target for so many seconds, beginning with its corpus. What is found is left in build/fuzz/found.
fuzz() {
    # shellcheck disable=SC2086
    install_debian $packages $packages_fuzz
    cmake --preset fuzz >/dev/null
    cmake --build build/fuzz -j "$jobs" --target fuzz_targets -- --quiet
    mkdir -p build/fuzz/found
    fuzz_failed=
    for target in build/fuzz/tests/fuzz/fuzz_*; do
        [ -f "$target" ] && [ -x "$target" ] && [ "${target##*_}" != corpus ] || continue
        name=${target##*/fuzz_}
        grown=build/fuzz/grown/$name
        mkdir -p "$grown" "tests/fuzz/corpus/$name"
        printf '\n=== fuzz %s, %s s\n' "$name" "$1"
        "$target" -max_total_time="$1" -timeout=10 -rss_limit_mb=2048 -print_final_stats=0 -verbosity=0 \
            -artifact_prefix="build/fuzz/found/$name-" "$grown" "tests/fuzz/corpus/$name" || fuzz_failed="$fuzz_failed $name"
    done
    if [ -n "$fuzz_failed" ]; then
        echo "发现问题 found something:$fuzz_failed; build/fuzz/found" >&2
        return 1
    fi
}
