# SPDX-License-Identifier: BSD-3-Clause
"""Tests the package's service under a systemd: what the unit and docs/deploy.md promise."""
import re
import shutil
import time

from debian import check

CONFIGURATION = """\
engine:
  workers: [0]
  control: 0
  memory: {hugepages: off, size: 128MiB, buffers: 8192}
  idle: pause
ports:
  left:
    device: net_af_packet0,iface=rr-left
    addresses: [192.168.1.1/24]
  right:
    device: net_tap0,iface=rr-right
    addresses: [192.168.2.1/24]
"""
LEFT = """
ip link add rr-left type veth peer name left
ip link set rr-left up
ip netns add left
ip link set left netns left
ip -n left address add 192.168.1.2/24 dev left
ip -n left link set left up
ip -n left route add default via 192.168.1.1
"""


def show(machine, *names):
    """Returns properties of the service from systemd; all are text."""
    lines = machine.run(f"systemctl show -p {','.join(names)} ringroad").splitlines()
    properties = dict(line.split("=", 1) for line in lines)
    return properties[names[0]] if len(names) == 1 else properties


def journal(machine):
    """Returns what the service and systemd logged since start() was last called."""
    return machine.run(f"journalctl --no-pager --output=cat --unit=ringroad --since=@{machine.since}")


def start(machine, configuration=CONFIGURATION):
    """Returns whether `systemctl start` succeeded."""
    (machine.root / "etc/ringroad/ringroad.yaml").write_text(configuration)
    machine.since = time.time()
    return machine.run("systemctl reset-failed; systemctl stop ringroad; "
                       "if systemctl start ringroad 2>/dev/null; then echo started; fi") != ""


def wait_for(machine, seconds, **wanted):
    deadline = time.monotonic() + seconds
    while (now := show(machine, *wanted, "Id")) | wanted != now:
        check(time.monotonic() < deadline, f"{now} and not {wanted}\n{journal(machine)}")
        time.sleep(0.2)


def forwards(machine):
    """A host behind a packet socket's port talks to this machine, behind a TAP interface's."""
    ports = machine.run("roadctl show ports")
    check("net_af_packet" in ports and "net_tap" in ports, ports)
    machine.run("ip address replace 192.168.2.2/24 dev rr-right; "
                "ip route replace 192.168.1.0/24 via 192.168.2.1; "
                "ip netns exec left ping -n -c 3 -i 0.2 -W 2 192.168.2.2")


def does_nothing_unconfigured(machine, package):
    """It installs, and without a configuration it does not start."""
    shutil.copy(package, machine.root / "root" / "ringroad.deb")
    machine.run("dpkg --install /root/ringroad.deb")
    check(show(machine, "ActiveState", "ConditionResult", "UnitFileState", "Result") ==
          {"ActiveState": "inactive", "ConditionResult": "no", "UnitFileState": "enabled",
           "Result": "success"}, machine.run("systemctl status ringroad || true"))


def gets_ready(machine, _):
    """`systemctl start` returns when it forwards, with two capabilities and not as root."""
    machine.run(LEFT)
    check(start(machine), journal(machine))
    now = show(machine, "ActiveState", "Type", "NotifyAccess", "User", "MainPID", "StatusText")
    check(now["ActiveState"] == "active" and now["Type"] == "notify" and
          now["NotifyAccess"] == "main" and now["User"] == "ringroad", now)
    check("ringroad: ready ports=2 workers=1" in journal(machine), journal(machine))
    forwards(machine)
    process = machine.run(f"cat /proc/{now['MainPID']}/status")
    user = machine.run("id -u ringroad").strip()
    check(re.search(rf"^Uid:(\t{user}){{4}}$", process, re.M), process)
    for kind in ("Prm", "Eff", "Bnd", "Amb"):  # capabilities 12 and 13 are CAP_NET_ADMIN and CAP_NET_RAW
        check(f"Cap{kind}:\t{1 << 12 | 1 << 13:016x}\n" in process, process)
    check("NoNewPrivs:\t1\n" in process and "Seccomp:\t2\n" in process, process)


def reloads(machine, _):
    """`systemctl reload` applies a changed file in the same process, and fails where the router refuses."""
    before = show(machine, "MainPID")
    reload = "if systemctl reload ringroad 2>/dev/null; then echo reloaded; fi"
    file = machine.root / "etc/ringroad/ringroad.yaml"
    file.write_text(CONFIGURATION + "tables: {green: 10}\n")
    check("reloaded" in machine.run(reload), journal(machine))
    check("green: 10" in machine.run("roadctl show config"), journal(machine))
    file.write_text(CONFIGURATION.replace("idle: pause", "idle: poll"))
    check("reloaded" not in machine.run(reload), journal(machine))
    check("ringroad.yaml:5:3: engine.idle: from pause to poll needs a restart" in journal(machine),
          journal(machine))
    file.write_text(CONFIGURATION)
    check("reloaded" in machine.run(reload), journal(machine))
    check(show(machine, "MainPID") == before, before)
    forwards(machine)


