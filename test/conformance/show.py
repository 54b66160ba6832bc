"""Frames for people: as scapy expressions and, side by side, as what each world made of them."""
import logging

logging.getLogger("scapy").setLevel(logging.ERROR)  # it warns of interfaces that no test uses

WIRE_NAMES = "abcd"


def parse(raw):
    from scapy.layers import inet, l2  # pylint: disable=import-outside-toplevel
    assert inet  # its layers are bound by being imported
    return l2.Ether(raw)


def expression(raw):
    """Python that builds the frame with scapy."""
    text = parse(raw).command()
    return text if len(text) < 1500 else text[:1500] + "..."


def one_line(raw):
    if raw is None:
        return "nothing"
    shown = raw[14:14 + 68].hex()
    return f"{parse(raw).summary()} [{len(raw)} B] {shown}{'...' if len(raw) > 82 else ''}"


def report(name, frames, failures, most=3):
    """Prints the failures of a step and what was sent."""
    print(f"FAIL {name}: {len(failures)} differences")
    for failure in failures[:most]:
        print(f"  wire {WIRE_NAMES[failure.wire]}{', order' if failure.order else ''}")
        print(f"    Linux:    {one_line(failure.linux)}")
        print(f"    Ringroad: {one_line(failure.ringroad)}")
    if len(frames) <= 4:
        for frame in frames:
            print(f"  sent on wire {WIRE_NAMES[frame.wire]} ({frame.what}):\n    "
                  f"{expression(frame.raw)}")
