#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Finds what the tests would not notice: puts small faults into lib/, one at a time, and runs the tests on each.

    scripts/mutate.py [--count 200] [--seed 1] [--only FOLDER[/FILE]] [--sources] [--jobs N] [--system]
    scripts/mutate.py --at lib/ip4/forward.cpp:103        every fault of that line

A fault is a comparison, a constant or a sign that is another, a condition that is negated, or a statement that
is gone. The same seed chooses the same faults while lib/ stays as it is. Each is built in a copy of the sources,
build/mutate; then the unit tests of its folder run, the dataplane tests, and the unit tests of other folders that
link it, until one fails, crashes or does not end. --system: test/system/run.py for what survives all of these.
--sources: no headers, whose faults take long to build.
What does not compile is not counted. At the end: a table by folder.
The exit status is 1 where fewer than 90 % were noticed.
"""
import argparse
import json
import os
import pathlib
import random
import re
import resource
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
TREES = ROOT / "build" / "mutate"
FOLDERS = ("ip", "neigh", "sched", "fib", "worker", "port", "control")
ENOUGH = 0.9
CPU_SECONDS = 90  # for one test program; the longest takes 25
WALL_SECONDS = 600
DATA_BYTES = 4 << 30
SOUND = set()  # programs that pass without a fault

# Lines with faults that no test should notice: the compiler checks them, or they only print or only
# affect speed.
NOT_HERE = re.compile(r"^\s*(#|//|template|using|friend|namespace|\[\[|@)|static_assert|log::|fmt::|prefetch|"
                      r"\breserve\(|= (delete|default);|operator|__builtin_expect|RTE_LOG")
SWAPS = {
    "comparison": [("<", "<="), ("<=", "<"), (">", ">="), (">=", ">"), ("==", "!="), ("!=", "==")],
    "sign": [("+", "-"), ("-", "+"), ("+=", "-="), ("-=", "+="), ("&&", "||"), ("||", "&&"), ("&", "|"),
             ("|", "&"), ("<<", ">>"), (">>", "<<")],
}
NUMBER = re.compile(r"(?<![\w.'\"])(0x[0-9a-fA-F]+|0|[1-9]\d*)(?=(U|UL|ULL|s|ms|us|ns|h|min)?(?![\w.'\"]))")
CONDITION = re.compile(r"\bif \((?!.* = )(.*)\)( \[\[(?:un)?likely\]\])?( \{)?$")
# Matches a statement that is a call or an assignment; in a declaration, a type precedes the name.
STATEMENT = re.compile(r"^\s+(?!return\b|delete\b|throw\b|case\b|[A-Z]\w*\()(?:\+\+|--|\*|\(void\))?[A-Za-z_][\w:]*"
                       r"(?:(?:\.|->)\w+|\[[^\]]*\]|\([^;=]*\))*\s*(?:[-+|&^]?=[^=].*|\+\+|--|)?;$")


def without_text(line):
    """Returns the line with comments and literals blanked, at the same positions."""
    line = re.sub(r'"(?:[^"\\]|\\.)*"', lambda text: '"' + "_" * (len(text[0]) - 2) + '"', line)
    line = re.sub(r"//.*", lambda text: " " * len(text[0]), line)
    return line


def faults_of_line(line, starts_statement):
    """Yields (kind, the line with the fault) for every possible fault of the line."""
    code = without_text(line).rstrip()
    if not code or NOT_HERE.search(code):
        return
    for kind, swaps in SWAPS.items():
        for old, new in swaps:
            for at in re.finditer(rf"(?<= ){re.escape(old)}(?= )", code):
                yield kind, line[:at.start()] + new + line[at.end():]
    for at in re.finditer(r"\+\+|--", code):
        yield "sign", line[:at.start()] + ("--" if at[0] == "++" else "++") + line[at.end():]
    for at in NUMBER.finditer(code):
        value = int(at[1], 0)
        for other in {value + 1, max(value - 1, 0)} - {value}:
            text = hex(other) if at[1].startswith("0x") else str(other)
            yield "constant", line[:at.start(1)] + text + line[at.end(1):]
    for at in re.finditer(r"\b(true|false)\b", code):
        yield "constant", line[:at.start()] + ("false" if at[0] == "true" else "true") + line[at.end():]
    if (at := CONDITION.search(code)) and "constexpr" not in code:
        start = at.start(1) if "{" in at[1] else code.rfind(";", at.start(1), at.end(1)) + 1 or at.start(1)
        space = " " * (line[start] == " ")
        yield "condition", f"{line[:start]}{space}!({line[start:at.end(1)].strip()}){line[at.end(1):]}"
    if starts_statement and (STATEMENT.match(code) or code.strip() in ("break;", "continue;")):
        yield "statement", " " * (len(line) - len(line.lstrip())) + ";"


def faults_of_file(name):
    """Yields (file, line number, kind, the line, the line with the fault)."""
    in_function, before = False, ""
    for number, line in enumerate((ROOT / name).read_text().splitlines(), 1):
        code = without_text(line).rstrip()
        starts = re.search(r"[;{}:]$|^$|\]\]$", before) is not None and in_function
        # There is no parser: an indented line after a line that ends with a brace belongs to a
        # function.
        if code.endswith("{") and not re.match(r"\s*(class|struct|namespace|enum|union)\b", code):
            in_function = True
        elif re.match(r"^(\S| \S)", code):
            in_function = False
        for kind, faulty in faults_of_line(line, starts):
            yield name, number, kind, line, faulty
        if code.strip():
            before = code


def choose(count, seed, only, pattern):
    """Returns the faults to try, more than requested, because some do not compile. Folders take turns,
    then kinds."""
    by_folder = {}
    for path in sorted((ROOT / "lib").rglob(pattern)):
        name = path.relative_to(ROOT)
        folder = name.parts[1]
        if (only and not str(name).startswith(f"lib/{only}")) or (not only and folder not in FOLDERS):
            continue
        for fault in faults_of_file(str(name)):
            by_folder.setdefault(folder, {}).setdefault(fault[2], []).append(fault)
    chance = random.Random(seed)
    chosen = []
    while by_folder and len(chosen) < 4 * count:
        for folder in sorted(by_folder):
            kinds = by_folder[folder]
            kind = chance.choice(sorted(kinds))
            chosen.append(kinds[kind].pop(chance.randrange(len(kinds[kind]))))
            if not kinds[kind]:
                del kinds[kind]
            if not kinds:
                del by_folder[folder]
    return chosen


class Tree:
    """A copy of the sources with its own build, in which one fault at a time is tried."""

    def __init__(self, path):
        self.path = path
        self.built = path / "build" / "release"
        self.copy_sources()
        if (done := self.build("build.ninja")).returncode != 0:
            print(done.stdout, file=sys.stderr, flush=True)
            os._exit(2)
        self.reached = self.programs()

    def copy_sources(self):
        """Copies all files that git tracks or would add, as they are now; unchanged files keep their
        time for ninja."""
        names = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                               check=True, text=True, capture_output=True).stdout.split("\0")
        wanted = {name for name in names if name and (ROOT / name).is_file()}
        for path in self.path.rglob("*"):
            name = path.relative_to(self.path)
            if path.is_file() and name.parts[0] != "build" and str(name) not in wanted:
                path.unlink()
        for name in wanted:
            path, source = self.path / name, ROOT / name
            if not path.exists() or path.read_bytes() != source.read_bytes():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(source.read_bytes())
                path.chmod(source.stat().st_mode)

    def build(self, *targets):
        return subprocess.run(["scripts/build.sh", "release", *targets], cwd=self.path, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def programs(self):
        """Returns {test program, relative to the build: folders of lib/ that are linked into it}."""
        listed = subprocess.run(["meson", "introspect", "--tests", self.built], check=True, text=True,
                                capture_output=True).stdout
        reached = {}
        for test in json.loads(listed):
            name = os.path.relpath(test["cmd"][0], self.built)
            inputs = subprocess.run(["ninja", "-C", self.built, "-t", "inputs", name], check=True, text=True,
                                    capture_output=True).stdout
            reached[name] = set(re.findall(r"^(?:\S*/)?lib/(\w+)/lib", inputs, re.MULTILINE))
        return reached

    def in_turn(self, folder):
        """Returns the programs that reach a folder: its own, then the dataplane tests, then the others."""
        own, whole = f"test/unit/unit-{folder}", "test/dataplane/dataplane"
        names = [name for name in self.reached if folder in self.reached[name]]
        return sorted(names, key=lambda name: (name != own, name != whole, name))

    def fails(self, program):
        """Returns how the program fails, or None if it does not notice the fault."""
        def limit():
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
            resource.setrlimit(resource.RLIMIT_DATA, (DATA_BYTES, DATA_BYTES))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        try:
            done = subprocess.run([self.built / program, "--abort"], cwd=self.path, check=False,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=WALL_SECONDS,
                                  preexec_fn=limit)
        except subprocess.TimeoutExpired:
            return "does not end"
        if done.returncode in (0, 77):  # 77: it cannot run here
            return None
        return "fails" if done.returncode > 0 else "crashes"

    def system_fails(self):
        self.build()
        done = subprocess.run(["test/system/run.py"], cwd=self.path, check=False, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
        return done.returncode != 0

    def attempt(self, fault, system):
        """Returns the result: "NAME fails", "" if no test noticed the fault, None if it does not
        compile."""
        name, number, _, line, faulty = fault
        path = self.path / name
        original = path.read_text()
        lines = original.splitlines()
        assert lines[number - 1] == line
        lines[number - 1] = faulty
        path.write_text("\n".join(lines) + "\n")
        noticed_by = None
        try:
            for program in self.in_turn(name.split("/")[1]):
                if self.build(program).returncode != 0:
                    return None
                if how := self.fails(program):
                    noticed_by = program
                    return f"{pathlib.Path(program).name} {how}"
            return "test/system fails" if system and self.system_fails() else ""
        finally:
            path.write_text(original)
            # A program that fails without any fault would notice everything, so each is tested once
            # without faults.
            if noticed_by and noticed_by not in SOUND:
                self.build(noticed_by)
                if self.fails(noticed_by):
                    print(f"mutate.py: {noticed_by} fails without any fault", file=sys.stderr, flush=True)
                    os._exit(2)
                SOUND.add(noticed_by)


class Results:
    """The results of the faults so far, from all trees."""

    def __init__(self, chosen, count, system):
        self.left = list(reversed(chosen))
        self.count = count
        self.system = system
        self.rows = {}  # {folder: (noticed, tried)}
        self.lock = threading.Lock()

    def tried(self):
        return sum(total for _, total in self.rows.values())

    def work(self, path):
        tree = Tree(path)
        while True:
            with self.lock:
                if not self.left or self.tried() >= self.count:
                    return
                fault = self.left.pop()
            started = time.monotonic()
            self.enter(fault, tree.attempt(fault, self.system), time.monotonic() - started)

    def enter(self, fault, came, seconds):
        said = "does not compile" if came is None else came or "SURVIVED"
        with self.lock:
            print(f"{fault[0]}:{fault[1]} {fault[2]}: {said} ({seconds:.0f} s)\n-{fault[3]}\n+{fault[4]}", flush=True)
            if came is not None:
                folder = fault[0].split("/")[1]
                noticed, total = self.rows.get(folder, (0, 0))
                self.rows[folder] = (noticed + bool(came), total + 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", metavar="FOLDER[/FILE]", help="of lib/; else " + " ".join(FOLDERS))
    parser.add_argument("--at", metavar="FILE:LINE", help="every fault of one line")
    parser.add_argument("--sources", action="store_true", help="no headers")
    parser.add_argument("--jobs", type=int, default=1, help="so many faults at a time")
    parser.add_argument("--system", action="store_true", help="test/system too, for what survives")
    arguments = parser.parse_args()

    if arguments.at:
        name, _, number = arguments.at.rpartition(":")
        chosen = [fault for fault in faults_of_file(name) if fault[1] == int(number)]
        arguments.count = len(chosen)
    else:
        chosen = choose(arguments.count, arguments.seed, arguments.only,
                        "*.cpp" if arguments.sources else "*.[ch]pp")
    if not chosen:
        sys.exit("mutate.py: there is no such place, or no fault to put there")
    results = Results(chosen, arguments.count, arguments.system)
    workers = [threading.Thread(target=results.work, args=(TREES / str(job),)) for job in range(arguments.jobs)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    rows = results.rows
    noticed, total = (sum(column) for column in zip(*rows.values())) if rows else (0, 0)
    print(f"\n{'folder':8} noticed  of")
    for folder, (seen, tried) in sorted(rows.items()):
        print(f"{folder:8} {seen:7} {tried:3}")
    print(f"{noticed} of {total} noticed")
    sys.exit(0 if noticed >= ENOUGH * total else 1)


if __name__ == "__main__":
    main()
