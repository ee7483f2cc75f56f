#!/bin/sh
# run.sh PRINT_OPENAPI: the document judged by a validator from npm, fetched by the lock file when it is not there yet.
set -eu
cd "$(dirname "$0")"
if [ ! -d node_modules/@seriousme ]; then
    npm ci --no-audit --no-fund --loglevel=error
fi
"$1" | node check.mjs
