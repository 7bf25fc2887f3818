# SPDX-License-Identifier: MIT
"""bench.py - all measurements in their order; see bench.sh."""

import json
import os
import sys
import time

import agents
import applies
import cgroups
import figures
import pages
import plot
import table
from contenders import Failed, Place

QUICK = os.environ.get("BENCH_QUICK", "") not in ("", "0")
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "1" if QUICK else "5"))
SIZES = [int(n) for n in os.environ.get(
    "BENCH_SIZES", "1000" if QUICK else "1000 5000 10000 100000").split()]
KINDS = ("v4", "v6", "vxlan")
AGENT_SIZES = [size for size in SIZES if size <= 10000]
OLD = os.environ.get("BENCH_OLD")


def say(text):
    print(text, file=sys.stderr, flush=True)


def load():
    return [round(part, 2) for part in os.getloadavg()]


def measure_applies(place):
    """Large ones take seconds and spread little: fewer rounds of them do."""
    return [row for kind in KINDS for size in SIZES
            for row in applies.measure(place, kind, size, ROUNDS if size <= 10000 else min(ROUNDS, 3), say)]


def parts(place):
    many, thousand = (10, 50) if QUICK else (100, 1000)
    few = 3 if QUICK else 10
    largest = max(SIZES)
    return {
        "applies": lambda: measure_applies(place),
        "latency": lambda: [agents.latency(place, size, many if size <= 10000 else few) for size in SIZES],
        "cold": lambda: [agents.cold(place, size, 3 if size > 10000 else 5) for size in SIZES],
        "quiet": lambda: [agents.quiet_pass(place, size, 60) for size in AGENT_SIZES],
        "resident": lambda: [agents.resident(place, size) for size in [100] + SIZES],
        "growth": lambda: agents.growth(place, thousand),
        "idle": lambda: agents.idle(place, 5000, 3 if QUICK else 30, thousand * 1000),
        "link": lambda: agents.link(place, max(AGENT_SIZES), 3 if QUICK else 9),
        "pages": lambda: pages.measure(place, min(5000, max(AGENT_SIZES)), thousand // 2),
        "cgroup": lambda: cgroups.inside(place, largest),
    }


def measure(place):
    run = {"version": 1, "kernel": os.uname().release, "cpus": os.cpu_count(), "rounds": ROUNDS,
           "quick": QUICK, "load_before": load(), "binary_bytes": os.path.getsize(place.croute)}
    wanted = os.environ.get("BENCH_PARTS", "applies" if OLD else "").split()
    for name, part in parts(place).items():
        if wanted and name not in wanted:
            continue
        began = time.monotonic()
        try:
            run[name] = part()
        except Failed as why:
            run[name] = {"skipped": str(why)[-500:]}
            say("%s: skipped: %s" % (name, why))
        say("%s: %.0f s" % (name, time.monotonic() - began))
    run["load_after"] = load()
    run["figures"] = figures.judge(run)
    return run


def main(work, tools, croute, out):
    run = measure(Place(work, tools, croute, OLD))
    forms = {"json": lambda run: json.dumps(run, indent=1) + "\n", "md": table.render, "svg": plot.render}
    for suffix, form in forms.items():
        with open("%s/bench.%s" % (out, suffix), "w", encoding="utf-8") as file:
            file.write(form(run))
    print(table.render(run))
    return any(figure["missed"] for figure in run["figures"])


sys.exit(main(*sys.argv[1:]))
