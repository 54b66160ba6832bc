"""What the benchmarks that are one program of app/bench have in common."""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys

from forwarders import EAL_RUNTIME, before_others


def end_on_signals() -> None:
    """Raises in the main thread, so that every `with` ends what it started."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))


def measured(name: str, options: argparse.Namespace, core: int, *arguments) -> dict:
    """Runs the program that measures; what it prints as JSON."""
    program = options.root / "build/release/app/bench" / name
    if not program.exists():
        sys.exit(f"there is no {program}: scripts/build.sh release builds it")
    file_prefix = f"ringroad-bench-{os.getpid()}"
    command = ["setpriv", "--pdeathsig", "KILL", program, *arguments,
               "--core", core, "--rounds", options.rounds, "--file-prefix", file_prefix]
    if options.no_huge:
        command.append("--no-huge")
    for option in ("case", "subject"):
        for chosen in getattr(options, option):
            command += ["--" + option, chosen]
    try:
        with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE) as process:
            before_others(process.pid)
            try:
                output = process.communicate()[0]
            except BaseException:
                process.terminate()
                raise
    finally:
        shutil.rmtree(EAL_RUNTIME / file_prefix, ignore_errors=True)
    if process.returncode != 0:
        sys.exit(f"{name} ended with {process.returncode}")
    result = json.loads(output)
    if not result["measurements"]:
        sys.exit("nothing measured: no case or no subject is called that")
    return result
