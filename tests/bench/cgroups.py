# SPDX-License-Identifier: MIT
"""cgroups.py - 100,000 peers inside 50 MiB: the agent, its kernel memory, and the file's tmpfs."""

import os
import re
import subprocess

from agents import Agent
from contenders import Failed

LIMIT = 50 << 20


def mounts():
    """(path of the group this process is in, version) of what may carry memory."""
    with open("/proc/self/cgroup", encoding="ascii") as file:
        groups = {parts[1]: parts[2] for parts in (line.strip().split(":", 2) for line in file)}
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        for line in file:
            before, after = line.split(" - ")
            root, point = before.split()[3:5]
            kind, _, options = after.split()[:3]
            name = "memory" if kind == "cgroup" else ""
            if kind == "cgroup" and "memory" not in options.split(","):
                continue
            if kind not in ("cgroup", "cgroup2") or name not in groups:
                continue
            inner = os.path.relpath(groups[name], root) if groups[name].startswith(root) else "."
            yield os.path.normpath(point + "/" + inner), point, 1 if kind == "cgroup" else 2


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read()


class Group:
    """A memory cgroup with a limit; gone at the end."""

    def __init__(self, limit):
        reasons = []
        for inner, point, version in mounts():
            for parent in (inner, point):
                try:
                    self.make(parent, version, limit)
                    return
                except OSError as why:
                    reasons.append("cgroup v%d: %s" % (version, why))
        raise Failed("; ".join(reasons) or "no memory cgroup is mounted")

    def make(self, parent, version, limit):
        self.path, self.version = "%s/croute-bench.%d" % (parent, os.getpid()), version
        os.mkdir(self.path)
        try:
            if version == 2:
                write(self.path + "/memory.max", str(limit))
                swap = self.path + "/memory.swap.max"
                if os.path.exists(swap):
                    write(swap, "0")
            else:
                write(self.path + "/memory.limit_in_bytes", str(limit))
        except OSError:
            os.rmdir(self.path)
            raise

    def remove(self):
        os.rmdir(self.path)

    def number(self, v1, v2):
        name = self.path + "/" + (v1 if self.version == 1 else v2)
        return int(read(name)) if os.path.exists(name) else None

    def usage(self):
        """In bytes; what the page cache holds of programs is given up where it is needed."""
        stat = dict(re.findall(r"^(\w+) (\d+)$", read(self.path + "/memory.stat"), re.M))
        kernel = self.number("memory.kmem.usage_in_bytes", "none")
        return {
            "now": self.number("memory.usage_in_bytes", "memory.current"),
            "peak": self.number("memory.max_usage_in_bytes", "memory.peak"),
            "anonymous": int(stat.get("rss" if self.version == 1 else "anon", 0)),
            "tmpfs": int(stat.get("shmem", 0)),
            "kernel": kernel if kernel is not None else int(stat.get("kernel", 0)),
        }

    def killed(self):
        name = "memory.oom_control" if self.version == 1 else "memory.events"
        found = re.search(r"^oom_kill (\d+)", read(self.path + "/" + name), re.M)
        return int(found.group(1)) if found else 0


class Caged(Agent):
    """An agent in a group, with its file on a tmpfs whose pages that group has paid for."""

    def __init__(self, place, numbers, group):
        self.group, self.folder = group, place.work + "/tmpfs"
        os.makedirs(self.folder, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", self.folder], check=True)
        caged = type(place)(place.work, place.tools, place.work + "/caged")
        place.put("caged", "#!/bin/sh\necho 0 >%s/cgroup.procs && exec %s \"$@\"\n"
                  % (group.path, place.croute))
        os.chmod(caged.croute, 0o755)
        super().__init__(caged, numbers)

    def write(self, name, numbers):
        """The copy is the group's, as the kubelet's writing is not, but its reading is."""
        outside, inside = super().write(name, numbers), "%s/%s" % (self.folder, name)
        subprocess.run(["sh", "-c", 'echo 0 >"$0/cgroup.procs" && exec cp -p "$1" "$2"',
                        self.group.path, outside, inside], check=True)
        os.unlink(outside)
        return inside

    def __exit__(self, *_):
        super().__exit__()
        subprocess.run(["umount", self.folder], check=True)


def inside(place, size, limit=LIMIT):
    """First apply, steady state, a reload with both files there."""
    group = Group(limit)
    try:
        with Caged(place, range(1, size + 1), group) as agent:
            first = group.usage()
            agent.replace(range(1, size + 2))
            return {"peers": size, "limit": limit, "cgroup": group.version, "first": first,
                    "reload": group.usage(), "agent_peak_kib": agent.memory("VmHWM"),
                    "killed": group.killed()}
    finally:
        group.remove()
