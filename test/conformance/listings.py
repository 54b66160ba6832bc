#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Compares what nf_tables and Ringroad list after they have loaded the same rule: every rule of listing.rules.

The last line is `N passed, N failed`. With --kernel only nf_tables loads and lists them, and its listings are printed.
"""
import argparse
import difflib
import os
import pathlib
import re
import sys
from typing import NamedTuple

import worlds
from firewall import NOTHING, RouterNft
from kernel_nft import KernelNft

CORPUS = pathlib.Path(__file__).with_name("listing.rules")
PRIORITIES = {("nat", "prerouting"): "dstnat", ("nat", "postrouting"): "srcnat"}


class Entry(NamedTuple):
    """A rule of the corpus and where it is loaded."""

    rule: str
    stateful: bool
    family: str
    kind: str
    hook: str
    declarations: tuple

    def text(self):
        priority = PRIORITIES.get((self.kind, self.hook), "filter")
        lines = "".join(f"\t{line}\n" for line in self.declarations)
        return (f"{NOTHING}table {self.family} t {{\n{lines}\tchain c {{\n\t\ttype {self.kind} hook {self.hook} "
                f"priority {priority}; policy accept;\n\t\t{self.rule}\n\t}}\n}}\n")


def corpus():
    """Yields the entries."""
    family = kind = hook = ""
    declarations = []
    for line in CORPUS.read_text(encoding="ascii").splitlines():
        if line.startswith("="):
            family, kind, hook = line[1:].split()
            declarations = []
        elif line.startswith("+"):
            declarations.append(line[1:].strip())
        elif line and not line.startswith("#"):
            yield Entry(line.removeprefix("~").strip(), line.startswith("~"), family, kind, hook,
                        tuple(declarations))


def comparable(text):
    """Leaves out how long elements will still live, and the tables' handles, which count earlier tables."""
    return re.sub(r"^(table .*\{) # handle \d+", r"\1", re.sub(r" expires \w+", " expires", text), flags=re.MULTILINE)


def listing(firewall, entry):
    """Returns what is listed, or why the rule is refused."""
    if error := firewall.load(entry.text()):
        return f"refused: {error}"
    return comparable(firewall.listing())


def compare_listings(linux, ringroad, chosen):
    """Prints the differences. Returns the numbers of entries that passed and failed."""
    passed = failed = 0
    for entry in chosen:
        theirs, ours = (listing(firewall, entry).splitlines() for firewall in (linux, ringroad))
        if theirs == ours:
            passed += 1
            continue
        failed += 1
        print(f"FAIL {entry.family} {entry.kind} {entry.hook}: {entry.rule}")
        for line in difflib.unified_diff(theirs, ours, "nft", "Ringroad", lineterm="", n=0):
            if not line.startswith("@@"):
                print(f"    {line}")
    return passed, failed


def show_kernels(chosen):
    """Prints how nf_tables lists each rule. Returns the numbers of accepted and refused ones."""
    world = worlds.LinuxWorld()
    try:
        world.build()
        linux, refused = KernelNft(world.middle), 0
        for entry in chosen:
            text = listing(linux, entry)
            refused += text.startswith("refused")
            shown = [line.strip() for line in text.splitlines() if not line.startswith("table")]
            at = next((i for i, line in enumerate(shown) if line.startswith("type") and "hook" in line), -1)
            print(f"{entry.rule}\n    {shown[at + 1] if at >= 0 else text}")
        linux.close()
        return len(chosen) - refused, refused
    finally:
        world.tear_down()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kernel", action="store_true", help="list by nf_tables only")
    parser.add_argument("--stateless", action="store_true", help="leave out the rules that have state")
    parser.add_argument("words", nargs="*", help="only rules with one of these words")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("listings.py: this makes network namespaces: run it as root")
    chosen = [entry for entry in corpus() if not (arguments.stateless and entry.stateful)
              and (not arguments.words or any(word in entry.rule for word in arguments.words))]
    worlds.topology.clear_leftovers()
    if arguments.kernel:
        passed, failed = show_kernels(chosen)
    else:
        with worlds.Pair() as pair:
            linux, ringroad = KernelNft(pair.linux.middle), RouterNft(pair.ringroad.router.socket_path)
            passed, failed = compare_listings(linux, ringroad, chosen)
            linux.close()
            ringroad.close()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
