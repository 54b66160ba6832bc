#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The cost of a packet in one worker, without the ports' share: runs bench-pipeline on a quiet core."""

import os
import subprocess
import sys

from forwarders import before_others
import program


def main() -> None:
    options = program.parser("pipeline", "case", "table").parse_args()
    table = program.internet_table(options)
    options.rounds *= 100  # a round of bench-pipeline is a hundredth of another benchmark's
    words = program.command(options, max(os.sched_getaffinity(0)),
                    *(["--table", table] if table.exists() else []))
    before_others(os.getpid())
    sys.exit(subprocess.run(words).returncode)


if __name__ == "__main__":
    main()
