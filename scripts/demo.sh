#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Two hosts in network namespaces with the router between them, and what goes through it.
#
#   demo.sh           the show; the router runs on until Ctrl-C
#   demo.sh --once    the show, then the end
#
# RINGROAD and ROADCTL select the programs; the default is the installed ones.
set -euo pipefail

((EUID == 0)) || {
  echo "$0: the demo makes network namespaces: run it as root" >&2
  exit 1
}
once=
case "${1:-}" in
  --once) once=1 ;;
  ?*)
    sed -n '4,7s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
ringroad=${RINGROAD:-ringroad}
roadctl=${ROADCTL:-roadctl}
for program in "$ringroad" "$roadctl" ip ethtool ping traceroute iperf3; do
  command -v "$program" >/dev/null || {
    echo "$0: it needs $program, which is not installed" >&2
    exit 1
  }
done

state=/run/ringroad-demo
socket=$state/ringroad.sock
hosts=(rr-demo-a rr-demo-router rr-demo-b)
router_pid=

say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
if [[ -t 1 ]]; then bold=$'\e[1m' plain=$'\e[0m'; else bold='' plain=''; fi

# Also removes the remains of an earlier demo that was killed.
remove_all() {
  local host
  for host in "${hosts[@]}"; do
    [[ -e /run/netns/$host ]] || continue
    ip netns pids "$host" | xargs --no-run-if-empty kill -KILL 2>/dev/null || true
    ip netns delete "$host"
  done
  rm -rf "$state"
}

finish() {
  local status=$?
  trap - EXIT
  trap '' INT TERM HUP
  if [[ $router_pid ]]; then
    kill -TERM "$router_pid" 2>/dev/null || true
    (sleep 10 && kill -KILL "$router_pid") >/dev/null 2>&1 &
    wait "$router_pid" || status=1
    kill $! 2>/dev/null || true
    tail -n 1 "$state/router.log"
  fi
  remove_all
  exit "$status"
}

owner=$(cat "$state/owner" 2>/dev/null || true)
if [[ $owner ]] && grep -qsE "demo\\.sh|ringroad-demo" "/proc/$owner/cmdline"; then
  echo "$0: the demo runs already (process $owner); end it with Ctrl-C there" >&2
  exit 1
fi
remove_all
trap finish EXIT
trap 'exit 0' INT TERM HUP
mkdir -p "$state"
echo $$ >"$state/owner"

# A link from a host to the router: kernel host on one end, Ringroad's port on the other.
connect() {
  local host=$1 port=$2 address=$3 gateway=$4
  ip link add eth0 netns "$host" type veth peer name "$port" netns rr-demo-router
  # A veth has no hardware that could complete checksums or segment large packets.
  ip netns exec "$host" ethtool -K eth0 tx off tso off gso off gro off >/dev/null
  ip netns exec rr-demo-router ethtool -K "$port" tx off tso off gso off gro off >/dev/null
  ip -n rr-demo-router link set "$port" up
  ip -n "$host" link set lo up
  ip -n "$host" link set eth0 up
  ip -n "$host" address add "$address" dev eth0
  ip -n "$host" route add default via "$gateway"
}

for host in "${hosts[@]}"; do
  ip netns add "$host"
  ip netns exec "$host" sh -c '
    echo 0 > /proc/sys/net/ipv4/ip_forward
    for scope in all default; do
      file=/proc/sys/net/ipv6/conf/$scope/disable_ipv6
      if [ -e $file ]; then echo 1 > $file; fi
    done'
done
connect rr-demo-a lan-a 192.168.1.2/24 192.168.1.1
connect rr-demo-b lan-b 192.168.2.2/24 192.168.2.1

# The control thread uses the first core, the worker the last, which may be the same. The demo's
# worker sleeps briefly when idle, because it shares its core with the hosts.
cores=$(taskset --cpu-list --pid $$ | sed 's/.*: //; s/[^0-9]/ /g')
cat >"$state/router.yaml" <<YAML
engine:
  workers: [${cores##* }]
  control: ${cores%% *}
  memory: {hugepages: off, size: 256MiB, buffers: 16384}
  idle: pause
  socket: $socket
ports:
  a: {device: "net_af_packet0,iface=lan-a", addresses: [192.168.1.1/24]}
  b: {device: "net_af_packet1,iface=lan-b", addresses: [192.168.2.1/24]}
routes:
  - {to: 10.66.0.0/16, type: blackhole}
YAML

ip netns exec rr-demo-router "$ringroad" run "$state/router.yaml" >"$state/router.log" 2>&1 &
router_pid=$!
for _ in $(seq 300); do
  grep -q 'ringroad: ready' "$state/router.log" && break
  kill -0 "$router_pid" 2>/dev/null || break
  sleep 0.1
done
if ! grep -q 'ringroad: ready' "$state/router.log"; then
  cat "$state/router.log" >&2
  echo "$0: the router did not become ready" >&2
  exit 1
fi

show() {
  printf '%s$ %s%s\n' "$bold" "$*" "$plain"
  "$@"
}

cat <<TEXT

  host rr-demo-a               Ringroad                host rr-demo-b
  192.168.1.2  ------  192.168.1.1 | 192.168.2.1  ------  192.168.2.2

TEXT
grep -o 'ringroad: ready.*' "$state/router.log"
say "Host a pings host b through the router: no packet is lost, not even the first."
show ip netns exec rr-demo-a ping -n -c 5 -i 0.2 192.168.2.2
say "The router is a hop on the way."
show ip netns exec rr-demo-a traceroute -n 192.168.2.2
say "TCP for 3 seconds."
ip netns exec rr-demo-b iperf3 --server --one-off >/dev/null 2>&1 &
for _ in $(seq 50); do
  ip netns exec rr-demo-b ss -Hltn 'sport = 5201' | grep -q . && break
  sleep 0.1
done
show ip netns exec rr-demo-a iperf3 --client 192.168.2.2 --time 3 --interval 0
say "What the router knows and counted."
for table in ports routes neighbors bands drops workers; do
  printf '%s$ roadctl show %s%s\n' "$bold" "$table" "$plain"
  "$roadctl" --socket "$socket" show "$table"
  echo
done
[[ $once ]] && exit 0

cat <<TEXT
${bold}The router keeps running. Try in another terminal:${plain}

  sudo ip netns exec rr-demo-a ping 192.168.2.2
  sudo ip netns exec rr-demo-a ping 192.168.2.77       # nobody there: host unreachable
  sudo ip netns exec rr-demo-a ping 10.9.9.9           # no route: net unreachable
  sudo ip netns exec rr-demo-a ping 10.66.0.1          # a blackhole
  sudo $roadctl --socket $socket show drops
  sudo $roadctl --socket $socket route add 10.9.0.0/16 via 192.168.2.2
  sudo $roadctl --socket $socket route get 10.9.9.9

Its log: $state/router.log, its configuration: $state/router.yaml
${bold}Ctrl-C ends the demo.${plain}
TEXT
wait "$router_pid" || true
tail -n 20 "$state/router.log" >&2
echo "$0: the router ended by itself" >&2
exit 1
