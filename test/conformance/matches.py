# SPDX-License-Identifier: BSD-3-Clause
"""The matches of random rules: each field in all forms that nft has for it."""
from typing import NamedTuple

from packets import dotted
from packets6 import text6

MARKS = (1, 2, 3, 0x10, 0x101, 0x80000000, 0xFFFFFFFF)
PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 58: "ipv6-icmp", 44: "ipv6-frag", 132: "sctp"}
DSCP = {0: "cs0", 8: "cs1", 10: "af11", 46: "ef", 48: "cs6"}
ECN = ("not-ect", "ect1", "ect0", "ce")
ICMP_TYPES = {0: "echo-reply", 3: "destination-unreachable", 8: "echo-request", 11: "time-exceeded",
              13: "timestamp-request"}
ICMP6_TYPES = {1: "destination-unreachable", 3: "time-exceeded", 128: "echo-request", 129: "echo-reply"}
NAMES = {"ip protocol": PROTOCOLS, "ip6 nexthdr": PROTOCOLS, "meta l4proto": PROTOCOLS, "ip dscp": DSCP,
         "ip6 dscp": DSCP, "ip ecn": dict(enumerate(ECN)), "ip6 ecn": dict(enumerate(ECN)),
         "icmp type": ICMP_TYPES, "icmpv6 type": ICMP6_TYPES}
FLAG_NAMES = ("fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr")


class Field(NamedTuple):
    name: str
    bits: int
    datatype: str = ""  # without one, sets of it are declared by typeof
    ordered: bool = True  # ranges and comparisons are useful
    host: bool = False  # in the CPU's byte order: nft 1.0.6 confuses their ranges in concatenations

    @property
    def most(self):
        return (1 << self.bits) - 1

    @property
    def whole(self):
        """Whether it is of whole octets: nft 1.0.6 shifts parts of octets wrongly in sets of ranges and keys."""
        return self.bits % 8 == 0

    @property
    def is_shifted(self):
        """Whether nft 1.0.6 shifts it across octets, in the wrong byte order, where it cannot shift constants."""
        return self.name == "ip6 dscp"

    @property
    def is_address(self):
        return self.name.endswith("addr")

    def text(self, value, r):
        if self.bits == 0:
            return f'"{value}"'
        if self.is_address:
            return dotted(value.to_bytes(4, "big")) if self.bits == 32 else text6(value.to_bytes(16, "big"))
        names = NAMES.get(self.name, {})
        if value in names and r.random() < 0.8:
            return names[value]
        return hex(value) if self.name == "meta mark" else str(value)


META = (Field("iifname", 0, "ifname", False), Field("oifname", 0, "ifname", False),
        Field("iif", 0, "iface_index", False), Field("oif", 0, "iface_index", False),
        Field("meta length", 32, host=True), Field("meta mark", 32, "mark", host=True))
L4PROTO = Field("meta l4proto", 8, "inet_proto")
IP = (Field("ip saddr", 32, "ipv4_addr"), Field("ip daddr", 32, "ipv4_addr"), Field("ip ttl", 8),
      Field("ip dscp", 6, "dscp"), Field("ip ecn", 2, "ecn", False), Field("ip length", 16), Field("ip id", 16),
      Field("ip frag-off", 16), Field("ip version", 4), Field("ip hdrlength", 4))
IP_PROTOCOL = Field("ip protocol", 8, "inet_proto")
IP6 = (Field("ip6 saddr", 128, "ipv6_addr"), Field("ip6 daddr", 128, "ipv6_addr"), Field("ip6 hoplimit", 8),
       Field("ip6 dscp", 6, "dscp"), Field("ip6 ecn", 2, "ecn", False), Field("ip6 length", 16),
       Field("ip6 flowlabel", 20), Field("ip6 version", 4))
IP6_NEXTHDR = Field("ip6 nexthdr", 8, "inet_proto")
TRANSPORT = {
    "tcp": (Field("tcp sport", 16, "inet_service"), Field("tcp dport", 16, "inet_service"),
            Field("tcp dport", 16, "inet_service"), Field("tcp sequence", 32), Field("tcp ackseq", 32),
            Field("tcp window", 16), Field("tcp doff", 4)),
    "udp": (Field("udp sport", 16, "inet_service"), Field("udp dport", 16, "inet_service"),
            Field("udp dport", 16, "inet_service"), Field("udp length", 16)),
    "th": (Field("th sport", 16, "inet_service"), Field("th dport", 16, "inet_service")),
    "icmp": (Field("icmp type", 8, "icmp_type"), Field("icmp code", 8, "icmp_code"), Field("icmp id", 16),
             Field("icmp sequence", 16)),
    "icmpv6": (Field("icmpv6 type", 8, "icmpv6_type"), Field("icmpv6 code", 8, "icmpv6_code"),
               Field("icmpv6 id", 16), Field("icmpv6 sequence", 16))}


