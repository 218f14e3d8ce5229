#!/bin/sh
# Prints the Redis function library of a service: assemble.sh SERVICE [--test [--no-cursor-check]]
# Load it with: assemble.sh inquiries | redis-cli -x FUNCTION LOAD REPLACE
# --test: the library that honours the time a caller names; never load it in production.
# --no-cursor-check: cursors move from wherever they stand. A control, under which tests of the event fabric must fail.
set -eu
service=$1
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH= cd -- "$here/../../../.." && pwd)
time=time.lua
[ "${2:-}" = --test ] && time=time_test.lua
cursor_check=true
[ "${2:-} ${3:-}" = "--test --no-cursor-check" ] && cursor_check=false
case $service in
  gateway) folder=$root/gateway ;;
  *) folder=$root/services/$service ;;
esac
printf '#!lua name=kefu_%s\nlocal CURSOR_CHECK = %s\n' "$service" "$cursor_check"
# The clock first, since the prelude uses it; then the common parts, of which the commit uses the others; then the
# service's own in the order of their paths.
{
  cat "$here/$time" "$here/prelude.lua" "$here/cursors.lua" "$here/outbox.lua" "$here/timers.lua" "$here/commit.lua"
  # A service may do with the common parts.
  [ ! -d "$folder" ] || find "$folder" -path '*/functions/*.lua' | LC_ALL=C sort | xargs -r cat
} | sed "s/@SERVICE@/$service/g"
