#!/bin/sh
# What `npm start` runs, on the Node that npm puts first. Why these: bin/own-node.js.
export MALLOC_MMAP_THRESHOLD_=32768
exec node --max-semi-space-size=16 --heap-growing-percent=50 --no-allocation-site-pretenuring \
  --use-largepages=silent --no-wasm-tier-up --no-wasm-dynamic-tiering bin/bourse.js "$@"
