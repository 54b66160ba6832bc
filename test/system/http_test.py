# SPDX-License-Identifier: BSD-3-Clause
"""Metrics and the API over HTTP, and what strangers may do to them."""
import http.client
import json
import re
import shutil
import socket
import struct
import subprocess
import threading
import time
import unittest
from contextlib import contextmanager

from namespaces import inside
from topology import B, ROOT, RouterTestCase, Topology, eventually, received, run

PORT = 9411
HTTP = {"engine": {"http": {"listen": f"127.0.0.1:{PORT}"}}}


def promtool():
    """Returns the program, or None: scripts/install.sh test unpacks it."""
    unpacked = ROOT / "build" / "tools" / "promtool"
    return shutil.which("promtool") or (str(unpacked) if unpacked.exists() else None)


def connect(topology, timeout=10):
    """Returns a connection from the router's own machine, which is its namespace."""
    with inside(topology.middle):
        return socket.create_connection(("127.0.0.1", PORT), timeout)


class Client:
    """Requests of one well-behaved client."""

    def __init__(self, topology):
        self.connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)
        self.connection.sock = connect(topology)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def ask(self, path, method="GET", **headers):
        self.connection.request(method, path, headers={name.replace("_", "-"): value
                                                       for name, value in headers.items()})
        response = self.connection.getresponse()
        return response, response.read()


