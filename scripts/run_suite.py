#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs the programs of one meson suite: run_suite.py BUILD SUITE. Counts their test cases, not the programs.

The last line is `N passed, N failed`, and how many were skipped if any were.
"""
import concurrent.futures
import json
import os
import re
import subprocess
import sys

SKIPPED = 77  # the exit status of a test program that cannot run here
SYMBOLIZER = "/usr/bin/llvm-symbolizer-19"  # clang's sanitizers name functions by it
SKIPPED_CASE = re.compile(r"^\s*SKIPPED: (.*)", re.MULTILINE)  # the output of a test case that was skipped


def programs(build, suite):
    listed = subprocess.run(["meson", "introspect", "--tests", build], check=True, text=True,
                            capture_output=True).stdout
    return [test for test in json.loads(listed)
            if any(name.rpartition(":")[2] == suite for name in test["suite"])]


def counts(output, status):
    """Returns (passed, failed, skipped) of a Catch2 program, or of another program by its exit status."""
    if status == SKIPPED:
        return 0, 0, 1
    if whole := re.search(r"All tests passed \(\d+ assertions? in (\d+) test cases?\)", output):
        skipped = len(SKIPPED_CASE.findall(output))
        return int(whole[1]) - skipped, int(status != 0), skipped
    if some := re.search(r"^test cases:(.*)$", output, re.MULTILINE):
        by_word = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed)", some[1])}
        # A program that was killed counts as failed even if no test case failed.
        return by_word.get("passed", 0), by_word.get("failed", 0) or int(status != 0), 0
    return int(status == 0), int(status != 0), 0


def run(test):
    """Returns the row of one program: its counts and its output."""
    environment = {**os.environ, **test["env"]}
    environment.setdefault("ASAN_OPTIONS", "detect_stack_use_after_return=1")
    if os.path.exists(SYMBOLIZER):
        environment.setdefault("ASAN_SYMBOLIZER_PATH", SYMBOLIZER)
    environment.setdefault("UBSAN_OPTIONS", "halt_on_error=1:print_stacktrace=1")
    try:
        done = subprocess.run(test["cmd"], text=True, errors="replace", stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, env=environment, cwd=test["workdir"],
                              timeout=test["timeout"] or None)
        output, status = done.stdout, done.returncode
    except subprocess.TimeoutExpired as late:
        output = (late.stdout or b"").decode(errors="replace") + f"\nran over {late.timeout} s\n"
        status = -9
    except OSError as error:  # it was not built
        output, status = str(error), 1
    return test["name"], status, counts(output, status), output


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    total = [0, 0, 0]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, status, row, output in pool.map(run, programs(*sys.argv[1:])):
            total = [a + b for a, b in zip(total, row)]
            print(f"{name}: {row[0]} passed, {row[1]} failed")
            for reason in SKIPPED_CASE.findall(output):
                print(f"SKIP {name}: {reason}")
            if row[1] or status == SKIPPED:
                print(f"exit {status}\n{output}")
    passed, failed, skipped = total
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(1 if failed or not sum(total) else 0)


if __name__ == "__main__":
    main()
