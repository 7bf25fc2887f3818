# SPDX-License-Identifier: MIT
"""contenders.py - who is measured, and how each is told the same four things.

Every contender has `first`, `noop`, `change` and `half`, each of which returns microseconds; `begin`
makes what it needs before the clock runs, `end` stops what still runs. The link is new each time.
"""

import mmap
import os
import re
import subprocess

import peers


class Failed(Exception):
    pass


WARM = 64 << 20  # bytes; what a run takes, and more


def warm():
    """Touch memory and free it. Of a virtual machine the host takes free pages back, and whoever is
    the first to touch one again may wait 20 microseconds for it: nobody's fault, and up to half of
    what is measured here."""
    with mmap.mmap(-1, WARM) as memory:
        for at in range(0, WARM, mmap.PAGESIZE):
            memory[at] = 1


class Place:
    """Where the tools and the inputs are."""

    def __init__(self, work, tools, croute, old=None):
        self.work, self.tools, self.croute, self.old = work, tools, croute, old
        self.floor, self.meter = work + "/floor", work + "/meter"

    def put(self, name, text):
        path = os.path.join(self.work, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text if isinstance(text, str) else "\n".join(text) + "\n")
        return path

    def call(self, *command):
        """The standard error of a command that must succeed."""
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise Failed("%s: %s" % (" ".join(command[:6]), done.stderr[-500:]))
        return done.stderr

    def timed(self, *command, protocol=None, changes=0):
        """Microseconds, and all that was said. With a protocol, until so many of its routes moved."""
        how = ["run"] if protocol is None else ["until", str(protocol), str(changes)]
        said = self.call(self.meter, *how, *command)
        return int(re.findall(r"^us (\d+)", said, re.M)[-1]), said


def ip(*words):
    subprocess.run(["ip", *words], check=True, stdout=subprocess.DEVNULL)


def fresh_link(kind):
    """A link with nothing on it but its own address; the old one takes its routes along."""
    subprocess.run(["ip", "link", "del", "croute.1"], stderr=subprocess.DEVNULL, check=False)
    subprocess.run(["ip", "link", "del", "vx0"], stderr=subprocess.DEVNULL, check=False)
    subprocess.run(["ip", "link", "del", "v0"], stderr=subprocess.DEVNULL, check=False)
    ip("link", "add", "v0", "type", "veth", "peer", "name", "v1")
    ip("link", "set", "v0", "addrgenmode", "none")  # no address that comes a second later
    ip("link", "set", "v1", "up")
    if kind == "v6":
        ip("address", "add", "fd00::1/64", "dev", "v0", "nodad")
    else:
        ip("address", "add", "172.16.0.1/12", "dev", "v0")
    ip("link", "set", "v0", "up")


class Contender:
    protocol = 67
    sizes = (1000, 5000, 10000)
    kinds = peers.KINDS
    rounds = 99  # the most of them

    def __init__(self, place, kind, size):
        self.place, self.kind, self.size = place, kind, size
        self.peers, self.stages = range(1, size + 1), {}
        self.write()

    def name_of(self, what):
        return "%s-%s-%d-%s" % (self.name, self.kind, self.size, what)

    def put(self, what, text):
        return self.place.put(self.name_of(what), text)

    def write(self):
        """The inputs, once."""

    def begin(self):
        pass

    def end(self):
        pass

    def count(self):
        done = subprocess.run(
            [self.place.floor, "count", "v6" if self.kind == "v6" else "v4", str(self.protocol)],
            stdout=subprocess.PIPE, text=True, check=True)
        return int(done.stdout.split()[0])


