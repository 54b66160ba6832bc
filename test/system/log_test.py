# SPDX-License-Identifier: BSD-3-Clause
"""The log: what is logged of an event, who changed what, folding, levels while the router runs."""
import datetime
import os
import re
import socket
import subprocess
import tempfile
import time
import unittest

from frames import frame
from topology import B, RINGROAD, RouterTestCase, Topology, eventually, run

LINE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (debug|info|warning|error) +ringroad: .+$")


class Log(RouterTestCase):
    def events(self, *words):
        return self.router.show("log", *words)

    def event(self, pattern, seconds=5):
        """Returns the newest event that matches, which may take that long."""
        def found():
            return [event for event in self.events("-n", "1000") if re.search(pattern, event["what"])]
        self.assertTrue(eventually(found, seconds), (pattern, self.events()))
        return found()[-1]

    def test_each_line_has_time_and_level(self):
        lines = self.router.log().splitlines()
        self.assertTrue(lines)
        for line in lines:
            self.assertRegex(line, LINE)
        ready = self.event("^ready ports=2 ")
        self.assertEqual(ready["level"], "info")
        said = datetime.datetime.fromisoformat(ready["time"].replace("Z", "+00:00"))
        self.assertLess(abs(said.timestamp() - time.time()), 600)
        self.assertIn(ready["time"], self.router.log())

    def test_every_change_is_logged_with_who_asked(self):
        self.router.roadctl("route", "add", "10.77.0.0/16", "via", B)
        event = self.event("^route add .*10.77.0.0/16")
        self.assertRegex(event["what"], rf"^route add prefix 10\.77\.0\.0/16 .*via {re.escape(B)}: by root .*\(roadctl, pid \d+\)$")
        self.assertEqual((event["level"], event["uid"], event["command"], event["verb"]),
                         ("info", "0", "roadctl", "route add"))
        self.router.roadctl("route", "add", "10.77.0.0/16", "via", B, check=False)
        event = self.event("^route add .*10.77.0.0/16.*refused")
        self.assertEqual(event["level"], "warning")
        self.router.roadctl("route", "del", "10.77.0.0/16")
        self.event("^route del .*10.77.0.0/16")
        count = len(self.events("-n", "1000"))
        self.router.roadctl("route", "get", B)
        self.router.roadctl("show", "routes")
        self.assertEqual(len(self.events("-n", "1000")), count)

    def test_a_program_that_changes_very_much_is_logged_in_part(self):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.router.socket_path))
            answers = connection.makefile()
            for i in range(300):
                verb = "add" if i % 2 == 0 else "del"
                via = f', "type": "unicast", "via": "{B}"' if verb == "add" else ""
                connection.sendall(f'{{"verb": ["route", "{verb}"], "options": {{"prefix": "10.78.{i // 2}.0/24"{via}}}}}\n'
                                   .encode())
                self.assertEqual(answers.readline(), '{"ok":{}}\n')

        def accounted():
            events = self.events("-n", "1000")
            logged = sum("10.78." in event["what"] for event in events)
            left_out = sum(int(event.get("changes", 0)) * (1 + event.get("repeated", 0)) for event in events)
            return logged < 300 and logged + left_out == 300
        self.assertTrue(eventually(accounted, 5), self.events("-n", "1000"))

    def test_a_link_is_followed_and_neighbors_and_routes_with_it(self):
        self.ping(B, "-c", "1")
        self.router.roadctl("route", "add", "10.79.0.0/16", "via", B)
        self.addCleanup(self.router.roadctl, "route", "del", "10.79.0.0/16")
        self.topology.execute(self.topology.b, "ip", "link", "set", "eth0", "down")
        event = self.event("^port right: link down")
        self.assertEqual((event["level"], event["port"], event["link"]), ("warning", "right", "down"))
        self.event(r"^failover: \d+ prefix")
        self.topology.execute(self.topology.b, "ip", "link", "set", "eth0", "up")
        run("ip", "-n", self.topology.b, "route", "replace", "default", "via", "192.168.2.1")
        event = self.event("^port right: link up")
        self.assertEqual((event["level"], event["link"]), ("info", "up"))
        self.ping(B, "-c", "1", "-w", "5")

    def test_drops_that_rise_are_logged_with_what_they_mean(self):
        wire = self.topology.wire(self.topology.a)
        for _ in range(100):
            wire.send(frame("dies", ttl=1))
            time.sleep(0.005)
        event = self.event("^drops rise: .* for ttl_exceeded: .*time to live")
        self.assertEqual((event["level"], event["reason"]), ("warning", "ttl_exceeded"))
        self.assertGreaterEqual(int(event["per_second"]), 10)

    def test_the_level_is_changed_live(self):
        self.router.roadctl("log", "level", "error")
        self.addCleanup(self.router.roadctl, "log", "level", "info")
        self.router.roadctl("link", "set", "left", "mtu", "1400")
        self.router.roadctl("link", "set", "left", "mtu", "1500")
        self.assertFalse([event for event in self.events("-n", "1000") if "mtu 1400" in event["what"]])
        self.router.roadctl("log", "level", "info")
        self.router.roadctl("link", "set", "left", "mtu", "1450")
        self.event("^link set mtu 1450 port left: by root")
        self.router.roadctl("link", "set", "left", "mtu", "1500")
        done = self.router.roadctl("log", "level", "loud", check=False)
        self.assertEqual(done.returncode, 2)

    def test_the_last_events_are_listed_for_people(self):
        lines = self.router.roadctl("show", "log", "-n", "2").stdout.splitlines()
        self.assertEqual(len(lines), 2)
        self.assertRegex(lines[-1], r"^\d{4}-\d\d-\d\dT\S+Z (info|warning|error) +\S")
        self.assertEqual(self.events("-n", "0"), [])
        self.assertEqual(self.router.roadctl("show", "log", "-n", "1001", check=False).returncode, 1)


