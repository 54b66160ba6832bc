#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the files of the page as a C++ source: embed.py OUTPUT FILE..."""
import hashlib
import pathlib
import sys

TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
# Compilers need not accept longer string literals than 64 KiB.
PIECE = 60


def literal(content):
    """Returns the bytes as string literals, one a line."""
    pieces = (content[at:at + PIECE] for at in range(0, len(content), PIECE))
    return "\n".join('     "%s"' % "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}"
        for byte in piece) for piece in pieces)


def main(output, *names):
    rows = []
    for path in map(pathlib.Path, names):
        content = path.read_bytes()
        tag = hashlib.sha256(content).hexdigest()[:16]
        rows.append(f'    {{"/{path.name}", "{TYPES[path.suffix]}", "\\"{tag}\\"",\n{literal(content)}}},')
    pathlib.Path(output).write_text("\n".join([
        '#include "http/files.hpp"', "", "#include <array>", "", "namespace ringroad::http {", "namespace {",
        "", f"constexpr std::array<File, {len(rows)}> kEmbedded{{{{", *rows, "}};", "", "}  // namespace", "",
        "const std::span<const File> kFiles{kEmbedded};", "", "}  // namespace ringroad::http", ""]))


if __name__ == "__main__":
    main(*sys.argv[1:])
