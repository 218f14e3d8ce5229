#!/bin/bash
# Everything kefu needs on one machine: installs packages, builds, starts Redis, the services and two kefu-gateways (or
# all in one process), makes a demonstration shop, and runs until Ctrl-C. What was written stays in the data folder for
# the next time.
# shellcheck disable=SC2317  # functions are called by their names and by traps
set -euo pipefail
shopt -s inherit_errexit

usage() {
  cat <<'EOF'
deploy/dev/up.sh [OPTION...]
  --data DIR          where everything lasting lies (default: $XDG_STATE_HOME/kefu or ~/.local/state/kefu)
  --port N            port of the first gateway on 127.0.0.1, the second takes N+1 (default 8080; 0: any free ones)
  --one-process       the gateway and all services as one kefu-all; there is no second gateway
  --build DIR         use the programs in DIR/bin instead of building them
  --skip-install      do not look for missing packages
  --gateway-config F  lines to add to the gateways' configuration
  --play, --no-play   buyers who write to the demonstration shop, a few at a time (default: only without --once-ready)
  --once-ready CMD    when all is up, run CMD in a shell, stop, and exit with its code; it finds in its environment
                      KEFU_GATEWAY and KEFU_GATEWAY_2 (host:port), KEFU_GRPC (the first one's door for programs),
                      KEFU_OPERATOR_KEY_FILE, KEFU_DEMO_PASSWORD_FILE, KEFU_LOGS, KEFU_BIN, KEFU_REDIS (its socket),
                      KEFU_DEMO_KEY_FILE (an API key of the demo shop), KEFU_DEMO_IDENTITY_FILE (the key it signs its
                      buyers with), KEFU_DEMO_CONSOLE (where its people sign in by a click), and the pids as
                      KEFU_PID_<NAME>: REDIS and either ALL or INQUIRIES, ORDERS, LOGISTICS, AFTER_SALES, RECORDS,
                      GATEWAY_1, GATEWAY_2. With --one-process both gateways are the same one.
EOF
}

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
data=${XDG_STATE_HOME:-$HOME/.local/state}/kefu
port=8080
build=
install=yes
one_process=
play=
gateway_config=/dev/null
once_ready=
while [[ $# -gt 0 ]]; do
  case $1 in
    --data) data=$2; shift ;;
    --port) port=$2; shift ;;
    --build) build=$2; shift ;;
    --skip-install) install= ;;
    --one-process) one_process=yes ;;
    --play) play=yes ;;
    --no-play) play=no ;;
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

# Services beside the gateways, by the names of their configuration. All but records keep what they know in Redis.
declare -ra services=(inquiries orders logistics after_sales records)
declare -ra redis_users=(inquiries orders logistics after_sales gateway)

program_of() {
  echo "kefu-${1//_/-}"
}

# What will be started.
programs() {
  local service
  if [[ -n $one_process ]]; then
    echo kefu-all
    return
  fi
  for service in "${services[@]}" gateway; do
    program_of "$service"
  done
}

