# SPDX-License-Identifier: MIT
"""agents.py - `croute run` at work: how fast it answers, what it keeps, what it burns."""

import json
import os
import re
import socket
import statistics
import subprocess
import time

import peers
from contenders import Failed, fresh_link, ip, warm

DEADLINE = 60
SIZES = (1000, 5000, 10000)


class Agent:
    """An agent over `peers`, with the file `path`, ready; its times come from /proc."""

    def __init__(self, place, numbers, resync="1h", kind="v4"):
        fresh_link(kind)
        self.place, self.kind = place, kind
        self.status = place.work + "/status.json"
        self.extra = "agent: {resync: %s, statusFile: %s}" % (resync, self.status)
        self.path = self.write("agent.yaml", numbers)
        self.log = open(place.work + "/agent.log", "w", encoding="utf-8")
        self.process = subprocess.Popen(
            [place.croute, "run", "--node", "n0", "-c", self.path],
            stdout=self.log, stderr=subprocess.STDOUT)
        self.until(lambda now: now.get("ready") and now["peers"] == len(numbers), "is not ready")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(DEADLINE)
        self.log.close()
        if os.path.exists(self.status):
            os.unlink(self.status)

    def write(self, name, numbers):
        """An old file: it need not settle."""
        path = self.place.put(name, peers.croute_file(self.kind, numbers, extra=self.extra))
        os.utime(path, (1e9, 1e9 + len(numbers)))
        return path

    def replace(self, numbers):
        os.rename(self.write("agent.new", numbers), self.path)
        self.until(lambda now: now["ready"] and now["peers"] == len(numbers)
                   and now["lastPass"]["ofPresentFile"], "has not taken the file")

    def now(self):
        try:
            with open(self.status, encoding="utf-8") as file:
                return json.load(file)
        except (FileNotFoundError, json.JSONDecodeError):
            return {}

    def until(self, true, what):
        deadline = time.monotonic() + DEADLINE
        while not (now := self.now()) or not true(now):
            if time.monotonic() > deadline or self.process.poll() is not None:
                with open(self.log.name, encoding="utf-8") as log:
                    raise Failed("the agent %s: %s %s" % (what, now.get("reason"), log.read()[-500:]))
            time.sleep(0.002)

    def asleep(self):
        """Its turn has ended: memory goes back after the status is written."""
        with open("/proc/%d/stat" % self.process.pid, encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "S"

    def memory(self, name):
        """VmRSS, VmHWM in KiB."""
        self.until(lambda _: self.asleep(), "does not sleep")
        with open("/proc/%d/status" % self.process.pid, encoding="ascii") as file:
            return int(re.search(name + r":\s+(\d+)", file.read()).group(1))

    def forget_peak(self):
        with open("/proc/%d/clear_refs" % self.process.pid, "w", encoding="ascii") as file:
            file.write("5")

    def cpu_us(self):
        with open("/proc/%d/schedstat" % self.process.pid, encoding="ascii") as file:
            return int(file.read().split()[0]) // 1000

    def wakeups(self):
        return self.memory("voluntary_ctxt_switches")


def spread(values):
    """How a measure is distributed."""
    values = sorted(values)
    at = lambda part: values[min(len(values) - 1, int(part * len(values)))]
    return {"events": len(values), "min": values[0], "median": round(statistics.median(values)),
            "p90": at(0.9), "p99": at(0.99), "max": values[-1]}


def told(said, word):
    return [int(us) for us in re.findall(r"^%s (\d+)" % word, said, re.M)]


def latency(place, size, events):
    """A node more and a node less by rename; a route lost to somebody else."""
    with Agent(place, range(1, size + 1)) as agent:
        less = agent.write("less.yaml", range(1, size + 1))
        more = agent.write("more.yaml", range(1, size + 2))
        began = agent.cpu_us()
        said = place.call(place.meter, "rename", "67", str(2 * events), agent.path, more, less)
        cpu = (agent.cpu_us() - began) / (2 * events)
        repaired = place.call(place.meter, "delete", "67", str(events))
        return {"peers": size, "add": spread(told(said, "add")), "remove": spread(told(said, "remove")),
                "repair": spread(told(repaired, "repair")), "cpu_us_a_change": round(cpu)}


def cold_start(place, path):
    """Microseconds from the start to READY, which comes when every route is there."""
    fresh_link("v4")
    name = place.work + "/notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
        notified.bind(name)
        notified.settimeout(DEADLINE)
        warm()
        began = time.monotonic()
        process = subprocess.Popen([place.croute, "run", "--node", "n0", "-c", path],
                                   env=dict(os.environ, NOTIFY_SOCKET=name),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while b"READY=1" not in notified.recv(4096):
                pass
            return round((time.monotonic() - began) * 1e6)
        except TimeoutError as why:
            raise Failed("the agent is not ready") from why
        finally:
            process.terminate()
            process.wait(DEADLINE)
            os.unlink(name)


def cold(place, size, times):
    """An agent that finds nothing in the kernel."""
    path = place.put("cold.yaml", peers.croute_file("v4", range(1, size + 1)))
    os.utime(path, (1e9, 1e9))
    return {"peers": size, "ready": spread([cold_start(place, path) for _ in range(times)])}


def quiet_pass(place, size, passes=20):
    """A resync with nothing to do, beside the dumps that it cannot do without."""
    took, cpu = [], 0
    with Agent(place, range(1, size + 1), resync="100ms") as agent:
        last = agent.now()["lastPass"]["at"]
        began = agent.cpu_us()
        for _ in range(passes):
            agent.until(lambda now: now["lastPass"]["at"] != last, "makes no pass")
            last, us = agent.now()["lastPass"]["at"], agent.now()["lastPass"]["durationUs"]
            took.append(us)
        cpu = (agent.cpu_us() - began) / passes
        floor = subprocess.run([place.floor, "dumps", "v4", str(passes), "v0"], check=True,
                               stdout=subprocess.PIPE, text=True).stdout
    return {"peers": size, "pass": spread(took), "dumps": spread(told(floor, "us")),
            "cpu_us_a_resync": round(cpu)}


def resident(place, size):
    """At rest, and at the peak of a reload."""
    with Agent(place, range(1, size + 1)) as agent:
        first_peak, rest = agent.memory("VmHWM"), agent.memory("VmRSS")
        agent.forget_peak()
        agent.replace(range(1, size + 2))
        return {"peers": size, "rest_kib": rest, "start_peak_kib": first_peak,
                "reload_peak_kib": agent.memory("VmHWM"), "after_kib": agent.memory("VmRSS")}


def growth(place, changes):
    """After many changes of 1,000 peers, and after a shrink to 100, against a fresh agent."""
    with Agent(place, range(1, 101)) as agent:
        fresh = agent.memory("VmRSS")
    with Agent(place, range(1, 1001)) as agent:
        less, more = agent.write("less.yaml", range(1, 1001)), agent.write("more.yaml", range(1, 1002))
        turn = lambda count: place.call(place.meter, "rename", "67", str(count), agent.path, more, less)
        turn(20)
        before = agent.memory("VmRSS")
        turn(changes)
        after = agent.memory("VmRSS")
        agent.replace(range(1, 101))
        return {"changes": changes, "after_20_kib": before, "after_all_kib": after,
                "shrunk_to_100_kib": agent.memory("VmRSS"), "fresh_at_100_kib": fresh}


def idle(place, size, seconds, foreign):
    """Nothing happens; then much that does not concern it."""
    with Agent(place, range(1, size + 1)) as agent:
        time.sleep(1)
        cpu, woken = agent.cpu_us(), agent.wakeups()
        time.sleep(seconds)
        woken = agent.wakeups() - woken
        quiet = agent.cpu_us() - cpu
        cpu = agent.cpu_us()
        place.call(place.floor, "churn", "v4", str(foreign), "v0")
        return {"peers": size, "seconds": seconds, "wakeups": woken, "cpu_us": quiet,
                "foreign_changes": foreign, "foreign_cpu_us": agent.cpu_us() - cpu}


def link(place, size, times):
    """The interface goes down and comes back."""
    with Agent(place, range(1, size + 1)):
        said = place.call(place.meter, "link", "67", str(size), str(times), "v0")
        return {"peers": size, "back": spread(told(said, "back"))}
