#!/bin/bash
# The demonstration page in Debian's chromium, against up.sh: browser.sh BUILD_FOLDER. Leaves a screenshot beside the
# reports. Ends with the line "N passed, N failed".
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(cd -- "$1" && pwd)
"$root/deploy/dev/setup.sh" "$root/tests/browser/packages.txt"
cd "$root/tests/browser"
npm ci --ignore-scripts --no-audit --no-fund --silent
state=$(mktemp -d)
trap 'rm -rf -- "$state"' EXIT
mkdir -p "$build/reports"
# shellcheck disable=SC2016  # expanded where up.sh runs it
SCREENSHOT=$build/reports/demo.png "$root/deploy/dev/up.sh" --data "$state" --port 0 --build "$build" --skip-install \
  --once-ready 'node demo.mjs "http://$KEFU_GATEWAY" "$KEFU_DEMO_PASSWORD_FILE" "$SCREENSHOT"'
