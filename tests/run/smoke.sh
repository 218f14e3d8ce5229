#!/bin/bash
# deploy/dev/up.sh as a person would use it: up, one conversation over both gateways, a look at the demonstration shop,
# down; up again on the same data, and everything is still there. smoke.sh BUILD_FOLDER [--one-process]; ends with the
# line "N passed, N failed".
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$here/../.." && pwd)

passed=0
failed=0

# check "what must be so" COMMAND...
check() {
  local what=$1
  shift
  if "$@"; then
    echo "ok: $what"
    passed=$((passed + 1))
  else
    echo "FAILED: $what ($*)"
    failed=$((failed + 1))
  fi
}

# call GATEWAY TOKEN METHOD JSON: one unary call; prints the answer.
call() {
  local authorization=()
  [[ -z $2 ]] || authorization=(-H "Authorization: Bearer $2")
  curl -sS --max-time 10 -H 'Content-Type: application/json' "${authorization[@]}" -d "$4" "http://$1/kefu.gateway.v1.$3"
}

id() { head -c 12 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

texts() { call "$1" "$2" BuyerService/ListMessages '{}' | jq -c '[.entries[]?.content.text.body // empty]'; }

sees() { [[ $(texts "$1" "$2") == "$3" ]]; }

# eventually COMMAND...: until it succeeds, 20 s at most.
eventually() {
  local deadline=$((SECONDS + 20))
  until "$@"; do
    [[ $SECONDS -lt $deadline ]] || return 1
    sleep 0.1
  done
}

goes_online() {
  call "$KEFU_GATEWAY_2" "$agent" AgentService/SetPresence "{\"requestId\":\"$(id)\",\"presence\":\"PRESENCE_ONLINE\"}" |
    jq -e '.agent.presence == "PRESENCE_ONLINE"' > /dev/null
}

held_session() {
  held=$(call "$KEFU_GATEWAY_2" "$agent" AgentService/ListSessions '{}' |
    jq -c --arg s "$session" '.sessions[]? | select(.session == $s and .state == "STATE_ACTIVE")')
  [[ -n $held ]]
}

header() { curl -sS -o /dev/null -D - "http://$KEFU_GATEWAY$1" | tr -d '\r' | grep -i "^$2:"; }

strict_policy() {
  local policy
  policy=$(header / content-security-policy)
  [[ $policy == *"default-src 'self'"* && $policy == *"frame-ancestors 'none'"* && $policy != *unsafe* ]]
}

page_is_whole() {
  local asset
  for asset in $(curl -sS "http://$KEFU_GATEWAY/" | grep -oE '/assets/[^"]+'); do
    curl -fsS -o /dev/null "http://$KEFU_GATEWAY$asset" || return 1
    header "$asset" cache-control | grep -q immutable || return 1
  done
  [[ -n ${asset:-} ]]
}

redis_as() {
  REDISCLI_AUTH=$(< "$(dirname "$KEFU_OPERATOR_KEY_FILE")/redis-$1.password") \
    redis-cli -s "$KEFU_REDIS" --user "kefu-$1" --no-auth-warning "${@:2}"
}

refused() { [[ $(redis_as "$@" 2>&1) == *NOPERM* ]]; }

# As the demonstration shop's program.
program() { "$KEFU_BIN/kefuctl" --json --key-file "$KEFU_DEMO_KEY_FILE" "$@"; }

# every_value LIST FIELD ENUM: the list of the demonstration shop has each value of the enum of a proto.
every_value() {
  local wanted there
  wanted=$(grep -oE "^ +$3_[A-Z_]+ = [1-9]" "$root/$4" | awk '{print $1}' | sort -u)
  there=$(program "$1" list | jq -r ".$2" | sort -u)
  [[ -n $wanted && -z $(comm -23 <(echo "$wanted") <(echo "$there")) ]]
}

orders_show() { [[ $(program orders list | jq -r .aftersale | sort -u | grep -c .) -ge 4 ]]; }

nobody_is_behind() {
  local lag
  lag=$("$KEFU_BIN/kefuctl" events lag) && [[ -n $lag && ! $lag =~ behind\ [1-9] && ! $lag =~ dead\ letters\ [1-9] ]]
}

check_demo() {
  local orders=proto/kefu/orders/v1/service.proto parcels=proto/kefu/logistics/v1/service.proto
  check "there are orders in every state" every_value orders state STATE "$orders"
  check "there are orders with every payment" every_value orders payment PAYMENT "$orders"
  check "there are orders with every fulfilment" every_value orders fulfilment FULFILMENT "$orders"
  check "there are parcels in every status" eventually every_value parcels status STATUS "$parcels"
  check "there are cases open" test "$(program cases list --live | grep -c .)" -ge 8
  check "orders show what became of their cases" eventually orders_show
  check "every service has taken every event" eventually nobody_is_behind
}

# What the demonstration shop consists of, for comparison.
demo_state() {
  program orders list | jq -c '[.number, .etag, .state, .fulfilment, .aftersale]' | sort
  program parcels list | jq -c '[.trackingNumber, .etag, .status]' | sort
  program cases list | jq -c '[.case, .etag, .state]' | sort
}

check_rights() {
  local service
  for service in inquiries gateway orders logistics after_sales; do
    check "kefu-$service may not change the server" refused "$service" CONFIG SET appendfsync no
    check "kefu-$service may not load code" refused "$service" FUNCTION FLUSH
    check "kefu-$service may not run a script" refused "$service" EVAL 'return 1' 0
  done
  check "kefu-inquiries may not read the gateway's keys" refused inquiries HGETALL 'kf:gateway:{demo}:meta'
  check "kefu-gateway may not read the keys of inquiries" refused gateway HGETALL 'kf:inquiries:{demo}:meta'
}

first() {
  local buyer session agent held answer
  check "the page is served with a strict policy" strict_policy
  check "the page's files are there and may be kept for ever" page_is_whole
  buyer=$(call "$KEFU_GATEWAY" "" AuthService/StartGuest '{"shop":"demo"}' | jq -r .token)
  answer=$(call "$KEFU_GATEWAY" "$buyer" BuyerService/OpenSession \
    "{\"requestId\":\"$(id)\",\"content\":{\"text\":{\"body\":\"有人吗？\"}}}")
  session=$(jq -r .session <<< "$answer")
  check "a guest opens a session" test "$(jq -r .opened <<< "$answer")" = true
  check "the other gateway has the message" sees "$KEFU_GATEWAY_2" "$buyer" '["有人吗？"]'
  agent=$(call "$KEFU_GATEWAY_2" "" AuthService/SignIn \
    "{\"shop\":\"demo\",\"login\":\"agent1\",\"password\":\"$(< "$KEFU_DEMO_PASSWORD_FILE")\"}" | jq -r .token)
  # Only an agent with a live stream can go online. An empty request in the envelope of Connect's streams: no flags,
  # length 2.
  printf '\0\0\0\0\2{}' | curl -sSN --max-time 60 -o /dev/null -H 'Content-Type: application/connect+json' \
    -H "Authorization: Bearer $agent" --data-binary @- "http://$KEFU_GATEWAY_2/kefu.gateway.v1.AgentService/Subscribe" &
  stream=$!
  check "an agent with an open stream goes online" eventually goes_online
  check "the waiting session comes to an agent who is online" eventually held_session
  call "$KEFU_GATEWAY_2" "$agent" AgentService/SendMessage "{\"requestId\":\"$(id)\",\"session\":\"$session\",
    \"fence\":$(jq '.fence // "0"' <<< "$held"),\"content\":{\"text\":{\"body\":\"在的\"}}}" > /dev/null
  kill "$stream"
  check "the buyer reads the agent's answer at the first gateway" sees "$KEFU_GATEWAY" "$buyer" '["有人吗？","在的"]'
  check_rights
  check_demo
  demo_state > "$1/demo"
  printf '%s\n' "$buyer" > "$1/buyer"
}

second() {
  local buyer role
  buyer=$(< "$1/buyer")
  check "after a restart the conversation is still there" sees "$KEFU_GATEWAY" "$buyer" '["有人吗？","在的"]'
  role=$(call "$KEFU_GATEWAY" "" AuthService/SignIn \
    "{\"shop\":\"demo\",\"login\":\"supervisor\",\"password\":\"$(< "$KEFU_DEMO_PASSWORD_FILE")\"}" | jq -r .role)
  check "after a restart the staff can sign in" test "$role" = ROLE_SUPERVISOR
  check "a second start changed nothing in the demonstration shop" diff <(demo_state) "$1/demo"
}

# Runs one half of the checks inside up.sh. The script is told the half by its arguments.
up() {
  "$root/deploy/dev/up.sh" --data "$state/data" --port 0 --build "$build" --skip-install \
    "${shape[@]}" --once-ready "'$here/smoke.sh' --inside $1 '$state'"
}

if [[ ${1:-} == --inside ]]; then
  "$2" "$3"
  echo "$passed $failed" > "$3/$2.counts"
  [[ $failed -eq 0 ]]
  exit
fi

nothing_runs() { ! pgrep -f -- "$state/data"; }

build=$1
shape=("${@:2}")
state=$(mktemp -d)
trap 'rm -rf -- "$state"' EXIT
check "up.sh comes up on an empty folder, and goes down cleanly" up first
check "up.sh comes up on the same data again, and goes down cleanly" up second
check "nothing is left running" nothing_runs
for counts in "$state"/*.counts; do
  [[ -f $counts ]] || continue
  read -r more_passed more_failed < "$counts"
  passed=$((passed + more_passed))
  failed=$((failed + more_failed))
done
[[ $failed -eq 0 ]] || tail -n 30 "$state"/data/log/*.log
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
