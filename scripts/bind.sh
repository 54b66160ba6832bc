#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Gives network devices to user space and back to the kernel, and reserves hugepages.
#
#   bind.sh status
#   bind.sh bind [--driver DRIVER] [--no-iommu] [--force] DEVICE...
#   bind.sh unbind DEVICE...             back to the kernel's own driver
#   bind.sh hugepages [--size 2M|1G] [--node N] AMOUNT
#
# DEVICE: a PCI address or the name of an interface. DRIVER: vfio-pci, unless uio_pci_generic or igb_uio
# is asked for. --no-iommu: with vfio-pci although no IOMMU keeps the device to its own memory.
# --force: although the kernel uses the interface. AMOUNT: so much on each NUMA node, as 512M or 4G; what
# there is more is given back.
# --root DIR before all: DIR in place of /, to look at what another machine had.
set -euo pipefail

root=
driver=vfio-pci
no_iommu=
force=
size=2M
node=

fail() {
  echo "${0##*/}: $*" >&2
  exit 1
}
usage() {
  # The script shows the name by which it was called: when installed, it is ringroad-bind.
  sed -n "4,13{s/^# \{0,1\}//; s/bind\.sh /${0##*/} /; p}" "$0" >&2
  exit 2
}
warn() { echo "${0##*/}: warning: $*" >&2; }

# Prints the last component of a link in sysfs; nothing if there is no link.
target() { if [[ -L $1 ]]; then basename "$(readlink "$1")"; fi; }

interfaces_of() {
  local path
  for path in "$devices/$1"/net/* "$devices/$1"/virtio*/net/*; do
    [[ -e $path ]] && basename "$path"
  done
  return 0
}

# Prints why the kernel needs that interface; nothing if it does not. A login session over the
# interface needs a route back, so it is covered.
use_of() {
  local interface=$1 path net=$root/proc/net
  if [[ -e $net/route ]]; then
    # The columns are Iface Destination Gateway ..., in hexadecimal; the eighth is the mask.
    awk -v name="$interface" '$1 == name { if ($2 == "00000000" && $8 == $2) d = 1; else r = 1 }
      END { if (d) print "default route"; else if (r) print "routes" }' "$net/route"
  fi
  if [[ -e $net/ipv6_route ]]; then
    # The columns are destination, length, ..., interface. Routes that every interface has are
    # ignored: fe80::/10 and ff00::/8; host routes and rejects are on lo.
    awk -v name="$interface" '$10 == name && $1 !~ /^(fe[89ab]|ff)/ {
      if ($2 == "00") d = 1; else r = 1 }
      END { if (d) print "IPv6 default route"; else if (r) print "IPv6 routes" }' "$net/ipv6_route"
  fi
  # The interface is part of a bridge, a bond or a VLAN, which then has the address.
  for path in "$root/sys/class/net/$interface"/upper_*; do
    if [[ -L $path ]]; then echo "below ${path##*/upper_}"; fi
  done
}

uses_of_device() {
  local interface use
  for interface in $(interfaces_of "$1"); do
    use=$(use_of "$interface")
    if [[ $use ]]; then echo "$interface: ${use//$'\n'/, }"; fi
  done
}

joined() { local IFS=,; echo "${*:--}"; }