class Croute(Contender):
    name = "croute"
    sizes = (1000, 5000, 10000, 100000)

    def write(self):
        kind, near = self.kind, range(1, self.size // 2 + 1)
        self.all = self.put("all.yaml", peers.croute_file(kind, self.peers))
        self.one = self.put("one.yaml", peers.croute_file(kind, self.peers, peers.moved(kind, self.size)))
        self.less = self.put("less.yaml", peers.croute_file(kind, near))

    def binary(self):
        return self.place.croute

    def reconcile(self, what, path):
        us, said = self.place.timed(self.binary(), "reconcile", "-v", "--node", "n0", "-c", path)
        stages = re.findall(r"(\w+) ([\d.]+) ms", said)
        self.stages[what] = {name: round(float(ms) * 1000) for name, ms in stages}
        return us

    def first(self):
        return self.reconcile("first", self.all)

    def noop(self):
        return self.reconcile("noop", self.all)

    def change(self):
        return self.reconcile("change", self.one)

    def half(self):
        return self.reconcile("half", self.less)


class Old(Croute):
    """Another build of croute, to see what a change costs."""

    name = "old"

    def binary(self):
        return self.place.old


class Ip(Contender):
    """It keeps nothing in mind: to be sure that all is there, all is sent again."""

    name = "ip"

    def write(self):
        kind, far = self.kind, range(self.size // 2 + 1, self.size + 1)
        last = self.size
        self.files = {
            "first": (peers.ip_batch(kind, "add", self.peers), peers.bridge_batch("add", self.peers)),
            "noop": (peers.ip_batch(kind, "replace", self.peers), peers.bridge_batch("replace", self.peers)),
            "half": (peers.ip_batch(kind, "del", far), peers.bridge_batch("del", far)),
            "change": ([peers.ip_route(kind, "replace", last, peers.moved(kind, last))],
                       ["fdb replace %s dev vx0 dst %s" % (peers.mac(last), peers.moved(kind, last))]),
        }
        if kind == "vxlan":
            device = ["link add vx0 type vxlan id 1 local 172.16.0.1 dstport 8472 nolearning dev v0",
                      "link set vx0 up", "address add 10.0.0.0/32 dev vx0"]
            self.files["device"] = (device, [])
            self.files["change"] = ([], self.files["change"][1])
        self.files = {what: (self.put(what, files[0]), self.put(what + "-fdb", files[1]))
                      for what, files in self.files.items()}

    def batch(self, what):
        route, fdb = self.files[what]
        if self.kind != "vxlan":
            return self.place.timed("ip", "-batch", route)[0]
        both = "bridge -batch %s && ip -batch %s" % (fdb, route)
        if what == "first":
            both = "ip -batch %s && %s" % (self.files["device"][0], both)
        return self.place.timed("sh", "-c", both)[0]

    def first(self):
        return self.batch("first")

    def noop(self):
        return self.batch("noop")

    def change(self):
        return self.batch("change")

    def half(self):
        return self.batch("half")


class Floor(Contender):
    """The bare netlink program; what a device takes is not in its times."""

    name = "floor"
    sizes = (1000, 5000, 10000, 100000)

    def begin(self):
        self.device = "v0"
        self.inside = {}
        if self.kind != "vxlan":
            return
        self.device = "vx0"
        ip("link", "add", "vx0", "type", "vxlan", "id", "1", "local", "172.16.0.1", "dstport", "8472",
           "nolearning", "dev", "v0")
        ip("link", "set", "vx0", "up")
        ip("address", "add", "10.0.0.0/32", "dev", "vx0")

    def timed(self, what, verb):
        """The whole program; by its own clock, without its start, in `stages`."""
        path = self.place.work + "/floor.out"
        us, _ = self.place.timed("sh", "-c", 'exec "$0" "$@" >%s' % path, self.place.floor, verb,
                                 self.kind, str(self.size), self.device)
        with open(path, encoding="ascii") as file:
            self.stages[what] = {"apply": int(file.read().split()[1])}
        return us

    def first(self):
        return self.timed("first", "add")

    def noop(self):
        return self.timed("noop", "look")

    def change(self):
        return self.timed("change", "change")

    def half(self):
        return self.timed("half", "half")
