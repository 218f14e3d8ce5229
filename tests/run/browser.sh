#!/bin/bash
# The web pages in Debian's chromium, each suite against an up.sh of its own: browser.sh BUILD_FOLDER [SUITE...], all of
# them if none is named. Leaves screenshots beside the reports. Each suite ends with the line "N passed, N failed".
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(cd -- "$1" && pwd)
"$root/deploy/dev/setup.sh" "$root/tests/browser/packages.txt"
cd "$root/tests/browser"
npm ci --ignore-scripts --no-audit --no-fund --silent
mkdir -p "$build/reports"
suites=("${@:2}")
[[ ${#suites[@]} -gt 0 ]] || suites=(story living demo widget console desk cases two_desks admin supervisor)

run() {
  local state code=0
  state=$(mktemp -d)
  "$root/deploy/dev/up.sh" --data "$state" --port 0 --build "$build" --skip-install --once-ready "$1" || code=1
  rm -rf -- "$state"
  return "$code"
}

export SCREENSHOTS=$build/reports
failed=0
for suite in "${suites[@]}"; do
  echo "== $suite"
  # shellcheck disable=SC2016  # expanded where up.sh runs it
  case $suite in
    demo) run 'node demo.mjs "http://$KEFU_GATEWAY" "$KEFU_DEMO_PASSWORD_FILE" "$SCREENSHOTS/demo.png"' || failed=1 ;;
    *) run "node $suite.mjs \"\$SCREENSHOTS\"" || failed=1 ;;
  esac
done
exit "$failed"