build_all() {
  local -a targets
  [[ -n $install ]] && "$root/deploy/dev/setup.sh"
  if [[ -z $build ]]; then
    build=$root/build/release
    export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
    [[ -f $build/build.ninja ]] || cmake -S "$root" -B "$build" -G Ninja
    mapfile -t targets < <(programs)
    cmake --build "$build" --parallel "$(nproc)" --target kefuctl "${targets[@]}"
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
  local -a hashes=()
  memory_kb=$(awk '$1 == "MemTotal:" {print $2}' /proc/meminfo)
  for service in admin "${redis_users[@]}"; do
    hashes+=("${service^^}_SHA256=$(sha256_of "$secrets/redis-$service.password")")
  done
  (
    umask 077
    render "$root/deploy/config/redis.conf.in" "RUN=$run" "DATA=$data/redis" "MAXMEMORY=$((memory_kb * 6 / 10))kb" \
      > "$run/redis.conf"
    render "$root/deploy/config/redis.acl.in" "${hashes[@]}" > "$run/redis.acl"
  )
  start redis redis-server "$run/redis.conf"
  await redis redis_answers
  for service in "${redis_users[@]}"; do
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

# configure NAME TEMPLATE MORE VALUE...: MORE is a file to add to the configuration.
configure() {
  local name=$1 template=$root/deploy/config/$2 more=$3
  shift 3
  render "$template" "NAME=$name" "RUN=$run" "DATA=$data" "SECRETS=$secrets" "CONFIG=$root/deploy/config" "$@" \
    > "$run/$name.yaml"
  cat "$more" >> "$run/$name.yaml"
}

# Names of the gateways, as words.
gateways() {
  if [[ -n $one_process ]]; then echo gateway-1; else echo gateway-1 gateway-2; fi
}

# in_list FORMAT WORD...: a list as YAML has it.
in_list() {
  local format=$1 list
  shift
  # shellcheck disable=SC2059  # the format is ours
  list=$(printf "\"$format\", " "$@")
  echo "[${list%, }]"
}

configure_all() {
  local name second=0
  local -a values=()
  [[ $port -eq 0 ]] || second=$((port + 1))
  # shellcheck disable=SC2046  # names without blanks
  values+=("GATEWAYS=$(in_list "unix:$run/%s.sock" $(gateways))"
    "GATEWAY_EVENTS=$(in_list "ipc://$run/%s.events" inquiries $(gateways))"
    "ALL_EVENTS=$(in_list "ipc://$run/%s.events" inquiries orders logistics after_sales $(gateways))")
  for name in "${services[@]}"; do
    configure "$name" "$name.yaml.in" /dev/null "${values[@]}"
  done
  configure gateway-1 gateway.yaml.in "$gateway_config" "LISTEN=127.0.0.1:$port" "WEB=$root/gateway/web/dist" "${values[@]}"
  if [[ -n $one_process ]]; then
    configure all all.yaml.in /dev/null
  else
    configure gateway-2 gateway.yaml.in "$gateway_config" "LISTEN=127.0.0.1:$second" "WEB=$root/gateway/web/dist" \
      "${values[@]}"
  fi
}

# start_process NAME PROGRAM
start_process() {
  local program=$build/bin/$2 config=$run/$1.yaml
  "$program" --config "$config" --check-config > /dev/null
  start "$1" "$program" --config "$config"
}

start_all() {
  local name
  start_redis
  configure_all
  if [[ -n $one_process ]]; then
    start_process all kefu-all
  else
    for name in "${services[@]}"; do
      start_process "$name" "$(program_of "$name")"
    done
    start_process gateway-1 kefu-gateway
    start_process gateway-2 kefu-gateway
  fi
  for name in "${started[@]:1}"; do
    await "$name" is_ready "$name"
  done
  if [[ -n $one_process ]]; then
    KEFU_GATEWAY=$(port_of all http)
    KEFU_GATEWAY_2=$KEFU_GATEWAY
    KEFU_GRPC=$(port_of all grpc)
  else
    KEFU_GATEWAY=$(port_of gateway-1 http)
    KEFU_GATEWAY_2=$(port_of gateway-2 http)
    KEFU_GRPC=$(port_of gateway-1 grpc)
  fi
}

kefuctl() {
  KEFU_GATEWAY=$KEFU_GATEWAY KEFU_OPERATOR_KEY_FILE=$secrets/operator.key "$build/bin/kefuctl" "$@"
}

# Where each process, Redis aside, shows its metrics.
metrics() {
  local name
  for name in "${started[@]:1}"; do
    printf '             %-12s http://%s/metrics\n' "$name" "$(port_of "$name" admin)"
  done
}

tell() {
  cat <<EOF

kefu is up.

  console    $(demo_console)
             where agents work; the demonstration's people sign in by a click
  page       http://$KEFU_GATEWAY/          write as a buyer on the left, answer as an agent on the right
  shop       http://$KEFU_GATEWAY/shop/     a shop's pages with the buyers' widget on them
  gateways   http://$KEFU_GATEWAY  http://$KEFU_GATEWAY_2
  gRPC       $KEFU_GRPC              the same methods for programs, with reflection
  sign in    shop $demo_shop; agent1, agent2, supervisor or admin; password $(< "$secrets/demo.password")
  operator   export KEFU_GATEWAY=$KEFU_GATEWAY KEFU_OPERATOR_KEY_FILE=$secrets/operator.key
             $build/bin/kefuctl --help;  kefuctl events lag
  program    export KEFU_API_KEY_FILE=$secrets/demo.key
             kefuctl orders list;  kefuctl parcels list;  kefuctl cases list
  metrics
$(metrics)
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
  export KEFU_GATEWAY KEFU_GATEWAY_2 KEFU_GRPC KEFU_OPERATOR_KEY_FILE=$secrets/operator.key KEFU_LOGS=$logs
  export KEFU_BIN=$build/bin
  export KEFU_DEMO_PASSWORD_FILE=$secrets/demo.password KEFU_DEMO_KEY_FILE=$secrets/demo.key KEFU_REDIS=$run/redis.sock
  export KEFU_DEMO_IDENTITY_FILE=$secrets/demo.identity KEFU_DEMO_CONSOLE
  KEFU_DEMO_CONSOLE=$(demo_console)
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
  [[ -n $once_ready ]] || tell
  [[ -n $play || -n $once_ready ]] || play=yes
  [[ $play != yes ]] || play_buyers
  if [[ -n $once_ready ]]; then run_once_ready; else run_until_signal; fi
}

# Read to the end before anything runs: the file may be edited meanwhile.
main
exit
