#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Installs the Debian 12 packages that something here needs; does nothing where all are there.
#
#   scripts/install.sh run      to build and run the router and the demo (the default)
#   scripts/install.sh package  and to make the Debian package of it
#   scripts/install.sh test     and to run the tests
#   scripts/install.sh bench    to build, run and measure it against DPDK's own programs
#   scripts/install.sh nic      what test/nic boots: not installed, but unpacked in build/nic
set -euo pipefail

# libdpdk-dev depends on every poll-mode driver (librte-net-*). debian/control lists these packages too.
build=(g++ meson ninja-build pkg-config libdpdk-dev libyaml-cpp-dev libcli11-dev libfmt-dev
  libspdlog-dev nlohmann-json3-dev libtbb-dev libabsl-dev zlib1g-dev libmnl-dev libpcap-dev libcpp-httplib-dev
  libncurses-dev libssl-dev catch2)
run=(iproute2 iputils-ping traceroute iperf3 ethtool)
debian=(debhelper dpkg-dev)
test=(python3 python3-jsonschema python3-scapy nftables conntrack socat curl procps iputils-tracepath valgrind clang-19 clang-tidy-19 clang-format-19
  libclang-rt-19-dev llvm-19 mmdebstrap lintian tcpdump tshark chromium ndisc6 radvd thc-ipv6)
bench=(dpdk dpdk-dev python3 nftables)

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

# Unpacks a qemu that emulates Intel's 82576 (8.0 or newer, which Debian 12 has in its backports), and a
# kernel and a busybox for its guest. They come from the archive that apt uses here, but through separate
# package lists.
unpack_guest() {
  local build=$PWD/build/nic release archive kernel wanted=() suites
  local apt=(-qq -o "Dir::Etc::sourcelist=$build/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$build/apt/lists" -o "Dir::Cache=$build/apt/cache"
    -o Debug::NoLocking=1 -o APT::Sandbox::User=root)
  [[ -e $build/complete ]] && return
  command -v apt-get >/dev/null || fail "no apt-get here to fetch qemu and a kernel"
  release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  # shellcheck disable=SC2016  # the names are apt's
  archive=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' \
    'Component: main' | awk -v release="$release" '$2 == release {print $1; exit}')
  [[ $archive ]] || fail "apt has no archive of '$release' to fetch qemu and a kernel from"
  rm -rf "$build"
  mkdir -p "$build"/{root,debs,apt/lists/partial,apt/cache/archives/partial}
  suites=("$release")
  if ! qemu-system-x86_64 -device help 2>/dev/null | grep -q '^name "igb"'; then
    suites+=("$release-backports")
    wanted=(qemu-system-{x86,common,data} seabios)
    wanted=("${wanted[@]/%/\/$release-backports}")
  fi
  printf "deb $archive %s main\n" "${suites[@]}" >"$build/apt/sources.list"
  apt-get "${apt[@]}" update || fail "apt cannot read ${suites[*]} of $archive"
  kernel=$(apt-cache "${apt[@]}" depends linux-image-amd64 | awk '$1 == "Depends:" {print $2; exit}')
  (cd "$build/debs" && apt-get "${apt[@]}" download "$kernel" busybox-static)
  if ((${#wanted[@]})); then
    apt-get "${apt[@]}" -y --download-only --no-install-recommends install "${wanted[@]}" >/dev/null
    mv "$build"/apt/cache/archives/*.deb "$build/debs"
  fi
  local deb
  for deb in "$build"/debs/*.deb; do
    dpkg-deb --extract "$deb" "$build/root"
  done
  rm -rf "$build/debs" "$build/apt"
  touch "$build/complete"
}

# Unpacks promtool, which reads metrics and rules as Prometheus does. Debian's package of it would also start
# a Prometheus here. Without it, the tests that need it count as skipped.
unpack_promtool() {
  local folder=build/tools
  command -v promtool >/dev/null || [[ -x $folder/promtool ]] && return
  mkdir -p "$folder/deb"
  if ! (cd "$folder/deb" && apt-get -qq download prometheus && dpkg-deb --extract prometheus_*.deb .) 2>/dev/null; then
    echo "install.sh: no promtool: apt could not fetch the package prometheus" >&2
  else
    mv "$folder/deb/usr/bin/promtool" "$folder/"
  fi
  rm -rf "$folder/deb"
}

case "${1:-run}" in
  nic)
    cd "$(dirname "$0")/.."
    unpack_guest
    exit
    ;;
  run) packages=("${build[@]}" "${run[@]}") ;;
  package) packages=("${build[@]}" "${run[@]}" "${debian[@]}") ;;
  test) packages=("${build[@]}" "${run[@]}" "${debian[@]}" "${test[@]}") ;;
  bench) packages=("${build[@]}" "${run[@]}" "${bench[@]}") ;;
  *)
    sed -n '3,9s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $status == installed ]] || missing+=("$package")
done
# Runs once the packages are there.
finish() {
  if [[ $1 == test ]]; then
    cd "$root" && unpack_promtool
  fi
  exit 0
}
root=$(realpath "$(dirname "$0")/..")
((${#missing[@]})) || finish "${1:-run}"

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
finish "${1:-run}"