def fields(context):
    """Returns the fields that a rule about these protocols can name, the likelier ones more often."""
    found = list(META)
    if context.l3:
        of_layer, protocol = (IP, IP_PROTOCOL) if context.l3 == "ip" else (IP6, IP6_NEXTHDR)
        # What the router writes into its own packets as identification is not compared.
        found += [field for field in of_layer if field.name != "ip id" or context.chain.of_others]
        found += of_layer[:2] * 2
        if context.l4 in ("", "th"):
            found.append(protocol)
    if context.l4:
        # nft knows that only echo has these two.
        other = any(" type " in one and " type echo-re" not in one for one in context.said)
        found += [field for field in TRANSPORT[context.l4]
                  if not (other and field.name.endswith((" id", " sequence")))] * 3
    if context.l4 in ("", "th"):
        found += [L4PROTO] * 2
    return found


def drawn(context, field):
    """Returns a value that some packet has, in most cases."""
    r = context.r
    known = context.values.of[field.name]
    value = r.choice(known) if known else r.getrandbits(max(field.bits, 1))
    if field.bits and r.random() < 0.08:
        value = r.choice((value + 1, value - 1, r.getrandbits(field.bits), 0)) & field.most
    if field.datatype == "inet_proto" and context.l4 == "th" and value not in (6, 17):
        return r.choice((6, 17))  # of others, nft 1.0.6 aborts in a listing of `th` (payload_expr_complete)
    return value


def interval(context, field, around=None):
    """Returns (low, high) around a value."""
    r = context.r
    value = drawn(context, field) if around is None else around
    if field.is_address and r.random() < 0.6:
        size = field.bits - r.choice((8, 16, 24, 25, 31) if field.bits == 32 else (3, 32, 48, 64, 127))
        return value >> size << size, value | (1 << size) - 1
    reach = r.choice((1, 2, 9, 300, 1 << 20))
    return max(value - r.randrange(reach + 1), 0), min(value + r.randrange(reach + 1), field.most)


def interval_text(context, field, pair):
    low, high = pair
    if low == high:
        return field.text(low, context.r)
    size = high - low + 1
    if field.is_address and size & size - 1 == 0 and low % size == 0:
        return f"{field.text(low, context.r)}/{field.bits - size.bit_length() + 1}"
    if field.is_address:
        return f"{field.text(low, context.r)}-{field.text(high, context.r)}"
    return f"{low}-{high}"


def has_range(field):
    return field.bits and field.ordered and field.whole


def keys(context, field, ranges, most=6):
    """Returns texts of different values of a set, with ranges that do not overlap."""
    r = context.r
    if not ranges:
        found = {drawn(context, field) for _ in range(r.randrange(1, most))}
        return [field.text(value, r) for value in sorted(found)]
    pairs = []
    for _ in range(r.randrange(1, most)):
        value = drawn(context, field)
        low, high = (value, value) if r.random() < 0.4 else interval(context, field)
        if (low, high) != (0, field.most) and all(high < one or low > other for one, other in pairs):
            pairs.append((low, high))
    return [interval_text(context, field, pair) for pair in sorted(pairs)]


def joint_keys(context, several, ranges):
    """Returns texts of the different keys of a concatenation; those of ranges do not overlap."""
    r = context.r
    found = {}
    for _ in range(r.randrange(1, 6)):
        packet = r.choice(context.values.packets) if context.values.packets else {}
        values = [packet.get(field.name) if field.name in packet and r.random() < 0.9 else drawn(context, field)
                  for field in several]
        pairs = tuple(interval(context, field, value) if ranges and has_range(field) and r.random() < 0.5
                      else (value, value) for field, value in zip(several, values))
        if all(any(mine[1] < other[0] or mine[0] > other[1] for mine, other in zip(pairs, known))
               for known in found):
            found[pairs] = " . ".join(interval_text(context, field, pair) for field, pair in zip(several, pairs))
    return list(found.values())


class FieldMatch:
    """One field: a value, a range, a prefix, a comparison, some bits, a set; or not."""

    weight = 60

    def text(self, context):
        r = context.r
        field = r.choice(fields(context))
        negation = "!= " if r.random() < 0.2 else ""
        forms = [self.single, self.single, self.anonymous] + [self.named] * (not field.is_shifted)
        if field.bits and field.ordered:
            forms += [self.range, self.comparison] + [self.bits] * (not field.is_shifted)
        if field.is_address:
            forms += [self.range] * 2
        if field.name.endswith("ifname"):
            forms.append(self.pattern)
        return r.choice(forms)(context, field, negation)

    def single(self, context, field, negation):
        return f"{field.name} {negation}{field.text(drawn(context, field), context.r)}"

    def range(self, context, field, negation):
        pair = interval(context, field)
        if pair == (0, field.most):
            return self.single(context, field, negation)
        return f"{field.name} {negation}{interval_text(context, field, pair)}"

    def comparison(self, context, field, _):
        value = min(max(drawn(context, field), 1), field.most - 1)
        return f"{field.name} {context.r.choice(('<', '<=', '>', '>='))} {field.text(value, context.r)}"

    def bits(self, context, field, negation):
        mask = context.r.getrandbits(field.bits) or 1
        value, sign = drawn(context, field) & mask, negation.strip() or "=="
        if field.is_address or field.name == "meta mark":
            return f"{field.name} & {field.text(mask, context.r)} {sign} {field.text(value, context.r)}"
        return f"{field.name} & {mask:#x} {sign} {value:#x}"

    def pattern(self, context, field, negation):
        return f'{field.name} {negation}"{context.r.choice(("p*", "p1*", "p3*", "p3.3*", "q*"))}"'

    def anonymous(self, context, field, negation):
        ranges = has_range(field) and context.r.random() < 0.4
        members = keys(context, field, ranges)
        if not members:
            return self.single(context, field, negation)
        return f"{field.name} {negation}{{ {', '.join(members)} }}"

    def named(self, context, field, negation):
        return f"{field.name} {negation}@{context.table.named_set(context, (field,))}"


