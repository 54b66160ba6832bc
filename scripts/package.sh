#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Builds build/package/ringroad_VERSION_ARCHITECTURE.deb, for the Debian that it runs on.
#
#   package.sh BUILD     BUILD/package/..., of the programs that are in that folder already
set -euo pipefail
cd "$(dirname "$0")/.."

build=${1:-build/release}
out=${1:-build}/package
if (($# == 0)); then
  scripts/install.sh run
  scripts/build.sh release installed
fi
# Of a build from before this was its prefix; compiles nothing again.
if [[ $(meson introspect "$build" --buildoptions) != *'"value": "/usr", "section": "directory"'* ]]; then
  meson configure "$build" -Dprefix=/usr
  ninja -C "$build" --quiet build.ninja
fi
tree=$out/tree
rm -rf "$out"
mkdir -p "$tree/DEBIAN"
DESTDIR=$PWD/$tree meson install -C "$build" --no-rebuild --quiet
programs=(tree/usr/bin/ringroad tree/usr/bin/roadctl)
strip --strip-unneeded "${programs[@]/#/$out/}"
gzip -9n "$tree"/usr/share/man/man*/*
install -m 644 LICENSE "$tree/usr/share/doc/ringroad/copyright"

# It wants the sources of a package around it.
mkdir -p "$out/debian"
echo 'Source: ringroad' >"$out/debian/control"
libraries=$(cd "$out" && dpkg-shlibdeps -O "${programs[@]}" | sed -n 's/^shlibs:Depends=//p')
[[ $libraries ]]

version=$(meson introspect "$build" --projectinfo |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["version"])')
architecture=$(dpkg --print-architecture)
sed "s/@version@/$version/; s/@architecture@/$architecture/; s/@libraries@/$libraries/
  s/@size@/$(du --summarize --apparent-size --block-size=1K "$tree" | cut -f1)/" \
  deploy/debian/control.in >"$tree/DEBIAN/control"
install -m 644 deploy/debian/conffiles "$tree/DEBIAN"
install -m 755 deploy/debian/{postinst,prerm,postrm} "$tree/DEBIAN"
(cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)

dpkg-deb --root-owner-group -Zxz --build "$tree" "$out/ringroad_${version}_$architecture.deb" >/dev/null
rm -rf "$tree" "$out/debian"
echo "$out/ringroad_${version}_$architecture.deb"
