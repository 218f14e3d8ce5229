#!/bin/bash
# Builds the web page (gateway/web/dist), if anything it is made of has changed since the last time.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root/gateway/web"

# One hash over everything that the page is made of.
sources() {
  find . ../../proto \( -name node_modules -o -name dist -o -name gen -o -name .test \) -prune -o -type f -print0 |
    LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum
}

install_modules() {
  local lock=node_modules/.kefu-lock
  if [[ ! -f $lock ]] || ! sha256sum --status -c "$lock"; then
    npm ci --ignore-scripts --no-audit --no-fund
    sha256sum package-lock.json > "$lock"
  fi
}

built=gen/.built
if [[ -f dist/index.html && -f $built && $(< "$built") == "$(sources)" ]]; then
  exit 0
fi
install_modules
npm run --silent build
sources > "$built"