class Gateway(RouterTestCase):
    overrides = {"routes": [{"to": "10.80.0.0/16", "via": "192.168.2.9"}],
                 "arp": {"retransmit": "100ms"}}

    def test_a_gateway_that_does_not_answer_is_lost_and_found(self):
        def lines():
            return [(event["level"], event["gateway"]) for event in self.router.show("log") if "gateway" in event]
        self.topology.execute(self.topology.a, "ping", "-c", "1", "-w", "1", "10.80.0.1", check=False)
        self.assertTrue(eventually(lambda: lines() == [("warning", "192.168.2.9")], 8), self.router.show("log"))
        run("ip", "-n", self.topology.b, "address", "add", "192.168.2.9/24", "dev", "eth0")
        self.assertTrue(eventually(lambda: lines()[1:] == [("info", "192.168.2.9")], 12), self.router.show("log"))


class Journal(unittest.TestCase):
    def test_journald_gets_levels_and_fields_in_its_own_protocol(self):
        """stderr is a socket that JOURNAL_STREAM names, as journald's; another one takes the entries."""
        topology = Topology()
        near, far = socket.socketpair()
        with tempfile.TemporaryDirectory() as folder:
            journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            journal.bind(f"{folder}/socket")
            state = os.fstat(near.fileno())
            topology.build()
            try:
                process = subprocess.Popen(
                    ["unshare", "--mount", "sh", "-c",
                     f"mkdir -p /run/systemd/journal && mount --bind {folder} /run/systemd/journal && "
                     f"exec nsenter --net=/run/netns/{topology.middle} {RINGROAD} run {topology.router.config_path}"],
                    stderr=near, stdin=subprocess.DEVNULL,
                    env={**os.environ, "JOURNAL_STREAM": f"{state.st_dev}:{state.st_ino}"})
                topology.router.process = process
                journal.settimeout(30)
                entries = []
                while not entries or b"ready ports=2" not in entries[-1]:
                    entries.append(journal.recv(65536))
                self.assertIn(b"PRIORITY=6\n", entries[-1])
                self.assertIn(b"SYSLOG_IDENTIFIER=ringroad\n", entries[-1])
                topology.router.roadctl("link", "set", "left", "mtu", "1400")
                entry = b""
                while b"link set" not in entry:
                    entry = journal.recv(65536)
                self.assertIn(b"\nRINGROAD_COMMAND=roadctl\n", entry)
                self.assertIn(b"\nRINGROAD_UID=0\n", entry)
                process.terminate()
                self.assertEqual(process.wait(15), 0)
                near.close()
                far.settimeout(5)
                self.assertEqual(far.recv(65536), b"")  # nothing beside it
            finally:
                topology.tear_down()
                journal.close()
                far.close()
