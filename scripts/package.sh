#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Builds build/package/ringroad_VERSION_ARCHITECTURE.deb, for the Debian that it runs on, as debian/ says.
#
#   package.sh BUILD     BUILD/package/..., of the programs that are in that folder already
set -euo pipefail
cd "$(dirname "$0")/.."

out=${1:-build}/package
if (($#)); then
  # A build directory made before /usr was the prefix is reconfigured; nothing is compiled again.
  if [[ $(meson introspect "$1" --buildoptions) != *'"value": "/usr", "section": "directory"'* ]]; then
    meson configure "$1" -Dprefix=/usr
    ninja -C "$1" --quiet build.ninja
  fi
  RINGROAD_BUILD=$(realpath "$1")
  export RINGROAD_BUILD
else
  scripts/install.sh package
  # debhelper sets another home directory, in which ccache would find nothing.
  if command -v ccache >/dev/null; then
    CCACHE_DIR=$(ccache --get-config cache_dir)
    export CCACHE_DIR
  fi
fi

# The package is built in a copy, because dpkg-buildpackage leaves its files in the sources and beside them.
sources=$out/ringroad
rm -rf "$out"
mkdir -p "$sources"
tar --create --exclude=./build --exclude=./.git . | tar --extract --directory "$sources"
export DEB_BUILD_OPTIONS="noautodbgsym terse ${DEB_BUILD_OPTIONS:-}"
(cd "$sources" && dpkg-buildpackage --build=binary --no-sign)
rm -rf "$sources"
echo "$out"/ringroad_*.deb
