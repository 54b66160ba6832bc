# SPDX-License-Identifier: BSD-3-Clause
"""The statements of random rules that do something: limits, marks, verdicts. A class for each feature.

text(context) returns the statement, or None if it does not fit into the rule.
"""
from matches import MARKS, fields, has_range, joint, joint_keys, keys

CODES = {"icmp": ("net-unreachable", "host-unreachable", "prot-unreachable", "port-unreachable", "net-prohibited",
                  "host-prohibited", "admin-prohibited"),
         "icmpv6": ("no-route", "admin-prohibited", "addr-unreachable", "port-unreachable", "policy-fail",
                    "reject-route"),
         "icmpx": ("port-unreachable", "admin-prohibited", "no-route", "host-unreachable")}


def key(context, vary=True):
    """Returns (fields of the key of a map, texts of its keys)."""
    r = context.r
    several = joint(context) if r.random() < 0.3 else None
    if several:
        return several, joint_keys(context, several, vary and r.random() < 0.4)
    field = r.choice([field for field in fields(context) if field.whole])
    return (field,), keys(context, field, vary and bool(has_range(field)) and r.random() < 0.5) or keys(
        context, field, False)


def left(several):
    return " . ".join(field.name for field in several)


class Mark:
    """Sets the packet's mark: to a constant, by its bits, by a map."""

    weight = 30

    def text(self, context):
        r = context.r
        one, other = r.choice(MARKS), r.choice(MARKS)
        kind = r.randrange(7)
        if kind < 3:
            value = hex(one)
        elif kind == 3:
            value = f"meta mark {r.choice(('and', 'or', 'xor', '&', '|', '^'))} {one:#x}"
        elif kind == 4:
            value = f"meta mark and {one:#x} or {other:#x}"
        elif kind == 5:
            several, known = key(context)
            pairs = ", ".join(f"{text} : {r.choice(MARKS):#x}" for text in known)
            value = f"{left(several)} map {{ {pairs} }}"
        else:
            several, known = key(context)
            value = f"{left(several)} map @{context.table.named_map(context, several, known, 'mark')}"
        return f"meta mark set {value}"


class Dscp:
    weight = 10

    def text(self, context):
        value = context.r.choice(("cs1", "ef", "af21", "0", "5", "0x3f"))
        return f"{context.l3} dscp set {value}" if context.l3 else None


class Limit:
    """A rate so low that only the burst counts, which does not depend on the time."""

    weight = 30
    stateful = True

    def text(self, context):
        r = context.r
        over = r.choice(("", "over "))
        return f"limit rate {over}" + r.choice((
            f"1/hour burst {r.randrange(1, 7)} packets", f"1/day burst {r.randrange(1, 7)} packets",
            f"1 bytes/hour burst {r.randrange(100, 2000)} bytes"))


class Quota:
    weight = 20
    stateful = True

    def text(self, context):
        r = context.r
        return f"quota {r.choice(('', 'over '))}{r.randrange(50, 1500)} bytes"


class NamedCounter:
    weight = 8

    def text(self, context):
        return f'counter name "{context.r.choice(context.table.counters())}"'


class Verdict:
    weight = 40

    def text(self, context):
        return context.r.choice(("accept", "accept", "drop", "drop", "continue", "return", "return"))


class Jump:
    weight = 25

    def text(self, context):
        targets = context.targets()
        return f"{context.r.choice(('jump', 'jump', 'goto'))} {context.r.choice(targets)}" if targets else None


class Reject:
    """Every kind. Not for the router's own packets: Linux would inform itself, by its loopback interface."""

    weight = 18

    def text(self, context):
        r = context.r
        if not context.chain.of_others or context.is_at_ingress:
            return None
        kinds = ["reject"]
        families = [context.l3] if context.l3 else [] if context.says("nfproto", "meta protocol") else ["ip", "ip6"]
        kinds += [f"reject with icmp {r.choice(CODES['icmp'])}"] if "ip" in families else []
        kinds += [f"reject with icmpv6 {r.choice(CODES['icmpv6'])}"] if "ip6" in families else []
        if context.table.family == "inet":
            kinds.append(f"reject with icmpx {r.choice(CODES['icmpx'])}")
        if context.l4 == "tcp" or context.l4 == "" and not context.says("proto", "nexthdr"):
            kinds += ["reject with tcp reset"] * 2
        return r.choice(kinds)


class VerdictMap:
    weight = 14

    def text(self, context):
        r = context.r
        several, known = key(context)
        if r.random() < 0.4:
            return f"{left(several)} vmap @{context.table.named_map(context, several, known, 'verdict')}"
        pairs = ", ".join(f"{text} : {self.verdict(context)}" for text in known)
        return f"{left(several)} vmap {{ {pairs} }}"

    @staticmethod
    def verdict(context):
        some = ["accept", "drop", "continue", "return"]
        some += [f"{verb} {chain}" for chain in context.targets() for verb in ("jump", "goto")]
        return context.r.choice(some)


ACTIONS = (Mark(), Dscp(), Limit(), Quota(), NamedCounter())
VERDICTS = (Verdict(), Jump(), Reject(), VerdictMap())
