# SPDX-License-Identifier: BSD-3-Clause
"""Random rulesets that filter by connections and translate them."""
import re

from packets import address, dotted
from packets6 import address6, text6
from rulesets import Chain, Ruleset, Table
from talks import DMZ, INSIDE, OUTSIDE, PORTS, SERVERS

STATES = ("new", "established", "related", "invalid", "untracked", "established,related", "new,invalid")
STATUS = ("snat", "dnat", "seen-reply", "assured", "confirmed", "expected", "snat,dnat")
MARKS = (1, 2, 0x80, 0xFFFFFFFF)
ZONES = (INSIDE, OUTSIDE, DMZ)
ELSEWHERE4, ELSEWHERE6 = address("10.6.9.9"), address6("fd00:6::99")  # routed, and nobody's
HOOKS = ("prerouting", "forward", "forward", "input", "output", "postrouting")
PRIORITIES = {"prerouting": ("mangle", "filter", "-250", "dstnat + 1", "-199"),
              "postrouting": ("filter", "mangle", "srcnat + 10", "srcnat - 1", "301")}
NAT_PRIORITY = {"prerouting": "dstnat", "output": "-100", "input": "100", "postrouting": "srcnat"}


class Maker:
    """Makes the rules of one table."""

    def __init__(self, r, family):
        self.r, self.family = r, family

        self.of_rule = False

    def begin(self):
        """Before each rule, which is about one family."""
        self.of_rule = self.family == "ip6" or self.family == "inet" and self.r.random() < 0.35

    def is_ipv6(self):
        return self.of_rule

    def address(self, is_ipv6, wires=ZONES):
        wire, number = self.r.choice(wires), self.r.choice((2, 2, 3, 3, 4))
        return text6(wire.host6(number)) if is_ipv6 else dotted(wire.host(number))

    def match(self, hook):
        """Returns the text of a match by the connection or by the packet."""
        r = self.r
        kind, is_ipv6 = r.randrange(20), self.is_ipv6()
        l3 = "ip6" if is_ipv6 else "ip"
        if kind < 4:
            return f"ct state {r.choice(('', '', '', '!= ', ''))}{r.choice(STATES)}"
        if kind < 6:
            return f"ct direction {r.choice(('original', 'reply'))}"
        if kind < 8:
            return f"ct status {r.choice(('', '', '! '))}{r.choice(STATUS)}"
        if kind < 10:
            return f"ct mark {r.choice(('', '', '!= '))}{r.choice((0, *MARKS)):#x}"
        if kind == 10:
            port = "" if hook == "output" else "iifname"
            return f"{'oifname' if hook in ('output', 'postrouting') else port} {r.choice(ZONES).port}"
        if kind == 11:
            return f"ct {r.choice(('original', 'reply'))} {l3} {r.choice(('saddr', 'daddr'))} {self.address(is_ipv6)}"
        if kind == 12:
            return (f"meta l4proto {{ tcp, udp }} ct {r.choice(('original', 'reply'))} "
                    f"{r.choice(('proto-src', 'proto-dst'))} {r.choice(PORTS)}")
        if kind == 13:
            return f"ct protocol {r.choice(('tcp', 'udp', 'icmp', 'ipv6-icmp'))}"
        if kind == 14:
            return f"ct {r.choice(('original ', 'reply ', ''))}packets {r.choice(('>', '<', '>='))} {r.randrange(1, 4)}"
        if kind == 15:
            return f"ct {r.choice(('original ', 'reply ', ''))}bytes {r.choice(('>', '<'))} {r.choice((60, 200, 1000))}"
        if kind == 16:
            return "tcp flags " + r.choice((
                "syn", "rst", "fin", "& (syn | ack) == syn", "& (syn | ack | rst | fin) == ack"))
        if kind == 17:
            return self.narrow()
        if kind == 18:
            return f"meta l4proto {r.choice(('tcp', 'udp', 'icmp', 'ipv6-icmp'))}"
        return f"{l3} {r.choice(('saddr', 'daddr'))} {self.address(is_ipv6)}"

    def narrow(self):
        r = self.r
        kind, is_ipv6 = r.randrange(3), self.is_ipv6()
        if kind == 0:
            return f"{r.choice(('tcp', 'udp', 'tcp'))} {r.choice(('dport', 'dport', 'sport'))} {r.choice(PORTS)}"
        if kind == 1:
            return f"{'ip6' if is_ipv6 else 'ip'} saddr {self.address(is_ipv6)}"
        kind = r.choice(("echo-request", "echo-reply", "time-exceeded", "destination-unreachable"))
        return f"{'icmpv6' if is_ipv6 else 'icmp'} type {kind}"

    def filter_rule(self, hook):
        r = self.r
        self.begin()
        rule = agreeing([self.match(hook) for _ in range(r.choice((0, 1, 1, 1, 2)))]) + ["counter"]
        kind = r.random()
        if kind < 0.12:
            rule.append(f"ct mark set {r.choice(MARKS):#x}")
        elif kind < 0.16:
            rule.append("ct mark set meta mark")
        elif kind < 0.22:
            rule.append("meta mark set ct mark")
        elif kind < 0.26:
            rule.append(f"meta mark set {r.choice(MARKS):#x}")
        elif kind < 0.32:
            rule = [*agreeing([r.choice((self.narrow(), self.match(hook))), *rule]), "drop"]
        elif kind < 0.35 and hook in ("forward", "input"):
            rule = [*agreeing([self.narrow(), *rule]), "reject"]
            if r.random() < 0.4:
                rule = [*agreeing(["meta l4proto tcp", *rule[1:-1]]), "reject with tcp reset"]
        elif kind < 0.42:
            rule.append("accept")
        return rule

    def raw_rule(self):
        self.begin()
        return [self.narrow(), "counter", "notrack"]

    def nat_rule(self, hook):
        """Returns a rule that translates."""
        r = self.r
        self.begin()
        is_ipv6 = self.is_ipv6()
        if hook in ("postrouting", "input"):
            return self.source_rule(hook, is_ipv6)
        wires = (SERVERS,) if is_ipv6 else (INSIDE, DMZ, SERVERS)
        rule, ports = self.nat_match(hook, is_ipv6, "iifname" if hook == "prerouting" else "oifname")
        rule.append("counter")
        to = f" {'ip6' if is_ipv6 else 'ip'}" if self.family == "inet" else ""
        if r.random() < 0.3:
            if is_ipv6 and hook == "prerouting":  # of several addresses, Linux takes the one that was added last
                rule.insert(0, f"iifname {OUTSIDE.port}")
            return rule + ["redirect" + (f" to :{r.choice((80, 8080, 2222))}" if ports and r.random() < 0.6 else "")]
        where = self.address(is_ipv6, wires)
        if ports and r.random() < 0.6:
            where = f"[{where}]" if is_ipv6 else where
            where += r.choice((":80", ":8080", ":2222", ":22-22", ":3000-3003"))
        return rule + [f"dnat{to} to {where}" + r.choice(("", "", " persistent"))]

    def source_rule(self, hook, is_ipv6):
        r = self.r
        rule, ports = self.nat_match(hook, is_ipv6, "oifname" if hook == "postrouting" else "iifname")
        rule.append("counter")
        to = f" {'ip6' if is_ipv6 else 'ip'}" if self.family == "inet" else ""
        if hook == "postrouting" and r.random() < 0.55:
            rest = r.choice((" to :7000-7009", " to :1024-65535", " to :4000")) if ports and r.random() < 0.3 else ""
            return rule + ["masquerade" + rest + r.choice(("", "", " persistent"))]
        where = r.choice((ELSEWHERE6, OUTSIDE.router6) if is_ipv6 else (ELSEWHERE4, OUTSIDE.router, OUTSIDE.host(9)))
        where = text6(where) if is_ipv6 else dotted(where)
        if ports and r.random() < 0.4:
            where = f"[{where}]" if is_ipv6 else where
            where += r.choice((":6000", ":6000-6003", ":5000-5000", ":300-310"))
        return rule + [f"snat{to} to {where}" + r.choice(("", "", " persistent"))]

    def nat_match(self, hook, is_ipv6, side):
        """Returns (matches, whether they are about a protocol with ports)."""
        r = self.r
        family = [f"meta nfproto {'ipv6' if is_ipv6 else 'ipv4'}"] if self.family == "inet" else []
        rule, ports = list(family), False
        if r.random() < 0.6 and hook != "input":
            rule.append(f"{side} {r.choice(('', '', '', '!= '))}{r.choice((OUTSIDE, OUTSIDE, DMZ, INSIDE)).port}")
        kind = r.randrange(8)
        if kind < 4 and hook in ("prerouting", "output"):
            rule.append(f"{r.choice(('tcp', 'tcp', 'udp'))} dport {r.choice(PORTS)}")
            ports = True
        elif kind < 5:
            rule.append(f"meta l4proto {r.choice(('tcp', 'udp'))}")
            ports = True
        elif kind < 6:
            rule.append(f"{'ip6' if is_ipv6 else 'ip'} {r.choice(('saddr', 'daddr'))} {self.address(is_ipv6)}")
        elif kind < 7:
            rule.append(self.match(hook))
        return agreeing(rule), ports


