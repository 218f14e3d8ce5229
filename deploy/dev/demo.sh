# shellcheck shell=bash disable=SC2154
# The demonstration shop: one supervisor, two agents, an administrator. Sourced by up.sh, which sets `secrets` and
# defines kefuctl. Repeating it changes nothing.

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

make_demo() {
  local line login name role capacity
  unless_there kefuctl shop create "$demo_shop" --name "示例店铺 Demo shop"
  for line in "${demo_staff[@]}"; do
    IFS='|' read -r login name role capacity <<< "$line"
    unless_there kefuctl person create "$login" --name "$name" < "$secrets/demo.password"
    unless_there kefuctl agent create --shop "$demo_shop" --login "$login" --name "$name" --role "$role" \
      --capacity "$capacity"
  done
}
