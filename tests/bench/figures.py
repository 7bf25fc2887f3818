# SPDX-License-Identifier: MIT
"""figures.py - the figures that croute promises, judged over a run."""

MIB = 1024


def of(run, part, **keys):
    """The entry of a part with these keys; {} when it was not measured."""
    rows = run.get(part, {})
    for row in rows if isinstance(rows, list) else [rows]:
        if all(row.get(key) == value for key, value in keys.items()):
            return row
    return {}


def applied(run, who, size=10000, kind="v4"):
    return of(run, "applies", who=who, peers=size, kind=kind)


def ratio(value, base):
    return None if not value or not base else value / base


def ms(us):
    return None if us is None else us / 1000


def mib(kib):
    return None if kib is None else kib / MIB


def first_applies(run):
    croute, floor = applied(run, "croute"), applied(run, "floor")
    yield ("first apply of 10,000, the whole command: part of ip -batch",
           ratio(croute.get("first"), applied(run, "ip").get("first")), 1 / 15, "")
    yield ("first apply of 10,000, the whole command: part of BIRD",
           ratio(croute.get("first"), applied(run, "bird").get("first")), 1 / 10, "")
    yield ("first apply of 10,000, its apply stage: times the bare netlink program",
           ratio(croute.get("first.apply"), floor.get("first.apply")), 1.3, "")
    yield ("first apply of 100,000, the whole command",
           ratio(applied(run, "croute", 100000).get("first"), 1e6), 2, "s")


def answers(run):
    quiet, latency = of(run, "quiet", peers=10000), of(run, "latency", peers=5000)
    yield ("agent, pass with nothing to do at 10,000: times the bare dumps",
           ratio(quiet.get("pass", {}).get("median"), quiet.get("dumps", {}).get("median")), 2, "")
    yield ("agent, one node added at 5,000: rename to route, median",
           ms(latency.get("add", {}).get("median")), 30, "ms")
    yield ("agent, a foreign deletion at 5,000: back, median",
           ms(latency.get("repair", {}).get("median")), 20, "ms")
    yield ("agent, a foreign deletion while its pages are attacked: back, 99th percentile",
           ms(of(run, "pages", attack="all").get("repair", {}).get("p99")), 100, "ms")
    yield ("link of 10,000 down and up: all routes back, slowest",
           ms(of(run, "link", peers=10000).get("back", {}).get("max")), 300, "ms")


def sizes(run):
    for size, most in ((1000, 3), (5000, 5), (10000, 7), (100000, 26)):
        row = of(run, "resident", peers=size)
        yield ("resident at %s peers, peak of a reload" % format(size, ","),
               mib(row.get("reload_peak_kib")), most, "MiB")
    grown = of(run, "growth")
    yield ("growth over %s file changes" % format(grown.get("changes", 1000), ","),
           grown.get("after_all_kib", 0) - grown.get("after_20_kib", 0) if grown.get("changes") else None,
           128, "KiB")
    caged = of(run, "cgroup", peers=100000)
    peak = caged.get("reload", {}).get("peak")
    yield ("100,000 peers in a cgroup of 50 MiB: peak, page cache and all",
           None if peak is None or caged["killed"] else peak / MIB / MIB, 50, "MiB")
    yield "binary", run["binary_bytes"] / MIB / MIB, 2.5, "MiB"


def rest(run):
    idle = of(run, "idle")
    yield "wake-ups while nothing happens", idle.get("wakeups"), 0, ""
    foreign = idle.get("foreign_changes", 1000000)
    yield ("CPU of %s foreign route changes" % format(foreign, ","),
           ms(idle.get("foreign_cpu_us")), 1000, "ms")


def judge(run):
    """One entry a figure; `missed` only when it was measured."""
    rows = [row for part in (first_applies, answers, sizes, rest) for row in part(run)]
    return [{"what": what, "measured": value, "most": most, "unit": unit,
             "missed": value is not None and value > most} for what, value, most, unit in rows]
