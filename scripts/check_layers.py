#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks includes: the layers of lib/ in their order, no cycles, DPDK only in the folders that move packets.

Also checks that every source names its license, and that every verb has a file on the router's side and one on
the client's.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
# The lowest layer comes first: a folder may include itself and the folders before it.
FLOORS = ["base", "stats", "nft", "fib", "neigh", "packet", "sched", "ip4", "ip6", "filter", "ethernet", "port", "worker", "config",
          "interface", "routing", "host", "tap", "control", "http"]
STRANGERS = {"fib", "neigh", "sched"}
WITH_DPDK = {"packet", "sched", "ip4", "ip6", "filter", "ethernet", "port", "worker", "interface", "routing", "host", "tap", "control"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]', re.MULTILINE)


def sources(folder):
    return sorted(path for path in (ROOT / folder).rglob("*") if path.suffix in (".hpp", ".cpp"))


def includes(path):
    """Returns (bracket, name) of every #include of a file."""
    return INCLUDE.findall(path.read_text())


def wrong_order():
    for path in sources("lib"):
        floor = path.relative_to(ROOT / "lib").parts[0]
        if floor not in FLOORS:
            yield f"{path}: lib/{floor} has no floor in {__file__}"
            continue
        for _, name in includes(path):
            other = name.partition("/")[0]
            if other in ("app", "drivers", "ringroad", "roadctl", "test"):
                yield f"{path}: lib includes nothing from above it: {name}"
            elif other in FLOORS and FLOORS.index(other) > FLOORS.index(floor):
                yield f"{path}: {floor} is below {other}: {name}"
            elif other != floor and {other, floor} <= STRANGERS:
                yield f"{path}: {floor} and {other} do not know each other: {name}"


def wrong_dpdk():
    for folder in ("lib", "app/roadctl"):
        for path in sources(folder):
            floor = path.relative_to(ROOT / folder).parts[0]
            if folder == "lib" and floor in WITH_DPDK:
                continue
            for _, name in includes(path):
                if re.match(r"(rte_|ethdev_|eal_)", name):
                    yield f"{path}: DPDK has no place here: {name}"


def circles():
    known = {}
    for folder in ("lib", "drivers", "app"):
        for path in sources(folder):
            known[str(path.relative_to(ROOT / folder))] = path
    finished = set()

    def walk(name, way):
        if name in way:
            yield " -> ".join(way[way.index(name):] + [name])
        elif name in known and name not in finished:
            for _, other in includes(known[name]):
                yield from walk(other, way + [name])
            finished.add(name)

    for name in known:
        yield from walk(name, [])


def without_license():
    for folder in ("app", "drivers", "lib", "scripts", "test"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".hpp", ".cpp", ".py", ".sh") and not any(
                    "SPDX-License-Identifier" in line for line in path.read_text().splitlines()[:2]):
                yield f"{path}: its first lines name no license (SPDX-License-Identifier)"


# Made of the answers of other verbs.
ONLY_CLIENT = {"top.cpp"}


def lone_verbs():
    """Verbs of the router that roadctl does not know, or the other way round."""
    ours, theirs = ({path.name for path in sources(folder)} for folder in ("lib/control/verbs", "app/roadctl/verbs"))
    for name in sorted((ours ^ theirs) - ONLY_CLIENT):
        yield f"a verb is a file in lib/control/verbs and one in app/roadctl/verbs: {name} is in one of them"


CHECKS = (wrong_order, wrong_dpdk, circles, without_license, lone_verbs)


def main():
    failed = 0
    for check in CHECKS:
        problems = list(check())
        failed += bool(problems)
        for problem in problems:
            print(problem.replace(f"{ROOT}/", ""))
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
