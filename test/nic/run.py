#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs the router on emulated network cards: run.py [-j N] [WORD ...], as test/system/run.py does."""
import importlib.util
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
SYSTEM = HERE.parent / "system"

if __name__ == "__main__":
    spec = importlib.util.spec_from_file_location("system_run", SYSTEM / "run.py")
    suite = importlib.util.module_from_spec(spec)
    sys.modules["system_run"] = suite
    spec.loader.exec_module(suite)
    sys.path.insert(0, str(HERE))  # comes before test/system, which has tests of the same names
    suite.CLASS_SECONDS = 280
    import guest  # pylint: disable=import-outside-toplevel
    suite.FOREIGN_FAULT = guest.FOREIGN_FAULT
    suite.main(HERE, jobs=min(2, os.cpu_count()))
