# SPDX-License-Identifier: MIT
"""daemons.py - BIRD and FRR from Debian's packages, unpacked under build/tools, in this namespace."""

import glob
import os
import signal
import subprocess
import time

import peers
from contenders import Contender, Failed

DEADLINE = 30


def wait_until(true, what):
    deadline = time.monotonic() + DEADLINE
    while not true():
        if time.monotonic() > deadline:
            raise Failed(what + ": not within %d s" % DEADLINE)
        time.sleep(0.005)


def gone(pid):
    """Daemons become children of the first process of the namespace, which this is."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return not os.path.exists("/proc/%d" % pid)


def stop(pid_file):
    """End what wrote its number there."""
    try:
        with open(pid_file, encoding="ascii") as file:
            pid = int(file.read())
        os.kill(pid, signal.SIGTERM)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return
    wait_until(lambda: gone(pid), pid_file)


class Daemon(Contender):
    def find(self, path):
        """A program of the unpacked packages, else the system's."""
        for root in (self.place.tools, ""):
            if os.access(root + path, os.X_OK):
                return root + path
        raise Failed(path + " is missing")


class Bird(Daemon):
    name = "bird"
    protocol = 12
    kinds = ("v4", "v6")

    def write(self):
        kind, near = self.kind, range(1, self.size // 2 + 1)
        self.bird, self.birdc = self.find("/usr/sbin/bird"), self.find("/usr/sbin/birdc")
        self.control, self.pid = self.place.work + "/bird.ctl", self.place.work + "/bird.pid"
        self.files = {
            "all": self.put("all", peers.bird_conf(kind, self.peers)),
            "one": self.put("one", peers.bird_conf(kind, self.peers, peers.moved(kind, self.size))),
            "less": self.put("less", peers.bird_conf(kind, near)),
        }

    def first(self):
        command = [self.bird, "-c", self.files["all"], "-s", self.control, "-P", self.pid]
        return self.place.timed(*command, protocol=self.protocol, changes=self.size)[0]

    def configure(self, what, changes):
        command = [self.birdc, "-s", self.control, "configure", '"%s"' % self.files[what]]
        return self.place.timed(*command, protocol=self.protocol, changes=changes)[0]

    def noop(self):
        return self.configure("all", 0)

    def change(self):
        return self.configure("one", "+1")

    def half(self):
        return self.configure("less", self.size - self.size // 2)

    def end(self):
        stop(self.pid)


def bind_over(path, text):
    """Another content of a file, in this mount namespace alone."""
    copy = "/run/" + os.path.basename(path)
    with open(path, encoding="utf-8") as file:
        text = file.read() + text
    with open(copy, "w", encoding="utf-8") as file:
        file.write(text)
    subprocess.run(["mount", "--bind", copy, path], check=True)


class Frr(Daemon):
    """zebra and staticd, told through vtysh as its own scripts do. Slow: one round, small sizes."""

    name = "frr"
    protocol = 196
    sizes = (1000,)
    kinds = ("v4",)
    rounds = 1
    folder = "/run/frr"

    def write(self):
        last, far = self.size, range(self.size // 2 + 1, self.size + 1)
        old = peers.frr_lines([last])[0]
        new = old.replace(peers.gateway("v4", last), peers.moved("v4", last))
        self.vtysh = self.find("/usr/bin/vtysh")
        self.files = {
            "all": self.put("all", peers.frr_lines(self.peers)),
            "one": self.put("one", ["no " + old, new]),
            "less": self.put("less", peers.frr_lines([p for p in far if p != last], "no ") + ["no " + new]),
        }
        if not os.path.isdir(self.folder):
            os.makedirs(self.folder + "/etc")
            bind_over("/etc/group", "frr:x:991:\nfrrvty:x:992:root\n")
            bind_over("/etc/passwd", "frr:x:991:991::/run:/bin/false\n")

    def begin(self):
        for name in ("vtysh.conf", "frr.conf"):
            with open("%s/etc/%s" % (self.folder, name), "w", encoding="ascii") as file:
                file.write("username root nopassword\n" if name == "vtysh.conf" else "")
        for name in ("zebra", "staticd"):
            self.place.call(
                self.find("/usr/lib/frr/" + name), "-d", "-u", "root", "-g", "root", "-A", "127.0.0.1",
                "--vty_socket", self.folder, "-i", "%s/%s.pid" % (self.folder, name),
                "-z", self.folder + "/zserv.api", "-f", self.folder + "/etc/frr.conf",
                "--log", "file:%s/%s.log" % (self.folder, name))
            socket = "%s/%s.vty" % (self.folder, name)
            wait_until(lambda path=socket: os.path.exists(path), socket)

    def tell(self, what, changes):
        command = [self.vtysh, "--config_dir", self.folder + "/etc", "--vty_socket", self.folder,
                   "-f", self.files[what]]
        return self.place.timed(*command, protocol=self.protocol, changes=changes)[0]

    def first(self):
        return self.tell("all", self.size)

    def noop(self):
        return self.tell("all", 0)

    def change(self):
        return self.tell("one", "+1")

    def half(self):
        return self.tell("less", self.size - self.size // 2)

    def end(self):
        for path in sorted(glob.glob(self.folder + "/*.pid")):
            stop(path)
            os.unlink(path)
        for path in glob.glob(self.folder + "/*.vty") + [self.folder + "/zserv.api"]:
            if os.path.exists(path):
                os.unlink(path)
