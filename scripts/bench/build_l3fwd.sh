#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Builds DPDK's l3fwd example, which Ringroad is compared with, from the distribution's source:
# build_l3fwd.sh FOLDER makes FOLDER/l3fwd.
#
# Two changes are made: the checksum offloads that it requires are limited to those of the port,
# because it would not run on a software port otherwise; and the limits on rules are raised to hold
# an Internet table.
set -euo pipefail

folder=$(realpath -m "$1")
mkdir -p "$folder"
cd "$folder"

# In Debian 12 the examples are in dpdk-doc, 77 MB with its manuals; the package is unpacked here,
# not installed.
find_examples() {
  local candidate
  for candidate in /usr/share/dpdk/examples "$folder/source/usr/share/dpdk/examples"; do
    if [[ -f $candidate/l3fwd/main.c ]]; then
      echo "$candidate"
      return
    fi
  done
}

download() {
  rm -f ./"$1"_*.deb
  # apt-get prefers to download as _apt, which may not write here: it prints a warning and
  # continues.
  apt-get download -qq "$1=$version" 2>/dev/null || apt-get download -qq "$1"
}

examples=$(find_examples)
if [[ -z $examples ]]; then
  version=$(dpkg-query -W -f '${Version}' libdpdk-dev)
  download dpdk-doc || { apt-get update -qq && download dpdk-doc; }
  dpkg -x ./dpdk-doc_*.deb source
  rm -f ./dpdk-doc_*.deb
  examples=$(find_examples)
fi
if [[ -z $examples ]]; then
  echo "build_l3fwd.sh: dpdk-doc has no DPDK examples" >&2
  exit 1
fi

rm -rf l3fwd-source
mkdir l3fwd-source
cp -r "$examples/common" "$examples/l3fwd" l3fwd-source/
rm -rf source
cd l3fwd-source/l3fwd

sed -i \
  -e 's/^\(\s*\)ret = rte_eth_dev_configure(portid, nb_rx_queue,/\1local_port_conf.rxmode.offloads \&= dev_info.rx_offload_capa;\n&/' \
  -e 's/rxq_conf\.offloads = port_conf\.rxmode\.offloads;/rxq_conf.offloads = port_conf.rxmode.offloads \& dev_info.rx_offload_capa;/' \
  main.c
sed -i \
  -e 's/\(#define IPV4_L3FWD_LPM_MAX_RULES\).*/\1 (1 << 20)/' \
  -e 's/\(#define IPV4_L3FWD_LPM_NUMBER_TBL8S\).*/\1 (1 << 15)/' \
  -e 's/\(#define IPV6_L3FWD_LPM_MAX_RULES\).*/\1 (1 << 18)/' \
  -e 's/\(#define IPV6_L3FWD_LPM_NUMBER_TBL8S\).*/\1 (1 << 18)/' l3fwd_lpm.c
sed -i -e 's/\(config_ipv4\.max_routes =\).*/\1 (1 << 20);/' \
  -e 's/\(config\.max_routes =\).*/\1 (1 << 18);/' \
  -e 's/\(config\.trie\.num_tbl8 =\).*/\1 (1 << 18);/' l3fwd_fib.c
for change in 'main.c:offloads &= dev_info.rx_offload_capa' \
              'main.c:rxmode.offloads & dev_info.rx_offload_capa' \
              'l3fwd_lpm.c:LPM_MAX_RULES (1 << 20)' \
              'l3fwd_lpm.c:IPV6_L3FWD_LPM_MAX_RULES (1 << 18)' \
              'l3fwd_fib.c:max_routes = (1 << 20)' \
              'l3fwd_fib.c:max_routes = (1 << 18)' 'l3fwd_fib.c:num_tbl8 = (1 << 18)'; do
  grep -qF "${change#*:}" "${change%%:*}" ||
    { echo "build_l3fwd.sh: this l3fwd is not the one the changes are for: $change" >&2; exit 1; }
done

# The same as in its Makefile, except for the instruction set: pkg-config's -march is that of 2008.
# shellcheck disable=SC2046
cc -O3 $(pkg-config --cflags libdpdk) -march=x86-64-v3 -DALLOW_EXPERIMENTAL_API -I../common \
  main.c l3fwd_*.c -o l3fwd $(pkg-config --libs libdpdk)
mv l3fwd "$folder/l3fwd"
