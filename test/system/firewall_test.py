# SPDX-License-Identifier: BSD-3-Clause
"""A ruleset in nftables' own language, between real hosts, beside the kernel's nft that has the same file."""
import re
import shutil
import subprocess
import unittest

from topology import ROADCTL, Ipv6, RouterTestCase, eventually, inside, received, run

RULES = """
table inet filter {
  set allowed { type inet_service; elements = { 7000, 7001 }
  }
  counter refused { }
  chain input {
    type filter hook input priority filter; policy drop;
    icmp type echo-request limit rate 5/minute burst 3 packets accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
    icmpv6 type echo-request limit rate 5/minute burst 3 packets accept
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    iifname "right" accept
    tcp dport @allowed counter accept
    tcp dport 7002 counter reject with tcp reset
    udp dport 7002 counter reject
    tcp dport 7003 counter name refused log prefix "refused " drop
  }
}
"""


class Firewall(RouterTestCase):
    overrides = {"firewall": {"rules": RULES}}
    kind = "4"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for port in (7000, 7002, 7003, 7004):
            cls.topology.spawn(cls.topology.b, "socat", f"TCP{cls.kind}-LISTEN:{port},fork,reuseaddr",
                               "SYSTEM:cat")
        eventually(lambda: all(cls.listens(port) for port in (7000, 7002, 7003, 7004)), 10)

    def connect(self, port, seconds=1):
        """What socat says of a connection from a to b: "" if it was made."""
        host = f"[{self.b}]" if ":" in self.b else self.b
        done = self.from_a("timeout", str(seconds), "bash", "-c",
                           f"echo hello | socat -t1 - TCP{self.kind}:{host}:{port}", check=False)
        return "hello" if done.stdout == "hello\n" else \
            "refused" if "refused" in done.stderr else f"nothing {done.stderr}"

    def rules(self, chain):
        return self.router.show("firewall", chain)["tables"][0]["chains"][0]["rules"]

    def test_connections_are_made_refused_and_left_without_an_answer(self):
        self.assertEqual(self.connect(7000, 5), "hello")
        self.assertEqual(self.connect(7002), "refused")
        self.assertTrue(self.connect(7003).startswith("nothing"))
        self.assertTrue(self.connect(7004).startswith("nothing"))
        self.assertGreater(self.rules("forward")[1]["packets"], 3)
        self.assertGreaterEqual(self.rules("forward")[2]["packets"], 1)
        self.assertRegex(self.router.log(), r"firewall: refused IN=left OUT=right MAC=\S+ SRC=\S+ DST=\S+ .*DPT=7003 SYN")

    def test_drops_explanations_and_traces_name_the_rule(self):
        self.connect(7003)
        rule = next(rule for rule in self.rules("forward") if "log" in rule["text"])
        drops = next(drop for drop in self.router.show("drops") if drop["reason"] == "firewall")
        named = next(one for one in drops["rules"] if one["handle"] == rule["handle"])
        self.assertEqual(named["packets"], rule["hits"])
        self.assertRegex(self.router.roadctl("show", "drops").stdout,
                         rf"(?m)^ *{rule['hits']} +inet filter +forward +{rule['handle']} +tcp dport 7003 ")
        words = ("from", "left", self.a, self.b, "proto", "tcp", "dport", "7003")
        explained = self.router.roadctl("explain", *words).stdout
        self.assertRegex(explained, rf"inet filter forward, handle {rule['handle']}: `tcp dport 7003 .*`: drop")
        tracing = subprocess.Popen([ROADCTL, "--socket", self.router.socket_path, "trace", "-n", "1", "port", "left",
                                    "tcp", "dst", "port", "7003"], text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.addCleanup(tracing.kill)
        self.assertRegex(tracing.stderr.readline(), "^tracing")
        self.connect(7003)
        self.assertRegex(tracing.communicate(timeout=10)[0],
                         rf"inet filter forward, handle {rule['handle']}: `tcp dport 7003 .*`: drop")

    def test_a_datagram_that_is_rejected_is_answered(self):
        done = self.from_a("bash", "-c", f"exec 3<>/dev/udp/{self.b}/7002; echo x >&3; sleep 0.3; echo x >&3",
                           check=False)
        self.assertIn("refused", done.stderr)

    def test_a_limit_lets_its_burst_through_and_no_more(self):
        self.assertEqual(received(self.ping(self.left, "-c", "8", "-i", "0.05", "-W", "1", check=False)), 3)

    def test_the_listing_is_that_of_the_kernels_nft(self):
        if shutil.which("nft") is None:
            self.skipTest("there is no nft")
        file = self.topology.directory / "rules.nft"
        file.write_text(RULES)
        with inside(self.topology.middle):
            run("nft", "-f", file)
            self.addCleanup(self.topology.execute, self.topology.middle, "nft", "flush", "ruleset")
            kernel = run("nft", "-a", "list", "ruleset").stdout
        ours = self.router.roadctl("show", "firewall").stdout
        numbers = re.compile(r"packets \d+ bytes \d+")
        self.assertEqual(numbers.sub("", ours), numbers.sub("", kernel))


class Firewall6(Ipv6, Firewall):
    kind = "6"


class FirewallFile(RouterTestCase):
    @classmethod
    def make_topology(cls):
        topology = super().make_topology()
        cls.rules = topology.directory / "firewall.nft"
        cls.rules.write_text(cls.dropping("icmp"))
        config = topology.router.config_path
        text = config.read_text()
        config.write_text(text.rstrip().removesuffix("}") + ', "firewall": {"ruleset": "firewall.nft"}}')
        return topology

    @staticmethod
    def dropping(protocol):
        return f"table ip t {{ chain c {{ type filter hook forward priority 0; ip protocol {protocol} drop; }} }}\n"

    def passes(self):
        return received(self.ping(self.b, "-c", "1", "-W", "1", check=False)) == 1

    def test_a_ruleset_of_a_file_filters_and_reloads(self):
        self.assertFalse(self.passes())
        self.rules.write_text(self.dropping("udp"))
        changed = self.router.roadctl("reload").stdout
        self.assertRegex(changed, r"~ firewall\.ruleset: \S+/firewall\.nft \w{12} -> \S+/firewall\.nft \w{12}\n")
        self.assertTrue(self.passes())
        self.assertEqual(self.router.roadctl("reload").stdout, "nothing changes\n")
        self.rules.write_text(self.dropping("icmp").replace("drop", "dorp"))
        broken = self.router.roadctl("reload", check=False)
        self.assertEqual(broken.returncode, 1)
        self.assertIn(f"{self.rules}:1:78: ", broken.stderr)
        self.assertTrue(self.passes())
        self.rules.write_text(self.dropping("icmp"))
        self.router.roadctl("firewall", "load", self.rules)
        self.assertFalse(self.passes())
        self.assertIn("firewall: {ruleset:", self.router.show("config")["yaml"])


if __name__ == "__main__":
    unittest.main()
