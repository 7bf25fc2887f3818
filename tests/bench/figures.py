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
    many, floor = applied(run, "croute", 100000), applied(run, "floor", 100000)
    yield "first apply of 100,000, the whole command", ratio(many.get("first"), 1e6), 0.5, "s"
    yield ("first apply of 100,000, its apply stage: times the bare netlink program",
           ratio(many.get("first.apply"), floor.get("first.apply")), 1.3, "")
    yield "reading 100,000 nodes, a node", ratio(many.get("noop.read"), 100001), 0.4, "µs"


def every_day(run):
    """The worst of all sizes: BIRD's `configure` looks at no kernel."""
    for kind, title in (("v4", "IPv4"), ("v6", "IPv6")):
        for what, words in (("noop", "nothing to do"), ("change", "one moved"), ("half", "half removed")):
            parts = [ratio(applied(run, "croute", size, kind).get(what),
                           applied(run, "bird", size, kind).get(what)) for size in (1000, 5000, 10000)]
            yield ("%s, %s, the whole command: times BIRD's configure" % (words, title),
                   max((part for part in parts if part), default=None), 1, "")


def against_old(run):
    """Only with BENCH_OLD."""
    for entry in run.get("applies", []):
        if entry["who"] == "old":
            croute = applied(run, "croute", entry["peers"], entry["kind"])
            for what in ("first", "noop", "change", "half"):
                yield ("%s, %s, %s peers: times the other build" % (
                    what, entry["kind"], format(entry["peers"], ",")),
                    ratio(croute.get(what), entry.get(what)), 1.1, "")


def answers(run):
    quiet, latency = of(run, "quiet", peers=10000), of(run, "latency", peers=5000)
    yield ("agent, pass with nothing to do at 10,000: times the bare dumps",
           ratio(quiet.get("pass", {}).get("median"), quiet.get("dumps", {}).get("median")), 1.5, "")
    for size, most in ((5000, 4), (10000, 8), (100000, 80)):
        yield ("agent, one node added at %s: rename to route, median" % format(size, ","),
               ms(of(run, "latency", peers=size).get("add", {}).get("median")), most, "ms")
    yield ("agent, a foreign deletion at 5,000: back, median",
           ms(latency.get("repair", {}).get("median")), 2, "ms")
    yield ("agent, a foreign deletion while its pages are attacked: back, 99th percentile",
           ms(of(run, "pages", attack="all").get("repair", {}).get("p99")), 100, "ms")
    yield ("link of 10,000 down and up: all routes back, slowest",
           ms(of(run, "link", peers=10000).get("back", {}).get("max")), 30, "ms")


def sizes(run):
    for size, most in ((1000, 3), (5000, 5), (10000, 7), (100000, 26)):
        row = of(run, "resident", peers=size)
        yield ("resident at %s peers, peak of a reload" % format(size, ","),
               mib(row.get("reload_peak_kib")), most, "MiB")
    grown = of(run, "growth")
    yield ("growth over %s file changes" % format(grown.get("changes", 1000), ","),
           grown.get("after_all_kib", 0) - grown.get("after_20_kib", 0) if grown.get("changes") else None,
           128, "KiB")
    attacked = of(run, "pages", attack="all")
    yield ("memory more than at rest while the pages are attacked, 64 requests and answers",
           mib(attacked.get("peak_kib", 0) - attacked["rest_kib"]) if attacked else None, 5.5, "MiB")
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
    rows = [row for part in (first_applies, every_day, answers, sizes, rest, against_old) for row in part(run)]
    return [{"what": what, "measured": value, "most": most, "unit": unit,
             "missed": value is not None and value > most} for what, value, most, unit in rows]
