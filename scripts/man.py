#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes a manual page from what a program says of itself, or from a page of this repository.

    scripts/man.py roadctl PROGRAM VERSION      roadctl(8), from its help texts
    scripts/man.py ringroad PROGRAM VERSION     ringroad(8)
    scripts/man.py yaml config/README.md VERSION    ringroad.yaml(5)
    scripts/man.py script scripts/bind.sh VERSION   ringroad-bind(8), from the comment that it begins with
"""
import pathlib
import re
import subprocess
import sys


def said(*command):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


def plain(text):
    """Escapes text for roff."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.MULTILINE)


def marked(text):
    """Converts a paragraph of Markdown: code becomes bold, links become their text."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text).replace("**", "")
    parts = text.split("`")
    return "".join(f"\\fB{plain(part)}\\fR" if i % 2 else plain(part) for i, part in enumerate(parts))


def page(name, section, version, summary, *parts):
    title = f'.TH {name.upper()} {section} "" "Ringroad {version}" "Ringroad"'
    return "\n".join([title, ".SH NAME", f"{plain(name)} \\- {plain(summary)}", *parts]) + "\n"


def options_of(text):
    """Returns the options of a help text, each as a paragraph."""
    rows = []
    body = re.search(r"^Options:\n(.*?)(\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
    for line in body[1].splitlines() if body else []:
        if row := re.match(r"  (\S.*?)(?:  +(.*))?$", line):
            rows.append([row[1], row[2] or ""])
        else:
            rows[-1][1] += line.strip()
    return [f".TP\n.B {plain(name)}\n{plain(what[:1].lower() + what[1:])}" for name, what in rows]


EXIT = [".SH EXIT STATUS", ".TP\n.B 0\nfine", ".TP\n.B 1\nit failed while it ran; of roadctl: the router refused",
        ".TP\n.B 2\nwrong usage, or a wrong configuration"]


def roadctl(program, version):
    help_text = said(program, "--help")
    parts = [".SH SYNOPSIS", ".B roadctl\n[\\-\\-socket PATH] [\\-\\-json] VERB ...",
             ".SH DESCRIPTION", "Asks and changes a running ringroad(8) by its control socket. Its verbs are those of ip(8)\n"
             "where ip has the thing.", ".SH OPTIONS", *options_of(help_text), ".SH VERBS"]
    # A verb has one word or two; what follows it has brackets or capitals.
    for words in re.findall(r"^  ([a-z]+(?: [a-z]+\b(?!\|))?)", help_text.split("Verbs:")[1], re.MULTILINE):
        lines = said(program, *words.split(), "--help").split("\nExamples:")[0].splitlines()
        usage = [line.removeprefix("Usage:").strip() for line in lines if re.match(r"(Usage:)? *roadctl ", line)]
        summary = next(line for line in lines if line.strip())
        parts.append(".TP\n" + "\n.TQ\n".join(f".B {plain(form)}" for form in usage) + f"\n{plain(summary)}")
    parts += [".PP", "PREFIX is 10.0.0.0/8, an address or 'default'. P is a port's name in the configuration.",
              *EXIT, ".TP\n.B 3\nthere is no router at that socket",
              ".SH FILES", ".TP\n.I /run/ringroad/ringroad.sock\nthe router's control socket",
              ".SH SEE ALSO", ".BR ringroad (8),\n.BR ringroad.yaml (5)"]
    return page("roadctl", 8, version, "asks and changes a running Ringroad router", *parts)


def ringroad(program, version):
    parts = [".SH SYNOPSIS", ".B ringroad run\n[\\-\\-log\\-level LEVEL] CONFIG", ".br", ".B ringroad check\nCONFIG", ".br",
             ".B ringroad version",
             ".SH DESCRIPTION", "Takes network ports over through DPDK and routes between them as a Linux router does.\n"
             "SIGINT and SIGTERM end it: what waits is sent, ports are closed. SIGHUP applies the changed\n"
             "configuration, all of it or nothing, as roadctl reload does.", ".SH COMMANDS"]
    for command in ("run", "check", "version"):
        text = said(program, command, "--help")
        parts.append(f".SS {command}\n{plain(text.splitlines()[0])}")
        parts += [option for option in options_of(text) if "\\-h," not in option]
    parts += [*EXIT, ".SH FILES", ".TP\n.I /etc/ringroad/ringroad.yaml\nthe configuration of the service",
              ".SH SEE ALSO", ".BR roadctl (8),\n.BR ringroad.yaml (5)"]
    return page("ringroad", 8, version, "routes IP packets between network ports, past the kernel", *parts)


def yaml(path, version):
    parts, paragraph = [".SH DESCRIPTION"], []
    headings = []
    table = 0  # the number of its rows so far, including the heading and the line below

    def end_paragraph():
        if paragraph:
            parts.append(".PP\n" + marked(" ".join(paragraph)))
            paragraph.clear()

    for line in pathlib.Path(path).read_text().splitlines()[1:]:
        if line.startswith("|"):
            end_paragraph()
            table += 1
            cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip("| "))]
            if table == 1:
                headings = cells
            elif table > 2:
                rest = "; ".join(cell if heading in ("value", "for") else f"{heading}: {cell}"
                                 for heading, cell in zip(headings[1:], cells[1:]))
                parts.append(f".TP\n{marked(cells[0])}\n{marked(rest)}")
            continue
        table = 0
        if line.startswith("#"):
            end_paragraph()
            parts.append(f".SH {plain(line.lstrip('# ').upper())}")
        elif line.strip():
            paragraph.append(line.strip())
        else:
            end_paragraph()
    end_paragraph()
    parts += [".SH SEE ALSO", ".BR ringroad (8),\n.BR roadctl (8)"]
    return page("ringroad.yaml", 5, version, "configuration of the Ringroad router", *parts)


def script(path, version):
    stem = pathlib.Path(path).stem
    name = f"ringroad-{stem}"
    comment = re.search(r"^# SPDX.*\n((?:#.*\n)+)", pathlib.Path(path).read_text(), re.MULTILINE)[1]
    summary, forms, *rest = re.sub("^# ?", "", comment, flags=re.MULTILINE).strip().split("\n\n")
    parts = [".SH COMMANDS"]
    for form in forms.splitlines():
        usage, _, what = form.strip().replace(f"{stem}.sh", name).partition("   ")
        parts.append(f".TP\n.B {plain(usage)}\n{plain(what.strip())}".rstrip())
    parts += [".SH DESCRIPTION", *(f".PP\n{plain(paragraph)}" for paragraph in rest),
              ".SH SEE ALSO", ".BR ringroad (8)"]
    return page(name, 8, version, summary[:1].lower() + summary[1:].replace("\n", " ").rstrip("."), *parts)


def main():
    pages = {"roadctl": roadctl, "ringroad": ringroad, "yaml": yaml, "script": script}
    if len(sys.argv) != 4 or sys.argv[1] not in pages:
        sys.exit(__doc__)
    print(pages[sys.argv[1]](*sys.argv[2:]), end="")


if __name__ == "__main__":
    main()
