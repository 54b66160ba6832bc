# SPDX-License-Identifier: BSD-3-Clause
"""Output and exit status of the two programs without a running router."""
import os
import pathlib
import re
import shutil
import tempfile
import unittest

from topology import BUILD, RINGROAD, ROADCTL, ROOT, run

GOOD = """\
engine: {workers: [1], control: 0}
ports:
  left: {device: "net_null0", addresses: [192.168.1.1/24]}
  right: {device: "net_null1", addresses: [192.168.2.1/24]}
routes:
  - {to: default, via: 192.168.1.254}
"""

# Invalid configurations: (changes to the valid one, expected message).
BROKEN = {
    "an address that is none":
        (("192.168.1.254", "10.0.0.300"), r":6:\d+: routes\[0\]\.via: .*10\.0\.0\.300"),
    "an unknown key": (("addresses: [192.168.1.1", "adresses: [192.168.1.1"),
                       r":3:\d+: .*adresses.*addresses"),
    "a gateway on no subnet": (("192.168.1.254", "172.16.0.1"), r":6:\d+: .*172\.16\.0\.1"),
    "a prefix too long": (("192.168.2.1/24", "192.168.2.1/33"), r":4:\d+: .*192\.168\.2\.1/33"),
    "a device missing": (('device: "net_null1", ', ""), r":4:\d+: .*device"),
    "a core that is no number": (("workers: [1]", "workers: [one]"), r":1:\d+: .*workers"),
    "no YAML": (("routes:", "routes: ["), r":\d+:\d+: "),
    "two ports with one device": (("net_null1", "net_null0"), r":4:\d+: .*net_null0 .* line 3"),
    "two ports on one interface":
        (('"net_null0"', '"net_tap0,iface=x"'), ('"net_null1"', '"net_tap1,iface=x"'),
         r":4:\d+: ports\.right\.device: .*interface x"),
    "a driver that there is not": (("net_null1", "net_foo1"), r":4:\d+: ports\.right\.device: .*net_foo"),
    "a bond": (("net_null1", "net_bonding1,mode=1"), r":4:\d+: .*nexthops"),
    "a kernel's name for a device": (('"net_null1"', "eth1"), r":4:\d+: .*net_af_packet1,iface=eth1"),
    "an argument that the driver has not":
        (("net_null1", "net_null1,color=red"), r":4:\d+: .*color"),
    "an interface that is not named": (("net_null1", "net_af_packet1"), r":4:\d+: .*iface"),
    "a recording that is not there":
        (("net_null1", "net_pcap1,rx_pcap=/nonexistent.pcap"), r":4:\d+: .*/nonexistent\.pcap"),
    "an MTU above the driver's":
        (('device: "net_null1"', 'mtu: 1505, device: "net_tap1"'), r":4:\d+: ports\.right\.mtu: .*1504"),
    "a sub-interface on itself":
        (("routes:", "vlans: {v: {id: 7, link: v}}\nroutes:"), r":5:\d+: vlans\.v\.link"),
    "a file of netplan's": (("engine:", "network: {version: 2}\nengine:"), r":1:1: .*netplan"),
}


def broken(name):
    """Returns the valid configuration with that fault, and the expected message."""
    *changes, said = BROKEN[name]
    text = GOOD
    for old, new in changes:
        assert old in text, name
        text = text.replace(old, new)
    return text, said


def names_of(messages):
    """Removes the folder, which differs in each test."""
    return re.sub(r"\S*/router\.yaml", "router.yaml", messages)


