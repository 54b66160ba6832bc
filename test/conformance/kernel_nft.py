# SPDX-License-Identifier: BSD-3-Clause
"""The kernel's nf_tables, by the library of nft(8): as nft itself, but without a process for each command."""
import ctypes
import json

from worlds import topology

LIBRARY = "libnftables.so.1"
HANDLES, JSON = 1 << 3, 1 << 4  # NFT_CTX_OUTPUT_...


class KernelNft:
    """nf_tables of a network namespace."""

    def __init__(self, namespace):
        self.namespace = namespace
        self.library = ctypes.CDLL(LIBRARY)
        for name in ("nft_ctx_new", "nft_ctx_get_output_buffer", "nft_ctx_get_error_buffer"):
            getattr(self.library, name).restype = (
                ctypes.c_void_p if name == "nft_ctx_new" else ctypes.c_char_p)
        with topology.inside(namespace):
            self.context = ctypes.c_void_p(self.library.nft_ctx_new(0))
        self.library.nft_ctx_buffer_output(self.context)
        self.library.nft_ctx_buffer_error(self.context)

    def run(self, text, flags=0):
        """Returns (output, what nft complains about, or "" after success)."""
        self.library.nft_ctx_output_set_flags(self.context, flags)
        with topology.inside(self.namespace):  # names of interfaces are looked up where the thread is
            failed = self.library.nft_run_cmd_from_buffer(self.context, text.encode())
        output = self.library.nft_ctx_get_output_buffer(self.context).decode()
        error = self.library.nft_ctx_get_error_buffer(self.context).decode()
        return output, (error or "nft failed") if failed else ""

    def load(self, text):
        """Returns what nft complains about, or ""."""
        return self.run(text)[1]

    def listing(self):
        """Returns the ruleset as `nft -a list ruleset` prints it."""
        return self.run("list ruleset", HANDLES)[0]

    def counters(self):
        """Returns {(family, table, chain): [(packets, bytes) or None of each rule]}, and of named counters
        {(family, table, name): (packets, bytes)}."""
        chains, named = {}, {}
        for item in json.loads(self.run("list ruleset", JSON)[0])["nftables"]:
            kind, what = next(iter(item.items()))
            if kind == "chain":
                chains[what["family"], what["table"], what["name"]] = []
            elif kind == "rule":
                counts = [one["counter"] for one in what["expr"] if isinstance(one.get("counter"), dict)]
                chains[what["family"], what["table"], what["chain"]].append(
                    (sum(one["packets"] for one in counts), sum(one["bytes"] for one in counts))
                    if counts else None)
            elif kind == "counter":
                named[what["family"], what["table"], what["name"]] = what["packets"], what["bytes"]
        return chains, named

    def close(self):
        self.library.nft_ctx_free(self.context)
