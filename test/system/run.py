#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs the system tests: run.py [-j N] [WORD ...], those whose file.Class.test has one of the words.

Classes run beside each other, each in a process and namespaces of its own; tests of a class in turn.
The last line is `N passed, N failed`, and how many were skipped if any were.
"""
import argparse
import multiprocessing
import os
import pathlib
import signal
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
CLASS_SECONDS = 150
# Matches failures that are not the router's, if there can be such: a class with one runs once more.
FOREIGN_FAULT = None


class Result(unittest.TestResult):
    """Collects rows: (test, "ok" | "FAIL" | "SKIP", seconds, text)."""

    def __init__(self):
        super().__init__()
        self.rows = []
        self.started = time.monotonic()

    def startTest(self, test):
        super().startTest(test)
        self.started = time.monotonic()

    def add(self, test, status, text=""):
        self.rows.append((test.id(), status, time.monotonic() - self.started, text))

    def addSuccess(self, test):
        self.add(test, "ok")

    def addFailure(self, test, err):
        self.add(test, "FAIL", self._exc_info_to_string(err, test))

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        # If a part of a test fails, unittest reports the test as a whole neither as a success nor
        # as a failure.
        if err is not None:
            self.add(subtest, "FAIL", self._exc_info_to_string(err, subtest))

    def addSkip(self, test, reason):
        self.add(test, "SKIP", reason)

    def addExpectedFailure(self, test, err):
        self.add(test, "ok")

    def addUnexpectedSuccess(self, test):
        self.add(test, "FAIL", "passes although it is marked as expected to fail")


def chosen_classes(folder, words):
    """Returns {class name: [test ids]} of the selected tests, and errors of imports."""
    loader = unittest.TestLoader()
    classes = {}

    def walk(suite):
        for item in suite:
            if isinstance(item, unittest.TestSuite):
                walk(item)
            elif not words or any(word in item.id() for word in words):
                classes.setdefault(item.id().rpartition(".")[0], []).append(item.id())

    walk(loader.discover(str(folder), pattern="*_test.py"))
    classes.pop("unittest.loader._FailedTest", None)
    return classes, loader.errors


def run_class(tests):
    """Runs one class in its own process and returns its rows."""
    def too_long(*_):
        raise TimeoutError(f"the class ran longer than {CLASS_SECONDS} s")

    signal.signal(signal.SIGALRM, too_long)
    rows = run_once(tests)
    fault = FOREIGN_FAULT and next(filter(None, (FOREIGN_FAULT.search(row[3]) for row in rows)), None)
    if fault:
        print(f"AGAIN {tests[0].rpartition('.')[0]}: {fault[0]}", flush=True)
        rows = run_once(tests)
    return rows


def run_once(tests):
    signal.alarm(CLASS_SECONDS)
    result = Result()
    unittest.TestLoader().loadTestsFromNames(tests).run(result)
    return result.rows


def report(rows, counts):
    for test, status, seconds, text in rows:
        counts[status] += 1
        print(f"{status:4} {test} {seconds:.1f} s", flush=True)
        if text:
            print("     " + text.rstrip().replace("\n", "\n     "), flush=True)


def main(folder=HERE, jobs=min(4, 2 * os.cpu_count())):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-j", type=int, default=jobs, dest="jobs")
    parser.add_argument("words", nargs="*")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("run.py: the system tests make network namespaces: run them as root")

    import topology  # pylint: disable=import-outside-toplevel
    topology.clear_leftovers()
    counts = {"ok": 0, "FAIL": 0, "SKIP": 0}
    classes, broken = chosen_classes(folder, arguments.words)
    report([("import", "FAIL", 0, text) for text in broken], counts)
    try:
        with multiprocessing.Pool(arguments.jobs, maxtasksperchild=1) as pool:
            for rows in pool.imap_unordered(run_class, classes.values()):
                report(rows, counts)
    finally:
        topology.clear_leftovers()  # of interrupted classes
    skipped = f", {counts['SKIP']} skipped" if counts["SKIP"] else ""
    print(f"{counts['ok']} passed, {counts['FAIL']} failed{skipped}")
    sys.exit(1 if counts["FAIL"] or not sum(counts.values()) else 0)


if __name__ == "__main__":
    main()
