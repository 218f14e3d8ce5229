#!/bin/bash
# The commit before this one, as a release that is in use somewhere: checks it out beside the build folder and builds the
# programs named, with the same options.
#   tests/run/previous.sh BUILD_FOLDER PROGRAM...
# Prints the folder, with the programs in bin/; prints nothing if there is no such commit (a shallow clone) or the commit
# does not have the programs yet.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
root=$PWD
build=$1
shift
previous=$root/build/previous

commit=$(git rev-parse --verify --quiet 'HEAD^') || exit 0
if [[ ! -d $previous ]]; then
  git worktree prune
  git worktree add --quiet --detach "$previous" "$commit" >&2
fi
git -C "$previous" checkout --quiet --detach "$commit" >&2

option() {
  grep -oP "^$1:[A-Z]+=\K.*" "$root/$build/CMakeCache.txt"
}

# The same place below its root as the other build folder has: then the compiler's cache knows most of it already.
export CCACHE_BASEDIR=$previous CCACHE_NOHASHDIR=1
cmake -S "$previous" -B "$previous/$build" -G Ninja -DKEFU_SANITIZE="$(option KEFU_SANITIZE)" \
  -DKEFU_FAILPOINTS="$(option KEFU_FAILPOINTS)" >&2
for program in "$@"; do
  ninja -C "$previous/$build" -t query "$program" > /dev/null 2>&1 || exit 0
done
cmake --build "$previous/$build" --parallel "$(nproc)" --target "$@" >&2
ln -sfn "$build/bin" "$previous/bin"
echo "$previous"
