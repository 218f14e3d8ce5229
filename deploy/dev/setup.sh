#!/bin/bash
# Installs what kefu is built from, run on and tested with (packages.txt) on Debian 12, and Node if there is none.
# Does nothing where nothing is missing. As root, or through sudo. setup.sh LIST...: other lists of packages.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

lists=("$@")
[[ $# -gt 0 ]] || lists=("$here/packages.txt")

as_root() {
  if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

missing_packages() {
  local wanted installed
  wanted=$(sed 's/#.*//' "${lists[@]}" | xargs -n 1 | sort -u)
  # dpkg-query fails for a package that it has never heard of: that one is missing, too.
  # shellcheck disable=SC2086
  installed=$(dpkg-query -W -f='${Package} ${db:Status-Abbrev}\n' $wanted 2>/dev/null | awk '$2 == "ii" {print $1}' |
    sort -u || true)
  comm -23 <(printf '%s\n' "$wanted") <(printf '%s\n' "$installed")
  node_is_new_enough || printf 'nodejs\nnpm\n'
}

node_is_new_enough() {
  local version
  version=$(node --version 2>/dev/null) || return 1
  version=${version#v}
  [[ ${version%%.*} -ge 18 ]] && command -v npm >/dev/null
}

mapfile -t missing < <(missing_packages)
if [[ ${#missing[@]} -gt 0 ]]; then
  echo "installing ${missing[*]}"
  as_root apt-get update -q
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
fi
node_is_new_enough || { echo "setup: Node 18 or newer and npm are needed" >&2; exit 1; }