def agreeing(rule):
    """Returns the rule without matches of another protocol than one before says, which nft refuses."""
    kept, known = [], {}
    for text in rule:
        proto = re.search(
            r"^(?:meta l4proto |ct protocol )?(tcp|udp|icmp|icmpv6|ipv6-icmp|\{ tcp, udp \})(?= |$)", text)
        word = proto and proto[1]
        word = {"ipv6-icmp": "icmpv6"}.get(word, word)
        if word and known.setdefault("l4", word) != word:
            continue
        kept.append(text)
    return kept


def random_ruleset(r):
    made = Ruleset([], False)
    for number in range(r.choice((1, 2, 2, 3))):
        family = r.choice(("ip", "inet", "inet", "ip6", "ip"))
        maker, table = Maker(r, family), Table(family, f"t{number}")
        for at in range(r.choice((1, 2, 2, 3))):
            hook = r.choice(HOOKS)
            chain = Chain(f"f{at}", hook, r.choice(PRIORITIES.get(hook, ("filter", "mangle", "7"))))
            chain.rules = [maker.filter_rule(hook) for _ in range(r.choice((1, 2, 3, 4, 6)))]
            table.chains.append(chain)
        if r.random() < 0.25:
            table.chains.append(Chain("raw", r.choice(("prerouting", "prerouting", "output")), "raw", rules=[
                maker.raw_rule() for _ in range(r.choice((1, 2)))]))
        for at in range(r.choice((0, 1, 1, 2, 2))):
            hook = r.choice(("prerouting", "postrouting", "postrouting", "prerouting", "input", "output"))
            chain = Chain(f"n{at}", hook, NAT_PRIORITY[hook], kind="nat")
            chain.rules = [maker.nat_rule(hook) for _ in range(r.choice((1, 1, 2, 3)))]
            table.chains.append(chain)
        made.tables.append(table)
    return made


