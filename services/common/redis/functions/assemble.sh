#!/bin/sh
# Prints the Redis function library of a service: assemble.sh SERVICE [--callers-clock | --test [--no-cursor-check]]
# Load it with: assemble.sh inquiries | redis-cli -x FUNCTION LOAD REPLACE
# --callers-clock: the time is what the caller says, for simulations in a Redis of their own; never load it where
# real shops are. --test: the same.
# --no-cursor-check: cursors move from wherever they stand. A control, under which tests of the event fabric must fail.
set -eu
service=$1
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH= cd -- "$here/../../../.." && pwd)
time=time.lua
case ${2:-} in --test | --callers-clock) time=time_caller.lua ;; esac
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
  cat "$here/$time" "$here/prelude.lua" "$here/cursors.lua" "$here/outbox.lua" "$here/timers.lua" "$here/index.lua" \
    "$here/commit.lua"
  # A service may do with the common parts.
  [ ! -d "$folder" ] || find "$folder" -path '*/functions/*.lua' | LC_ALL=C sort | xargs -r cat
} | sed "s/@SERVICE@/$service/g"
