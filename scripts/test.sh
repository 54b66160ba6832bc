#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Installs, builds and runs every test.
#
#   scripts/test.sh                 everything
#   scripts/test.sh --quick         what needs no sanitizer, no linter and no network namespace
#   scripts/test.sh --only SUITE    one suite; repeat it for more
#
# Suites: layers format unit dataplane instructions unit-asan dataplane-asan concurrent-tsan fuzz nic
# system conformance demo package, and lint (what changed; everything with --only lint). Only when named:
# debug, the programs compiled without optimization, and cli, the part of system that runs no router.
# Suites run one after the other: what they measure would disturb others.
# The last line is `N passed, N failed`, and how many were skipped if any were.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

all=(layers format unit dataplane instructions unit-asan dataplane-asan concurrent-tsan fuzz nic
  system conformance demo package lint)
more=(debug cli)
suites=()
lint_scope=--changed
while (($#)); do
  case "$1" in
    --quick) suites=(layers format unit dataplane instructions cli) ;;
    --only)
      [[ " ${all[*]} ${more[*]} " == *" ${2:-} "* ]] || {
        echo "test.sh: there is no suite '${2:-}'; there are: ${all[*]} ${more[*]}" >&2
        exit 2
      }
      suites+=("$2")
      [[ $2 == lint ]] && lint_scope=
      shift
      ;;
    *)
      sed -n '3,13s/^# \{0,1\}//p' "$0" >&2
      exit 2
      ;;
  esac
  shift