class Check(unittest.TestCase):
    def check(self, text, verb="check"):
        with tempfile.TemporaryDirectory(prefix="ringroad-test-") as folder:
            path = pathlib.Path(folder, "router.yaml")
            path.write_text(text)
            return run(RINGROAD, verb, path, check=False)

    def test_a_good_file_is_fine(self):
        done = self.check(GOOD)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_each_broken_file_is_refused_at_the_place(self):
        for name in BROKEN:
            with self.subTest(name):
                text, said = broken(name)
                done = self.check(text)
                self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
                self.assertRegex(done.stdout + done.stderr, said)
                # `run` prints the same, and starts nothing.
                run_too = self.check(text, "run")
                self.assertEqual(run_too.returncode, 2, run_too.stdout + run_too.stderr)
                self.assertEqual(names_of(run_too.stderr), names_of(done.stderr))

    def test_every_problem_is_said_not_only_the_first(self):
        done = self.check(GOOD.replace("192.168.1.254", "10.0.0.300").replace("/24", "/33"))
        lines = {int(n) for n in re.findall(r"router\.yaml:(\d+):", done.stdout + done.stderr)}
        self.assertTrue({3, 4, 6} <= lines, done.stdout + done.stderr)

    def test_a_file_that_is_not_there(self):
        done = run(RINGROAD, "check", "/nonexistent.yaml", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("/nonexistent.yaml", done.stderr + done.stdout)

    def test_check_reads_route_files_as_the_router_would(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "prefixes")
            text = GOOD + f"  - {{file: {file}, via: 192.168.1.254}}\n"
            for lines, wanted in (("172.16.0.0/16\nno prefix\n", f'{file}:2: "no prefix" is not a prefix'),
                                  ("172.16.0.0/16\n172.16.0.0/16\n", f"{file}: 172.16.0.0/16 is there twice"),
                                  ("224.0.0.0/8\n", f"{file}: 224.0.0.0/8 is not a unicast prefix"),
                                  ("172.16.0.0/16\n2001:db8::/129\n", f'{file}:2: "2001:db8::/129" is not a prefix')):
                file.write_text(lines)
                done = self.check(text)
                self.assertEqual(done.returncode, 2, lines)
                self.assertIn(wanted, done.stderr)
                done = self.check(text.replace("}\n", ", keep_going: true}\n").replace(
                    "{to: default, via: 192.168.1.254, keep_going: true}", "{to: default, via: 192.168.1.254}"))
                self.assertNotIn(str(file), done.stderr)
            file.write_text("172.16.0.0/16\n")
            self.assertEqual(self.check(text).returncode, 0)

    def test_run_refuses_a_broken_file_as_check_does(self):
        with tempfile.TemporaryDirectory(prefix="ringroad-test-") as folder:
            path = pathlib.Path(folder, "router.yaml")
            path.write_text(GOOD.replace("192.168.1.254", "10.0.0.300"))
            done = run(RINGROAD, "run", path, check=False)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertRegex(done.stdout + done.stderr, r"routes\[0\]\.via")

    def test_what_the_machine_lacks_is_shown_at_its_line(self):
        text = GOOD.replace("net_null1", "net_af_packet1,iface=rr-absent")
        self.assertEqual(self.check(text).returncode, 0)
        done = self.check(text, "run")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, r"router\.yaml:4:\d+: ports\.right\.device: .*rr-absent")

    def test_every_example_configuration_is_good(self):
        examples = sorted((ROOT / "config").glob("*.yaml"))
        self.assertTrue(examples)
        for example in examples:
            with self.subTest(example.name):
                done = run(RINGROAD, "check", example, check=False)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_configuration_in_the_guide_is_good(self):
        guide = (ROOT / "docs" / "deploy.md").read_text()
        shown = re.findall(r"^```yaml\n(.*?)^```", guide, re.M | re.S)
        self.assertEqual(len(shown), 2)
        for text in shown:
            done = self.check(text)
            self.assertEqual(done.returncode, 0, done.stderr)
        promised = re.search(r"says `(ok: .*)`", guide)[1]
        self.assertIn(promised, self.check(shown[0]).stdout)

    def test_the_guides_table_of_cycles_is_right(self):
        guide = (ROOT / "docs" / "deploy.md").read_text()
        clocks = [float(clock) for clock in re.findall(r"([0-9.]+) GHz \|", guide)]
        rate = 10e9 / (84 * 8)  # 64 bytes, preamble 8, gap 12
        for words, directions in (("cycles a packet, one direction", 1), ("both directions", 2)):
            row = re.search(rf"^\| {words}[^|]*\|(.*)\|$", guide, re.M)[1]
            self.assertEqual([int(cell) for cell in row.split("|")],
                             [round(clock * 1e9 / rate / directions) for clock in clocks])


