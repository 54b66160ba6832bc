# SPDX-License-Identifier: BSD-3-Clause
"""A changed file is applied while the router runs: all of it or nothing, without a lost packet."""
import json
import os
import re
import signal
import time

from topology import B, RINGROAD, RouterTestCase, eventually, received, run


class Reload(RouterTestCase):
    def setUp(self):
        self.config = json.loads(self.router.config_path.read_text())
        self.addCleanup(self.put_back, self.router.config_path.read_text())

    def put_back(self, text):
        self.router.config_path.write_text(text)
        self.router.roadctl("confirm", check=False)
        self.router.roadctl("reload")

    def write(self, path=None, **sections):
        (path or self.router.config_path).write_text(json.dumps({**self.config, **sections}, indent=1))

    def running(self):
        return self.router.show("config")["yaml"]

    def reload(self, *words, check=True):
        return self.router.roadctl("reload", *words, check=check)

    def test_the_changed_file_is_applied_and_each_difference_is_a_line(self):
        self.write(routes=[{"to": "10.7.0.0/16", "via": B}, {"to": "10.8.0.0/16", "type": "blackhole"}])
        self.assertEqual(self.reload("--check").stdout, "+ routes[10.7.0.0/16]: via 192.168.2.2 port right\n"
                         "+ routes[10.8.0.0/16]: blackhole\n")
        self.assertNotIn("10.7.0.0/16", self.running())
        self.assertEqual(self.reload().stdout.count("+ routes["), 2)
        self.assertIn("10.7.0.0/16", self.running())
        self.assertEqual(self.reload().stdout, "nothing changes\n")
        self.write(routes=[{"to": "10.7.0.0/16", "type": "prohibit"}])
        answer = json.loads(self.router.roadctl("--json", "reload").stdout)
        self.assertEqual([(row["change"], row["key"], row["before"], row["after"]) for row in answer["changes"]],
                         [("changed", "routes[10.7.0.0/16]", "via 192.168.2.2 port right", "prohibit"),
                          ("removed", "routes[10.8.0.0/16]", "blackhole", None)])

    def test_sighup_reloads_and_the_log_says_what_changed(self):
        self.write(routes=[{"to": "10.9.0.0/16", "via": B}])
        self.router.process.send_signal(signal.SIGHUP)
        self.assertTrue(eventually(lambda: "10.9.0.0/16" in self.running()))
        self.assertRegex(self.router.log(), r"reload: .*routes: 1 added, 0 removed, 0 changed")

    def test_a_file_named_by_its_relative_path(self):
        other = self.topology.directory / "other.yaml"
        self.write(other, tables={"green": 10})
        before = os.getcwd()
        self.addCleanup(os.chdir, before)
        os.chdir(self.topology.directory)
        self.assertEqual(self.reload("other.yaml").stdout, "+ tables.green: 10\n")

    def test_what_needs_a_restart_is_refused_at_its_line(self):
        before = self.running()
        self.write(engine={**self.config["engine"], "idle": "poll"}, routes=[{"to": "10.1.0.0/16", "via": B}])
        line = next(number for number, text in enumerate(
            self.router.config_path.read_text().splitlines(), 1) if '"idle"' in text)
        for words in ((), ("--check",)):
            done = self.reload(*words, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, rf"{self.router.config_path}:{line}:\d+: engine\.idle: "
                             "from pause to poll needs a restart")
        self.assertEqual(self.running(), before)

    def test_a_broken_file_changes_nothing_and_prints_what_check_prints(self):
        before = self.running()
        self.write(routes=[{"to": "10.1.0.0/16", "via": B}, {"to": "10.1.0.0/33", "via": "10.2.3"}])
        done = self.reload(check=False)
        checked = run(RINGROAD, "check", self.router.config_path, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, f"roadctl: {checked.stderr}")
        self.assertEqual(len(re.findall(r"router\.yaml:\d+:\d+: routes\[1\]", done.stderr)), 2, done.stderr)
        self.assertEqual(self.running(), before)

    def test_without_a_confirmation_the_router_goes_back(self):
        before = self.running()
        self.write(routes=[{"to": "10.3.0.0/16", "via": B}])
        self.assertIn("goes back in 2 s", self.reload("--confirm", "2").stdout)
        self.assertIn("10.3.0.0/16", self.running())
        refused = self.reload(check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("roadctl confirm", refused.stderr)
        self.assertTrue(eventually(lambda: self.running() == before, 10))
        self.assertEqual(self.router.roadctl("confirm", check=False).returncode, 1)

    def test_a_confirmed_reload_stays(self):
        self.write(routes=[{"to": "10.4.0.0/16", "via": B}])
        self.reload("--confirm", "1")
        self.router.roadctl("confirm")
        time.sleep(1.5)
        self.assertIn("10.4.0.0/16", self.running())

    def test_a_flood_of_pings_loses_nothing_while_the_router_reloads(self):
        self.ping(B, "-q", "-c", "1", "-W", "2")
        flood = self.topology.spawn(self.topology.a, "ping", "-n", "-q", "-i", "0.002", "-c", "1000", B)
        count = 0
        while flood.poll() is None:
            count += 1
            self.write(routes=[{"to": f"10.{count % 200}.0.0/16", "via": B}],
                       arp={"notify": False, "retransmit": f"{1 + count % 2}s"},
                       tables={f"t{count}": 1 + count % 250})
            self.reload()
        output = flood.communicate()[0]
        self.assertGreater(count, 5)
        self.assertIn(" 1000 received", output)

    def test_a_port_comes_and_goes_and_no_ping_by_the_others_is_lost(self):
        third, middle = "192.168.3.2", self.topology.middle
        run("ip", "link", "add", "eth1", "netns", self.topology.b, "type", "veth", "peer", "name", "rr-third",
            "netns", middle)
        self.addCleanup(run, "ip", "-n", middle, "link", "del", "rr-third")
        for namespace, interface in ((self.topology.b, "eth1"), (middle, "rr-third")):
            self.topology.execute(namespace, "ethtool", "-K", interface, "tx", "off", "gro", "off")
            run("ip", "-n", namespace, "link", "set", interface, "up")
        run("ip", "-n", self.topology.b, "address", "add", f"{third}/24", "dev", "eth1")
        self.ping(B, "-q", "-c", "1", "-W", "2")
        flood = self.topology.spawn(self.topology.a, "ping", "-n", "-q", "-i", "0.002", "-c", "1500", B)
        port = {"device": "net_af_packet2,iface=rr-third", "addresses": ["192.168.3.1/24"]}
        for _ in range(3):
            self.write(ports={**self.config["ports"], "third": port})
            self.assertIn("+ ports.third: ", self.reload().stdout)
            self.assertEqual(received(self.ping(third, "-c", "3", "-i", "0.1", "-W", "2")), 3)
            self.write()
            self.assertIn("- ports.third: ", self.reload().stdout)
            self.assertEqual([row["name"] for row in self.router.show("ports")], ["left", "right"])
        self.assertIn(" 1500 received", flood.communicate()[0])
        self.assertRegex(self.router.log(), "port third: removed")


class Termination(RouterTestCase):
    def test_sigterm_while_a_confirmation_is_awaited(self):
        config = json.loads(self.router.config_path.read_text())
        config["routes"] = [{"to": "10.3.0.0/16", "via": B}]
        self.router.config_path.write_text(json.dumps(config))
        self.router.roadctl("reload", "--confirm", "60")
        self.assertEqual(received(self.ping(B, "-c", "1", "-W", "2")), 1)
        # The end of the class stops the router, and checks its last line.
