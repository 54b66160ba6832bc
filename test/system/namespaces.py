# SPDX-License-Identifier: BSD-3-Clause
"""Network namespaces, and commands that run to completion."""
import ctypes
import os
import pathlib
import re
import signal
import subprocess
import time
from contextlib import contextmanager

# A namespace's name contains the id of the process that created it, so namespaces of dead processes
# can be removed.
PREFIX = "rrt"
LIBC = ctypes.CDLL(None, use_errno=True)


def run(*command, timeout=30, check=True, **options):
    """Runs a command to completion and returns its CompletedProcess, with output as text."""
    done = subprocess.run([str(word) for word in command], text=True, capture_output=True,
                          timeout=timeout, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}\n"
                             f"{done.stdout}{done.stderr}")
    return done


def eventually(question, seconds=3.0):
    """Repeats the question until the answer is true or the time is over; returns the last answer."""
    deadline = time.monotonic() + seconds
    while not (answer := question()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return answer


@contextmanager
def inside(namespace):
    """Sockets and files opened in this block belong to that network namespace."""
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
    """Removes the namespaces of dead test processes, and the processes in them."""
    for line in run("ip", "netns", "list").stdout.splitlines():
        owner = re.match(rf"{PREFIX}(\d+)-", line)
        if owner and not pathlib.Path("/proc", owner[1]).exists():
            delete_namespace(line.split()[0])
