# SPDX-License-Identifier: MIT
"""applies.py - first apply, no-op, one change and removal of half, by all contenders in turn."""

import statistics

from contenders import Croute, Failed, Floor, Ip, Old, fresh_link, warm
from daemons import Bird, Frr

WHATS = ("first", "noop", "change", "half")
CONTENDERS = (Croute, Ip, Bird, Frr, Floor)


def left_by(what, size):
    return size // 2 if what == "half" else size


def one_round(contender, rows):
    """All four, in their order. What is in the kernel after each is counted by a dump, which brings it
    back into the caches that warm() has filled with something else."""
    fresh_link(contender.kind)
    try:
        contender.begin()
        warm()
        for what in WHATS:
            us = getattr(contender, what)()
            warm()
            there, wanted = contender.count(), left_by(what, contender.size)
            if there != wanted:
                raise Failed("%s, %s: %d routes of %d" % (contender.name, what, there, wanted))
            rows[what].append(us)
            for stage, part in contender.stages.get(what, {}).items():
                rows.setdefault(what + "." + stage, []).append(part)
    finally:
        contender.end()


def entry(contender, rows):
    result = {"kind": contender.kind, "peers": contender.size, "who": contender.name,
              "rounds": len(rows["first"])}
    for what, values in rows.items():
        if values:
            result[what] = round(statistics.median(values))
    return result


def measure(place, kind, size, rounds, say):
    """The entries of one kind and size."""
    running, rows, results = [], {}, []
    for make in (Croute, Old) if place.old else CONTENDERS:
        if kind not in make.kinds or size not in make.sizes:
            continue
        try:
            contender = make(place, kind, size)
        except Failed as why:
            results.append({"kind": kind, "peers": size, "who": make.name, "skipped": str(why)})
            continue
        running.append(contender)
        rows[contender] = {what: [] for what in WHATS}
    for number in range(rounds):
        for contender in list(running):
            if number >= contender.rounds:
                continue
            try:
                one_round(contender, rows[contender])
            except Failed as why:
                running.remove(contender)
                results.append({"kind": kind, "peers": size, "who": contender.name,
                                "skipped": str(why)[-300:]})
    results += [entry(contender, rows[contender]) for contender in running]
    for result in results:
        say("%-5s %6d %-6s %s" % (kind, size, result["who"], " ".join(
            "%s %.3f" % (what, result[what] / 1e6) for what in WHATS if what in result)
            or "skipped: " + result["skipped"]))
    return results
