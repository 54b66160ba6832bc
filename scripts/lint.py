#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs clang-tidy over what build/release compiles: lint.py [--changed] [WORD ...]

--changed: only sources that the last commit or the working tree changed, and for a changed header a
source that includes it. All of them take about ten minutes on two cores. WORD: only sources with it
in their path. The last line is `N passed, N failed`, sources.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "release"
OUR_FOLDERS = ("app", "lib", "drivers", "test")


def commands():
    """Returns {relative path of our source: its compiler flags}."""
    flags = {}
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        sources = [pathlib.Path(entry["directory"], entry["file"]).resolve()]
        if re.search(r"-unity\d+\.cpp$", entry["file"]):  # meson's, which includes the real ones
            included = re.findall(r"#include\s*<(.*)>", sources[0].read_text())
            sources = [pathlib.Path(name).resolve() for name in included]
        sources = [source.relative_to(ROOT) for source in sources
                   if source.is_relative_to(ROOT) and source.relative_to(ROOT).parts[0] in OUR_FOLDERS]
        words = iter(shlex.split(entry["command"]))
        kept = []
        for word in words:
            if word in ("-o", "-MF", "-MQ", "-c"):
                next(words)
            elif word in ("-include", "-isystem"):
                name = next(words)
                # Precompiled headers are disabled, so that a missing #include is found.
                if not name.endswith(".hpp"):
                    kept += [word, name]
            elif word.startswith("-") and word not in ("-MD", "-MMD", "-fpch-preprocess", "-Winvalid-pch"):
                kept.append(word)
        flags.update((source, kept) for source in sources)
    return flags


def git(*words):
    return subprocess.run(["git", "-C", ROOT, *words], text=True, capture_output=True,
                          check=True).stdout.splitlines()


def changed(sources):
    """Returns the sources to check again, or None if git cannot tell."""
    try:
        names = {pathlib.Path(name) for name in git("diff", "--name-only", "HEAD~1") +
                 git("ls-files", "--others", "--exclude-standard")}
    except (OSError, subprocess.CalledProcessError):
        return None
    chosen = names & set(sources)
    for header in (name for name in names if name.suffix == ".hpp"):
        including = re.compile(rf'#include "(.*/)?{re.escape(header.name)}"')
        users = [source for source in sources if including.search((ROOT / source).read_text())]
        users.sort(key=lambda source: (source.stem != header.stem, source))
        if users and not chosen & set(users):
            chosen.add(users[0])
    return chosen


def tidy(source, flags):
    done = subprocess.run(["clang-tidy-19", "--quiet", ROOT / source, "--", *flags,
                           "-Wno-unknown-warning-option",
                           # stable_sort() of libstdc++ 12 calls a deprecated function.
                           "-Wno-deprecated-declarations"],
                          text=True, capture_output=True, cwd=BUILD)
    return source, done.returncode == 0, done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--changed", action="store_true")
    parser.add_argument("words", nargs="*")
    arguments = parser.parse_args()

    flags = commands()
    chosen = changed(flags) if arguments.changed else set(flags)
    if chosen is None:
        print("SKIP lint: there is no earlier commit to compare with; scripts/test.sh --only lint "
              "reads everything")
        print("0 passed, 0 failed, 1 skipped")
        return
    if arguments.words:
        chosen = {source for source in chosen if any(word in str(source) for word in arguments.words)}
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for source, clean, output in pool.map(lambda source: tidy(source, flags[source]),
                                              sorted(chosen)):
            if not clean:
                failed += 1
                print(f"{source}:\n{output}", flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
