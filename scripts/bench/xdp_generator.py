#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Sends a frame, or one of two at random, out of a network interface as fast as a core can: the kernel runs an XDP
program over live frames.

usage: xdp_generator.py INTERFACE FRAME [FRAME] (in hex), until it is killed. Two frames have the same length, and differ
in their first 38 octets. Needs Linux 5.18 and root.
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
LOAD_WORD, STORE_WORD, MOVE, ADD, AND, SET, CALL, EXIT = 0x61, 0x62, 0xBF, 0x07, 0x57, 0xB7, 0x85, 0x95
JUMP, JUMP_EQUAL, JUMP_ABOVE = 0x05, 0x15, 0x2D
RANDOM = 7  # the helper bpf_get_prandom_u32


def instruction(code: int, to: int = 0, source: int = 0, offset: int = 0, value: int = 0) -> bytes:
    return struct.pack("<BBhi", code, source << 4 | to, offset, value)


def program(frames: list[bytes]) -> bytes:
    """Sends a frame back where it was received. Frames circulate, so the fields that a router changes are
    restored first: MAC addresses, TTL and checksum, addresses and ports."""
    def restored(frame: bytes) -> list[bytes]:
        return [instruction(STORE_WORD, 6, 0, offset, struct.unpack_from("<i", frame, offset)[0])
                for offset in (0, 4, 8, 22, 26, 30, 34)]
    body = restored(frames[0])
    if len(frames) == 2:
        body = [instruction(CALL, value=RANDOM), instruction(AND, 0, value=1),
                instruction(JUMP_EQUAL, 0, 0, len(body) + 1), *body,
                instruction(JUMP, offset=len(body)), *restored(frames[1])]
    return b"".join([
        instruction(LOAD_WORD, 6, 1, 0), instruction(LOAD_WORD, 3, 1, 4),  # xdp_md: data, data_end
        instruction(MOVE, 4, 6), instruction(ADD, 4, value=len(frames[0])),
        instruction(JUMP_ABOVE, 4, 3, len(body)), *body,
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
    name, frames = sys.argv[1], [bytes.fromhex(word) for word in sys.argv[2:4]]
    frame = frames[0]
    code = program(frames)
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
