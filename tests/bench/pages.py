# SPDX-License-Identifier: MIT
"""pages.py - repairs while the pages are attacked (attack.py): how late they come, what the agent keeps."""

import contextlib
import os
import subprocess
import sys

import agents

ATTACKS = {"nobody": {}, "slowloris": {"slow": 10000}, "flood": {"flood": 200}, "oddities": {"odd": 200},
           "all": {"slow": 10000, "flood": 200, "odd": 200}}


@contextlib.contextmanager
def attacked(how, count):
    """From when all connections have been opened once. It would come from other machines: it does not
    take this one's processors from the agent."""
    script = os.path.join(os.path.dirname(__file__), "attack.py")
    process = subprocess.Popen(["nice", "-n", "19", sys.executable, script, how, str(count)], stdout=subprocess.PIPE, text=True)
    try:
        process.stdout.readline()
        yield
    finally:
        process.kill()
        process.wait()


def measure(place, size, events):
    rows = []
    for name, attacks in ATTACKS.items():
        with agents.Agent(place, range(1, size + 1)) as agent, contextlib.ExitStack() as stack:
            rest = agent.memory("VmRSS")
            agent.forget_peak()
            for how, count in attacks.items():
                stack.enter_context(attacked(how, count))
            said = place.call(place.meter, "delete", "67", str(events))
            rows.append({"attack": name, "peers": size, "repair": agents.spread(agents.told(said, "repair")),
                         "rest_kib": rest, "peak_kib": agent.memory("VmHWM")})
    return rows
