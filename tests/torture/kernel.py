# SPDX-License-Identifier: MIT
"""kernel.py - what the kernel holds, asked without croute's code and without iproute2's."""
import ctypes
import ipaddress
import os
import select
import socket
import struct

DUMP = 0x301  # NLM_F_REQUEST | NLM_F_ROOT | NLM_F_MATCH
RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE, RTM_GETNEIGH = 18, 22, 26, 30
HEADS = {16: 16, 20: 8, 24: 12, 28: 12}  # sizes behind the header, by RTM_NEW*
PERMANENT, NOARP, NTF_SELF, AF_BRIDGE = 0x80, 0x40, 0x02, 7


def attributes(data):
    found = {}
    while len(data) >= 4:
        size, kind = struct.unpack_from('=HH', data)
        found[kind & 0x3fff] = data[4:size]
        data = data[(size + 3) & ~3:]
    return found


def dump(request, family):
    """Yields (head, attributes) of each row; a dump that was disturbed is made again."""
    size = HEADS[request - 2]
    while True:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0) as sock:
            body = struct.pack('=B', family) + bytes(size - 1)
            sock.send(struct.pack('=IHHII', 16 + size, request, DUMP, 1, 0) + body)
            rows, state = [], None
            while state is None:
                state = take(sock.recv(1 << 20), size, rows)
        if state == 'whole':
            return rows


def take(data, size, rows):
    state = None
    while len(data) >= 16 and state is None:
        length, kind, flags = struct.unpack_from('=IHH', data)
        if flags & 0x10:  # NLM_F_DUMP_INTR
            rows.append(None)
        if kind == 3:
            state = 'again' if None in rows else 'whole'
        elif kind == 2:
            state = 'whole'
        elif flags & 0x10 == 0:
            rows.append((data[16:16 + size], attributes(data[16 + size:length])))
        data = data[(length + 3) & ~3:]
    return state


class News:
    """Something has changed in the kernel, or a file was renamed into `folder`."""

    GROUPS = 0x1 | 0x4 | 0x10 | 0x40 | 0x100 | 0x400  # links, neighbours, addresses, routes
    MOVED_TO = 0x80

    def __init__(self, folder):
        libc = ctypes.CDLL(None, use_errno=True)
        self.netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
        self.netlink.bind((0, self.GROUPS))
        self.files = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        libc.inotify_add_watch(self.files, folder.encode(), self.MOVED_TO)

    def wait(self):
        """At most 50 ms: an event may have come before the look, or been lost."""
        ready, _, _ = select.select((self.netlink, self.files), (), (), 0.05)
        if self.files in ready:
            os.read(self.files, 1 << 16)
        try:
            while self.netlink in ready:
                self.netlink.recv(1 << 16, socket.MSG_DONTWAIT)
        except OSError:  # all read, or too many to keep
            pass

    def close(self):
        self.netlink.close()
        os.close(self.files)


def number(data):
    return struct.unpack('=I', data)[0] if data else 0


def text(data):
    return str(ipaddress.ip_address(data)) if data else None


def mac(data):
    return ':'.join(f'{byte:02x}' for byte in data)


def links():
    """{name: (index, up, mtu, mac, master)}"""
    found = {}
    for head, at in dump(RTM_GETLINK, 0):
        index, flags = struct.unpack_from('=iI', head, 4)
        found[at[3].rstrip(b'\0').decode()] = (index, bool(flags & 1), number(at.get(4)),
                                               mac(at.get(1, b'')), number(at.get(10)))
    return found


def addresses(index):
    found = set()
    for head, at in dump(RTM_GETADDR, 0):
        if struct.unpack_from('=I', head, 4)[0] == index and head[3] != 253:
            found.add(f'{text(at.get(2, at.get(1)))}/{head[1]}')
    return found


def gateway(at):
    """RTA_GATEWAY, or RTA_VIA, which begins with its family."""
    return text(at.get(5) or at.get(18, b'')[2:])


def hops(data):
    """RTA_MULTIPATH: ((via, index, weight - 1), ...); where it has one, that is all there is."""
    found = []
    while len(data) >= 8:
        size, _, weight, index = struct.unpack_from('=HBBi', data)
        found.append((gateway(attributes(data[8:size])), index, weight))
        data = data[(size + 3) & ~3:]
    return tuple(sorted(found))


def routes():
    """(to, via, index, metric, table, type, protocol) each; of several next hops, via is hops()."""
    found = []
    for family in (socket.AF_INET, socket.AF_INET6):
        zero = '0.0.0.0' if family == socket.AF_INET else '::'
        for head, at in dump(RTM_GETROUTE, family):
            length, table, protocol, kind = head[1], head[4], head[5], head[7]
            flags = struct.unpack_from('=I', head, 8)[0]
            if head[0] != family or flags & 0x200:  # RTM_F_CLONED
                continue
            found.append((f'{text(at.get(1)) or zero}/{length}',
                          hops(at[9]) if 9 in at else gateway(at), number(at.get(4)),
                          number(at.get(6)), number(at.get(15)) or table, kind, protocol))
    return found


def neighbours(index):
    """{(address, mac)} of permanent entries."""
    found = set()
    for family in (socket.AF_INET, socket.AF_INET6):
        for head, at in dump(RTM_GETNEIGH, family):
            link, state = struct.unpack_from('=iH', head, 4)
            if link == index and state & PERMANENT:
                found.add((text(at[1]), mac(at.get(2, b''))))
    return found


def forwarding(index):
    """{(mac, address)} of a VXLAN device."""
    found = set()
    for head, at in dump(RTM_GETNEIGH, AF_BRIDGE):
        if struct.unpack_from('=i', head, 4)[0] == index and head[10] & NTF_SELF and at.get(1):
            found.add((mac(at[2]), text(at[1])))
    return found
