#!/usr/bin/env bash
# Installs the Debian 12 packages that something here needs; does nothing where all are there.
#
#   scripts/install.sh run      to build and run the router and the demo (the default)
#   scripts/install.sh test     and to run the tests
#   scripts/install.sh bench    to build, run and measure it against DPDK's own programs
set -euo pipefail

# libdpdk-dev brings every poll-mode driver (librte-net-*) with it.
build=(g++ meson ninja-build pkg-config libdpdk-dev libyaml-cpp-dev libcli11-dev libfmt-dev
  libspdlog-dev nlohmann-json3-dev libtbb-dev libabsl-dev zlib1g-dev catch2)
run=(iproute2 iputils-ping traceroute iperf3 ethtool)
test=(python3 python3-scapy curl iputils-tracepath valgrind clang-19 clang-tidy-19 clang-format-19
  libclang-rt-19-dev mmdebstrap)
bench=(dpdk dpdk-dev libpcap-dev python3)

case "${1:-run}" in
  run) packages=("${build[@]}" "${run[@]}") ;;
  test) packages=("${build[@]}" "${run[@]}" "${test[@]}") ;;
  bench) packages=("${build[@]}" "${run[@]}" "${bench[@]}") ;;
  *)
    sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $status == installed ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

((EUID == 0)) || fail "not root, and these packages are missing: ${missing[*]} (try: sudo $0 $*)"
command -v apt-get >/dev/null || fail "no apt-get here; install by other means: ${missing[*]}"

echo "install.sh: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt-get update -qq >"$log" 2>&1 ||
  echo "install.sh: apt-get update failed; going on with the lists that are there" >&2
if ! apt-get install -y -qq --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
  tail -n 20 "$log" >&2
  fail "apt-get could not install ${missing[*]}"
fi
