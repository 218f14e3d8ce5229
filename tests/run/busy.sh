#!/bin/bash
# Measures the console: first load, and its frames in a busy shop: busy.sh BUILD_FOLDER. Prints one JSON line.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(cd -- "$1" && pwd)
"$root/deploy/dev/setup.sh" "$root/tests/browser/packages.txt"
cd "$root/tests/browser"
npm ci --ignore-scripts --no-audit --no-fund --silent
state=$(mktemp -d)
trap 'rm -rf -- "$state"' EXIT
# All buyers come from one address.
cat > "$state/limits.yaml" <<'LIMITS'
limits:
  sign_ins_per_minute: 100000
  connections_per_address: 10000
LIMITS
"$root/deploy/dev/up.sh" --data "$state/data" --port 0 --build "$build" --skip-install \
  --gateway-config "$state/limits.yaml" --once-ready 'node busy.mjs'
