# SPDX-License-Identifier: BSD-3-Clause
"""Compares the tracking and the translation of connections: random conversations through random rulesets."""
import re

from compare import compare
from connections import Choices, KernelConnections, RouterConnections
from explained import explain
from firewall import NOTHING, Firewalls, Outcome, differences
from hosts import Hosts, replaced, tag_of
from nat_rulesets import aims, nat_ruleset, port_ranges
from network import ALL_WIRES
from packets import IPV4
from random_run import RandomRun, compared, print_ruleset
from show import WIRE_NAMES, expression, one_line
from shrink import delta_debug
from talks import scenes

TALKS = 6  # for each ruleset
# Linux tracks from the first rule that asks for a connection, Ringroad also for a chain of type nat alone.
TRACKS = """table inet tracks {
\tchain c {
\t\ttype filter hook prerouting priority 300; policy accept;
\t\tct state new
\t}
}
"""


class Stage:
    """Both networks, while conversations go on."""

    def __init__(self, pair, ids):
        self.pair, self.ids = pair, ids
        self.firewalls = Firewalls(pair, ids)
        self.linux = KernelConnections(pair.linux.middle)
        self.ringroad = RouterConnections(self.firewalls.ringroad.ask)
        self.frames = self.compared = 0  # of all

    def close(self):
        self.firewalls.close()

    def attempt(self, rules, played):
        """Loads the ruleset, plays the scenes, and returns the Outcome; ends with the first scene that differs."""
        outcome = Outcome()
        self.firewalls.ringroad.load(NOTHING)
        text = rules.text() + TRACKS
        if error := self.firewalls.linux.load(text):
            raise ValueError(error)
        if error := self.firewalls.ringroad.load(text):
            outcome.lines.append(f"Ringroad refuses it: {error}")
            return outcome
        for connections in (self.linux, self.ringroad):
            connections.flush()
        hosts, choices = (Hosts(), Hosts()), Choices(port_ranges(rules))
        for scene in played:
            try:
                for action in scene:
                    self.act(outcome, action, hosts, choices)
            except AssertionError as error:  # no markers
                outcome.lines.append(str(error))
                return outcome
            outcome.lines += differences(rules, self.firewalls.linux.counters(), self.firewalls.ringroad.counters())
            theirs = self.linux.listed()
            outcome.lines += choices.differences(theirs, self.ringroad.listed())
            self.compared += len(theirs)
            if outcome:
                return outcome
        return outcome

    def act(self, outcome, action, hosts, choices):
        """One host says something, in both networks."""
        theirs, ours = (one.frames(action) for one in hosts)
        if not theirs and not ours:
            return
        got = [[[] for _ in ALL_WIRES] for _ in range(2)]
        for world, frames in ((self.pair.ringroad, ours), (self.pair.linux, theirs)):
            world.send(frames)
            world.mark()
        self.pair.linux.collect(0, got[0])
        self.pair.ringroad.collect(0.001, got[1])
        self.frames += len(theirs)
        for one, outputs in zip(hosts, got):
            one.note([action], outputs)
        outcome.lines += choices.learn([action], *got)
        got[1] = [[choices.frame(raw) for raw in frames] for frames in got[1]]
        matches, found = compare(*([[of_router(raw, action.tag) for raw in frames] for frames in outputs]
                                   for outputs in got))
        outcome.matches += matches
        for difference in found:
            if explain(difference, self.ids):
                outcome.explained += 1
            else:
                outcome.frames.append((action, difference))


def of_router(raw, tag):
    """Returns a frame without the identification, if the router itself has made the packet: it may choose one."""
    if raw[12:14] != IPV4 or len(raw) < 34 or tag_of(raw) == tag:
        return raw
    return raw[:14] + replaced(raw[14:], 4, 0, (10,))


class ConversationRun(RandomRun):
    """Each ruleset with conversations of its own."""

    name = row_name = "conversations"

    def __init__(self, pair, ids, arguments):
        super().__init__(Stage(pair, ids), arguments)
        self.talks = 0

    def draw(self, r):
        rules = nat_ruleset(r)
        played = scenes(r, TALKS, aims(rules))
        self.talks += len({action.talk for scene in played for action in scene})
        return rules, played

    def count(self, given):
        """The stage counts frames; draw() counts conversations."""

    def is_done(self):
        return self.talks >= self.arguments.conversations

    def find_out(self, number, rules, given):
        for some in ([action for scene in given[:end] for action in scene] for end in range(1, len(given) + 1)):
            if self.fails(rules, [some]):
                break
        else:
            print(f"FAIL conversations {number}: fails only sometimes, or with scenes apart")
            return
        some = delta_debug(some, lambda few: self.fails(rules, [few]))
        rules = self.smallest(rules, [some])
        outcome = self.stage.attempt(rules, [some])
        kind = re.sub(r"\d+", "", " ".join(outcome.lines))[:150] or re.sub(
            r"\d+", "", " ".join(map(str, outcome.frames[:1])))[:200]
        if kind in self.kinds:
            print(f"FAIL conversations {number}: as before: {outcome.lines[:1]}", flush=True)
            return
        self.kinds.add(kind)
        report(number, rules, some, outcome)

    def row(self):
        return self.text_row(self.stage.frames,
                             f"{self.passed + self.failed} rulesets, {self.talks} conversations")


def report(number, rules, some, outcome):
    print(f"FAIL conversations {number}: {len(outcome.frames)} frames differ")
    for action, difference in outcome.frames[:3]:
        print(f"  after {action.tag} on wire {WIRE_NAMES[difference.wire]}{', order' if difference.order else ''}")
        print(f"    Linux:    {one_line(difference.linux)}")
        print(f"    Ringroad: {one_line(difference.ringroad)}")
    for line in outcome.lines[:6]:
        print(f"  {line}")
    talks = {}
    for action in some:
        talks.setdefault(action.talk.number, action.talk)
    for talk in talks.values():
        first = Hosts().frames(next(action for action in some if action.talk is talk)._replace(blind=True))
        print(f"  talk {talk.number} from wire {talk.wire.name}: "
              + (expression(first[0][1]) if first else "an error first"))
    for action in some:
        print(f"    {action.tag}: {action.what}")
    print_ruleset(rules)


def compare_conversations(pair, ids, arguments):
    """Returns the ConversationRun after its end; None if the router was built without a firewall."""
    run = ConversationRun(pair, ids, arguments)
    return compared(run, run.stage.firewalls.ringroad)
