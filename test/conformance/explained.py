"""The differences that are Ringroad's right: one predicate for each row of differences.md."""
import pathlib
import re

from network import BROADCASTS, SUBNET_ZEROS
from packets import ARP_TYPE, ICMP, IPV4, UDP

TABLE = pathlib.Path(__file__).with_name("differences.md")
PREDICATES = {}


def predicate(function):
    PREDICATES[function.__name__] = function
    return function


def rows():
    """{predicate's name: row's id}; every row has a predicate, every predicate a row."""
    found = dict(reversed(match) for match in re.findall(
        r"^\| *([a-z0-9-]+) *\| *`(\w+)` *\|", TABLE.read_text(encoding="utf-8"), re.MULTILINE))
    if set(found) != set(PREDICATES):
        raise AssertionError(f"{TABLE.name} and the predicates differ: "
                             f"{sorted(set(found) ^ set(PREDICATES))}")
    return found


def explain(difference, ids, sent):
    """The id of the row that says why, or None; `sent`: the frames of the step."""
    return next((row for name, row in ids.items() if PREDICATES[name](difference, sent)), None)


def packets_in(raw):
    """The IPv4 packet in a frame and, in an ICMP error, the one that it quotes."""
    if raw is None or raw[12:14] != IPV4:
        return
    packet = raw[14:]
    yield packet
    start = (packet[0] & 15) * 4
    if packet[9] == ICMP and len(packet) >= start + 28 and packet[start] in (3, 5, 11, 12):
        yield packet[start + 8:]


def only_linux(difference, wanted):
    """Linux alone sent it, and some packet in it is as wanted."""
    return difference.ringroad is None and any(map(wanted, packets_in(difference.linux)))


@predicate
def class_e(difference, _):
    raw = difference.linux
    if raw is not None and raw[12:14] == ARP_TYPE:
        return difference.ringroad is None and raw[38] >= 240
    return only_linux(difference, lambda packet: packet[12] >= 240 or packet[16] >= 240)


@predicate
def this_network(difference, _):
    return only_linux(difference, lambda packet: packet[12] == 0 or packet[16] == 0)


@predicate
def broadcast_source(difference, _):
    return only_linux(difference, lambda packet: packet[12:16] in BROADCASTS)


@predicate
def subnet_zero(difference, _):
    raw = difference.linux
    if raw is not None and raw[12:14] == ARP_TYPE:
        return difference.ringroad is None and raw[38:42] in SUBNET_ZEROS
    return only_linux(difference, lambda packet: packet[16:20] in SUBNET_ZEROS)


@predicate
def echo_to_all_stations(difference, sent):
    reply = difference.linux
    if difference.ringroad is not None or reply[12:14] != IPV4 or reply[23] != ICMP:
        return False
    return any(raw[0] & 1 and raw[26:34] == reply[30:34] + reply[26:30] for _, raw, _ in sent)


@predicate
def udp_quote(difference, _):
    """Linux cuts what the UDP length does not count off before it quotes."""
    linux, ours = difference.linux, difference.ringroad
    if linux is None or ours is None or linux[34:36] != b"\3\3" or ours[34:36] != b"\3\3":
        return False
    quote, whole = linux[42:], ours[42:]
    start = (quote[0] & 15) * 4
    return (quote[9] == UDP and whole.startswith(quote)
            and len(quote) == start + int.from_bytes(quote[start + 4:start + 6], "big"))
