#!/bin/bash
# Everything kefu needs on one machine: installs packages, builds, starts Redis, kefu-inquiries and two kefu-gateways,
# makes a demonstration shop, and runs until Ctrl-C. What was written stays in the data folder for the next time.
# shellcheck disable=SC2317  # functions are called by their names and by traps
set -euo pipefail
shopt -s inherit_errexit

usage() {
  cat <<'EOF'
deploy/dev/up.sh [OPTION...]
  --data DIR          where everything lasting lies (default: $XDG_STATE_HOME/kefu or ~/.local/state/kefu)
  --port N            port of the first gateway on 127.0.0.1, the second takes N+1 (default 8080; 0: any free ones)
  --build DIR         use the programs in DIR/bin instead of building them
  --skip-install      do not look for missing packages
  --gateway-config F  lines to add to the gateways' configuration
  --once-ready CMD    when all is up, run CMD in a shell, stop, and exit with its code; it finds in its environment
                      KEFU_GATEWAY and KEFU_GATEWAY_2 (host:port), KEFU_OPERATOR_KEY_FILE, KEFU_DEMO_PASSWORD_FILE,
                      KEFU_LOGS, KEFU_BIN, KEFU_REDIS (its socket), and the pids as KEFU_PID_<NAME>
EOF
}

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
data=${XDG_STATE_HOME:-$HOME/.local/state}/kefu
port=8080
build=
install=yes
gateway_config=/dev/null
once_ready=
while [[ $# -gt 0 ]]; do
  case $1 in
    --data) data=$2; shift ;;
    --port) port=$2; shift ;;
    --build) build=$2; shift ;;
    --skip-install) install= ;;
    --gateway-config) gateway_config=$(realpath -e -- "$2"); shift ;;
    --once-ready) once_ready=$2; shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

# shellcheck source-path=SCRIPTDIR
source "$root/deploy/dev/secrets.sh"
source "$root/deploy/dev/processes.sh"
source "$root/deploy/dev/demo.sh"

build_all() {
  [[ -n $install ]] && "$root/deploy/dev/setup.sh"
  if [[ -z $build ]]; then
    build=$root/build/release
    export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
    [[ -f $build/build.ninja ]] || cmake -S "$root" -B "$build" -G Ninja
    cmake --build "$build" --parallel "$(nproc)" --target kefu-inquiries kefu-gateway kefuctl
  fi
  build=$(cd -- "$build" && pwd)
  "$root/deploy/dev/web.sh"
}

# One data folder serves one installation at a time.
take_data_folder() {
  mkdir -p "$data"
  data=$(cd -- "$data" && pwd)
  exec {data_lock}> "$data/lock"
  flock -n "$data_lock" || { echo "up: another up.sh is using $data" >&2; exit 1; }
  logs=$data/log
  secrets=$data/secrets
  mkdir -p "$logs" "$data/redis" "$data/blobs"
  chmod 700 "$data" "$data/redis" "$data/blobs" "$logs"
  make_secrets "$secrets"
  # Sockets and what lasts as long as this run. A short path: sockets' names end at 107 characters.
  run=$(mktemp -d "${XDG_RUNTIME_DIR:-/tmp}/kefu-XXXXXX")
}

sha256_of() {
  tr -d '\n' < "$1" | sha256sum | cut -d ' ' -f 1
}

redis_admin() {
  REDISCLI_AUTH=$(< "$secrets/redis-admin.password") redis-cli -s "$run/redis.sock" --user kefu-admin --no-auth-warning "$@"
}

redis_answers() {
  [[ $(redis_admin PING) == PONG ]]
}

start_redis() {
  local memory_kb service answer
  memory_kb=$(awk '$1 == "MemTotal:" {print $2}' /proc/meminfo)
  (
    umask 077
    render "$root/deploy/config/redis.conf.in" "RUN=$run" "DATA=$data/redis" "MAXMEMORY=$((memory_kb * 6 / 10))kb" \
      > "$run/redis.conf"
    render "$root/deploy/config/redis.acl.in" "ADMIN_SHA256=$(sha256_of "$secrets/redis-admin.password")" \
      "INQUIRIES_SHA256=$(sha256_of "$secrets/redis-inquiries.password")" \
      "GATEWAY_SHA256=$(sha256_of "$secrets/redis-gateway.password")" > "$run/redis.acl"
  )
  start redis redis-server "$run/redis.conf"
  await redis redis_answers
  for service in inquiries gateway; do
    answer=$("$root/services/common/redis/functions/assemble.sh" "$service" | redis_admin -x FUNCTION LOAD REPLACE)
    [[ $answer == "kefu_$service" ]] || { echo "up: loading the functions of $service: $answer" >&2; return 1; }
  done
}

