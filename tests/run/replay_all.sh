#!/bin/bash
# All recorded chats against up.sh, as fast as the parties answer: replay_all.sh BUILD_FOLDER. The chats lie beside the
# repository (KEFU_SHARED_DATA); without them it fails.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(cd -- "$1" && pwd)
export CHATS=${KEFU_SHARED_DATA:-$root/../shared/data}/star/chats.jsonl
[[ -f $CHATS ]] || { echo "$CHATS does not exist: the recorded chats lie beside the repository" >&2; exit 1; }
state=$(mktemp -d)
trap 'rm -rf -- "$state"' EXIT
# At this speed people break every limit on people, and all come from one address.
cat > "$state/limits.yaml" <<'EOF'
limits:
  buyer_messages_per_10s: 100000
  buyer_sessions_per_minute: 100000
  buyer_writes_per_10s: 100000
  buyer_reads_per_10s: 100000
  sign_ins_per_minute: 100000
  connections_per_address: 10000
EOF
# shellcheck disable=SC2016  # expanded where up.sh runs it
"$root/deploy/dev/up.sh" --data "$state/data" --port 0 --build "$build" --skip-install \
  --gateway-config "$state/limits.yaml" --once-ready '"$KEFU_BIN/kefuctl" shop create replay --name replay &&
    "$KEFU_BIN/kefuctl" --gateway "$KEFU_GATEWAY" --gateway "$KEFU_GATEWAY_2" \
      replay "$CHATS" --shop replay --loop closed --pairs 50'
