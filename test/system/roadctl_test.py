# SPDX-License-Identifier: BSD-3-Clause
"""What roadctl does beside asking: short verbs, selections, sorting, schemas, tables on a narrow terminal."""
import json
import os
import re
import signal
import subprocess
import unittest

from frames import frame
from topology import A, B, ROADCTL, ROOT, RouterTestCase, eventually, received, run

try:
    import jsonschema
except ImportError:
    jsonschema = None

SCHEMAS = ROOT / "docs" / "schema"


def verbs():
    """Returns the verbs of `roadctl --help`."""
    lines = run(ROADCTL, "--help").stdout.partition("\nVerbs:\n")[2].partition("\n\nPREFIX")[0].splitlines()
    found = []
    for line in lines:
        words = re.match(r"  ([a-z].*?)(  |$)", line)
        if words:
            found.append(re.match(r"[a-z ]*[a-z](?= |$)", words[1])[0].removesuffix(" as route add").removesuffix(" from"))
    return found


class Words(RouterTestCase):
    overrides = {"routes": [{"to": "10.9.0.0/16", "via": B}, {"to": "10.9.1.0/24", "via": A, "metric": 5},
                            {"to": "192.0.2.0/24", "type": "blackhole"}]}

    def roadctl(self, *words, columns=None, check=True):
        environment = {**os.environ, **({"COLUMNS": str(columns)} if columns else {})}
        if "--socket" not in words:
            words = ("--socket", self.router.socket_path, *words)
        return subprocess.run([ROADCTL, *words], env=environment, text=True,
                              capture_output=True, check=check, timeout=60)

    def prefixes(self, *words):
        return [row["prefix"] for row in json.loads(self.roadctl("--json", "show", "routes", *words).stdout)]

    def setUp(self):
        self.assertEqual(received(self.ping(B, "-c", "1", "-W", "5")), 1)

    def test_short_verbs_are_the_long_ones(self):
        for short, long in (("s ro", "show routes"), ("route", "show routes"), ("ro ls", "show routes"),
                            ("sh m", "show memory"), ("ro g 10.9.0.1", "route get 10.9.0.1")):
            self.assertEqual(self.roadctl(*short.split()).stdout.split(), self.roadctl(*long.split()).stdout.split())
        refused = self.roadctl("show", "co", check=False)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("counters or config", refused.stderr)

    def test_routes_are_chosen_by_protocol_type_next_hop_and_family(self):
        static = {"10.9.0.0/16", "10.9.1.0/24", "192.0.2.0/24"}
        self.assertEqual(set(self.prefixes("protocol", "static")), static)
        self.assertEqual(self.prefixes("type", "blackhole"), ["192.0.2.0/24"])
        self.assertEqual(self.prefixes("via", A), ["10.9.1.0/24"])
        self.assertEqual(self.prefixes("port", "right", "protocol", "static"), ["10.9.0.0/16"])
        self.assertEqual(self.prefixes("metric", "5"), ["10.9.1.0/24"])
        self.assertEqual(self.prefixes("root", "10.9.0.0/16"), ["10.9.0.0/16", "10.9.1.0/24"])
        self.assertEqual(self.prefixes("root", "10.9.0.0/16", "state", "NONSENSE"), [])
        self.assertEqual(set(self.prefixes("-4", "proto", "static")), static)
        self.assertEqual(self.prefixes("-6"), [])
        self.assertEqual(self.prefixes("--table", "all", "protocol", "static", "--sort", "-metric")[0], "10.9.1.0/24")
        for words in (("type", "nonsense"), ("port", "nowhere"), ("via", "1.2.3")):
            self.assertEqual(self.roadctl("show", "routes", *words, check=False).returncode, 1, words)

    def test_routes_are_summed_up(self):
        summary = json.loads(self.roadctl("--json", "show", "routes", "--summary").stdout)
        routes = self.prefixes()
        self.assertEqual(summary["routes"], len(routes))
        self.assertEqual(summary["protocols"]["static"], 3)
        self.assertEqual(summary["lengths"]["16"], 1)
        self.assertIn("/16", self.roadctl("show", "routes", "--summary").stdout)

    def test_neighbors_ports_workers_and_counters_are_chosen(self):
        def chosen(*words):
            return json.loads(self.roadctl("--json", "show", *words).stdout)
        self.assertEqual([row["address"] for row in chosen("neighbors", B)], [B])
        self.assertEqual([row["address"] for row in chosen("neighbors", "port", "right")], [B])
        self.assertEqual(chosen("neighbors", "state", "failed"), [])
        mac = chosen("neighbors", B)[0]["mac"]
        self.assertEqual([row["address"] for row in chosen("neighbors", "mac", mac)], [B])
        self.assertEqual([row["name"] for row in chosen("ports", "left")], ["left"])
        core = chosen("workers")[0]["core"]
        self.assertEqual(len(chosen("workers", "core", str(core))), 1)
        self.assertEqual(self.roadctl("show", "workers", "core", "4711", check=False).returncode, 1)
        self.assertTrue(all(name.startswith("Icmp") for name in chosen("counters", "icmp*")))
        self.assertEqual(self.roadctl("show", "counters", "Moon*", check=False).returncode, 1)

    def test_errors_are_json_with_json(self):
        for words, status in ((("show", "ports", "nowhere"), 1), (("show", "prots"), 2),
                              (("--socket", "/nowhere", "show", "ports"), 3)):
            done = self.roadctl("--json", *words, check=False)
            self.assertEqual((done.returncode, done.stdout), (status, ""))
            error = json.loads(done.stderr)
            self.assertEqual(error["exit_status"], status)
            self.assertTrue(error["error"])

    def test_tables_keep_to_the_terminal_s_width(self):
        for verb in ("ports", "workers", "routes", "neighbors", "drops", "counters", "memory"):
            for line in self.roadctl("show", verb, columns=80).stdout.splitlines():
                self.assertLessEqual(len(line), 80, f"show {verb}: {line}")

    def test_an_answer_is_repeated_with_rates_until_an_interrupt(self):
        watch = subprocess.Popen([ROADCTL, "--socket", self.router.socket_path, "show", "ports", "--watch", "0.2"],
                                 stdout=subprocess.PIPE, text=True)
        self.addCleanup(watch.kill)
        lines = []
        while len([line for line in lines if "/s" in line]) < 3:
            lines.append(watch.stdout.readline())
            self.assertTrue(lines[-1], lines)
        watch.send_signal(signal.SIGINT)
        watch.communicate(timeout=10)
        self.assertEqual(watch.returncode, 0)

    def test_a_shell_completes_what_the_router_knows(self):
        def after(*words):
            return self.roadctl("complete", "--socket", self.router.socket_path, *words).stdout.split()
        self.assertIn("left", after("show", "ports"))
        self.assertIn("10.9.0.0/16", after("route", "del"))
        self.assertIn(B, after("neighbor", "del"))
        self.assertEqual([word for word in after("show", "routes", "type") if word == "blackhole"], ["blackhole"])


