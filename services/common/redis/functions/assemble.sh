#!/bin/sh
# Prints the Redis function library of a service: assemble.sh SERVICE [--test]
# Load it with: assemble.sh inquiries | redis-cli -x FUNCTION LOAD REPLACE
# --test: the library that honours the time a caller names; never load it in production.
set -eu
service=$1
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH= cd -- "$here/../../../.." && pwd)
time=time.lua
[ "${2:-}" = --test ] && time=time_test.lua
case $service in
  gateway) folder=$root/gateway ;;
  *) folder=$root/services/$service ;;
esac
printf '#!lua name=kefu_%s\n' "$service"
# The clock first, since the prelude uses it; then the common parts, then the service's own in the order of their paths.
{
  cat "$here/$time" "$here/prelude.lua"
  for part in "$here"/*.lua; do
    case $(basename "$part") in
      time.lua | time_test.lua | prelude.lua) ;;
      *) cat "$part" ;;
    esac
  done
  find "$folder" -path '*/functions/*.lua' | LC_ALL=C sort | xargs -r cat
} | sed "s/@SERVICE@/$service/g"