def comes_back_when_killed(machine, _):
    """A router that is killed is started again."""
    before = show(machine, "MainPID")
    machine.run("systemctl kill --signal=KILL ringroad")
    wait_for(machine, 10, ActiveState="active", NRestarts="1")
    check(show(machine, "MainPID") != before, before)
    forwards(machine)


def watchdog_ends_it(machine, _):
    """One that stands still is ended by the watchdog, and started again."""
    machine.run("systemctl kill --signal=STOP ringroad")
    wait_for(machine, 25, ActiveState="active", NRestarts="2")
    check("Watchdog timeout (limit 10s)" in journal(machine), journal(machine))
    forwards(machine)


def upgrade_restarts_it(machine, _):
    """A new version of the package takes the old one's place while it runs."""
    before = show(machine, "MainPID")
    machine.run("dpkg --install /root/ringroad.deb")
    wait_for(machine, 10, ActiveState="active")
    check(show(machine, "MainPID") != before, before)


def stays_down_misconfigured(machine, _):
    """A wrong configuration is told in the router's words, and is not tried again."""
    check(not start(machine, CONFIGURATION.replace("192.168.1.1/", "192.168.1.999/")),
          journal(machine))
    time.sleep(2)  # a restart would happen after one second
    now = show(machine, "ActiveState", "ExecMainStatus", "NRestarts")
    check(now == {"ActiveState": "failed", "ExecMainStatus": "2", "NRestarts": "0"}, now)
    check("ringroad.yaml:9:17: ports.left.addresses[0]: 192.168.1.999/24 is not" in journal(machine),
          journal(machine))


def waits_for_an_interface(machine, _):
    """What is not there yet is tried again, and there is an end to it."""
    machine.run("ip link delete rr-left; ip netns delete left")
    check(not start(machine), journal(machine))
    machine.run(LEFT)
    wait_for(machine, 10, ActiveState="active")
    forwards(machine)
    machine.run("ip link delete rr-left; ip netns delete left")
    check(not start(machine), journal(machine))
    wait_for(machine, 30, ActiveState="failed", NRestarts="5")
    check("rr-left" in journal(machine), journal(machine))
    time.sleep(2)
    wait_for(machine, 1, ActiveState="failed", NRestarts="5")
    machine.run(LEFT)


def stops_clean(machine, _):
    """`systemctl stop` gives every buffer back, and leaves nothing."""
    check(start(machine), journal(machine))
    machine.run("systemctl stop ringroad")
    check(show(machine, "ActiveState", "Result") == {"ActiveState": "inactive", "Result": "success"},
          journal(machine))
    check("stopped, buffers back: 8192 of 8192" in journal(machine), journal(machine))
    machine.run("test ! -e /run/ringroad; test ! -e /sys/class/net/rr-right")


def units_hold(machine, _):
    """systemd and udev find nothing to say about the files, and little that an intruder could do."""
    said = machine.run("systemd-analyze verify ringroad.service ringroad-bind@.service 2>&1; "
                       "systemd-analyze security --threshold=23 ringroad.service >/dev/null; "
                       "udevadm test /devices/virtual/net/lo 2>&1 | grep 60-ringroad.rules: || true")
    check(not said, said)
    said = machine.run("if systemctl start ringroad-bind@0000:03:00.0 2>&1; then echo no error; fi; "
                       "journalctl --no-pager --unit ringroad-bind@0000:03:00.0")
    check("no error" not in said, said)
    check("ringroad-bind: 0000:03:00.0 is neither a PCI device nor an interface here" in said, said)


def removal_stops_it(machine, _):
    """Removing the package stops the router first."""
    check(start(machine), journal(machine))
    process = show(machine, "MainPID")
    machine.run("dpkg --purge ringroad")
    machine.run(f"test ! -e /proc/{process}")
    check(show(machine, "LoadState") == "not-found", machine.run("systemctl status ringroad || true"))
    check("stopped, buffers back: 8192 of 8192" in journal(machine), journal(machine))


STEPS = [does_nothing_unconfigured, gets_ready, reloads, comes_back_when_killed, watchdog_ends_it,
         upgrade_restarts_it, stays_down_misconfigured, waits_for_an_interface, stops_clean,
         units_hold, removal_stops_it]
TOOLS = ("systemd", "udev", "iproute2", "iputils-ping")
