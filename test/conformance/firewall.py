# SPDX-License-Identifier: BSD-3-Clause
"""Compares Ringroad's firewall with nf_tables: the same rulesets, the same packets, the same counters."""
import json
import re
import socket
import tempfile

from actions import SYNC, Frame
from compare import compare
from explained import explain
from fragments import ended
from kernel_nft import KernelNft
from local6 import ended6
from random_run import RandomRun, compared, print_ruleset
from rulesets import ruleset
from show import report
from shrink import delta_debug
from traffic import Values, traffic

PACKETS = 30
NOTHING = "flush ruleset\n"


class RouterNft:
    """Ringroad's firewall, by the control socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(15)
        self.socket.connect(str(path))
        self.lines = self.socket.makefile("rb")
        self.file = tempfile.NamedTemporaryFile("w", suffix=".nft")  # pylint: disable=consider-using-with

    def ask(self, *verb, **options):
        """Returns (answer, what the router complains about, or "")."""
        self.socket.sendall(json.dumps({"verb": verb, "options": options}).encode() + b"\n")
        line = self.lines.readline()
        if not line:
            raise EOFError("the router has closed its control socket")
        answer = json.loads(line)
        return answer.get("ok"), answer.get("error", "")

    def load(self, text):
        self.file.seek(0)
        self.file.truncate()
        self.file.write(text)
        self.file.flush()
        return self.ask("firewall", "load", file=self.file.name)[1]

    def shown(self):
        answer, error = self.ask("show", "firewall")
        if error:
            raise AssertionError(f"show firewall: {error}")
        return answer

    def listing(self):
        """Returns what roadctl prints."""
        return self.shown()["text"]

    def counters(self):
        """As KernelNft has them."""
        chains, named = {}, {}
        for table in self.shown()["tables"]:
            place = table["family"], table["name"]
            for chain in table["chains"]:
                chains[*place, chain["name"]] = [(rule["packets"], rule["bytes"]) if "packets" in rule else None
                                                 for rule in chain["rules"]]
            for counter in table.get("counters", ()):
                named[*place, counter["name"]] = counter["packets"], counter["bytes"]
        return chains, named

    def close(self):
        self.socket.close()
        self.file.close()


class Outcome:
    """What differed after one try; false if nothing did."""

    def __init__(self):
        self.lines, self.frames = [], []
        self.matches = self.explained = 0

    def __bool__(self):
        return bool(self.lines or self.frames)


class Firewalls:
    """Both firewalls of a pair of networks."""

    def __init__(self, pair, ids):
        self.pair, self.ids = pair, ids
        self.linux = KernelNft(pair.linux.middle)
        self.ringroad = RouterNft(pair.ringroad.router.socket_path)

    def close(self):
        for firewall in (self.linux, self.ringroad):
            firewall.load(NOTHING)
            firewall.close()

    def attempt(self, rules, frames):
        """Loads the ruleset, sends the packets, and returns the Outcome."""
        outcome = Outcome()
        text = rules.text()
        self.ringroad.load(NOTHING)  # it keeps its counters when it gets the same rules again
        if error := self.linux.load(text):
            raise ValueError(error)
        if error := self.ringroad.load(text):
            outcome.lines.append(f"Ringroad refuses it: {error}")
            return outcome
        steps = [step for frame in frames for step in (frame, SYNC)] if rules.serial else frames
        try:
            self.note(outcome, *self.pair.step(steps))
        except AssertionError as error:  # no markers
            outcome.lines.append(str(error))
        outcome.lines += differences(rules, self.linux.counters(), self.ringroad.counters())
        self.end_fragments(frames)
        return outcome

    def note(self, outcome, linux, ringroad):
        outcome.matches, found = compare(linux, ringroad)
        for difference in found:
            if explain(difference, self.ids):
                outcome.explained += 1
            else:
                outcome.frames.append(difference)

    def end_fragments(self, frames):
        """Ends unfinished datagrams, which otherwise could meet with a later try, or time out during it."""
        ends = ended6(ended(frames))[len(frames):]
        if ends:
            for firewall in (self.linux, self.ringroad):
                firewall.load(NOTHING)
            self.pair.step(ends)


def differences(rules, linux, ringroad):
    """Yields a line for each counter that differs."""
    for place, counts in linux[0].items():
        ours = ringroad[0].get(place, [])
        where = "chain {} {} {}".format(*place)
        if len(ours) != len(counts):
            yield f"{where}: {len(counts)} rules in Linux, {len(ours)} in Ringroad"
            continue
        for number, (one, other) in enumerate(zip(counts, ours)):
            if one is not None and one != other:
                yield (f"{where}: {rules.rule(*place, number)}\n"
                       f"    Linux: {said(one)}, Ringroad: {said(other)}")
    for place, count in linux[1].items():
        other = ringroad[1].get(place)
        if other != count:
            yield "counter {} {} {}: ".format(*place) + f"Linux: {said(count)}, Ringroad: {said(other)}"


def said(count):
    return "not counted" if count is None else f"{count[0]} packets, {count[1]} bytes"


class RulesetRun(RandomRun):
    """Each ruleset with packets of its own."""

    name, row_name = "ruleset", "rulesets"

    def __init__(self, pair, ids, arguments):
        super().__init__(Firewalls(pair, ids), arguments)
        self.packets = 0

    def draw(self, r):
        frames = traffic(r, PACKETS)
        return ruleset(r, Values(frames)), frames

    def count(self, given):
        self.packets += len(given)

    def is_done(self):
        return self.passed + self.failed >= self.arguments.rulesets

    def find_out(self, number, rules, given):
        again = self.stage.attempt(rules, given)
        if not again:
            print(f"FAIL ruleset {number}: fails only sometimes")
            return
        frames = delta_debug(given, lambda some: self.fails(rules, some))
        rules = self.smallest(rules, frames)
        outcome = self.stage.attempt(rules, frames) or again
        kind = re.sub(r"\d+", "", " ".join(outcome.lines))[:200] or str(outcome.frames[:1])
        if kind in self.kinds:
            return
        self.kinds.add(kind)
        report(f"ruleset {number}", [frame for frame in frames if isinstance(frame, Frame)], outcome.frames)
        for line in outcome.lines:
            print(f"  {line}")
        print_ruleset(rules)

    def row(self):
        return self.text_row(self.packets, f"{self.passed + self.failed} rulesets")


def compare_rulesets(pair, ids, arguments):
    """Returns the RulesetRun after its end; None if the router was built without a firewall."""
    run = RulesetRun(pair, ids, arguments)
    return compared(run, run.stage.ringroad)
