#!/usr/bin/env bash
# Builds into build/KIND: scripts/build.sh [release|debug|asan|tsan|fuzz] [TARGET ...]
set -euo pipefail
cd "$(dirname "$0")/.."

kind=${1:-release}
shift $(($# > 0))
# The warnings of the release build are errors; sanitizers make the compiler see ghosts. They are
# slow enough to compile that little is optimized and lines are all that is kept for debuggers.
sanitized=(-Doptimization=1 -Ddebug=false -Dcpp_args=-g1 -Db_lundef=false -Dwerror=false
  -Dbench=false)
case "$kind" in
  release) options=(-Dbuildtype=release -Dprefix=/usr) ;; # as packages are
  debug) options=(-Dbuildtype=debug) ;;
  asan) options=("${sanitized[@]}" "-Db_sanitize=address,undefined") ;;
  tsan) options=("${sanitized[@]}" -Db_sanitize=thread) ;;
  fuzz) # g++ has no libFuzzer
    export CXX=clang++-19
    options=("${sanitized[@]}" "-Db_sanitize=address,undefined" -Dfuzz=true
      "-Dcpp_args=-g1 -fsanitize=fuzzer-no-link -fno-sanitize-coverage=trace-cmp" -Doptimization=2)
    ;;
  *)
    echo "usage: $0 [release|debug|asan|tsan|fuzz] [TARGET ...]" >&2
    exit 2
    ;;
esac

if [[ ! -f build/$kind/build.ninja ]]; then
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  if ! meson setup "build/$kind" "${options[@]}" >"$log" 2>&1; then
    cat "$log" >&2
    rm -rf "build/$kind"
    exit 1
  fi
fi
ninja -C "build/$kind" -j "$(nproc)" --quiet "$@"