class TcpFlags:
    """The forms that nft has for bits of one field."""

    weight = 20

    @staticmethod
    def names(value, between):
        return between.join(name for bit, name in enumerate(FLAG_NAMES) if value >> bit & 1)

    def text(self, context):
        if context.l4 != "tcp":
            return None
        r = context.r
        flags = r.choice(context.values.of["tcp flags"] or [2]) or 2
        other = (flags | r.getrandbits(8)) & 0x3F | flags
        mask = r.choice((0x17, 0x12, 0x3F, other | 0x12))
        some = flags & mask or mask & -mask
        commas, masked = self.names(flags, ","), self.names(mask, " | ")
        return "tcp flags " + r.choice((
            commas, self.names(other, ","), f"== {self.names(flags, ' | ')}", f"!= {self.names(flags, ' | ')}",
            f"! {self.names(flags & -flags, ',')}", f"& ({masked}) == {self.names(some, ' | ')}",
            f"& ({masked}) != {self.names(some, ' | ')}", f"& ({masked}) == 0", f"& ({masked}) != 0",
            f"{self.names(some, ',')} / {self.names(mask, ',')}",
            f"!= {self.names(some, ',')} / {self.names(mask, ',')}",
            "{ " + ", ".join(self.names(one, " | ") for one in sorted({flags, other, some})) + " }"))


class MetaMatch:
    """Fields whose values are a few words."""

    weight = 6

    def text(self, context):
        r = context.r
        kinds = ["host", "unicast", "broadcast", "multicast"][r.randrange(2):]
        choices = [f"meta pkttype {r.choice(('', '!= '))}{r.choice(kinds)}",
                   f"meta pkttype {{ {', '.join(r.sample(kinds[-3:], 2))} }}"]
        if context.table.family == "inet" and not context.l3:
            choices += [f"meta nfproto {r.choice(('ipv4', 'ipv6'))}"] * 2
            choices += [f"meta protocol {r.choice(('ip', 'ip6'))}", "meta protocol { ip, ip6 }"]
        return r.choice(choices)


class LinkMatch:
    """The Ethernet header, with the tag that the frame had; and the type behind it."""

    weight = 30

    def text(self, context):
        # nft refuses rules in which they contradict each other, or a protocol.
        if context.table.family != "netdev" or context.l3 or context.l4 or context.says("proto", "ether", "vlan"):
            return None
        r = context.r
        types = ("ip", "ip6", "arp", "8021q", "8021ad", "0x88b5")
        return r.choice((
            f"meta protocol {r.choice(('', '!= '))}{r.choice(('ip', 'ip6', 'arp', 'vlan', '0x88b5'))}",
            f"ether type {r.choice(('', '!= '))}{r.choice(types)}", f"ether type {{ {', '.join(r.sample(types, 2))} }}",
            f"vlan id {r.choice((100, 200, 300, 7))}", "vlan id { 100, 200 }", f"vlan pcp {r.choice((0, 1, 5))}",
            f"vlan type {r.choice(types[:4])}", f"ether saddr {r.choice(('', '!= '))}02:00:00:00:00:01",
            "ether daddr & 01:00:00:00:00:00 == 01:00:00:00:00:00", "@ll,0,8 & 1 == 1", "@nh,0,8 0x45"))


class Concatenation:
    """Several fields together are in a set, or not."""

    weight = 14

    def text(self, context):
        several = joint(context)
        if not several:
            return None
        r = context.r
        left = " . ".join(field.name for field in several)
        negation = "!= " if r.random() < 0.2 else ""
        if r.random() < 0.4:
            return f"{left} {negation}@{context.table.named_set(context, several)}"
        members = joint_keys(context, several, r.random() < 0.4)
        return f"{left} {negation}{{ {', '.join(members)} }}"


def joint(context):
    """Returns two or three fields of which a key can be made, or None.

    Not those without a type: nft 1.0.6 aborts when it lists a map of such keys (concat_expr_msort_value).
    """
    known = [field for field in {field.name: field for field in fields(context)}.values()
             if field.datatype and field.whole and not field.host and field.name not in ("oif", "iif")]
    if context.says("proto", "nexthdr"):  # the same as in drawn()
        known = [field for field in known if not field.name.startswith("th ")]
    count = context.r.choice((2, 2, 3))
    return tuple(context.r.sample(known, count)) if len(known) >= count else None


MATCHES = (FieldMatch(), TcpFlags(), MetaMatch(), LinkMatch(), Concatenation())
