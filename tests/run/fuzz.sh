#!/bin/bash
# Fuzzes with libFuzzer, under AddressSanitizer and UndefinedBehaviorSanitizer: fuzz.sh SECONDS [TARGET...], each target
# of tests/fuzz for so long, all of them if none is named. Builds in build/fuzz. What is found on the way is kept in
# build/fuzz/corpus and used again; an input that breaks something in build/fuzz/findings. Ends with the line
# "N passed, N failed".
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
[[ ${1:-} =~ ^[0-9]+$ ]] || { echo "usage: fuzz.sh SECONDS [TARGET...]" >&2; exit 2; }
seconds=$1
shift
targets=("$@")
[[ $# -gt 0 ]] || mapfile -t targets < <(sed -n 's/^kefu_fuzz(\([a-z_]*\).*/\1/p' tests/fuzz/CMakeLists.txt)

deploy/dev/setup.sh deploy/dev/packages.txt tests/fuzz/packages.txt
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
cmake --preset fuzz > /dev/null
cmake --build build/fuzz --parallel "${JOBS:-$(nproc)}" --target "${targets[@]/#/fuzz_}"

passed=0
failed=0
for target in "${targets[@]}"; do
  echo "== $target"
  mkdir -p "build/fuzz/corpus/$target" build/fuzz/findings
  if "build/fuzz/bin/fuzz_$target" -max_total_time="$seconds" -max_len=16384 -timeout=10 -rss_limit_mb=2048 \
      -print_final_stats=1 -verbosity=0 -artifact_prefix="build/fuzz/findings/$target-" \
      "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
done
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
