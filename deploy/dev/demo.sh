# shellcheck shell=bash disable=SC2154
# The demonstration shop: one supervisor, two agents, an administrator, skill groups; buyers with orders in every state, parcels on
# their way, cases open (demo/), and buyers who are played. Sourced by up.sh, which sets `root`, `data`, `secrets` and `logs` and defines kefuctl.
# Repeating it changes nothing: people and shops are there already, everything else has request ids of its own.

declare -r demo_shop=demo
declare -ra demo_staff=(
  "agent1|客服一号 Agent 1|agent|100"
  "agent2|客服二号 Agent 2|agent|100"
  "supervisor|主管 Supervisor|supervisor|100"
  "admin|管理员 Admin|admin|0"
)

# unless_there COMMAND...: an object that exists already is what we want.
unless_there() {
  local said
  if ! said=$("$@" 2>&1) && [[ $said != *ALREADY_EXISTS* && $said != *_TAKEN* ]]; then
    echo "$said" >&2
    return 1
  fi
}

make_demo_people() {
  local line login name role capacity
  unless_there kefuctl shop create "$demo_shop" --name "示例店铺 Demo shop"
  for line in "${demo_staff[@]}"; do
    IFS='|' read -r login name role capacity <<< "$line"
    unless_there kefuctl person create "$login" --name "$name" < "$secrets/demo.password"
    unless_there kefuctl agent create --shop "$demo_shop" --login "$login" --name "$name" --role "$role" \
      --capacity "$capacity"
  done
}

# The key of the shop's program, shown once, when it is made.
make_demo_key() {
  local answer
  [[ -e $secrets/demo.key ]] && return
  answer=$(kefuctl --json --login admin --password-file "$secrets/demo.password" key create --shop "$demo_shop" \
    --name "演示数据 Demo data")
  secret "$secrets/demo.key" "$(jq -er .secret <<< "$answer")"
}

# What the shop signs its buyers with, for those who are played.
make_demo_identity() {
  local answer
  [[ -e $secrets/demo.identity ]] && return
  answer=$(kefuctl --json --login admin --password-file "$secrets/demo.password" identity rotate --shop "$demo_shop")
  secret "$secrets/demo.identity" "$answer"
}

# As the shop's program.
demo() {
  kefuctl --key-file "$secrets/demo.key" "$@"
}

# As the shop's administrator.
demo_admin() {
  kefuctl --login admin --password-file "$secrets/demo.password" "${@:1:2}" --shop "$demo_shop" "${@:3}"
}

# What happened in the shop is told as of the first start; later ones tell the same.
demo_since() {
  [[ -e $data/demo.since ]] || date +%s > "$data/demo.since"
  cat "$data/demo.since"
}

# send NOUN VERB FILE: the rows of a program of demo/ in one go. Fails, and shows them, if some are refused.
send() {
  local said
  if ! said=$(jq -cn --argjson since "$(demo_since)" -f "$root/deploy/dev/demo/$3" |
    demo "$1" "$2" - --request-id "demo-$3" 2>&1); then
    echo "$said" >&2
    return 1
  fi
}

# One row of cases.txt. Refusals of a move mean that somebody went on with the case since the last time.
make_case() {
  local number=$1 kind=$2 reason=$3 steps=$4 order case step said n=0
  order=$(demo --json orders list --number "$number" | jq -er .order)
  case=$(demo --json cases open "$order" --kind "$kind" --reason "$reason" --line L1:1 --note "演示 Demo" \
    --request-id "demo-$number" | jq -er .case)
  while IFS= read -r step; do
    read -ra step <<< "$step"
    [[ ${#step[@]} -gt 0 ]] || continue
    n=$((n + 1))
    case ${step[0]} in
      settle) step=(settle --refund "${case}_r1" --succeeded --reference demo) ;;
      settle-failed) step=(settle --refund "${case}_r1" --reference demo) ;;
    esac
    if ! said=$(demo cases "${step[0]}" "$case" "${step[@]:1}" --request-id "demo-$number-$n" 2>&1) &&
      [[ $said != *FAILED_PRECONDITION* && $said != *ABORTED* ]]; then
      echo "$number ${step[*]}: $said" >&2
      return 1
    fi
  done <<< "${steps//;/$'\n'}"
}

make_demo_cases() {
  local number kind reason steps
  while IFS='|' read -r number kind reason steps; do
    [[ $number == '#'* ]] || make_case "$number" "$kind" "$reason" "$steps"
  done < "$root/deploy/dev/demo/cases.txt"
}

# Who serves whom (demo/routing.json); changed already, it is left as it is.
make_demo_routing() {
  local said
  said=$(demo_admin routing set "$root/deploy/dev/demo/routing.json" 2>&1) || [[ $said == *ETAG_MISMATCH* ]] || {
    echo "$said" >&2
    return 1
  }
  [[ $said != *ETAG_MISMATCH* ]] || return 0
  demo_admin routing set-skills agent1 --language zh-CN --language en --skill products=3 --skill orders=4 --skill logistics=3 \
    --skill returns=2 --skill complaints=2 > /dev/null
  demo_admin routing set-skills agent2 --language zh-CN --language en --skill products=4 --skill orders=2 \
    --skill logistics=2 --skill returns=4 > /dev/null
  demo_admin routing set-skills supervisor --language zh-CN --language en --skill products=5 --skill orders=5 \
    --skill logistics=5 --skill returns=5 --skill complaints=5 > /dev/null
}

make_demo() {
  make_demo_people
  make_demo_key
  make_demo_identity
  make_demo_routing
  send orders upsert orders.jq
  send parcels events parcels.jq
  make_demo_cases
}

# A few buyers at a time, from then on.
play_buyers() {
  start buyers env "KEFU_GATEWAY=$KEFU_GATEWAY" "KEFU_GATEWAY_2=$KEFU_GATEWAY_2" "KEFU_DEMO_SHOP=$demo_shop" \
    "KEFU_DEMO_IDENTITY_FILE=$secrets/demo.identity" node "$root/deploy/dev/demo/play.mjs"
}

# Where the demonstration's people sign in by one click (gateway/web/console/frame/demo.ts).
demo_console() {
  local line logins=()
  for line in "${demo_staff[@]}"; do logins+=("${line%%|*}"); done
  echo "http://$KEFU_GATEWAY/console/#/demo/$demo_shop/$(< "$secrets/demo.password")/$(IFS=,; echo "${logins[*]}")"
}