done
((${#suites[@]})) || suites=("${all[@]}")

# Each suite prints `N passed, N failed[, N skipped]` as its last line, or is one test that its exit status
# decides.
suite_layers() { scripts/check_layers.py; }
suite_format() {
  # This prints only the names of the files; clang-format-19 -i shows and fixes the rest.
  find app drivers lib test -name '*.[ch]pp' -print0 |
    xargs -0 clang-format-19 --dry-run -Werror 2>&1 | sed -n 's/:.*\[-Wclang-format.*//p' | sort -u
  return "$((PIPESTATUS[1] != 0))"
}
suite_lint() { scripts/lint.py ${lint_scope:+"$lint_scope"}; }
suite_unit() { scripts/run_suite.py build/release unit; }
suite_dataplane() { scripts/run_suite.py build/release dataplane; }
suite_instructions() { scripts/check_instructions.py; }
suite_unit-asan() { scripts/run_suite.py build/asan unit; }
suite_dataplane-asan() { scripts/run_suite.py build/asan dataplane; }
# These tests read tables while a writer changes them.
suite_concurrent-tsan() { scripts/run_suite.py build/tsan concurrent; }
# The programs must compile without optimization, with the warnings of such a build, and run.
suite_debug() { RINGROAD_BUILD=$PWD/build/debug test/system/run.py cli_test.Usage cli_test.Check ping_test; }
# The fuzzers start from the inputs kept in test/fuzz/corpus, that of the trie from random ones: a fuzzer
# takes minutes to find inputs that are long enough for a table. An input that fails is left in build/test.
fuzz() { # NAME SECONDS LONGEST
  local corpus=build/asan/corpus-$1 i
  rm -rf "$corpus"
  mkdir "$corpus"
  if [[ $1 == fib ]]; then
    for i in {1..8}; do
      head -c 2048 /dev/urandom >"$corpus/$i"
    done
  else
    tar -xf "test/fuzz/corpus/$1.tar.gz" -C "$corpus"
  fi
  "build/asan/test/fuzz/$1-fuzz" -max_total_time="$2" -max_len="$3" -len_control=0 -timeout=20 \
    -artifact_prefix="build/test/$1-" "$corpus"
}
suite_fuzz() {
  local name seconds longest passed=0 failed=0
  local -A jobs
  if ! command -v clang++-19 >/dev/null; then
    echo "SKIPPED: libFuzzer needs clang++-19"
    echo "0 passed, 0 failed, 4 skipped"
    return
  fi
  for name in fib:20:4096 config:20:4096 api:25:4096 dataplane:35:2048; do
    IFS=: read -r name seconds longest <<<"$name"
    fuzz "$name" "$seconds" "$longest" >"build/test/fuzz-$name.log" 2>&1 &
    jobs[$name]=$!
  done
  for name in "${!jobs[@]}"; do
    if wait "${jobs[$name]}"; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1))
      cat "build/test/fuzz-$name.log"
    fi
  done
  echo "$passed passed, $failed failed"
}
suite_cli() { test/system/run.py cli_test; } # a part of system
suite_system() {
  scripts/install.sh bench # brings testpmd for documents_test; without it that part counts as skipped
  test/system/run.py
}
suite_nic() {
  scripts/install.sh nic # without the fetched files the tests count as skipped
  test/nic/run.py
}
suite_conformance() { test/conformance/run.py; }
suite_demo() { scripts/run.sh --once; }
suite_package() { test/package/run.py; }

passed=0
failed=0
skipped=0
broken=() # the suites with a failed test
mkdir -p build/test

# On a terminal: shows the running suite, its time and its last line.
watch() { # NAME LOG
  local start=$SECONDS
  while kill -0 $$ 2>/dev/null; do
    printf '\r%-16s %4d s  %.50s\e[K' "$1" $((SECONDS - start)) "$(tail -n 1 "$2")"
    sleep 1
  done
}
[[ -t 1 ]] && export SHOW_STEPS=1

# tally NAME COMMAND...: runs the command, counts its last line, and shows its output if it failed.
tally() {
  local name=$1 log=build/test/$1.log start=$SECONDS status=0 last
  shift
  if [[ -t 1 ]]; then
    : >"$log"
    watch "$name" "$log" &
    local watcher=$!
  fi
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [[ -t 1 ]]; then
    kill "$watcher"
    wait "$watcher" 2>/dev/null
    printf '\r\e[K'
  fi
  last=$(tail -n 1 "$log")
  local counts='^([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?$'
  if [[ $last =~ $counts ]]; then
    local row=("${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" "${BASH_REMATCH[4]:-0}")
  else
    local row=($((status == 0)) $((status != 0)) 0)
  fi
  if ((status != 0 && row[1] == 0)); then row[1]=1; fi
  passed=$((passed + row[0])) failed=$((failed + row[1])) skipped=$((skipped + row[2]))
  if ((row[1])); then
    broken+=("$name")
    cat "$log"
    echo
  else
    grep '^SKIP' "$log"
  fi
  printf '%-16s %5d passed %3d failed %3d skipped %5d s\n' "$name" "${row[@]}" $((SECONDS - start))
  return "$status"
}

# Prints the failures again, because the logs above are long.
recall() { # SUITE
  local said
  said=$(grep -aE -A 4 ': FAILED:|^FAIL |ERROR: .*Sanitizer|WARNING: ThreadSanitizer|runtime error|^ran over' \
    "build/test/$1.log" | cut -c 1-200 | head -n 24)
  printf '%s:\n%s\n' "$1" "${said:-$(tail -n 8 "build/test/$1.log")}"
}

finish() {
  local suite
  echo
  for suite in "${broken[@]}"; do
    recall "$suite"
  done
  if ((skipped)); then
    echo "$passed passed, $failed failed, $skipped skipped"
  else
    echo "$passed passed, $failed failed"
  fi
  exit $((failed > 0))
}

scripts/install.sh test || exit 1

declare -A built
for suite in "${suites[@]}"; do
  case "$suite" in
    layers | format) kind= ;;
    *-asan | fuzz) kind=asan ;;
    *-tsan) kind=tsan ;;
    debug) kind=debug ;;
    *) kind=release ;;
  esac
  if [[ $kind && ! ${built[$kind]:-} ]]; then
    built[$kind]=no
    targets=()
    if [[ $kind == asan ]]; then
      targets=(meson-test-prereq)
      command -v clang++-19 >/dev/null && targets+=(test/fuzz/{fib,config,api,dataplane}-fuzz)
    fi
    [[ $kind == debug ]] && targets=(installed)
    [[ $kind == tsan ]] && targets=(test/unit/unit-concurrent test/unit/unit-fib)
    tally "build-$kind" scripts/build.sh "$kind" "${targets[@]}" && built[$kind]=yes
  fi
  [[ $kind && ${built[$kind]} == no ]] && continue # the failed build is counted already
  tally "$suite" "suite_$suite"
done
finish