def home_router(r):
    """As many have at home: a stateful filter, a masqueraded LAN, forwarded ports, hairpins."""
    inside, outside = dotted(INSIDE.router[:3] + b"\0") + "/24", OUTSIDE.port
    own, server = dotted(OUTSIDE.router), dotted(r.choice((INSIDE, DMZ)).host(r.choice((2, 3))))
    inner = Chain("forward", "forward", "filter", True, [
        ["ct state established,related", "counter", "accept"], ["ct state invalid", "counter", "drop"],
        [f"iifname {INSIDE.port}", "counter", "ct mark set 0x1", "accept"],
        ["ct status dnat", "counter", r.choice(("accept", "ct mark set 0x2")) if r.random() < 0.2 else "accept"],
        ["counter"]])
    if r.random() < 0.5:
        inner.rules[0:1] = [["ct state vmap { established : accept, related : accept }"]]
    own_filter = Chain("input", "input", "filter", True, [
        ["ct state established,related", "counter", "accept"], [f"iifname {INSIDE.port}", "counter", "accept"],
        ["meta l4proto { icmp, ipv6-icmp }", "counter", "accept"],
        ["counter", *(["reject"] if r.random() < 0.4 else [])]])
    marks = Chain("marks", "prerouting", "mangle", False, [
        ["meta mark set ct mark", "counter"], ["meta mark 0x1", "counter"], ["meta mark 0x2", "counter"]])
    forwarded = [[f"ip daddr {own}", f"{proto} dport {port}", "counter", f"dnat to {server}{new}"]
                 for proto, port, new in (("tcp", 8080, ":80"), ("tcp", 22, ""), ("udp", 53, r.choice(("", ":5353"))))]
    if r.random() < 0.5:
        for rule in forwarded:
            rule.insert(0, f"iifname {outside}")
    masquerade = "masquerade" + r.choice(("", "", " persistent"))
    hairpin = [[f"ip saddr {inside}", f"ip daddr {inside}", "counter", "masquerade"]] if r.random() < 0.7 else []
    nat = [Chain("prerouting", "prerouting", "dstnat", rules=forwarded, kind="nat"),
           Chain("postrouting", "postrouting", "srcnat", rules=hairpin + [
               [f"oifname {outside}", "counter", masquerade]], kind="nat")]
    tables = [Table("inet", "filter", [inner, own_filter]), Table("ip", "nat", nat)]
    if r.random() < 0.4:
        tables.append(Table("inet", "mangle", [marks]))
    if r.random() < 0.3:
        tables.append(Table("ip6", "nat6", [Chain("postrouting", "postrouting", "srcnat", rules=[
            [f"oifname {outside}", "counter", masquerade]], kind="nat")]))
    return Ruleset(tables, False)


def nat_ruleset(r):
    return home_router(r) if r.random() < 0.35 else random_ruleset(r)


def aims(rules):
    """Returns where conversations should go: [(address, port or 0)], as the rules for destinations say."""
    found = []
    for table in rules.tables:
        for chain in table.chains:
            if chain.kind != "nat" or chain.hook != "prerouting":
                continue
            for rule in chain.rules:
                words = " ".join(rule)
                port = re.search(r"dport (\d+)", words)
                to4, to6 = (re.search(rf"{name} daddr (\S+)", words) for name in ("ip", "ip6"))
                port = int(port[1]) if port else 0
                found += [(address(to4[1]), port)] if to4 else [] if to6 else [
                    (wire.host(number), port) for wire in (OUTSIDE, INSIDE) for number in (1, 2)]
                found += [(address6(to6[1]), port)] if to6 else [] if to4 else [
                    (OUTSIDE.host6(1), port), (OUTSIDE.host6(2), port)]
    return found


def port_ranges(rules):
    """Returns the ranges of more than one port to which the rules translate."""
    return [range(int(first), int(last) + 1)
            for first, last in re.findall(r":(\d+)-(\d+)", rules.text()) if first != last]