status() {
  local path address uses huge name
  local row='%-13s %-10s %-16s %4s %6s  %-12s %s\n'
  # shellcheck disable=SC2059
  printf "$row" ADDRESS ID DRIVER NODE IOMMU INTERFACE "USED BY THE KERNEL"
  for path in "$devices"/*; do
    [[ -e $path/class && $(<"$path/class") == 0x02* ]] || continue
    address=$(basename "$path")
    uses=$(uses_of_device "$address")
    # shellcheck disable=SC2046,SC2059
    printf "$row" "$address" "$(cut -c3- "$path/vendor"):$(cut -c3- "$path/device")" \
      "$(joined $(target "$path/driver"))" "$(cat "$path/numa_node" 2>/dev/null || echo -)" \
      "$(joined $(target "$path/iommu_group"))" "$(joined $(interfaces_of "$address"))" \
      "${uses//$'\n'/; }"
  done
  echo
  printf '%-5s %-10s %9s %9s\n' NODE HUGEPAGES RESERVED FREE
  for huge in "$root"/sys/devices/system/node/node*/hugepages/hugepages-*; do
    [[ -e $huge ]] || continue
    name=${huge%/hugepages/*}
    printf '%-5s %-10s %9s %9s\n' "${name##*/node}" "${huge##*/hugepages-}" \
      "$(<"$huge/nr_hugepages")" "$(<"$huge/free_hugepages")"
  done
}

# Prints the PCI address of a device that is given by address or by interface name.
address_of() {
  local address
  for address in "$1" "0000:$1"; do
    if [[ -e $devices/$address/class ]]; then
      echo "$address"
      return
    fi
  done
  [[ $1 != */* && -e $root/sys/class/net/$1/device ]] ||
    fail "$1 is neither a PCI device nor an interface here; see: $0 status"
  address=$(basename "$(readlink -f "$root/sys/class/net/$1/device")")
  [[ -e $devices/$address/class ]] || fail "$1 is no PCI device: it needs no binding (net_af_packet)"
  echo "$address"
}

# Loads the driver unless it is loaded, which its folder shows.
load_driver() {
  [[ -d $root/sys/bus/pci/drivers/$1 ]] && return
  if [[ ! $root ]]; then modprobe "$1" || true; fi
  [[ -d $root/sys/bus/pci/drivers/$1 ]] || fail "there is no driver $1 (modprobe $1)"
}

# Checks whether vfio may use the device, and in which mode.
check_iommu() {
  local address=$1 other owner
  local unsafe=$root/sys/module/vfio/parameters/enable_unsafe_noiommu_mode
  if [[ -L $devices/$address/iommu_group ]]; then
    for other in "$devices/$address"/iommu_group/devices/*; do
      other=$(basename "$other")
      owner=$(target "$devices/$other/driver")
      # Bridges have their own driver, and may keep it.
      [[ $other == "$address" || -z $owner || $owner == vfio-pci ||
        $(<"$devices/$other/class") == 0x0604* ]] ||
        warn "$other ($owner) is in the IOMMU group of $address: no port opens until it is on vfio-pci too"
    done
    return
  fi
  [[ $no_iommu ]] || fail "no IOMMU stands before $address: switch on VT-d or AMD-Vi in the BIOS and" \
    "boot with intel_iommu=on iommu=pt; or, with what it costs, --no-iommu or --driver uio_pci_generic"
  [[ -e $unsafe ]] || fail "this kernel's vfio does nothing without an IOMMU (CONFIG_VFIO_NOIOMMU):" \
    "--driver uio_pci_generic is left"
  warn "no IOMMU: $address can write to all of this machine's memory, and so can who controls it;" \
    "the kernel counts as tainted"
  echo 1 >"$unsafe"
}

# Waits until the device has this driver; probing may take some time.
is_driven_by() {
  local _
  for _ in {1..50}; do
    [[ $(target "$devices/$1/driver") == "$2" ]] && return
    sleep 0.1
  done
  return 1
}

# give ADDRESS DRIVER: binds the device to this driver; if DRIVER is empty, to the one that matches
# its IDs.
give() {
  local address=$1 wanted=$2
  # An empty line removes the override.
  echo "$wanted" >"$devices/$address/driver_override"
  if [[ -L $devices/$address/driver ]]; then
    echo "$address" >"$devices/$address/driver/unbind"
    is_driven_by "$address" "" || fail "$address does not leave its driver; is a program using it?"
  fi
  echo "$address" >"$root/sys/bus/pci/drivers_probe"
}

bind_one() {
  local address=$1 uses
  if [[ $(target "$devices/$address/driver") == "$driver" ]]; then
    echo "$address: on $driver already"
    return
  fi
  [[ $(<"$devices/$address/class") == 0x02* ]] || fail "$address is no network device"
  uses=$(uses_of_device "$address")
  if [[ $uses && ! $force ]]; then
    fail "$address is in use (${uses//$'\n'/; }): who works over it would be cut off; --force takes it"
  fi
  load_driver "$driver"
  case $driver in
    vfio-pci) check_iommu "$address" ;;
    *) warn "$driver: no IOMMU keeps $address from this machine's memory, the router must run as root," \
      "and a worker cannot sleep until a packet comes" ;;
  esac
  give "$address" "$driver"
  is_driven_by "$address" "$driver" || fail "$driver does not take $address; the kernel's log may say why"
  # After this wait the device can be opened: udev has given its file to the router's group.
  if [[ ! $root && -S /run/udev/control ]]; then udevadm settle --timeout=10 || true; fi
  echo "$address: on $driver"
}

unbind_one() {
  local address=$1 now
  case $(target "$devices/$address/driver") in
    vfio-pci | uio_pci_generic | igb_uio | '') ;;
    *)
      echo "$address: on $(target "$devices/$address/driver") already"
      return
      ;;
  esac
  if [[ ! $root ]]; then modprobe "$(<"$devices/$address/modalias")" 2>/dev/null || true; fi
  give "$address" ''
  for _ in {1..50}; do
    now=$(target "$devices/$address/driver")
    [[ $now ]] && break
    sleep 0.1
  done
  [[ $now ]] || fail "no driver of the kernel takes $address"
  echo "$address: on $now"
}

# Reserves the requested number of pages of that size on a node.
reserve() {
  local folder=$1 pages=$2 given
  echo "$pages" >"$folder/nr_hugepages"
  given=$(<"$folder/nr_hugepages")
  ((given >= pages)) || fail "$folder: the kernel found ${given:-0} of $pages, the rest of the memory is" \
    "in pieces: reserve at boot (hugepagesz=$size hugepages=N on the kernel's command line)"
  echo "$folder: $given pages"
}

hugepages() {
  [[ ${1:-} =~ ^([0-9]+)([MG])(iB|B)?$ ]] || usage
  local unit=1 page=2 folders mounts=$root/proc/mounts point=$root/dev/hugepages
  [[ ${BASH_REMATCH[2]} == G ]] && unit=1024
  [[ $size == 1G ]] && page=1024
  local pages=$(((BASH_REMATCH[1] * unit + page - 1) / page)) name=hugepages-$((page * 1024))kB folder
  # shellcheck disable=SC2206 # a pattern where no node is named
  folders=("$root"/sys/devices/system/node/node${node:-[0-9]*}/hugepages/"$name")
  # This is the folder of a kernel without NUMA.
  [[ -e ${folders[0]} || $node ]] || folders=("$root/sys/kernel/mm/hugepages/$name")
  [[ -e ${folders[0]} ]] || fail "there are no hugepages of $size${node:+ on node $node} here"
  for folder in "${folders[@]}"; do
    reserve "$folder" "$pages"
  done
  # The router needs no hugetlbfs mount, but other DPDK programs do.
  grep -qsE "^[^ ]+ [^ ]+ hugetlbfs ([^ ]*,)?pagesize=${size}[, ]" "$mounts" && return
  [[ $size == 1G ]] && point+=-1G
  mkdir -p "$point"
  mount -t hugetlbfs -o "pagesize=$size" hugetlbfs "$point"
  echo "$point: hugetlbfs of $size pages"
}

if [[ ${1:-} == --root ]]; then
  root=$(realpath "${2:?}")
  shift 2
fi
devices=$root/sys/bus/pci/devices
command=${1:-}
shift || usage
if [[ $command == -h || $command == --help ]]; then (usage) 2>&1 || exit 0; fi
words=()
while (($#)); do
  [[ $1 != --driver && $1 != --size && $1 != --node ]] || (($# > 1)) || usage
  case $1 in
    --driver) driver=${2:-} ; shift ;;
    --no-iommu) no_iommu=1 ;;
    --force) force=1 ;;
    --size) size=${2:-} ; shift ;;
    --node) node=${2:-} ; shift ;;
    -*) usage ;;
    *) words+=("$1") ;;
  esac
  shift
done
[[ $driver =~ ^(vfio-pci|uio_pci_generic|igb_uio)$ && $size =~ ^(2M|1G)$ && $node =~ ^[0-9]*$ ]] || usage
[[ $root || $command == status || $EUID == 0 ]] || fail "only root may do that: sudo $0 $command ..."

case $command in
  status) status ;;
  bind | unbind)
    ((${#words[@]})) || usage
    # All devices are checked before the first one is changed.
    addresses=()
    for word in "${words[@]}"; do
      address=$(address_of "$word")
      addresses+=("$address")
    done
    for address in "${addresses[@]}"; do
      "${command}_one" "$address"
    done
    ;;
  hugepages) hugepages "${words[@]}" ;;
  *) usage ;;
esac
