#!/usr/bin/env bash
# Builds build/package/ringroad_VERSION_ARCHITECTURE.deb, for the Debian that it runs on.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install.sh run
scripts/build.sh release app/ringroad/ringroad app/roadctl/roadctl
meson configure build/release -Dprefix=/usr # compiles nothing again
out=build/package
tree=$out/tree
rm -rf "$out"
mkdir -p "$tree/DEBIAN"
DESTDIR=$PWD/$tree meson install -C build/release --quiet >/dev/null
programs=("$tree/usr/bin/ringroad" "$tree/usr/bin/roadctl")
strip --strip-unneeded "${programs[@]}"
install -m 644 LICENSE "$tree/usr/share/doc/ringroad/copyright"

# Drivers are loaded when DPDK starts and so are dependencies that no program shows: of each family that
# has a profile in drivers/ its package, and what every port needs. What they are called depends on
# DPDK's version.
plugins=(bus_pci bus_vdev mempool_ring)
plugins+=(net_{af_packet,af_xdp,e1000,ixgbe,memif,null,pcap,ring,tap,virtio,vmxnet3})
drivers=()
for plugin in "${plugins[@]}"; do
  file=$(compgen -G "/usr/lib/*/dpdk/pmds-*/librte_$plugin.so.[0-9][0-9]")
  drivers+=("$(dpkg-query --search "$file" | sed 's/:.*//')")
done
# It wants the sources of a package around it.
mkdir -p "$out/debian"
echo 'Source: ringroad' >"$out/debian/control"
libraries=$(cd "$out" && dpkg-shlibdeps -O "${programs[@]/#build\/package\//}" 2>/dev/null |
  sed -n 's/^shlibs:Depends=//p')
[[ $libraries ]]

version=$(meson introspect build/release --projectinfo |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["version"])')
architecture=$(dpkg --print-architecture)
sed "s/@version@/$version/; s/@architecture@/$architecture/; s/@libraries@/$libraries/
  s/@drivers@/$(printf '%s, ' "${drivers[@]}" | sed 's/, $//')/
  s/@size@/$(du --summarize --apparent-size --block-size=1K "$tree" | cut -f1)/" \
  deploy/debian/control.in >"$tree/DEBIAN/control"
install -m 644 deploy/debian/conffiles "$tree/DEBIAN"
install -m 755 deploy/debian/{postinst,prerm,postrm} "$tree/DEBIAN"
(cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)

dpkg-deb --root-owner-group -Zxz --build "$tree" "$out/ringroad_${version}_$architecture.deb" >/dev/null
rm -rf "$tree" "$out/debian"
echo "$out/ringroad_${version}_$architecture.deb"
