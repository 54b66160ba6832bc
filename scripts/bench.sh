#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Compares Ringroad with DPDK's own forwarders, route tables and scheduler on this machine.
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: scripts/bench.sh [forward|pipeline|latency|kernel|fib|bands|firewall|all] [--quick] [options]

  forward   a core forwarding, against l3fwd and testpmd: routes, frame sizes, hugepages, two cores
  pipeline  what of that is the router's own: the ports' share taken off, and by stage
  latency   how long a packet takes through a worker, by load, and the first after a lull
  kernel    against the Linux kernel, on veth and on memory ports
  fib       route lookup, loading and changes, against rte_fib and rte_lpm
  bands     a port's bands, against rte_sched; how long packets wait in them
  firewall  rules, connections and translation, against the kernel's nft with the same rules
  all       all of these (the default)

  --quick           3 rounds instead of 7; of fib without rte_lpm, which takes minutes to load
  --rounds N        N rounds
  --case NAME       only this case (repeatable); of fib all cases whose names begin so
  --subject NAME    only this program or table (repeatable)
  --no-huge         no hugepages, for anyone; costs about twice the cycles
  --allow-missing   build nothing, and go on without a program that is not there

  --table FILE      a file of prefixes (../shared/data/internet-prefixes.txt.gz)
  --lpm             fib: rte_lpm too, even with --quick
  --picture         draw docs/NAME.svg of forward, fib, bands; of forward only where rounds differ by less than 10 %

Prints a table and writes build/bench/NAME.json. Needs root, for hugepages.
USAGE
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
scripts=$root/scripts/bench
build=$root/build/bench

benchmark=all
huge=true
quick=false
allow_missing=false
passed=()     # options for every benchmark
passed_fib=() # options for fib
table=()      # for benchmarks that forward or look up with the Internet table
picture=()    # for benchmarks that can draw a picture
chosen=       # an option that applies to one benchmark only
while (($#)); do
  case $1 in
    forward | pipeline | latency | kernel | fib | bands | firewall | all) benchmark=$1 ;;
    --quick) quick=true; passed+=(--rounds 3) ;;
    --rounds | --case | --subject | --table)
      (($# >= 2)) || { echo "bench.sh: $1 needs a value" >&2; exit 2; }
      case $1 in
        --rounds) passed+=("$1" "$2") ;;
        --table) table=("$1" "$2") ;;
        *) chosen=$1; passed+=("$1" "$2") ;;
      esac
      shift
      ;;
    --lpm) passed_fib+=("$1") ;;
    --picture) picture+=("$1") ;;
    --no-huge) huge=false; passed+=("$1") ;;
    --allow-missing) allow_missing=true; passed+=("$1") ;;
    -h | --help) usage; exit 0 ;;
    *) echo "bench.sh: unknown argument: $1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done
case $benchmark in
  all)
    [[ -z $chosen ]] ||
      { echo "bench.sh: $chosen of which? Name forward, pipeline, latency, kernel, fib, bands or firewall" >&2; exit 2; }
    benchmarks=(forward pipeline latency kernel fib bands firewall)
    ;;
  *) benchmarks=("$benchmark") ;;
esac
$quick || passed_fib+=(--lpm)
((EUID == 0)) || { echo "bench.sh: needs root, for hugepages and pinned cores" >&2; exit 1; }

# Pages of 2 MiB: forward needs l3fwd's tables for a million routes, its largest; fib needs all its
# tables at the same time; bands needs its packets.
declare -A pages_needed=([forward]=640 [pipeline]=192 [latency]=192 [kernel]=320 [fib]=768 [bands]=128 [firewall]=320)
readonly pages_file=/proc/sys/vm/nr_hugepages
pages_added=0

reserve_hugepages() { # COUNT
  local before free wanted
  before=$(<"$pages_file")
  free=$(awk '/^HugePages_Free/ {print $2}' /proc/meminfo)
  wanted=$((before + $1 - free))
  ((wanted > before)) || return 0
  echo "$wanted" >"$pages_file"
  local added=$(($(<"$pages_file") - before))
  pages_added=$((pages_added + added))
  if ((before + added < wanted)); then
    echo "bench.sh: the kernel found $((free + added)) of $1 hugepages;" \
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
  # Other processes may have changed the count in the meantime, so only our share is returned.
  if ((pages_added > 0)); then
    local now
    now=$(<"$pages_file")
    echo $((now > pages_added ? now - pages_added : 0)) >"$pages_file"
  fi
}

declare -A targets=([forward]="app/ringroad/ringroad app/roadctl/roadctl" [bands]=app/bench/bench-bands
  [pipeline]=app/bench/bench-pipeline [latency]=app/bench/bench-latency
  [kernel]="app/ringroad/ringroad app/roadctl/roadctl" [firewall]="app/ringroad/ringroad app/roadctl/roadctl" [fib]=app/bench/bench-fib)
"$root/scripts/install.sh" bench
if ! $allow_missing; then
  for name in "${benchmarks[@]}"; do
    # shellcheck disable=SC2086  # several words
    "$root/scripts/build.sh" release ${targets[$name]}
  done
fi
mkdir -p "$build"
exec 9>"$build/.lock"
flock -n 9 || { echo "bench.sh: another run is under way" >&2; exit 1; }
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

if [[ ${benchmarks[0]} == forward && ! -x $build/l3fwd/l3fwd ]]; then
  echo "building DPDK's l3fwd, the peer" >&2
  "$scripts/build_l3fwd.sh" "$build/l3fwd"
fi

status=0
for name in "${benchmarks[@]}"; do
  arguments=("${passed[@]}")
  case $name in forward | pipeline | fib) arguments+=("${table[@]}") ;; esac
  case $name in forward | fib | bands) arguments+=("${picture[@]}") ;; esac
  if [[ $name == fib ]]; then arguments+=("${passed_fib[@]}"); fi
  if $huge; then reserve_hugepages "${pages_needed[$name]}"; fi
  # The benchmark runs in the background, so that a signal to this script alone is handled at once,
  # and in its own session, because it raises that session's priority.
  setsid nice -n -20 python3 "$scripts/$name.py" --root "$root" "${arguments[@]}" 9>&- &
  runner=$!
  wait "$runner" || status=$?
  runner=
done
exit "$status"
