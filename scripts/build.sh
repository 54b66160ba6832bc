#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Builds into build/KIND: scripts/build.sh [release|debug|asan|tsan|fuzz] [TARGET ...]
set -euo pipefail
cd "$(dirname "$0")/.."

kind=${1:-release}
shift $(($# > 0))
# Warnings are errors where they can be trusted; with sanitizers the compiler also gives false ones. Such
# builds are slow to compile, so little is optimized and debuggers get only line numbers. Assertions are
# enabled.
sanitized=(-Doptimization=1 -Ddebug=false -Db_ndebug=false -Dcpp_args=-g1 -Db_lundef=false -Dbench=false)
case "$kind" in
  # The options are those of the package. With precompiled headers g++ 12 warns about its own library.
  release) options=(-Dbuildtype=release -Dprefix=/usr -Db_pch=false -Dwerror=true) ;;
  debug) options=(-Dbuildtype=debug -Dwerror=true) ;;
  asan | fuzz) # one build, which contains the fuzzers if there is clang, because g++ has no libFuzzer
    options=("${sanitized[@]}" "-Db_sanitize=address,undefined")
    if command -v clang++-19 >/dev/null; then
      export CXX=clang++-19
      # libstdc++ 12 calls a deprecated function in stable_sort(), and clang does not know all of g++'s
      # warnings.
      options+=(-Dfuzz=true "-Dcpp_args=-g1 -fsanitize=fuzzer-no-link -fno-sanitize-coverage=trace-cmp
        -Wno-deprecated-declarations -Wno-unknown-warning-option")
    elif [[ $kind == fuzz ]]; then
      echo "$0: libFuzzer needs clang++-19" >&2
      exit 1
    fi
    mkdir -p build
    rm -rf build/fuzz
    ln -s asan build/fuzz
    kind=asan
    ;;
  tsan) options=("${sanitized[@]}" -Db_sanitize=thread) ;;
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
# The steps are shown on a terminal, or if the caller shows them on one.
options=(--quiet)
if [[ -t 1 || ${SHOW_STEPS:-} ]]; then
  export NINJA_STATUS="$kind: step %f of %t  "
  options=()
fi
ninja -C "build/$kind" -j "$(nproc)" "${options[@]}" "$@"
# Editors look for the file here.
ln -sf "build/$kind/compile_commands.json" compile_commands.json
