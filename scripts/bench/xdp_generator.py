#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Sends one frame out of a network interface as fast as a core can: the kernel runs an XDP program over live frames.

usage: xdp_generator.py INTERFACE FRAME (in hex), until it is killed. Needs Linux 5.18 and root.
"""

import ctypes
import os
import socket
import struct
import sys

SYS_BPF = 321  # x86-64
PROG_LOAD, PROG_TEST_RUN = 5, 10
XDP, XDP_TX = 6, 3
LIVE_FRAMES = 2
ROUND = 1 << 22
BATCH = 64
# Values of the field `code` of struct bpf_insn.
LOAD_WORD, STORE_WORD, MOVE, ADD, SET, JUMP_ABOVE, EXIT = 0x61, 0x62, 0xBF, 0x07, 0xB7, 0x2D, 0x95


def instruction(code: int, to: int = 0, source: int = 0, offset: int = 0, value: int = 0) -> bytes:
    return struct.pack("<BBhi", code, source << 4 | to, offset, value)


def program(frame: bytes) -> bytes:
    """Sends the frame back where it was received. Frames circulate, so the fields that a router has
    changed are restored first."""
    def restored(offset: int) -> bytes:
        return instruction(STORE_WORD, 2, 0, offset, struct.unpack_from("<i", frame, offset)[0])
    changed = [restored(offset) for offset in (0, 4, 8, 22)]  # MAC addresses; TTL and checksum
    return b"".join([
        instruction(LOAD_WORD, 2, 1, 0), instruction(LOAD_WORD, 3, 1, 4),  # xdp_md: data, data_end
        instruction(MOVE, 4, 2), instruction(ADD, 4, value=len(frame)),
        instruction(JUMP_ABOVE, 4, 3, len(changed)), *changed,
        instruction(SET, 0, value=XDP_TX), instruction(EXIT)])


def bpf(command: int, layout: str, *values) -> int:
    attributes = struct.pack(layout, *values).ljust(144, b"\0")
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(SYS_BPF, command, attributes, len(attributes))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def address(buffer) -> int:
    return ctypes.addressof(buffer)


def main() -> None:
    name, frame = sys.argv[1], bytes.fromhex(sys.argv[2])
    code = program(frame)
    text = ctypes.create_string_buffer(code, len(code))
    license_name = ctypes.create_string_buffer(b"BSD")
    loaded = bpf(PROG_LOAD, "<IIQQ", XDP, len(code) // 8, address(text), address(license_name))
    data = ctypes.create_string_buffer(frame, len(frame))
    about = struct.pack("<IIIIII", 0, len(frame), 0, socket.if_nametoindex(name), 0, 0)
    context = ctypes.create_string_buffer(about, len(about))
    while True:
        bpf(PROG_TEST_RUN, "<IIIIQQIIIIQQIII", loaded, 0, len(frame), 0, address(data), 0, ROUND, 0,
            len(about), 0, address(context), 0, LIVE_FRAMES, 0, BATCH)


if __name__ == "__main__":
    main()
