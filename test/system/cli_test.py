"""What the two programs say and return without a router running."""
import pathlib
import re
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

# Configurations with something wrong: (what is changed in the good one, what must be said of it).
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
    "two ports with one device": (("net_null1", "net_null0"), r"net_null0"),
}


class Check(unittest.TestCase):
    def check(self, text):
        with tempfile.TemporaryDirectory(prefix="ringroad-test-") as folder:
            path = pathlib.Path(folder, "router.yaml")
            path.write_text(text)
            return run(RINGROAD, "check", path, check=False)

    def test_a_good_file_is_fine(self):
        done = self.check(GOOD)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_each_broken_file_is_refused_at_the_place(self):
        for name, ((old, new), said) in BROKEN.items():
            with self.subTest(name):
                self.assertIn(old, GOOD)
                done = self.check(GOOD.replace(old, new))
                self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
                self.assertRegex(done.stdout + done.stderr, said)

    def test_every_problem_is_said_not_only_the_first(self):
        done = self.check(GOOD.replace("192.168.1.254", "10.0.0.300").replace("/24", "/33"))
        lines = {int(n) for n in re.findall(r"router\.yaml:(\d+):", done.stdout + done.stderr)}
        self.assertTrue({3, 4, 6} <= lines, done.stdout + done.stderr)

    def test_a_file_that_is_not_there(self):
        done = run(RINGROAD, "check", "/nonexistent.yaml", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("/nonexistent.yaml", done.stderr + done.stdout)

    def test_run_refuses_a_broken_file_as_check_does(self):
        with tempfile.TemporaryDirectory(prefix="ringroad-test-") as folder:
            path = pathlib.Path(folder, "router.yaml")
            path.write_text(GOOD.replace("192.168.1.254", "10.0.0.300"))
            done = run(RINGROAD, "run", path, check=False)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertRegex(done.stdout + done.stderr, r"routes\[0\]\.via")

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
        self.assertRegex(run(RINGROAD, "version").stdout, r"ringroad \d+\.\d+")

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
        for words in ((), ("fly",), ("show",), ("show", "prots"), ("route", "add"),
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
        # In 64-bit code an instruction of AVX-512 and no other begins with 62. An inline function of a
        # source that is compiled for it would be one too many: the linker might choose it for all. C
        # functions, without a list of parameters to their name, are each source's own.
        chosen = re.compile(r"port::\(anonymous namespace\)::sort_v4\(|fib::bulk::")
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
