#!/usr/bin/env bash
# Measures Ringroad against DPDK's own forwarders on this machine.
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: scripts/bench.sh [forward|fib|bands|all] [--quick] [options]

  forward   one core forwarding 64-byte frames, against l3fwd and testpmd
  fib       route lookup: not there yet
  bands     priority bands: not there yet
  all       what there is of these (the default)

  --quick           3 rounds instead of 7
  --rounds N        N rounds
  --case NAME       only this case (repeatable)
  --subject NAME    only this program (repeatable)
  --no-huge         no hugepages, for anyone; costs about twice the cycles
  --allow-missing   build nothing, and go on without a program that is not there

Prints a table and writes build/bench/NAME.json. Needs root, for hugepages.
USAGE
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
scripts=$root/scripts/bench
build=$root/build/bench

benchmark=all
huge=true
allow_missing=false
passed=()
while (($#)); do
  case $1 in
    forward | fib | bands | all) benchmark=$1 ;;
    --quick) passed+=(--rounds 3) ;;
    --rounds | --case | --subject)
      (($# >= 2)) || { echo "bench.sh: $1 needs a value" >&2; exit 2; }
      passed+=("$1" "$2")
      shift
      ;;
    --no-huge) huge=false; passed+=("$1") ;;
    --allow-missing) allow_missing=true; passed+=("$1") ;;
    -h | --help) usage; exit 0 ;;
    *) echo "bench.sh: unknown argument: $1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done
case $benchmark in
  fib | bands) echo "bench.sh: $benchmark is not there yet; forward is" >&2; exit 2 ;;
  all) echo "fib and bands are not there yet: running forward" >&2 ;;
esac
((EUID == 0)) || { echo "bench.sh: needs root, for hugepages and pinned cores" >&2; exit 1; }

# What l3fwd's tables for a million routes take, the largest of all; a page is 2 MiB.
readonly pages_needed=512
readonly pages_file=/proc/sys/vm/nr_hugepages
pages_added=0

reserve_hugepages() {
  local before free wanted
  before=$(<"$pages_file")
  free=$(awk '/^HugePages_Free/ {print $2}' /proc/meminfo)
  wanted=$((before + pages_needed - free))
  ((wanted > before)) || return 0
  echo "$wanted" >"$pages_file"
  pages_added=$(($(<"$pages_file") - before))
  if ((before + pages_added < wanted)); then
    echo "bench.sh: the kernel found $((free + pages_added)) of $pages_needed hugepages;" \
      "free some memory, or use --no-huge" >&2
    exit 1
  fi
}

runner=
# shellcheck disable=SC2317  # a trap calls it
clean_up() {
  trap - EXIT INT TERM HUP
  if [[ -n $runner ]] && kill -TERM "$runner" 2>/dev/null; then
    wait "$runner" || true
  fi
  # Others may have changed the count meanwhile: only our share goes back.
  if ((pages_added > 0)); then
    local now
    now=$(<"$pages_file")
    echo $((now > pages_added ? now - pages_added : 0)) >"$pages_file"
  fi
}

"$root/scripts/install.sh" bench
$allow_missing || "$root/scripts/build.sh" release
mkdir -p "$build"
exec 9>"$build/.lock"
flock -n 9 || { echo "bench.sh: another run is under way" >&2; exit 1; }
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

if [[ ! -x $build/l3fwd/l3fwd ]]; then
  echo "building DPDK's l3fwd, the peer" >&2
  "$scripts/build_l3fwd.sh" "$build/l3fwd"
fi
if $huge; then reserve_hugepages; fi

# In the background, so that a signal to this script alone is not held until the end; in a session
# of its own, because it raises that session's priority.
setsid nice -n -20 python3 "$scripts/forward.py" --root "$root" "${passed[@]}" 9>&- &
runner=$!
status=0
wait "$runner" || status=$?
runner=
exit "$status"