# port_of NAME KEY: an address that the process wrote down.
port_of() {
  jq -er --arg key "$2" '.[$key]' "$run/$1.ports"
}

is_ready() {
  curl -fsS --max-time 2 "http://$(port_of "$1" admin)/readyz"
}

# start_service NAME PROGRAM TEMPLATE MORE VALUE...: MORE is a file to add to the configuration.
start_service() {
  local name=$1 program=$build/bin/$2 template=$root/deploy/config/$3 more=$4 config=$run/$1.yaml
  shift 4
  render "$template" "NAME=$name" "RUN=$run" "DATA=$data" "SECRETS=$secrets" "$@" > "$config"
  cat "$more" >> "$config"
  "$program" --config "$config" --check-config > /dev/null
  start "$name" "$program" --config "$config"
  await "$name" is_ready "$name"
}

start_all() {
  local inquiries second=0
  [[ $port -eq 0 ]] || second=$((port + 1))
  start_redis
  start_service inquiries kefu-inquiries inquiries.yaml.in /dev/null
  inquiries=$(port_of inquiries grpc)
  start_service gateway-1 kefu-gateway gateway.yaml.in "$gateway_config" "LISTEN=127.0.0.1:$port" \
    "INQUIRIES=$inquiries" "WEB=$root/gateway/web/dist"
  start_service gateway-2 kefu-gateway gateway.yaml.in "$gateway_config" "LISTEN=127.0.0.1:$second" \
    "INQUIRIES=$inquiries" "WEB=$root/gateway/web/dist"
  KEFU_GATEWAY=$(port_of gateway-1 http)
  KEFU_GATEWAY_2=$(port_of gateway-2 http)
}

kefuctl() {
  KEFU_GATEWAY=$KEFU_GATEWAY KEFU_OPERATOR_KEY_FILE=$secrets/operator.key "$build/bin/kefuctl" "$@"
}

tell() {
  cat <<EOF

kefu is up.

  page       http://$KEFU_GATEWAY/          write as a buyer on the left, answer as an agent on the right
  gateways   http://$KEFU_GATEWAY  http://$KEFU_GATEWAY_2
  sign in    shop $demo_shop; agent1, agent2, supervisor or admin; password $(< "$secrets/demo.password")
  operator   KEFU_GATEWAY=$KEFU_GATEWAY KEFU_OPERATOR_KEY_FILE=$secrets/operator.key $build/bin/kefuctl --help
  metrics    http://$(port_of inquiries admin)/metrics  http://$(port_of gateway-1 admin)/metrics  http://$(port_of gateway-2 admin)/metrics
  logs       $logs
  data       $data

Ctrl-C stops everything.
EOF
}

# Runs CMD while all processes live; its code is ours. A process that ends by itself ends the run.
run_once_ready() {
  local command code=0 name
  for name in "${started[@]}"; do
    declare -x "KEFU_PID_$(tr 'a-z-' 'A-Z_' <<< "$name")=${pids[$name]}"
  done
  export KEFU_GATEWAY KEFU_GATEWAY_2 KEFU_OPERATOR_KEY_FILE=$secrets/operator.key KEFU_LOGS=$logs KEFU_BIN=$build/bin
  export KEFU_DEMO_PASSWORD_FILE=$secrets/demo.password KEFU_REDIS=$run/redis.sock
  bash -c "$once_ready" &
  command=$!
  wait "$command" || code=$?
  if name=$(first_ended); then
    ended "$name" || true
    [[ $code -ne 0 ]] || code=1
  fi
  return "$code"
}

run_until_signal() {
  local name
  tell
  # Returns when any process ends; a signal interrupts it, and the trap goes on from there.
  wait -n "${pids[@]}" || true
  name=$(first_ended)
  ended "$name" || true
  return 1
}

finish() {
  local code=$?
  trap - EXIT
  trap '' INT TERM HUP
  if [[ ${#started[@]} -gt 0 ]]; then
    echo "stopping" >&2
    stop_all || [[ $code -ne 0 ]] || code=1
  fi
  [[ -z ${run:-} ]] || rm -rf -- "$run"
  exit "$code"
}

main() {
  build_all
  trap finish EXIT
  trap 'exit 0' INT TERM HUP
  take_data_folder
  start_all
  make_demo
  if [[ -n $once_ready ]]; then run_once_ready; else run_until_signal; fi
}

# Read to the end before anything runs: the file may be edited meanwhile.
main
exit
