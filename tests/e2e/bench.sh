#!/bin/sh
# suyuan bench, briefly: every figure is there, what was answered committed was accepted, nothing was ordered twice, nothing is left behind.
set -eu
suyuan=$(cd "$(dirname "$1")" && pwd)/suyuan
TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
"$suyuan" bench --seconds 1 --json >"$TMPDIR/bench.json"
jq -e '.records.per_s > 0 and .verify_per_s_per_core > 0 and .fsync_p50_us >= 0 and .idle_submitted_to_committed.p50_ms > 0
    and .half_load_submitted_to_committed.p99_ms > 0 and .cpu_us_per_record_all_validators > 0 and .store_bytes_per_record > 0
    and .events_100_per_signature.per_s > 0 and .proof_reads_per_s > 0 and .validator_memory_bytes > 0
    and .accepted == .committed and .refused_by_execution == 0' "$TMPDIR/bench.json" >/dev/null || { cat "$TMPDIR/bench.json" >&2; exit 1; }
cat "$TMPDIR/bench.json"
[ "$(find "$TMPDIR" -mindepth 1 ! -name bench.json | wc -l)" = 0 ] || { ls -l "$TMPDIR" >&2; exit 1; }
