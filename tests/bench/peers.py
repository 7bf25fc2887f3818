# SPDX-License-Identifier: MIT
"""peers.py - the same peers for every contender, in the words of each (see peers.h)."""

METRIC = 67000
KINDS = ("v4", "v6", "vxlan")


def v4(number):
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


def gateway(kind, peer):
    if kind == "v6":
        return "fd00::%x:%x" % (peer + 1 >> 16, peer + 1 & 65535)
    return v4(0xAC100001 + peer)


def pods(kind, peer):
    if kind == "v6":
        return "fd10:0:%x:%x::/64" % (peer + 1 >> 16, peer + 1 & 65535)
    return v4(0x0A000000 + (peer << 8)) + "/24"


def mac(peer):
    return "02:00:%02x:%02x:%02x:%02x" % (peer >> 24, peer >> 16 & 255, peer >> 8 & 255, peer & 255)


def moved(kind, peer):
    """Where the last peer is after the one change."""
    return gateway(kind, peer + 1)


def croute_file(kind, peers, last=None, extra=""):
    """`peers` are numbers; `last` is another address of the last of them."""
    peers = list(peers)
    backend = "vxlan" if kind == "vxlan" else "host-gw"
    lines = ["version: 1", "backend: {type: %s}" % backend, "guard: {maxDelete: 100%}", extra, "nodes:"]
    for peer in [0] + peers:
        address = last if last and peer == peers[-1] else gateway(kind, peer)
        lines.append(
            '- {name: n%d, address: "%s", podCIDRs: ["%s"]}' % (peer, address, pods(kind, peer))
        )
    return "\n".join(lines) + "\n"


def ip_route(kind, verb, peer, via):
    if verb == "del":
        return "route del %s proto 67 metric %d" % (pods(kind, peer), METRIC)
    if kind == "vxlan":
        return "route %s %s via %s dev vx0 onlink proto 67 metric %d" % (
            verb, pods(kind, peer), v4(0x0A000000 + (peer << 8)), METRIC)
    return "route %s %s via %s dev v0 proto 67 metric %d" % (verb, pods(kind, peer), via, METRIC)


def ip_batch(kind, verb, peers):
    """Lines for `ip -batch`: neighbours before routes, and after them on the way out."""
    lines = [ip_route(kind, verb, peer, gateway(kind, peer)) for peer in peers]
    if kind != "vxlan":
        return lines
    neighbours = [
        "neigh %s %s lladdr %s dev vx0 nud permanent"
        % (verb, v4(0x0A000000 + (peer << 8)), mac(peer))
        for peer in peers
    ]
    return lines + neighbours if verb == "del" else neighbours + lines


def bridge_batch(verb, peers):
    return ["fdb %s %s dev vx0 dst %s" % (verb, mac(peer), gateway("vxlan", peer)) for peer in peers]


def bird_conf(kind, peers, last=None):
    channel = "ipv6" if kind == "v6" else "ipv4"
    peers = list(peers)
    lines = [
        "router id 172.16.0.1;",
        "protocol device {}",
        "protocol kernel { %s { import none; export all; }; }" % channel,
        "protocol static { %s;" % channel,
    ]
    for peer in peers:
        via = last if last and peer == peers[-1] else gateway(kind, peer)
        lines.append("route %s via %s;" % (pods(kind, peer), via))
    return "\n".join(lines + ["}"]) + "\n"


def frr_lines(peers, word=""):
    return ["%sip route %s %s v0" % (word, pods("v4", peer), gateway("v4", peer)) for peer in peers]
