#!/bin/sh
# run.sh VECTORS EPCIS_CHECK [SEED] [COUNT]: the comparison with ajv; fetches ajv by the lock file when it is not there yet. SUYUAN_VECTORS,
# where it is set, stands for VECTORS.
set -eu
cd "$(dirname "$0")"
vectors=${SUYUAN_VECTORS:-$1}
shift
if [ ! -d node_modules/ajv-formats ]; then
    npm ci --no-audit --no-fund --loglevel=error
fi
exec node cross_check.mjs "$vectors" "$@"
