#!/bin/bash
# The web pages in Debian's chromium, against up.sh: browser.sh BUILD_FOLDER. Leaves screenshots beside the reports. Each
# page's tests end with the line "N passed, N failed".
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
SCREENSHOTS=$build/reports "$root/deploy/dev/up.sh" --data "$state" --port 0 --build "$build" --skip-install \
  --once-ready 'code=0
    node story.mjs "$SCREENSHOTS" || code=1
    node demo.mjs "http://$KEFU_GATEWAY" "$KEFU_DEMO_PASSWORD_FILE" "$SCREENSHOTS/demo.png" || code=1
    node widget.mjs "$SCREENSHOTS" || code=1
    node console.mjs "$SCREENSHOTS" || code=1
    node desk.mjs "$SCREENSHOTS" || code=1
    node two_desks.mjs "$SCREENSHOTS" || code=1
    node admin.mjs "$SCREENSHOTS" || code=1
    node supervisor.mjs "$SCREENSHOTS" || code=1
    exit $code'
