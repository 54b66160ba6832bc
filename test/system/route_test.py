# SPDX-License-Identifier: BSD-3-Clause
"""Routes that are added and removed while the router runs."""
import json

from frames import carries, frame
from topology import A, B, RINGROAD, RouterTestCase, received, run


class Routes(RouterTestCase):
    def has(self, prefix):
        return [row for row in self.router.show("routes") if row["prefix"] == prefix]

    def test_connected_routes_are_shown(self):
        for prefix in ("192.168.1.0/24", "192.168.2.0/24"):
            (row,) = self.has(prefix)
            self.assertEqual((row["protocol"], row["type"]), ("connected", "unicast"))

    def test_adding_and_deleting_routes_disturbs_no_other_flow(self):
        ping = self.topology.spawn(self.topology.a, "ping", "-n", "-q", "-i", "0.002", "-c", "1500",
                                   B)
        changes = 0
        while ping.poll() is None:
            prefix = f"10.{changes % 200}.0.0/16"
            self.router.roadctl("route", "add", prefix, "via", B)
            self.router.roadctl("route", "del", prefix)
            # Within the flow's own prefix: a more specific route to the same neighbor.
            self.router.roadctl("route", "add", "192.168.2.0/25", "via", B)
            self.router.roadctl("route", "del", "192.168.2.0/25")
            changes += 1
        output = ping.communicate()[0]
        self.assertIn("1500 received", output)
        self.assertGreater(changes, 10)

    def test_a_route_carries_packets_from_when_it_is_added_until_it_is_deleted(self):
        self.topology.execute(self.topology.b, "ip", "address", "add", "10.20.0.1/32", "dev", "lo")
        self.router.roadctl("route", "add", "10.20.0.0/16", "via", B, "metric", "5")
        (row,) = self.has("10.20.0.0/16")
        self.assertEqual((row["protocol"], row["metric"], row["nexthops"][0]["via"]),
                         ("static", 5, B))
        self.assertEqual(received(self.ping("10.20.0.1", "-c", "1", "-W", "2")), 1)
        self.router.roadctl("route", "del", "10.20.0.0/16")
        self.assertEqual(self.has("10.20.0.0/16"), [])
        done = self.ping("10.20.0.1", "-c", "1", "-W", "2", check=False)
        self.assertIn("Destination Net Unreachable", done.stdout)

    def test_route_get_says_where_a_packet_would_go(self):
        self.router.roadctl("route", "add", "10.30.0.0/16", "via", B)
        got = self.router.roadctl("route", "get", "10.30.1.1").stdout
        self.assertIn(B, got)
        self.assertIn("right", got)

    def test_the_most_specific_route_wins(self):
        wire = self.topology.wire(self.topology.b)
        self.router.roadctl("route", "add", "10.40.0.0/16", "via", A)
        self.router.roadctl("route", "add", "10.40.5.0/24", "via", B)
        self.topology.wire(self.topology.a).send(frame("specific", dst="10.40.5.1"))
        self.assertIsNotNone(wire.wait(carries("specific")))

    def test_a_wrong_change_is_refused_with_its_reason(self):
        for words in (("add", "10.50.0.0/16", "via", "172.16.0.1"),  # on no connected subnet
                      ("del", "10.51.0.0/16")):                      # not there
            done = self.router.roadctl("route", *words, check=False)
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertTrue(done.stderr.strip())
        self.assertEqual(self.has("10.50.0.0/16"), [])

    def test_a_file_of_routes_is_loaded(self):
        path = self.topology.directory / "prefixes.txt"
        path.write_text("".join(f"100.{i >> 8}.{i & 255}.0/24\n" for i in range(5000)))
        self.router.roadctl("route", "load", path, "via", B)
        self.assertEqual(len(self.has("100.19.135.0/24")), 1)
        self.assertGreaterEqual(len(self.router.show("routes")), 5000)
        # The listing uses several pages, and each route occurs once.
        prefixes = [row["prefix"] for row in self.router.show("routes")]
        self.assertEqual(len(prefixes), len(set(prefixes)))
        done = self.router.roadctl("route", "load", path, "via", B, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("exists already", done.stderr)
        self.assertNotIn("%", done.stderr)  # without a terminal no progress is shown

    def test_a_bad_file_of_routes_changes_nothing_unless_it_is_to_go_on(self):
        path = self.topology.directory / "bad.txt"
        path.write_text("101.0.0.0/24\nhello\n101.0.1.1/24\n2001:db8::/32\n101.0.2.0/24\n")
        done = self.router.roadctl("route", "load", path, "via", B, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f'{path}:2: "hello" is not a prefix', done.stderr)
        self.assertEqual(self.has("101.0.0.0/24"), [])
        done = self.router.roadctl("route", "load", path, "via", B, "--keep-going")
        self.assertEqual(done.stdout,
                         "2 routes added, 2 bad lines skipped, 1 IPv6 prefixes skipped\n")
        self.assertIn(f"{path}:3: 101.0.1.1/24 has bits set beyond its length", done.stderr)
        self.assertEqual(len(self.has("101.0.2.0/24")), 1)

    def test_pings_go_on_while_a_large_file_is_loaded(self):
        path = self.topology.directory / "large.txt"
        path.write_text("".join(f"{110 + (i >> 16)}.{i >> 8 & 255}.{i & 255}.0/24\n"
                                for i in range(300_000)))
        self.ping(B, "-c", "1")
        ping = self.topology.spawn(self.topology.a, "ping", "-n", "-q", "-i", "0.002", "-c", "500",
                                   B)
        self.router.roadctl("route", "load", path, "via", B, "metric", "9")
        output = ping.communicate()[0]
        self.assertIn("500 received", output)
        state = json.loads(self.router.roadctl("--json", "show", "load").stdout)
        self.assertEqual((state["state"], state["added"]), ("done", 300_000))
        (row,) = self.router.show("routes", "114.147.223.0/24")
        self.assertEqual((row["metric"], row["table"]), (9, "main"))

    def test_tables_are_kept_apart(self):
        self.router.roadctl("route", "add", "10.60.0.0/16", "via", B, "table", "7")
        self.assertEqual(self.has("10.60.0.0/16"), [])
        (row,) = self.router.show("routes", "--table", "7")
        self.assertEqual(row["prefix"], "10.60.0.0/16")
        self.assertEqual([row["table"] for row in self.router.show("routes", "10.60.0.0/16")], ["7"])
        done = self.ping("10.60.0.1", "-c", "1", "-W", "2", check=False)
        self.assertIn("Destination Net Unreachable", done.stdout)
        self.router.roadctl("route", "add", "10.60.0.0/16", "via", B, "table", "default")
        got = self.router.roadctl("route", "get", "10.60.0.1").stdout
        self.assertIn("table default", got)

    def test_the_running_configuration_is_one_that_the_router_takes_back(self):
        text = self.router.roadctl("show", "config").stdout
        path = self.topology.directory / "again.yaml"
        path.write_text(text)
        run(RINGROAD, "check", path)
        self.assertIn("rr-left", text)

    def test_every_verb_that_shows_answers_in_json_and_in_text(self):
        for what in ("ports", "workers", "routes", "neighbors", "bands", "drops", "counters",
                     "memory"):
            json.loads(self.router.roadctl("--json", "show", what).stdout)
            self.assertTrue(self.router.roadctl("show", what).stdout.strip(), what)