@unittest.skipUnless(jsonschema, "python3-jsonschema is not installed")
class Schemas(RouterTestCase):
    """docs/schema describes each answer: all of its keys, and no other."""

    overrides = Words.overrides

    def check(self, verb, answer):
        schema = json.loads((SCHEMAS / f"{verb.replace(' ', '_')}.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.Draft202012Validator(schema).validate(answer)

    def test_every_verb_has_a_schema_and_every_schema_a_verb(self):
        # What these answer is no JSON.
        others = {"capture", "top"}
        self.assertEqual(sorted(path.stem for path in SCHEMAS.glob("*.json")),
                         sorted({verb.replace(" ", "_") for verb in verbs()} - others))

    def test_answers_are_as_their_schemas_say(self):
        self.ping(B, "-c", "1", "-W", "5")
        self.topology.wire(self.topology.a).send(frame("spent", ttl=1))
        self.router.roadctl("bands", "delays", "on")
        eventually(lambda: self.router.drops(), 5)
        for verb in sorted(set(verbs())):
            if not verb.startswith("show"):
                continue
            with self.subTest(verb):
                self.check(verb, json.loads(self.router.roadctl("--json", *verb.split()).stdout))
        for verb, words in (("show routes", "--summary"), ("show routes", "--table all"), ("route get", B),
                            ("route get", "10.9.0.1 from 10.1.2.3 proto udp sport 5 dport 7"),
                            ("route get", "203.0.113.77"), ("route add", f"10.77.0.0/16 via {B}"),
                            ("route del", "10.77.0.0/16"), ("bands delays", "off"), ("neighbor flush", ""),
                            ("explain", f"from left 192.168.1.2 {B}"), ("explain", f"from left {B} 172.16.0.1"),
                            ("explain", "from left 192.168.1.2 172.16.0.1 proto udp"),
                            ("explain", "from left 192.168.1.2 192.168.1.1")):
            with self.subTest(f"{verb} {words}"):
                done = self.router.roadctl("--json", *verb.split(), *words.split())
                self.check(verb, json.loads(done.stdout or "{}"))

    def test_a_trace_is_as_its_schema_says(self):
        trace = subprocess.Popen([ROADCTL, "--socket", self.router.socket_path, "--json", "trace", "-n", "1"],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(trace.kill)
        trace.stderr.readline()
        self.ping(B, "-c", "1", "-W", "5")
        self.check("trace", json.loads(trace.communicate(timeout=30)[0]))
