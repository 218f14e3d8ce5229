#!/bin/bash
# Takes the pictures of docs/ anew: pictures.sh BUILD_FOLDER. Look at each before it is kept.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(cd -- "$1" && pwd)
"$root/deploy/dev/setup.sh" "$root/tests/browser/packages.txt"
cd "$root/tests/browser"
npm ci --ignore-scripts --no-audit --no-fund --silent
state=$(mktemp -d)
trap 'rm -rf -- "$state"' EXIT
# shellcheck disable=SC2016  # expanded where up.sh runs it
PICTURES=$root/docs/pictures "$root/deploy/dev/up.sh" --data "$state" --port 0 --build "$build" --skip-install \
  --once-ready 'node pictures.mjs "$PICTURES"'
