# SPDX-License-Identifier: BSD-3-Clause
"""Connection tracking and translation between real hosts, and what roadctl says of connections."""
import json
import socket
import unittest

import http_test
from topology import A, B, CORES, RIGHT, Ipv6, RouterTestCase, eventually, inside, received, run

STATEFUL = """
table inet filter {
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    ct state invalid drop
    iifname "left" ct state new accept
  }
}
"""

TRANSLATING = f"""
table ip nat {{
  chain prerouting {{
    type nat hook prerouting priority dstnat;
    iifname "right" tcp dport 8080 dnat to {A}:80
  }}
  chain postrouting {{
    type nat hook postrouting priority srcnat;
    oifname "right" masquerade
  }}
}}
"""

COUNTING = """
table ip t {
  counter pings { }
  chain c {
    type filter hook forward priority filter
    meta l4proto icmp counter name pings
  }
}
"""


class ConnectionsTestCase(RouterTestCase):
    def setUp(self):
        self.router.roadctl("connections", "flush")

    def socket(self, host, kind, address=None):
        """A socket of that host, and bound to the address if there is one."""
        with inside(host):
            made = socket.socket(socket.AF_INET6 if ":" in self.a else socket.AF_INET, kind)
        self.addCleanup(made.close)
        made.settimeout(5)
        if address:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(address)
        return made

    def listen(self, host, address):
        listener = self.socket(host, socket.SOCK_STREAM, address)
        listener.listen()
        return listener

    def connect(self, host, address):
        client = self.socket(host, socket.SOCK_STREAM)
        client.connect(address)
        return client

    def accept(self, listener):
        accepted, peer = listener.accept()
        self.addCleanup(accepted.close)
        accepted.settimeout(5)
        return accepted, peer

    def connected(self, port):
        """Both ends of a TCP connection from a to b."""
        listener = self.listen(self.topology.b, (self.b, port))
        client = self.connect(self.topology.a, (self.b, port))
        return client, *self.accept(listener)

    def connections(self, *words):
        return self.router.show("connections", *words)

    def one(self, *words):
        found = self.connections(*words)
        self.assertEqual(len(found), 1, found)
        return found[0]


