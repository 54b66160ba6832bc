# SPDX-License-Identifier: BSD-3-Clause
"""The page in a real browser: it loads, updates, shows what happens, and says when the router is gone."""
import os
import pathlib
import unittest

from browser import Browser, chromium
from http_test import HTTP, HttpTestCase, PORT
from topology import B

URL = f"http://127.0.0.1:{PORT}/"
# Where screenshots are kept, for who wants to look at them.
PICTURES = os.environ.get("RINGROAD_PICTURES")


@unittest.skipUnless(chromium(), "chromium is not here: scripts/install.sh test brings it")
class Page(HttpTestCase):
    overrides = HTTP | {"routes": [{"to": "10.66.0.0/16", "type": "blackhole"},
                                   {"to": "10.7.0.0/16", "via": "192.168.2.2"},
                                   {"to": "2001:db8:66::/48", "type": "blackhole"}],
                        "ports": {"left": {"addresses": ["192.168.1.1/24", "2001:db8:1::1/64"]},
                                  "right": {"addresses": ["192.168.2.1/24", "2001:db8:2::1/64"]}},
                        "nd": {"dad_transmits": 0}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.browser = None
        try:
            cls.browser = Browser(cls.topology.middle).__enter__()
            cls.browser.look(1280)
            cls.browser.open(URL)
            cls.browser.until("document.querySelector('#status').dataset.state === 'live'")
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        if cls.browser:
            cls.browser.__exit__()
        super().tearDownClass()

    def cell(self, table, row, column):
        """Returns the text of a cell, of the row whose first cell has that text."""
        return self.browser.run(
            f"[...document.querySelectorAll('#{table} tr')].find((row) => row.cells[0].textContent === "
            f"{row!r})?.cells[{column}].textContent ?? ''")

    def submit(self, form, **fields):
        for name, value in fields.items():
            self.browser.run(f"document.querySelector('#{form} [name={name}]').value = {value!r}")
        self.browser.run(f"document.querySelector('#{form}').requestSubmit()")

    def test_a_ports_rate_is_shown_while_packets_come(self):
        names = self.browser.run("[...document.querySelectorAll('.card h3')].map((one) => one.textContent)")
        self.assertEqual(names, ["left", "right"])
        ping = self.topology.spawn(self.topology.a, "ping", "-n", "-i", "0.01", "-s", "1000", B)
        try:
            self.browser.until("/[1-9].*[kM]bit.s/.test(document.querySelector('.card td').textContent)")
            self.browser.until("(document.querySelector('.card path.line.rx').getAttribute('d') ?? '').length > 20")
            self.browser.until("/[1-9]/.test(document.querySelector('#sum-rx-packets').textContent)")
        finally:
            ping.kill()

    def test_a_drop_that_is_provoked_appears_with_its_meaning(self):
        self.ping("10.66.1.1", "-c", "7", "-i", "0.01", check=False)
        self.browser.until("document.querySelector('#drop-rows')?.textContent.includes('blackhole')")
        self.assertEqual(self.cell("drop-rows", "blackhole", 1), "a blackhole route")
        self.assertEqual(self.cell("drop-rows", "blackhole", 2), "left")
        self.browser.until("[...document.querySelectorAll('#drop-rows tr')].some((row) => "
                           "row.cells[0].textContent === 'blackhole' && row.cells[4].textContent === '7')")

    def test_workers_and_bands_are_listed(self):
        core = str(self.router.show("workers")[0]["core"])
        self.assertRegex(self.cell("worker-rows", core, 1), r"^\d+(\.\d)? %$")
        self.assertEqual(self.browser.run("document.querySelectorAll('#band-rows tr').length"), 6)

    def test_routes_are_searched(self):
        self.submit("route-form", prefix="10.7.3.4")
        self.browser.until("document.querySelectorAll('#route-rows tr').length === 1")
        self.assertEqual(self.cell("route-rows", "10.7.0.0/16", 1), "192.168.2.2")
        self.submit("route-form", prefix="2001:db8:66::9")
        self.browser.until("document.querySelector('#route-rows').textContent.includes('2001:db8:66::/48')")
        self.submit("route-form", prefix="10.7.3.400")
        self.browser.until("document.querySelector('#route-note').textContent.includes('10.7.3.400')")
        self.submit("route-form", prefix="")
        self.browser.until("document.querySelectorAll('#route-rows tr').length >= 4")

    def test_neighbors_are_filtered(self):
        self.ping(B, "-c", "1")
        self.browser.until("document.querySelectorAll('#neighbor-rows tr').length >= 2")
        self.browser.run("document.querySelector('#neighbor-form [name=text]').value = '192.168.2.2'; "
                         "document.querySelector('#neighbor-form').dispatchEvent(new Event('input'))")
        self.browser.until("document.querySelectorAll('#neighbor-rows tr').length === 1")
        self.assertEqual(self.cell("neighbor-rows", "192.168.2.2", 2), "02:00:00:00:02:02")

    def test_a_packet_is_explained(self):
        self.submit("explain-form", source="192.168.1.2", destination="10.66.0.9")
        self.browser.until("document.querySelector('#explain-answer').textContent !== ''")
        said = self.browser.text("#explain-answer")
        if self.ask("/api/v1/explain")[0].status == 404:
            self.assertEqual(said, "This router has no explain.")
        else:
            self.assertIn("Dropped", said)
            self.assertIn("blackhole", said)

    def test_an_ipv6_packet_is_explained(self):
        self.submit("explain-form", source="2001:db8:1::2", destination="2001:db8:66::9")
        self.browser.until("document.querySelector('#explain-answer').textContent.includes('2001:db8:66::/48')")
        said = self.browser.text("#explain-answer")
        self.assertIn("Dropped: blackhole", said)
        self.assertIn("hop limit 64", said)

    def test_it_says_when_the_router_is_gone_and_comes_back(self):
        state = "document.querySelector('#status').dataset.state"
        with self.router.stopped():
            self.browser.until(f"{state} === 'gone'", 30)
            self.assertIn("No answer since", self.browser.text("#status"))
        self.browser.until(f"{state} === 'live'", 30)

    def test_it_fits_a_phone_in_light_and_dark(self):
        grounds = set()
        for width in (1280, 390):
            for dark in (False, True):
                self.browser.look(width, dark=dark)
                self.browser.until("new Promise((done) => setTimeout(() => done(true), 400))")
                if PICTURES:
                    path = pathlib.Path(PICTURES) / f"page-{width}-{'dark' if dark else 'light'}.png"
                    self.browser.screenshot(path)
                wide = self.browser.run("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                self.assertEqual(wide, 0)
                # Nothing is cut off inside a card or a figure either.
                cut = self.browser.run("[...document.querySelectorAll('.figures dd, .card td, .card h3')]"
                                       ".filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent)")
                self.assertEqual(cut, [], width)
                grounds.add(self.browser.run("getComputedStyle(document.body).backgroundColor"))
        self.browser.look(1280)
        self.assertEqual(len(grounds), 2)

    def test_keyboards_and_screen_readers_find_their_way(self):
        for what in ("input:not([aria-label]):not(label input)", "select:not(label select)", "img:not([alt])",
                     "svg:not([role=img]):not([aria-hidden])", "th:not([scope])", "[tabindex]:not([tabindex='0'])"):
            self.assertEqual(self.browser.run(f"document.querySelectorAll(\"{what}\").length"), 0, what)
        self.assertEqual(self.browser.run("document.documentElement.lang"), "en")
        self.assertTrue(self.browser.run("[...document.querySelectorAll('nav a')].every((link) => "
                                         "document.querySelector(link.getAttribute('href')))"))
        self.assertEqual(self.browser.run("document.querySelectorAll('h1').length"), 1)
        reached = set()
        for _ in range(40):
            for kind in ("rawKeyDown", "keyUp"):
                self.browser.send("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab",
                                  windowsVirtualKeyCode=9)
            reached.add(self.browser.run("document.activeElement.name ?? document.activeElement.id"))
        self.assertLessEqual({"prefix", "destination", "dport"}, reached)

    def test_it_loads_nothing_from_elsewhere_and_breaks_no_rule(self):
        elsewhere = [event["params"]["request"]["url"] for event in self.browser.events
                     if event.get("method") == "Network.requestWillBeSent"
                     and not event["params"]["request"]["url"].startswith(URL)]
        self.assertEqual([url for url in elsewhere if not url.startswith(("about:", "data:"))], [])
        refused = [text for text in self.browser.complaints() if "Security Policy" in text or "exception" in text]
        self.assertEqual(refused, [])
        policy = self.ask("/")[0].headers["Content-Security-Policy"]
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn("unsafe", policy)
        # What a page of another origin injects is not run.
        self.assertEqual(self.browser.run(
            "(() => { const one = document.createElement('script'); one.textContent = 'window.ran = 1'; "
            "document.head.append(one); return window.ran ?? 0; })()"), 0)


if __name__ == "__main__":
    unittest.main()
