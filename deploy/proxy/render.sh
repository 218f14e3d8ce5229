#!/bin/bash
# Fills in kefu.conf.in. render.sh NAME=VALUE... > kefu.conf; README.md says which names there are.
set -euo pipefail

template=$(dirname -- "${BASH_SOURCE[0]}")/kefu.conf.in
text=$(< "$template")
for pair in "$@"; do
  [[ $pair == *=* ]] || { echo "render.sh: say NAME=VALUE, not $pair" >&2; exit 2; }
  text=${text//"@${pair%%=*}@"/"${pair#*=}"}
done
missing=$(grep -o '@[A-Z_]\+@' <<< "$text" | sort -u | tr '\n' ' ' || true)
[[ -z $missing ]] || { echo "render.sh: say what stands for $missing" >&2; exit 1; }
printf '%s\n' "$text"
