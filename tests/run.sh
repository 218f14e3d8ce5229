#!/bin/bash
# Builds everything and runs what CI runs. Ends with how long each stage took and the line "N passed, N failed".
# shellcheck disable=SC2317  # functions are called by their names and by traps
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
root=$PWD

usage() {
  cat <<'EOF'
tests/run.sh [OPTION...]
  --quick          without sanitizers (build/dev instead of build/ci)
  --full           the long versions, too, and the page in a browser (installs chromium)
  --skip-install   do not look for missing packages
  --only STAGE     only this stage and what it needs built; may be repeated
Stages: install lint build unit web typescript checker integration faults e2e e2e_one_process smoke smoke_one_process;
        with --full, or by name: browser power_loss fabric replay_all
Environment: CCACHE_DIR and the like are honoured; KEFU_SEED repeats random choices.
EOF
}

folder=build/ci
sanitize=ON
full=
install=yes
only=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --quick) folder=build/dev sanitize=OFF ;;
    --full) full=yes ;;
    --skip-install) install= ;;
    --only) only+=("$2"); shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

reports=$root/$folder/reports
rm -rf -- "$reports"
mkdir -p "$reports/gtest"
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
if [[ -f tests/support/lsan.supp ]]; then
  export LSAN_OPTIONS=suppressions=$root/tests/support/lsan.supp
fi
export KEFU_BIN=$root/$folder/bin
if [[ -n $full ]]; then
  export KEFU_REPLAY_OPERATIONS=300000 KEFU_ROUTING_OPERATIONS=300000 KEFU_SHUFFLED_ORDERS=20000
fi

passed=0
failed=0
summary=()
broken=  # the first stage that failed and without which others make no sense

# The stages. Each runs in a shell of its own with set -e; what it prints goes to a log.

stage_install() { deploy/dev/setup.sh; }

stage_build() {
  cmake -S . -B "$folder" -G Ninja -DKEFU_SANITIZE="$sanitize" -DKEFU_FAILPOINTS=ON
  cmake --build "$folder" --parallel "$(nproc)"
}

stage_lint() {
  local code=0
  tests/lint/lint.py --self-test || code=1
  tests/lint/lint.py || code=1
  return "$code"
}

stage_unit() {
  GTEST_OUTPUT=xml:$reports/gtest/ ctest --test-dir "$folder" --output-on-failure --output-junit "$reports/ctest.xml" \
    -j "$(nproc)"
}

stage_web() {
  deploy/dev/web.sh
  cd gateway/web
  npm test --silent
}

stage_typescript() {
  cd tests
  local lock=node_modules/.kefu-lock
  if [[ ! -f $lock ]] || ! sha256sum --status -c "$lock"; then
    npm ci --ignore-scripts --no-audit --no-fund
    sha256sum package-lock.json > "$lock"
  fi
  rm -rf dist
  npm run --silent generate
  npm run --silent build
}

# node_tests FOLDER: every *.test.js below it, one file after the other. None at all is an error. A file that hangs is
# ended, and the others run.
node_tests() {
  shopt -s globstar failglob
  cd tests
  local file failed=0 code
  for file in "dist/$1"/**/*.test.js; do
    code=0
    timeout --foreground --kill-after=30 900 node --test --test-reporter=tap "$file" || code=$?
    [[ $code -eq 0 ]] || failed=1
    [[ $code -ne 124 && $code -ne 137 ]] || echo "Error: $file did not end within 900 s"
  done
  return "$failed"
}

stage_checker() { node_tests support; }
stage_integration() { node_tests integration; }
stage_faults() { node_tests faults; }
stage_e2e() {
  KEFU_PREVIOUS=$(tests/run/previous.sh "$folder" kefu-orders)
  [[ -z $KEFU_PREVIOUS ]] || export KEFU_PREVIOUS
  node_tests e2e
}
stage_e2e_one_process() { KEFU_ONE_PROCESS=1 node_tests e2e; }