class HttpTestCase(RouterTestCase):
    overrides = HTTP

    def ask(self, path, method="GET", **headers):
        with Client(self.topology) as client:
            return client.ask(path, method, **headers)

    def api(self, path, status=200):
        response, body = self.ask(f"/api/v1/{path}")
        self.assertEqual(response.status, status, body)
        return json.loads(body)

    def metrics(self, **headers):
        return self.ask("/metrics", **headers)[1].decode()

    def metric(self, name, **labels):
        """Returns the sum of the samples that have these labels."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        rows = [line.rpartition(" ") for line in self.metrics().splitlines()
                if re.match(rf"{name}[ {{]", line) and all(one in line for one in wanted)]
        self.assertTrue(rows, f"{name} {labels}")
        return sum(float(value) for _, _, value in rows)


class Metrics(HttpTestCase):
    def test_the_metrics_are_served(self):
        response, body = self.ask("/metrics")
        self.assertEqual(response.status, 200)
        self.assertEqual(response.headers["Content-Type"],
                         "text/plain; version=0.0.4; charset=utf-8")
        self.assertIn(b"\nringroad_port_link_up{port=\"left\"} 1\n", body)
        self.assertNotIn(b"# EOF", body)

    def test_openmetrics_is_served_to_whom_asks_for_it(self):
        response, body = self.ask("/metrics", Accept="application/openmetrics-text;version=1.0.0,"
                                  "text/plain;version=0.0.4;q=0.5")
        self.assertTrue(response.headers["Content-Type"].startswith(
            "application/openmetrics-text; version=1.0.0"))
        self.assertTrue(body.endswith(b"\n# EOF\n"))
        self.assertIn(b"# TYPE ringroad_port_receive_bytes counter\n"
                      b"# UNIT ringroad_port_receive_bytes bytes\n", body)

    def test_numbers_are_those_of_the_control_socket(self):
        self.ping(B, "-c", "5", "-i", "0.01")
        port = next(one for one in self.router.show("ports") if one["name"] == "left")
        self.assertEqual(self.metric("ringroad_port_receive_packets_total", port="left"),
                         port["rx_packets"])
        self.assertEqual(self.metric("ringroad_port_transmit_bytes_total", port="left"),
                         port["tx_bytes"])
        self.assertEqual(self.metric("ringroad_routes", table="main"),
                         len(self.router.show("routes")))
        self.assertEqual(self.metric("ringroad_neighbors"), len(self.router.show("neighbors")))

    def test_a_drop_is_counted_by_port_and_reason(self):
        before = self.metric("ringroad_dropped_packets_total", port="left", reason="no_route")
        self.assertEqual(before, 0)
        self.ping("203.0.113.9", "-c", "3", "-i", "0.01", check=False)
        self.assertEqual(self.metric("ringroad_dropped_packets_total", port="left",
                                     reason="no_route", **{"class": "unroutable"}), 3)

    def test_delays_are_a_histogram_while_they_are_measured(self):
        self.assertNotIn("ringroad_band_delay_seconds", self.metrics())
        self.router.roadctl("bands", "delays", "on")
        try:
            self.ping(B, "-c", "5", "-i", "0.01")
            self.assertGreaterEqual(
                self.metric("ringroad_band_delay_seconds_bucket", port="right", le="+Inf"), 5)
            self.check_with_promtool(self.metrics())
        finally:
            self.router.roadctl("bands", "delays", "off")

    def check_with_promtool(self, text):
        if not promtool():
            self.skipTest("promtool is not here: Debian's package prometheus has it")
        done = subprocess.run([promtool(), "check", "metrics"], input=text, text=True,
                              capture_output=True, timeout=30, check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_promtool_finds_nothing_wrong(self):
        self.check_with_promtool(self.metrics())

    def test_every_family_of_openmetrics_says_what_it_is(self):
        """As OpenMetrics 1.0 wants it: HELP and TYPE before the samples, samples together, units as
        suffixes."""
        lines = self.metrics(Accept="application/openmetrics-text").splitlines()
        self.assertEqual(lines[-1], "# EOF")
        families, family, series = {}, None, set()
        for line in lines[:-1]:
            if line.startswith("# "):
                _, what, name, value = line.split(" ", 3)
                if what == "HELP":
                    self.assertNotIn(name, families)
                    family = families.setdefault(name, {})
                family[what] = value
                if what == "UNIT":
                    self.assertTrue(name.endswith("_" + value), name)
                continue
            name = re.match(r"[a-z_]+", line)[0]
            suffixes = {"counter": ["_total"], "info": ["_info"], "gauge": [""],
                        "histogram": ["_bucket", "_sum", "_count"]}[family["TYPE"]]
            self.assertIn(name, [list(families)[-1] + suffix for suffix in suffixes])
            self.assertNotIn(line.rpartition(" ")[0], series)
            series.add(line.rpartition(" ")[0])
        self.assertGreater(len(families), 40)

    def test_build_and_configuration_are_named(self):
        text = self.metrics()
        self.assertRegex(text, r'ringroad_build_info\{version="[0-9.]+",commit="[^"]+",dpdk="DPDK [^"]+"\} 1')
        self.assertRegex(text, r'ringroad_config_info\{hash="[0-9a-f]{16}"\} 1')
        self.assertLess(abs(self.metric("ringroad_start_time_seconds") - time.time()), 600)


class Api(HttpTestCase):
    def test_answers_are_those_of_roadctl(self):
        for what in ("ports", "routes", "bands", "memory", "drops", "load"):
            here, there = self.api(f"show/{what}"), self.router.show(what)
            self.assertEqual(type(here), type(there), what)
        self.assertEqual(self.api("show/config")["yaml"], self.router.roadctl("show", "config").stdout)
        names = [port["name"] for port in self.api("show/ports")]
        self.assertEqual(names, ["left", "right"])

    def test_options_are_passed_on(self):
        self.assertEqual([one["prefix"] for one in self.api("show/routes?prefix=192.168.1.0/24")],
                         ["192.168.1.0/24"])
        self.assertEqual(len(self.api("show/routes?limit=1")), 1)
        after = self.api("show/routes?limit=1")[0]
        query = json.dumps({"prefix": after["prefix"], "metric": after["metric"]}).replace(" ", "%20")
        self.assertNotEqual(self.api(f"show/routes?limit=1&after={query}"), [after])
        self.assertEqual({one["port"] for one in self.api("show/bands?port=right")}, {"right"})

    def test_errors_are_json_with_their_status(self):
        for path, status in (("show/moon", 404), ("moon", 404), ("show//ports", 404),
                             ("route/add", 405), ("link/set?port=left&up=false", 405),
                             ("neighbor/flush", 405), ("show/routes?prefix=10.0.0.300", 400),
                             ("show/routes?limit=501", 400), ("show/routes?limit=x", 400),
                             ("show/bands?port=moon", 400), ("show/bands?port=left&port=right", 400)):
            self.assertIn("error", self.api(path, status), path)
        self.assertEqual(self.ask("/moon")[0].status, 404)

    def test_nothing_is_changed(self):
        before = self.router.roadctl("show", "config").stdout
        for path in ("route/add?prefix=10.0.0.0/8&via=192.168.1.2", "link/set?port=left&up=false",
                     "address/del?port=left&address=192.168.1.1/24", "neighbor/flush"):
            for method, status in (("GET", 405), ("POST", 405), ("PUT", 405), ("DELETE", 405)):
                self.assertEqual(self.ask(f"/api/v1/{path}", method)[0].status, status)
        self.assertEqual(self.router.roadctl("show", "config").stdout, before)
        self.assertEqual(received(self.ping(B, "-c", "2", "-i", "0.01")), 2)

    def test_the_root_of_the_api_says_who_this_is(self):
        about = self.api("")
        self.assertEqual(set(about), {"version", "commit", "dpdk", "started", "config"})

    def test_head_has_the_headers_of_get(self):
        with Client(self.topology) as client:
            for path in ("/", "/metrics", "/api/v1/show/ports", "/moon"):
                response, body = client.ask(path, "HEAD")
                self.assertEqual(body, b"")
                self.assertGreater(int(response.headers["Content-Length"]), 0)
                self.assertIn("default-src 'none'", response.headers["Content-Security-Policy"])

    def test_the_files_of_the_page_are_kept_by_browsers(self):
        with Client(self.topology) as client:
            for path in ("/", "/page.js", "/page.css", "/icon.svg"):
                response, body = client.ask(path)
                self.assertEqual(response.status, 200)
                self.assertTrue(body)
                tag = response.headers["ETag"]
                response, body = client.ask(path, If_None_Match=tag)
                self.assertEqual((response.status, body), (304, b""))


class Strangers(HttpTestCase):
    """What clients send that are slow, or many, or malformed, costs the traffic nothing."""

    @contextmanager
    def loses_nothing(self):
        """While the block runs, no packet of a flood of pings is lost."""
        ping = self.topology.spawn(self.topology.a, "ping", "-n", "-i", "0.002", "-W", "1", B)
        try:
            time.sleep(0.2)
            yield
            time.sleep(0.2)
        finally:
            ping.send_signal(2)
            text = ping.communicate(timeout=10)[0]
        sent = int(re.search(r"(\d+) packets transmitted", text)[1])
        self.assertGreater(sent, 30)
        # The signal may end ping before the answer to its last packet is there.
        back = {int(number) for number in re.findall(r"icmp_seq=(\d+) ttl", text)}
        self.assertEqual(set(range(1, sent)) - back, set(), text)

    def assert_served(self, seconds=5):
        start = time.monotonic()
        self.assertEqual(self.ask("/metrics")[0].status, 200)
        self.assertLess(time.monotonic() - start, seconds)

    def test_malformed_requests_are_refused(self):
        with self.loses_nothing():
            for request in (b"\x00" * 100, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20,
                            b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
                            b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
                            b"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999"
                            b"\r\n\r\n" + b"x" * 100000,
                            b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0"
                            b"\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                            b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n",
                            b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 5000 + b"\r\n"):
                with connect(self.topology) as client:
                    try:
                        client.sendall(request)
                        client.shutdown(socket.SHUT_WR)
                        answer = client.recv(65536)
                    except OSError:  # refused while it was sending
                        continue
                    self.assertRegex(answer, rb"^(HTTP/1.1 4\d\d |$)", request[:40])
            self.assert_served()

    def test_slow_clients_keep_nobody_waiting(self):
        slow = [connect(self.topology) for _ in range(100)]
        with self.loses_nothing():
            for _ in range(10):
                for client in slow:
                    try:
                        client.send(b"G")
                    except OSError:  # it had to make room
                        pass
                self.assert_served(2)
                time.sleep(0.05)
        for client in slow:
            client.close()

    def test_many_connections_at_once(self):
        stop = threading.Event()
        served = [0]

        def storm():
            while not stop.is_set():
                try:
                    with connect(self.topology, 2) as client:
                        client.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 3)
                        served[0] += b" 200 " in client.recv(4096)
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                except OSError:
                    pass

        threads = [threading.Thread(target=storm) for _ in range(20)]
        with self.loses_nothing():
            for thread in threads:
                thread.start()
            time.sleep(3)
            stop.set()
            for thread in threads:
                thread.join()
        self.assertGreater(served[0], 10)
        self.assertTrue(eventually(lambda: self.ask("/metrics")[0].status == 200, 10))

    def test_a_page_of_a_stranger_does_not_reach_it_by_a_name_of_its_own(self):
        response, _ = self.ask("/api/v1/show/config", Host="evil.example")
        self.assertEqual(response.status, 421)

    def test_threads_stay_off_the_workers_core(self):
        worker = self.router.show("workers")[0]["core"]
        tasks = f"/proc/{self.router.process.pid}/task"
        rows = run("sh", "-c", f"grep -H ^Cpus_allowed_list {tasks}/*/status; grep -H . {tasks}/*/comm").stdout
        threads = {match[1] for match in re.finditer(r"task/(\d+)/comm:rr-http", rows)}
        self.assertEqual(len(threads), 5)
        for task, cores in re.findall(r"task/(\d+)/status:Cpus_allowed_list:\s+(\S+)", rows):
            if task in threads:
                self.assertNotIn(str(worker), cores.split(","))


class Scale(HttpTestCase):
    """As many ports as DPDK has here, as many sub-interfaces, and many routes."""

    PORTS = 32
    overrides = {
        "engine": HTTP["engine"] | {"memory": {"size": "1GiB", "buffers": 131072}},
        "ports": {"left": None, "right": None} | {
            f"p{i}": {"device": f"net_null{i}", "addresses": [f"10.200.{i}.1/24"]} for i in range(PORTS)},
        "vlans": {f"p{i}.7": {"addresses": [f"10.201.{i}.1/24"]} for i in range(PORTS)},
        "neighbors": [{"address": "10.200.0.2", "port": "p0", "mac": "02:00:00:00:00:77"}],
    }

    def test_a_scrape_costs_the_same_with_any_number_of_routes(self):
        def scrape(client):
            start = time.perf_counter()
            text = client.ask("/metrics")[1].decode()
            return time.perf_counter() - start, {line.rpartition(" ")[0] for line in text.splitlines()}

        with Client(self.topology) as client:
            before = scrape(client)[1]
            file = self.topology.directory / "prefixes"
            file.write_text("".join(f"20.{i >> 8}.{i & 255}.0/24\n" for i in range(60000)))
            self.router.roadctl("route", "load", file, "via", "10.200.0.2")
            self.assertTrue(eventually(lambda: self.metric("ringroad_routes", table="main") > 60000, 30))
            took, after = min((scrape(client) for _ in range(20)), key=lambda one: one[0])
        self.assertEqual(before, after)
        self.assertGreater(len(after), 4000)
        # A build without optimization takes 8 ms, and longer on a busy machine.
        self.assertLess(took, 0.1)


class Start(unittest.TestCase):
    def test_an_address_in_use_is_an_error_that_says_so(self):
        topology = Topology(**HTTP)
        try:
            topology.build()
            with inside(topology.middle):
                other = socket.create_server(("127.0.0.1", PORT))
            with other:
                topology.router.start()
                self.assertEqual(topology.router.process.wait(20), 1)
            self.assertIn("engine.http.listen: cannot listen on 127.0.0.1:9411: Address already in use",
                          topology.router.log())
        finally:
            topology.tear_down()

    def test_nothing_listens_unless_it_is_asked_for(self):
        with Topology() as topology:
            self.assertEqual(topology.execute(topology.middle, "ss", "-Hltn").stdout, "")
            self.assertIsNone(topology.router.stop())

    def test_a_router_stops_while_clients_ask(self):
        with Topology(**HTTP) as topology:
            idle = connect(topology)
            asking = connect(topology)
            asking.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
            self.assertIsNone(topology.router.stop())
            idle.close()
            asking.close()


if __name__ == "__main__":
    unittest.main()
