# shellcheck shell=bash disable=SC2154
# Starting, watching and stopping the processes of one installation, each by its own pid. Sourced by up.sh, which sets
# `logs` (a folder) and `data_lock` (a file descriptor that the processes do not keep).

declare -a started=()       # names, in the order of starting
declare -A pids=()          # name -> pid
declare -r stop_seconds=20  # before a process that does not stop is killed

# start NAME COMMAND...: in the background, its output to a log file. Each has a process group of its own, lest Ctrl-C
# reach all at once and they stop in any order; and each goes with this script if that is killed.
start() {
  local name=$1
  shift
  setsid setpriv --pdeathsig TERM "$@" >> "$logs/$name.log" 2>&1 {data_lock}>&- &
  pids[$name]=$!
  started+=("$name")
}

alive() {
  kill -0 "${pids[$1]}" 2>/dev/null
}

# await NAME COMMAND...: until the command succeeds; fails when the process ends or a minute has passed.
await() {
  local name=$1 deadline=$((SECONDS + 60))
  shift
  until "$@" >/dev/null 2>&1; do
    if ! alive "$name"; then
      ended "$name"
      return 1
    fi
    if [[ $SECONDS -ge $deadline ]]; then
      echo "$name is not ready after a minute; see $logs/$name.log" >&2
      return 1
    fi
    sleep 0.05
  done
}

ended() {
  local code=0
  wait "${pids[$1]}" || code=$?
  echo "$1 ended by itself with code $code; the last of $logs/$1.log:" >&2
  tail -n 15 "$logs/$1.log" >&2
}

# stop NAME: asks, waits, insists. Fails, and says so, if it had to insist or the process did not end with 0.
stop() {
  local name=$1 deadline=$((SECONDS + stop_seconds)) code=0
  if alive "$name"; then
    kill -TERM "${pids[$name]}"
    while alive "$name" && [[ $SECONDS -lt $deadline ]]; do
      sleep 0.05
    done
    if alive "$name"; then
      echo "$name does not stop; killing it" >&2
      kill -KILL "${pids[$name]}"
    fi
  fi
  wait "${pids[$name]}" 2>/dev/null || code=$?
  unset "pids[$name]"
  if [[ $code -ne 0 ]]; then
    echo "$name ended with code $code; see $logs/$name.log" >&2
    return 1
  fi
}

# Everything that was started, the last first. Fails if one did not stop as it should.
stop_all() {
  local i failed=0
  for ((i = ${#started[@]} - 1; i >= 0; i--)); do
    stop "${started[i]}" || failed=1
  done
  started=()
  return "$failed"
}

# The name of the first process that has ended; fails while all live.
first_ended() {
  local name
  for name in "${started[@]}"; do
    if ! alive "$name"; then
      echo "$name"
      return
    fi
  done
  return 1
}