class Usage(unittest.TestCase):
    def test_ringroad_says_its_version(self):
        said = run(RINGROAD, "version").stdout
        # The commit and the version of DPDK.
        parts = re.fullmatch(r"ringroad (\d+\.\d+\.\d+ \((?:[0-9a-f]{7,}|no checkout)\)), DPDK \d+\.\d+\S*\n", said)
        self.assertTrue(parts, said)
        self.assertEqual(run(RINGROAD, "--version").stdout, said)
        self.assertEqual(run(ROADCTL, "--version").stdout, f"roadctl {parts[1]}\n")

    def test_a_shell_completes_verbs(self):
        for typed, expected in (("route a", "add append"), ("sh", "show"), ("show p", "ports"), ("link set x m", "mtu mac")):
            words = f"roadctl {typed}".split()
            script = (f"source {ROOT}/deploy/completions/roadctl.bash; COMP_WORDS=({' '.join(words)}); "
                      f"COMP_CWORD={len(words) - 1}; _roadctl; echo ${{COMPREPLY[*]}}")
            path = f"{ROADCTL.parent}:{os.environ['PATH']}"
            done = run("bash", "-c", script, env={**os.environ, "PATH": path})
            self.assertEqual(done.stdout.strip(), expected, typed)

    def test_the_manual_pages_have_every_verb_and_key(self):
        pages = {page: (BUILD / "deploy" / page).read_text().replace("\\-", "-")
                 for page in ("ringroad.8", "roadctl.8", "ringroad.yaml.5", "ringroad-bind.8", "ringroad-demo.8")
                 if (BUILD / "deploy" / page).exists()}
        if not pages:
            self.skipTest("this build has no manual pages")
        for verb in re.findall(r"^  ([a-z]+ [a-z]+)\b", run(ROADCTL, "--help").stdout, re.M):
            self.assertIn(f"roadctl {verb}", pages["roadctl.8"])
        for key in ("engine.workers", "ports.NAME.device", "routes[].to", "schedulers.NAME.rate"):
            self.assertIn(key, pages["ringroad.yaml.5"])
        self.assertIn("ringroad-bind unbind DEVICE", pages["ringroad-bind.8"])
        self.assertIn("ringroad-demo --once", pages["ringroad-demo.8"])
        if not shutil.which("man"):
            return
        for page in pages:
            done = run("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", BUILD / "deploy" / page)
            self.assertEqual(done.stderr, "", page)

    def test_wrong_usage_of_ringroad_exits_2(self):
        for words in ((), ("fly",), ("run",), ("check",), ("run", "a.yaml", "b.yaml"),
                      ("run", "--log-level", "shout", "a.yaml")):
            with self.subTest(words):
                done = run(RINGROAD, *words, check=False)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertTrue(done.stderr.strip())

    def test_help_exits_0(self):
        for words in ((RINGROAD, "--help"), (ROADCTL, "--help"), (ROADCTL, "route", "add", "-h")):
            self.assertIn("sage", run(*words).stdout)

    def test_wrong_usage_of_roadctl_exits_2(self):
        for words in ((), ("fly",), ("show", "prots"), ("route", "add"),
                      ("route", "add", "10.0.0.0/8", "over", "192.168.1.2"),
                      ("neighbor", "add", "192.168.1.9", "port", "left")):
            with self.subTest(words):
                done = run(ROADCTL, *words, check=False)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertTrue(done.stderr.strip())

    def test_no_router_at_the_socket_exits_3(self):
        done = run(ROADCTL, "--socket", "/nonexistent.sock", "show", "ports", check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn("/nonexistent.sock", done.stderr)


class Processor(unittest.TestCase):
    def test_what_only_some_processors_know_is_only_where_it_is_asked_for_first(self):
        # In 64-bit code only instructions of AVX-512 begin with 62. An inline function compiled for
        # AVX-512 would be a fault, because the linker might choose that copy for all callers. C
        # functions, whose names have no parameter list, are local to each source.
        chosen = re.compile(r"ethernet::\(anonymous namespace\)::partition_avx512\(|fib::bulk::|filter::avx512::")
        code = run("objdump", "--disassemble", "--demangle", *BUILD.glob("lib/*/lib*.a"),
                   timeout=120).stdout
        function, wide = "", set()
        for line in code.splitlines():
            if line.endswith(">:"):
                function = line.partition("<")[2]
            elif "(" in function and re.match(r" *[0-9a-f]+:\t62 [0-9a-f ]+\t", line):
                wide.add(function)
        self.assertTrue(wide)
        self.assertEqual([name for name in wide if not chosen.search(name)], [])
