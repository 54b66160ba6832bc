# SPDX-License-Identifier: BSD-3-Clause
"""The alert rules and the dashboard are valid, and ask for metrics that there are."""
import json
import re
import subprocess
import unittest

from http_test import HttpTestCase, promtool
from topology import ROOT

FOLDER = ROOT / "docs" / "monitoring"
RULES = FOLDER / "alerts.yaml"


def names_in(text):
    return set(re.findall(r"\bringroad_[a-z_]+", text))


class Monitoring(HttpTestCase):
    def known(self):
        """Returns the names of all samples, those of delays included, which are there only on request."""
        self.router.roadctl("bands", "delays", "on")
        return set(re.findall(r"^(ringroad_[a-z_]+)[ {]", self.metrics(), re.MULTILINE))

    def test_promtool_accepts_the_rules(self):
        if not promtool():
            self.skipTest("promtool is not here: Debian's package prometheus has it")
        done = subprocess.run([promtool(), "check", "rules", RULES], text=True, capture_output=True,
                              timeout=30, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_rules_and_panels_ask_for_metrics_that_there_are(self):
        known = self.known()
        dashboard = json.loads((FOLDER / "grafana.json").read_text())
        asked = names_in(" ".join(target["expr"] for panel in dashboard["panels"]
                                  for target in panel["targets"]))
        rules = names_in("\n".join(line for line in RULES.read_text().splitlines() if "expr:" in line))
        self.assertGreater(len(asked), 15)
        self.assertEqual((asked | rules) - known, set())

    def test_each_kind_of_loss_has_a_rule(self):
        rules = RULES.read_text()
        text = self.metrics()
        for label in ("class", "kind"):
            for value in set(re.findall(rf'{label}="([a-z_]+)"', text)):
                self.assertIn(f'{label}="{value}"', rules)

    def test_the_guide_names_every_metric(self):
        guide = re.sub(r"\{([a-z_,]+)\}", lambda match: "{" + match[1] + "}", (FOLDER / "README.md").read_text())
        for name in sorted(self.known()):
            stem = re.sub(r"_(total|bucket|sum|count)$", "", name)
            self.assertTrue(any(self.is_named(stem, word) for word in re.findall(r"`([a-z_{},]+)`", guide)), name)

    def is_named(self, stem, word):
        """Whether a word such as `ringroad_port_{receive,transmit}_bytes_total` or `_mtu_bytes` covers it."""
        pattern = re.sub(r"\{([^}]*)\}", lambda match: "(" + match[1].replace(",", "|") + ")",
                         word.removesuffix("_total"))
        return re.search(f"(^|.){pattern}$" if word.startswith("_") else f"^{pattern}$", stem) is not None


if __name__ == "__main__":
    unittest.main()
