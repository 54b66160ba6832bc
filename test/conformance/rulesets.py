# SPDX-License-Identifier: BSD-3-Clause
"""Random rulesets in the language of nft(8), whose constants are values of given packets."""
import re
from dataclasses import dataclass, field, replace

from matches import MARKS, MATCHES, joint_keys, keys
from network import ALL_WIRES, MARKER, TRUNK, VLANS
from packets import dotted
from statements import ACTIONS, VERDICTS

HOOKS = ("prerouting", "input", "forward", "output", "postrouting")
OF_OTHERS = ("prerouting", "input", "forward")
PRIORITIES = ("-300", "-150", "-10", "0", "0", "7", "300", "raw", "mangle", "filter", "security", "filter + 10",
              "mangle - 5", "raw + 1")
OF_HOOK = {"prerouting": ("dstnat", "dstnat + 5"), "postrouting": ("srcnat", "srcnat - 1")}
MARKER_HOSTS = "{ " + ", ".join(dotted(wire.host(MARKER)) for wire in ALL_WIRES) + " }"


@dataclass
class Chain:
    name: str
    hook: str = ""  # of a base chain
    priority: str = ""
    drops: bool = False  # by policy
    rules: list = field(default_factory=list)  # of lists of statements
    of_others: bool = True  # only packets from others than the router can reach it
    kind: str = "filter"
    devices: tuple = ()  # of a chain at ingress

    def exempt(self, family):
        """Returns the rules for packets that belong to the comparison itself: markers, listener reports, ARP."""
        if not self.hook:
            return []
        rules = []
        if family != "ip6":
            rules += [[f"ip {side} {MARKER_HOSTS}", "accept"] for side in ("saddr", "daddr")]
        if family != "ip" and self.hook in ("output", "postrouting"):
            rules.append(["ip6 daddr ff02::16", "accept"])
        if family == "netdev":
            rules.append(["meta protocol arp", "accept"])
        if self.hook == "ingress":  # at a sub-interface, Ringroad has dropped what is for other stations
            rules.append(["meta pkttype other", "accept"])
        return rules

    def all_rules(self, family):
        """Returns the rules' texts, numbered as those of the kernel."""
        return [" ".join(rule) for rule in self.exempt(family) + self.rules]

    def text(self, family, exempt):
        lines = [f"\tchain {self.name} {{"]
        if self.hook:
            policy = "drop" if self.drops else "accept"
            devices = f" devices = {{ {', '.join(self.devices)} }}" if self.devices else ""
            lines.append(
                f"\t\ttype {self.kind} hook {self.hook}{devices} priority {self.priority}; policy {policy};")
        return "\n".join([*lines, *(
            f"\t\t{rule}" for rule in self.all_rules(family)[0 if exempt else len(self.exempt(family)):]), "\t}"])