class Stateful(ConnectionsTestCase):
    overrides = {"firewall": {"rules": STATEFUL, "connections": {"max": 1000}}}

    def test_answers_come_in_and_nothing_else(self):
        client, server, _ = self.connected(7000)
        client.sendall(b"question")
        self.assertEqual(server.recv(100), b"question")
        server.sendall(b"answer")
        self.assertEqual(client.recv(100), b"answer")
        self.listen(self.topology.a, (self.a, 7001))
        stranger = self.socket(self.topology.b, socket.SOCK_STREAM)
        stranger.settimeout(0.5)
        with self.assertRaises(TimeoutError):
            stranger.connect((self.a, 7001))
        self.assertEqual(received(self.ping(self.b, "-c", "2", "-i", "0.1")), 2)
        self.assertEqual(received(self.ping(self.a, "-c", "1", "-W", "0.5", host=self.topology.b, check=False)), 0)

    def test_a_connection_is_shown_while_it_lasts(self):
        client, _, peer = self.connected(7010)
        row = self.one("proto", "tcp", "dport", "7010")
        self.assertEqual(row["state"], "ESTABLISHED")
        self.assertEqual((row["orig"]["src"], row["orig"]["sport"]), peer[:2])
        self.assertEqual((row["reply"]["src"], row["reply"]["sport"]), (self.b, 7010))
        self.assertEqual((row["packets"], row["orig"]["packets"], row["reply"]["packets"]), (3, 2, 1))
        self.assertGreater(row["bytes"], 3 * 40)
        self.assertTrue(row["replied"] and row["assured"])
        self.assertIsNone(row["nat"])
        self.assertTrue(432000 - 60 < row["timeout_seconds"] <= 432000, row)
        client.close()
        self.assertTrue(eventually(lambda: self.one("dport", "7010")["state"] == "CLOSE_WAIT"))

    def test_a_filter_selects_by_the_first_direction(self):
        self.connected(7020)
        self.connected(7021)
        self.ping(self.b, "-c", "1")
        echo = self.one("proto", "icmpv6" if ":" in self.a else "icmp")
        self.assertEqual((echo["orig"]["type"], echo["reply"]["type"]), (128, 129) if ":" in self.a else (8, 0))
        self.assertIsNone(echo["state"])
        self.assertEqual(self.one("dport", "7021")["orig"]["dport"], 7021)
        self.assertEqual(len(self.connections("src", self.a)), 3)
        self.assertEqual(len(self.connections("dst", self.a)), 0)
        self.assertEqual(len(self.connections("state", "established")), 2)
        self.assertEqual(len(self.connections("mark", "1")), 0)
        family = "-6" if ":" in self.a else "-4"
        other = {"-4": "-6", "-6": "-4"}[family]
        self.assertEqual((len(self.connections(family)), len(self.connections(other))), (3, 0))
        self.assertEqual(self.connections("--count"), {"count": 3, "max": 1000})
        self.assertEqual(self.connections("--count", "proto", "tcp"), {"count": 2, "max": 1000})
        text = self.router.roadctl("show", "connections", "dport", "7020").stdout
        self.assertRegex(text, r"PROTO +STATE .*\ntcp +ESTABLISHED ")
        wrong = self.router.roadctl("show", "connections", "state", "NOWHERE", check=False)
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("'NOWHERE' is not a state of TCP connections", wrong.stderr)

    def test_a_flush_forgets_what_is_selected(self):
        first = self.connected(7030)
        self.connected(7031)
        done = self.router.roadctl("connections", "flush", "dport", "7030")
        self.assertEqual(done.stdout, "1 connections removed\n")
        self.assertEqual(self.one()["orig"]["dport"], 7031)
        # What comes in is not an answer any more.
        first[1].sendall(b"late")
        first[0].settimeout(0.5)
        with self.assertRaises(TimeoutError):
            first[0].recv(100)

    def test_pages_list_every_connection_once(self):
        self.ping(self.b, "-c", "1")  # no packet waits for the neighbor, where few have room
        sender = self.socket(self.topology.a, socket.SOCK_DGRAM)

        def all_are_there():
            known = {row["orig"]["dport"] for row in self.connections("proto", "udp")}
            for port in set(range(20000, 20600)) - known:
                sender.sendto(b"x", (self.b, port))  # once more if the veth pair had no room for it
            return len(known) == 600

        self.assertTrue(eventually(all_are_there))
        ports = [row["orig"]["dport"] for row in self.connections("proto", "udp")]
        self.assertEqual(sorted(ports), list(range(20000, 20600)))
        lines = self.router.roadctl("show", "connections", "proto", "udp").stdout.splitlines()
        self.assertEqual(len(lines), 601)
        self.assertEqual(json.loads(self.router.roadctl("--json", "connections", "flush", "proto", "udp").stdout),
                         {"removed": 600})

    def test_a_reload_changes_the_timeouts_of_what_follows(self):
        sender = self.socket(self.topology.a, socket.SOCK_DGRAM)
        sender.sendto(b"x", (self.b, 21000))
        self.assertTrue(eventually(lambda: self.connections("dport", "21000")))
        self.assertLessEqual(self.one("dport", "21000")["timeout_seconds"], 30)
        text = self.router.config_path.read_text()
        self.addCleanup(self.router.roadctl, "reload")
        self.addCleanup(self.router.config_path.write_text, text)
        config = json.loads(text)
        config["firewall"]["connections"]["timeouts"] = {"udp": "5m"}
        self.router.config_path.write_text(json.dumps(config))
        self.assertIn("~ firewall.connections.timeouts.udp: 30s -> 5m\n", self.router.roadctl("reload").stdout)
        sender.sendto(b"x", (self.b, 21000))
        self.assertTrue(eventually(lambda: self.one("dport", "21000")["timeout_seconds"] > 200))
        self.assertIn("connections: {max: 1000, timeouts: {udp: 5m}}", self.router.show("config")["yaml"])
        config["firewall"]["connections"]["max"] = 2000
        self.router.config_path.write_text(json.dumps(config))
        refused = self.router.roadctl("reload", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("firewall.connections.max", refused.stderr)


class Stateful6(Ipv6, Stateful):
    pass


class Translation(ConnectionsTestCase):
    overrides = {"firewall": {"rules": TRANSLATING}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Only what has the router's own address as its source is answered.
        run("ip", "-n", cls.topology.b, "route", "delete", "default")

    def test_pings_are_masqueraded(self):
        self.assertEqual(received(self.ping(B, "-c", "3", "-i", "0.1")), 3)
        row = self.one("proto", "icmp")
        self.assertEqual((row["nat"], row["orig"]["src"], row["reply"]["dst"]), ("snat", A, RIGHT))
        self.assertEqual(row["packets"], 6)

    def test_tcp_is_masqueraded(self):
        client, server, peer = self.connected(7100)
        self.assertEqual(peer[0], RIGHT)
        client.sendall(b"question")
        self.assertEqual(server.recv(100), b"question")
        server.sendall(b"answer")
        self.assertEqual(client.recv(100), b"answer")
        row = self.one("proto", "tcp")
        self.assertEqual((row["nat"], row["reply"]["dst"], row["reply"]["dport"]), ("snat", *peer))

    def test_udp_is_masqueraded_and_two_hosts_ports_do_not_collide(self):
        server = self.socket(self.topology.b, socket.SOCK_DGRAM, (B, 7200))
        client = self.socket(self.topology.a, socket.SOCK_DGRAM, (A, 5555))
        client.sendto(b"question", (B, 7200))
        data, peer = server.recvfrom(100)
        self.assertEqual((data, peer), (b"question", (RIGHT, 5555)))
        server.sendto(b"answer", peer)
        self.assertEqual(client.recvfrom(100), (b"answer", (B, 7200)))

    def test_a_port_is_forwarded(self):
        listener = self.listen(self.topology.a, (A, 80))
        client = self.connect(self.topology.b, (RIGHT, 8080))
        server, peer = self.accept(listener)
        self.assertEqual(peer[0], B)
        client.sendall(b"question")
        self.assertEqual(server.recv(100), b"question")
        server.sendall(b"answer")
        self.assertEqual(client.recv(100), b"answer")
        row = self.one("proto", "tcp")
        self.assertEqual(row["nat"], "dnat")
        self.assertEqual((row["orig"]["dst"], row["orig"]["dport"]), (RIGHT, 8080))
        self.assertEqual((row["reply"]["src"], row["reply"]["sport"]), (A, 80))

    def test_an_error_reaches_the_host_inside(self):
        client = self.socket(self.topology.a, socket.SOCK_DGRAM)
        client.connect((B, 9))
        client.send(b"x")
        with self.assertRaises(ConnectionRefusedError):
            client.recv(100)

    def test_connections_are_forgotten_with_the_address_that_they_are_masqueraded_to(self):
        server = self.socket(self.topology.b, socket.SOCK_DGRAM, (B, 7300))
        client = self.socket(self.topology.a, socket.SOCK_DGRAM)
        client.sendto(b"x", (B, 7300))
        server.recvfrom(100)
        self.assertEqual(self.one("dport", "7300")["nat"], "snat")
        self.router.roadctl("address", "add", "192.168.2.9/24", "port", "right")
        self.one("dport", "7300")
        self.addCleanup(self.router.roadctl, "address", "del", "192.168.2.9/24", "port", "right")
        self.addCleanup(self.router.roadctl, "address", "add", f"{RIGHT}/24", "port", "right")
        self.router.roadctl("address", "del", f"{RIGHT}/24", "port", "right")
        self.assertTrue(eventually(lambda: not self.connections("dport", "7300")))
        client.sendto(b"x", (B, 7300))
        self.assertEqual(server.recvfrom(100)[1][0], "192.168.2.9")


class Workers(Translation):
    """Each direction of a connection comes to another worker, as each port has one queue."""
    overrides = {**Translation.overrides, "engine": {"workers": CORES[:2], "idle": "interrupt"}}

    def test_many_flows_at_once_keep_their_order(self):
        server = self.socket(self.topology.b, socket.SOCK_DGRAM, (B, 7400))
        clients = [self.socket(self.topology.a, socket.SOCK_DGRAM) for _ in range(20)]
        for number in range(50):
            for index, client in enumerate(clients):
                client.sendto(bytes([index, number]), (B, 7400))
            for _ in clients:
                server.sendto(*server.recvfrom(100))
        for index, client in enumerate(clients):
            self.assertEqual([client.recv(100) for _ in range(50)], [bytes([index, number]) for number in range(50)])
        self.assertEqual(len(self.connections("dport", "7400")), 20)


class Numbers(http_test.HttpTestCase):
    overrides = {**http_test.HTTP, "firewall": {"rules": STATEFUL + COUNTING, "connections": {"max": 1000}}}

    def test_memory_and_metrics_count_connections(self):
        self.ping(B, "-c", "2", "-i", "0.1")
        memory = self.router.show("memory")
        self.assertEqual((memory["connections"]["count"], memory["connections"]["max"]), (1, 1000))
        self.assertGreater(memory["connections"]["bytes"], 1000)
        self.assertEqual((memory["nf_conntrack"]["insert"], memory["nf_conntrack"]["found"]), (1, 3))
        self.assertIn("CONNECTIONS", self.router.roadctl("show", "memory").stdout)
        self.assertEqual(self.metric("ringroad_connections"), 1)
        self.assertEqual(self.metric("ringroad_connections_limit"), 1000)
        self.assertEqual(self.metric("ringroad_connections_inserted_total"), 1)
        self.assertEqual(len(self.api("show/connections?proto=icmp")), 1)
        pings = {"family": "ip", "table": "t", "counter": "pings"}
        self.assertEqual(self.metric("ringroad_firewall_counter_packets_total", **pings), 4)
        self.assertEqual(self.metric("ringroad_firewall_counter_bytes_total", **pings), 4 * 84)


if __name__ == "__main__":
    unittest.main()