stage_smoke() { tests/run/smoke.sh "$folder"; }
stage_smoke_one_process() { tests/run/smoke.sh "$folder" --one-process; }
stage_browser() { tests/run/browser.sh "$folder"; }
stage_power_loss() { (cd tests && node dist/faults/power_loss.js --seconds 600 --pairs 50); }
# The pace that two cores bear with what else they do (docs/performance.md).
stage_fabric() {
  (cd tests && node dist/faults/fabric.js --events 1000000 --seconds 60 --every 8000 --shops 8 --batch 20 --round 1700)
}
stage_replay_all() { tests/run/replay_all.sh "$folder"; }

# stage NAME HOW-TO-COUNT...: how is "ctest", "tap" or "line" (tests/run/count.py), or "one" for a stage that is one
# check by itself. Needed stages end in "!": without them the rest is not run.
stage() {
  local name=${1%!} needed=${1#"${1%!}"} how=$2 log seconds=$SECONDS code counts state=ok
  log=$reports/$name.log
  wanted "$name" || return 0
  if [[ -n $broken ]]; then
    summary+=("$(printf '%-17s not run: %s failed' "$name" "$broken")")
    return 0
  fi
  echo "== $name"
  # Not as part of a condition, where bash would not stop the stage at its first error.
  set +e
  (set -e; "stage_$name") > "$log" 2>&1
  code=$?
  set -e
  counts=$(count "$how" "$log" "$code")
  # A stage that failed without a test that did has failed all the same.
  if [[ $code -ne 0 && ${counts#* } == 0 ]]; then
    counts="${counts% *} 1"
  fi
  passed=$((passed + ${counts% *}))
  failed=$((failed + ${counts#* }))
  if [[ $code -ne 0 || ${counts#* } != 0 ]]; then
    state=FAILED
    show_failure "$log"
    [[ -z $needed ]] || broken=$name
  fi
  summary+=("$(printf '%-17s %-7s %5d s  %5d passed  %3d failed' "$name" "$state" $((SECONDS - seconds)) \
    "${counts% *}" "${counts#* }")")
}

count() {
  case $1 in
    one) if [[ $3 -eq 0 ]]; then echo "1 0"; else echo "0 1"; fi ;;
    ctest) tests/run/count.py ctest "$reports/ctest.xml" "$reports/gtest" ;;
    *) tests/run/count.py "$1" "$2" ;;
  esac
}

# What went wrong, as far as it can be told, and where the rest is.
show_failure() {
  grep -nE '^(not ok|.*(FAILED|ERROR:|error:|runtime error:|Error:))' "$1" | tail -n 40 || true
  echo "-- the last lines of $1"
  tail -n 40 "$1"
}

# Whether to run a stage: all by default; with --only those named and what they are built from.
wanted() {
  [[ ${#only[@]} -gt 0 ]] || return 0
  case $1 in
    install) return 1 ;;
    build) [[ " ${only[*]} " =~ \ (build|unit|integration|faults|e2e|e2e_one_process|smoke|smoke_one_process|browser|power_loss|fabric|replay_all)\  ]] ;;
    typescript) [[ " ${only[*]} " =~ \ (typescript|checker|integration|faults|e2e|e2e_one_process|power_loss|fabric)\  ]] ;;
    *) [[ " ${only[*]} " == *" $1 "* ]] ;;
  esac
}

main() {
  [[ -z $install ]] || stage install! one
  stage lint line
  stage build! one
  stage unit ctest
  stage web tap
  stage typescript! one
  stage checker tap
  stage integration tap
  stage faults tap
  stage e2e tap
  stage e2e_one_process tap
  stage smoke line
  stage smoke_one_process line
  if [[ -n $full || ${#only[@]} -gt 0 ]]; then
    stage browser line
    stage power_loss one
    stage fabric one
    stage replay_all one
  fi

  echo
  printf '%s\n' "${summary[@]}"
  echo "total $SECONDS s, logs in $reports"
  echo "$passed passed, $failed failed"
  [[ $failed -eq 0 ]]
}

# Read to the end before anything runs: the file may be edited meanwhile.
main
exit
