# SPDX-License-Identifier: BSD-3-Clause
"""Disables a limit of the kernel that the namespaces share."""
import contextlib
import fcntl
import pathlib


class UnlimitedErrors:
    """Disables Linux's limit on ICMP errors from routes (ip_error), which all namespaces share.

    The former value is in a file, for the last of several runs or for the next one after a kill.
    """

    SETTING = pathlib.Path("/proc/sys/net/ipv4/route/error_cost")
    USUAL = pathlib.Path("/run/ringroad-conformance")

    def __init__(self):
        self.lock = None

    def __enter__(self):
        self.lock = self.USUAL.open("a+", encoding="ascii")
        fcntl.flock(self.lock, fcntl.LOCK_SH)
        before = self.SETTING.read_text(encoding="ascii")
        if int(before):
            self.USUAL.write_text(before, encoding="ascii")
            self.SETTING.write_text("0", encoding="ascii")

    def __exit__(self, *_):
        with self.lock, contextlib.suppress(BlockingIOError):  # fails while another run is active
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.SETTING.write_text(self.USUAL.read_text(encoding="ascii"), encoding="ascii")
