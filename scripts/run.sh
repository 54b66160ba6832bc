#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Builds the router and runs it.
#
#   scripts/run.sh CONFIG.yaml    with your configuration
#   scripts/run.sh                the demo: two hosts in network namespaces, the router between them
#   scripts/run.sh --once         the demo's show, then the end
set -euo pipefail
caller=$PWD
cd "$(dirname "$0")/.."

((EUID == 0)) || {
  echo "run.sh: the router takes network ports, and the demo makes namespaces: sudo $0 $*" >&2
  exit 1
}
config=
case "${1:-}" in
  --once) ;;
  -*)
    sed -n '4,6s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
  ?*) config=$(cd "$caller" && realpath --canonicalize-existing -- "$1") ;;
esac

scripts/install.sh run
scripts/build.sh release app/{ringroad/ringroad,roadctl/roadctl}
export RINGROAD=$PWD/build/release/app/ringroad/ringroad
export ROADCTL=$PWD/build/release/app/roadctl/roadctl
if [[ $config ]]; then
  exec "$RINGROAD" run "$config"
fi
exec scripts/demo.sh "$@"