@dataclass
class Table:
    family: str
    name: str
    chains: list = field(default_factory=list)
    objects: dict = field(default_factory=dict)  # {name: (declaration, what it is)}: sets, maps, counters

    def counters(self):
        """Returns the names of two counters."""
        for name in ("k1", "k2"):
            self.objects.setdefault(name, (f"\tcounter {name} {{ }}", ("counter",)))
        return ["k1", "k2"]

    def declare(self, context, kind, several, members, data=""):
        name = f"{kind[0]}{len(self.objects)}"
        words = [one.datatype for one in several]
        how = "type " + " . ".join(words)
        if not all(words) or context.r.random() < 0.2 and not data:
            how = "typeof " + " . ".join(one.name for one in several)
        if data:
            how += " : " + ("meta mark" if data == "mark" and how.startswith("typeof") else data)
        ranges = any(re.search(r"[0-9a-f:]-|/\d", member.partition(" : ")[0]) for member in members)
        flags = " flags interval;" if ranges else context.r.choice(("", "", " flags constant;"))
        self.objects[name] = (f"\t{kind} {name} {{ {how};{flags} elements = {{ {', '.join(members)} }} }}",
                              (kind, several, data))
        return name

    def named_set(self, context, several):
        known = [name for name, (_, what) in self.objects.items() if what == ("set", several, "")]
        if known and context.r.random() < 0.6:
            return context.r.choice(known)
        one, ranges = several[0], context.r.random() < 0.4
        members = joint_keys(context, several, ranges) if len(several) > 1 else keys(
            context, one, ranges and one.ordered and one.whole and one.bits > 0) or keys(context, one, False)
        return self.declare(context, "set", several, members)

    def named_map(self, context, several, known, data):
        r = context.r
        some = ["accept", "drop", "continue", "return", *context.shared_targets()]
        if data == "mark":
            some = [hex(mark) for mark in MARKS]
        return self.declare(context, "map", several, [f"{text} : {r.choice(some)}" for text in known], data)

    def text(self, exempt):
        used = self.used()
        objects = [text for name, (text, _) in self.objects.items() if name in used]
        chains = [chain.text(self.family, exempt) for chain in self.chains if chain.name in used]
        return "\n".join([f"table {self.family} {self.name} {{", *objects, *chains, "}"])

    def used(self):
        """Returns the names of what a packet can reach."""
        named = {chain.name: " ".join(chain.all_rules("")) for chain in self.chains}
        named |= {name: text for name, (text, _) in self.objects.items()}
        waiting = [chain.name for chain in self.chains if chain.hook and (chain.rules or chain.drops)]
        found = set(waiting)
        while waiting:
            words = set(re.findall(r"\w+", named[waiting.pop()]))
            waiting += [name for name in words & named.keys() if name not in found]
            found |= words & named.keys()
        return found


@dataclass
class Ruleset:
    tables: list
    serial: bool  # the order of packets matters, so they are sent one by one

    def text(self, exempt=True):
        """Returns it as a file for nft; for readers, without the rules for the comparison's own packets."""
        return "flush ruleset\n" + "\n".join(
            table.text(exempt) for table in self.tables if table.used()) + "\n"

    def parts(self):
        """Returns what can be left out: (table, chain, rule), with -1 for a policy."""
        return [(table.name, chain.name, number) for table in self.tables for chain in table.chains
                for number in range(-1 if chain.drops else 0, len(chain.rules))]

    def only(self, parts):
        parts = set(parts)
        return self.changed(lambda table, chain: replace(
            chain, drops=(table.name, chain.name, -1) in parts,
            rules=[rule for number, rule in enumerate(chain.rules)
                   if (table.name, chain.name, number) in parts]))

    def statements(self):
        return [(table.name, chain.name, number, at) for table in self.tables for chain in table.chains
                for number, rule in enumerate(chain.rules) for at in range(len(rule))]

    def only_statements(self, kept):
        kept = set(kept)

        def fewer(table, chain):
            rules = [[word for at, word in enumerate(rule) if (table.name, chain.name, number, at) in kept]
                     for number, rule in enumerate(chain.rules)]
            return replace(chain, rules=[rule for rule in rules if rule])

        return self.changed(fewer)

    def changed(self, change):
        return replace(self, tables=[
            replace(table, chains=[change(table, chain) for chain in table.chains]) for table in self.tables])

    def rule(self, family, table_name, chain_name, number):
        """Returns the text of the rule at that place."""
        for table in self.tables:
            for chain in table.chains:
                if (table.family, table.name, chain.name) == (family, table_name, chain_name):
                    return chain.all_rules(family)[number]
        return "?"


