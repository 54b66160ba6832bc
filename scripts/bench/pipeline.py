#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a packet costs in one worker, the ports' share taken off: runs bench-pipeline on a quiet core."""

import os
import subprocess
import sys

from forwarders import before_others
import program


def main() -> None:
    options = program.parser("pipeline", "case", "table").parse_args()
    table = program.internet_table(options)
    options.rounds *= 100  # one of bench-pipeline's is a hundredth of one of the others'
    words = program.command(options, max(os.sched_getaffinity(0)),
                    *(["--table", table] if table.exists() else []))
    before_others(os.getpid())
    sys.exit(subprocess.run(words).returncode)


if __name__ == "__main__":
    main()
