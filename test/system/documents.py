# SPDX-License-Identifier: BSD-3-Clause
"""The commands in the documents: their positions, and their text in a form that can be run."""
import pathlib
import re
from dataclasses import dataclass

from topology import ROOT

# An `inline` piece of text is a command, and not a name or a key, if it begins with one of these
# words.
PROGRAMS = {"ringroad", "roadctl", "ringroad-bind", "ringroad-demo", "bench.sh", "bind.sh", "test.sh", "build.sh",
            "apt", "apt-get", "cat", "clang-format-19", "cpupower", "dmesg", "dpdk-testpmd", "ethtool", "ip",
            "journalctl", "ls", "lscpu", "lspci", "meson", "modprobe", "ninja", "ping", "pktgen", "sysctl",
            "systemctl", "udevadm"}


@dataclass(frozen=True)
class Command:
    place: str  # FILE:LINE, or FILE for inline text
    text: str

    def __str__(self):
        return f"{self.place}: {self.text}"


def documents():
    """Returns every document, by its path from the root."""
    return {str(path.relative_to(ROOT)): path.read_text() for path in sorted(ROOT.rglob("*.md"))
            if path.relative_to(ROOT).parts[0] not in ("build", "shared")}


def configurations():
    return sorted((ROOT / "config").glob("*.yaml"))


def blocks(text):
    """Yields (number, line) of shell lines: indented by four after an empty line, or in a fence without
    a language."""
    fence, indented, before = None, False, ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            fence = None if fence is not None else line[3:]
            indented = False
        elif fence is not None:
            if fence in ("", "sh", "bash", "console"):
                yield number, line
        elif line.startswith("    ") and (indented or not before.strip()):
            indented = True
            yield number, line
        elif line.strip():
            indented = False
        before = line


def whole(lines):
    """Returns (number, command); lines continued by a backslash or a deeper indentation are joined."""
    done = []
    for number, line in lines:
        goes_on = done and (done[-1][1].endswith("\\") or
                            (done[-1][0] + 1 == number and re.match(r"\s*--", line)))
        if goes_on:
            done[-1] = (number, done[-1][1].removesuffix("\\").rstrip() + " " + line.strip())
        else:
            done.append((number, line.strip()))
    return done


def without_remark(text):
    """Returns the command without its explanation, which follows a # or three spaces."""
    return re.split(r"\s{3,}|\s+# |^# ", text)[0].removeprefix("$ ")


def alternatives(text):
    """Returns the commands of a line such as `roadctl show ports | routes`: the bar means "or" there, and each
    alternative replaces as many words as the longest one after the first has."""
    if not re.match(r"(sudo )?roadctl\b", text) or " | " not in text:
        return [text]
    first, *others = text.split(" | ")
    words = first.split()
    common = words[:len(words) - max(len(other.split()) for other in others)]
    return [first] + [" ".join(common + other.split()) for other in others]


def commands_of(name, text):
    """Yields every command of a document; all lines of blocks, so lines that are not commands must be
    listed."""
    for number, line in whole(blocks(text)):
        if line := without_remark(line):
            for command in alternatives(line):
                yield Command(f"{name}:{number}", command)
    plain = re.sub(r"^```.*?^```$|^    .*?$", "", text, flags=re.M | re.S)
    for span in re.findall(r"`([^`]+)`", plain.replace("\n", " ")):
        first, _, rest = span.removeprefix("sudo ").removeprefix("./").partition(" ")
        if rest and (first in PROGRAMS or re.match(r"(scripts|test|build)/", first)):
            for command in alternatives(span):
                yield Command(name, command)


def commands_of_configuration(path):
    """Yields the commands in a configuration's comments: lines indented after the #."""
    lines = [(number, line[1:]) for number, line in enumerate(path.read_text().splitlines(), 1)
             if re.match(r"#   +\S", line)]
    for number, line in whole(lines):
        yield Command(f"config/{path.name}:{number}", without_remark(line))


def commands():
    for name, text in documents().items():
        yield from commands_of(name, text)
    for path in configurations():
        yield from commands_of_configuration(path)