class Context:
    """Where a rule is made: its table and chain, the protocols that it is about."""

    def __init__(self, r, values, table, chain):
        self.r, self.values, self.table, self.chain = r, values, table, chain
        self.l3 = self.l4 = ""
        self.said = []

    def begin(self):
        r, self.said = self.r, []
        family, known = self.table.family, self.values.protocols
        self.l3 = family if family in ("ip", "ip6") else r.choice(
            ["", *sorted(known & {"ip", "ip6"})] * 9 + ["ip", "ip6"])
        kind = r.choice(["", "th", *sorted(known & {"tcp", "udp"})] * 3 + ["", "tcp", "udp", "icmp"])
        if kind == "icmp":
            self.l3 = self.l3 or r.choice(("ip", "ip6"))
            kind = "icmp" if self.l3 == "ip" else "icmpv6"
        # In later fragments, Linux takes other octets for a transport header: nft_payload_fast_eval.
        self.l4 = "" if self.values.later_fragments else kind

    @property
    def is_at_ingress(self):
        return any(chain.hook == "ingress" for chain in self.table.chains)

    def says(self, *words):
        return any(word in statement for statement in self.said for word in words)

    def targets(self):
        """Returns the chains to which this one may jump: later ones, so that there are no loops."""
        chains = self.table.chains
        later = chains if self.chain.hook else chains[chains.index(self.chain) + 1:]
        return [chain.name for chain in later
                if not chain.hook and (self.chain.of_others or not chain.of_others)]

    def shared_targets(self):
        """Returns verdicts for a map that rules of several chains may use."""
        return [f"jump {chain.name}" for chain in self.table.chains[-1:]
                if self.chain.hook and not chain.hook and not chain.of_others]

    def add(self, features, share=1.0):
        if self.r.random() < share:
            feature = self.r.choices(features, [one.weight for one in features])[0]
            if text := feature.text(self):
                self.said.append(text)

    def rule(self, actions):
        self.begin()
        for _ in range(self.r.choices((0, 1, 2, 3), (15, 50, 27, 8))[0]):
            self.add(MATCHES)
        if self.r.random() < 0.1:
            self.add(actions)
        if self.r.random() < 0.8:
            self.said.append("counter")
        self.add(actions, 0.3)
        self.add(VERDICTS, 0.45)
        return self.said or ["counter"]


def chains_of(r):
    """Returns base chains, then the others."""
    chains = []
    for number in range(r.choice((1, 2, 2, 3, 4))):
        hook = r.choice(HOOKS + ("prerouting", "forward", "postrouting"))
        chains.append(Chain(f"b{number}", hook, r.choice(PRIORITIES + OF_HOOK.get(hook, ())),
                            r.random() < 0.12, [], hook in OF_OTHERS))
    of_others = True
    for number in range(r.randrange(4)):
        of_others = of_others and r.random() < 0.6  # those for all packets are the last
        chains.append(Chain(f"r{number}", of_others=of_others))
    return chains


def chains_at_ingress(r):
    """Returns base chains at the ingress of some devices, then the others.

    The kernel's VLANs are wires of their own here, so its trunks do not see their frames.
    """
    trunks = {ALL_WIRES[TRUNK].port, *(vlan.link for vlan in VLANS)}
    names = sorted(({wire.port for wire in ALL_WIRES} | {vlan.name for vlan in VLANS}) - trunks)
    chains = [Chain(f"b{number}", "ingress", r.choice(("-500", "0", "filter", "filter + 3")), r.random() < 0.12,
                    devices=tuple(r.sample(names, r.randrange(1, len(names) + 1))))
              for number in range(r.choice((1, 1, 2)))]
    return chains + [Chain(f"r{number}") for number in range(r.randrange(3))]


def ruleset(r, values):
    """Returns a ruleset of one to four tables."""
    serial = r.random() < 0.12
    actions = [one for one in ACTIONS if serial or not getattr(one, "stateful", False)]
    known = sorted(values.protocols & {"ip", "ip6"})
    values.of["meta mark"] = [0, *MARKS]
    made = Ruleset([], serial)
    for number in range(r.choice((1, 1, 2, 3))):
        family = r.choice(("inet", "inet", *known))
        made.tables.append(Table(family, f"t{number}", chains_of(r)))
    if r.random() < 0.3:
        early = Table(r.choice(("netdev", "netdev", "inet")), "early", chains_at_ingress(r))
        made.tables.insert(r.randrange(len(made.tables) + 1), early)
    for table in made.tables:
        for chain in table.chains:
            context = Context(r, values, table, chain)
            chain.rules = [list(context.rule(actions)) for _ in range(r.choice((1, 2, 3, 4, 6, 8)))]
    if "meta mark set" in made.text():
        made.tables.append(Table("inet", "marks", [
            Chain(f"b{at}", hook, "310", rules=[[f"meta mark {mark:#x}", "counter"] for mark in MARKS])
            for at, hook in enumerate(("prerouting", "input", "postrouting"))]))
    return made
