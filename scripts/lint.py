#!/usr/bin/python3
"""Runs clang-tidy over everything that build/release compiles: lint.py [--each] [WORD ...]

Most of clang-tidy's time goes into the headers of others, so the files of one folder are read as
one. That hides them from clang's path-sensitive analyzer: --each reads every file alone, with the
analyzer, and takes several times as long. WORD: only folders (or files) with it in their path.
The last line is `N passed, N failed`, folders or files.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "release"
OUR_FOLDERS = ("app", "lib", "drivers", "test")


def commands():
    """{source: its compiler flags}, of our sources."""
    flags = {}
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        source = pathlib.Path(entry["directory"], entry["file"]).resolve()
        if not source.is_relative_to(ROOT) or source.relative_to(ROOT).parts[0] not in OUR_FOLDERS:
            continue
        words = iter(shlex.split(entry["command"])[1:])
        kept = []
        for word in words:
            if word in ("-o", "-MF", "-MQ", "-c"):
                next(words)
            elif word not in ("-MD", "-MMD") and not word.endswith("g++"):
                kept.append(word)
        flags[source] = kept
    return flags


def tidy(name, source, flags, *options):
    """(name, whether it is clean, what clang-tidy said)."""
    done = subprocess.run(
        ["clang-tidy-19", "--quiet", f"--config-file={ROOT / '.clang-tidy'}", *options, source,
         "--", *flags, "-Wno-unknown-warning-option"],
        text=True, capture_output=True, cwd=BUILD)
    return name, done.returncode == 0, done.stdout


def joined(members):
    """A source that includes these."""
    name = "-".join(members[0][0].relative_to(ROOT).with_suffix("").parts)
    path = BUILD / "lint" / f"{name}-{len(members)}.cpp"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f'#include "{source}"\n' for source, _ in members))
    return path


def parts(members):
    """Splits them where files together do not compile, as when two define the same name."""
    if len(members) > 1 and subprocess.run(
            ["clang++-19", "-fsyntax-only", *members[0][1], "-w", joined(members)],
            cwd=BUILD, capture_output=True).returncode != 0:
        middle = len(members) // 2
        return parts(members[:middle]) + parts(members[middle:])
    return [members]


def tidy_together(folder, members):
    """The rows of one folder: its files together, as far as they can be."""
    return [tidy(f"{folder} ({len(some)} files from {some[0][0].name})", joined(some), some[0][1],
                 "--checks=-bugprone-suspicious-include",
                 rf"--header-filter=^{ROOT}/({'|'.join(OUR_FOLDERS)})/.*\.[ch]pp$")
            for some in parts(members)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--each", action="store_true")
    parser.add_argument("words", nargs="*")
    arguments = parser.parse_args()

    folders = collections.defaultdict(list)
    for source, flags in sorted(commands().items()):
        if not arguments.words or any(word in str(source) for word in arguments.words):
            folders[source.parent.relative_to(ROOT)].append((source, flags))

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        if arguments.each:
            jobs = [pool.submit(lambda s=source, f=flags: [tidy(s.relative_to(ROOT), s, f)])
                    for members in folders.values() for source, flags in members]
        else:
            jobs = [pool.submit(tidy_together, folder, members)
                    for folder, members in folders.items()]
        rows = []
        for job in concurrent.futures.as_completed(jobs):
            for name, clean, output in job.result():
                rows.append(clean)
                if not clean:
                    print(f"{name}:\n{output}", flush=True)
    failed = rows.count(False)
    print(f"{len(rows) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not rows else 0)


if __name__ == "__main__":
    main()
