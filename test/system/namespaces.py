# SPDX-License-Identifier: BSD-3-Clause
"""Network namespaces, and commands that run to their end."""
import ctypes
import os
import pathlib
import re
import signal
import subprocess
import time
from contextlib import contextmanager

# A namespace's name tells which process made it, so that the ones of a dead process can be cleared.
PREFIX = "rrt"
LIBC = ctypes.CDLL(None, use_errno=True)


def run(*command, timeout=30, check=True, **options):
    """Runs a command to its end and gives its CompletedProcess, output as text."""
    done = subprocess.run([str(word) for word in command], text=True, capture_output=True,
                          timeout=timeout, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}\n"
                             f"{done.stdout}{done.stderr}")
    return done


def eventually(question, seconds=3.0):
    """Asks until the answer is true or the time is over; gives the last answer."""
    deadline = time.monotonic() + seconds
    while not (answer := question()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return answer


@contextmanager
def inside(namespace):
    """What is opened in this block belongs to that network namespace."""
    with open("/proc/thread-self/ns/net") as here, open(f"/run/netns/{namespace}") as there:
        _enter(there)
        try:
            yield
        finally:
            _enter(here)


def _enter(namespace_file):
    if LIBC.setns(namespace_file.fileno(), 0) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def delete_namespace(name):
    pids = run("ip", "netns", "pids", name, check=False).stdout.split()
    for pid in pids:
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            pass
    run("ip", "netns", "delete", name, check=False)


def clear_leftovers():
    """Removes the namespaces, and what runs in them, of test processes that are no more."""
    for line in run("ip", "netns", "list").stdout.splitlines():
        owner = re.match(rf"{PREFIX}(\d+)-", line)
        if owner and not pathlib.Path("/proc", owner[1]).exists():
            delete_namespace(line.split()[0])
