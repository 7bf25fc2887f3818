# SPDX-License-Identifier: MIT
"""table.py - a run as Markdown."""

from applies import WHATS
from figures import of

WHO = {"croute": "croute", "old": "another build", "ip": "ip -batch", "bird": "BIRD", "frr": "FRR", "floor": "bare netlink"}
KINDS = {"v4": "IPv4, host-gw", "v6": "IPv6, host-gw", "vxlan": "VXLAN"}
TITLES = {"first": "first apply", "noop": "nothing to do", "change": "one moved", "half": "half removed"}
STAGES = ("read", "links", "desired", "have", "plan", "apply")


def number(value):
    """Three figures that count."""
    if value is None:
        return ""
    if value == 0 or value >= 100:
        return format(round(value), ",")
    return "%.3g" % value


def row(cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def grid(head, rows):
    return [row(head), "|" + "---|" * len(head)] + [row(cells) for cells in rows] + [""]


def measured(value, unit):
    return "not measured" if value is None else ("%s %s" % (number(value), unit)).strip()


def figures(run):
    return grid(("figure", "measured", "at most", ""), [
        (figure["what"], measured(figure["measured"], figure["unit"]),
         measured(figure["most"], figure["unit"]), "**MISSED**" if figure["missed"] else "")
        for figure in run["figures"]])


def cell(entry, what, croute):
    if what not in entry:
        return "–"
    text = "%s ms" % number(entry[what] / 1000)
    if entry["who"] == "croute" or not croute.get(what):
        return text
    return "%s (%.3g)" % (text, entry[what] / croute[what])


def apply_rows(run, kind):
    entries = [entry for entry in run["applies"] if entry["kind"] == kind]
    for size in sorted({entry["peers"] for entry in entries}):
        croute = of(run, "applies", kind=kind, peers=size, who="croute")
        for who, name in WHO.items():
            entry = of(run, "applies", kind=kind, peers=size, who=who)
            if entry and "skipped" not in entry:
                yield [format(size, ","), name] + [cell(entry, what, croute) for what in WHATS]


def applies(run):
    lines = []
    for kind, title in KINDS.items():
        rows = list(apply_rows(run, kind))
        if rows:
            head = ["peers", title] + [TITLES[what] for what in WHATS]
            lines += grid(head, rows)
    skipped = ["%s, %s, %s peers: skipped: %s" % (WHO[e["who"]], KINDS[e["kind"]], e["peers"], e["skipped"])
               for e in run["applies"] if "skipped" in e]
    return lines + [line.replace("\n", " ") for line in skipped] + [
        "In brackets: times croute. croute and the bare netlink program are whole commands; so is ip -batch,",
        "which is told what to do: nothing to do is the whole list again as `replace`, one moved is one line.",
        "BIRD starts with the file, then `birdc configure`, which trusts its memory and does not look at the",
        "kernel; FRR is told by `vtysh -f`, in one round.", ""]


def stages(run):
    rows = []
    for kind, title in KINDS.items():
        for what in ("first", "noop"):
            for entry in run["applies"]:
                if entry["kind"] == kind and entry["who"] == "croute" and what in entry:
                    floor = of(run, "applies", kind=kind, peers=entry["peers"], who="floor")
                    rows.append([title, TITLES[what], format(entry["peers"], ",")] + [
                        "%.2f" % (entry.get("%s.%s" % (what, stage), 0) / entry["peers"])
                        for stage in STAGES] + [
                        "%.2f" % (floor[what + ".apply"] / entry["peers"])
                        if what + ".apply" in floor else ""])
    return ["Where croute's time goes, µs a peer:", ""] + grid(
        ("", "", "peers") + STAGES + ("bare netlink",), rows) + [
        "What a pass reads of a VXLAN device grows faster than its peers, for the bare program too: the kernel",
        "walks its forwarding table from the start for every 32 KiB of it that it hands out.", ""]


def spread(values):
    return " / ".join(number(values[part] / 1000) for part in ("median", "p90", "p99", "max"))


def latency(run):
    rows = [(format(entry["peers"], ","), spread(entry["add"]), spread(entry["remove"]),
             spread(entry["repair"])) for entry in run["latency"]]
    return ["The agent's answers, ms, median / 90%% / 99%% / slowest of %d:" % run["latency"][0]["add"]["events"],
            ""] + grid(("peers", "rename to route there", "rename to route gone", "deleted to back"), rows)


def cold(run):
    rows = []
    for entry in run["cold"]:
        bird = of(run, "applies", kind="v4", peers=entry["peers"], who="bird").get("first")
        rows.append((format(entry["peers"], ","), "%s ms" % number(entry["ready"]["median"] / 1000),
                     "" if bird is None else "%s ms" % number(bird / 1000)))
    return ["From the start of the agent to READY, every route there:", ""] + grid(
        ("peers", "croute run", "BIRD, to its last route"), rows)


def quiet(run):
    rows = []
    for entry in run["quiet"]:
        change = of(run, "latency", peers=entry["peers"]).get("cpu_us_a_change")
        rows.append((format(entry["peers"], ","), spread(entry["pass"]), spread(entry["dumps"]),
                     "%.2f s" % (entry["cpu_us_a_resync"] * 60 / 1e6),
                     "" if change is None else "%.0f s" % (change * 3600 / 1e6)))
    return ["A resync with nothing to do, ms, and CPU:", ""] + grid(
        ("peers", "pass", "bare dumps", "an hour of resyncs", "an hour of a change a second"), rows)


def resident(run):
    rows = [(format(entry["peers"], ","), "%.1f" % (entry["rest_kib"] / 1024),
             "%.1f" % (entry["reload_peak_kib"] / 1024)) for entry in run["resident"]]
    return ["Resident memory of the agent, MiB:", ""] + grid(("peers", "at rest", "peak of a reload"), rows)


def growth(run):
    return ["1,000 peers: %(after_20_kib)d KiB after 20 file changes, %(after_all_kib)d after %(changes)d; "
            "shrunk to 100 peers %(shrunk_to_100_kib)d, a fresh agent there %(fresh_at_100_kib)d."
            % run["growth"], ""]


def idle(run):
    return ["%(peers)d peers, %(seconds)d s without an event: %(wakeups)d wake-ups, %(cpu_us)d µs of CPU; "
            "%(foreign_changes)d foreign route changes: %(foreign_cpu_us)d µs." % run["idle"], ""]


def link(run):
    entry = run["link"]
    return ["Link of %d down and up, all routes back: %s ms." % (entry["peers"], spread(entry["back"])), ""]


def pages(run):
    rows = [(entry["attack"], spread(entry["repair"]), "%.1f" % (entry["rest_kib"] / 1024),
             "%.1f" % (entry["peak_kib"] / 1024)) for entry in run["pages"]]
    return ["Repairs while the pages are attacked, %d peers, ms; memory, MiB:" % run["pages"][0]["peers"], ""] + grid(
        ("attacked by", "deleted to back", "at rest", "peak"), rows)


def cgroup(run):
    entry, kinds = run["cgroup"], ("peak", "anonymous", "tmpfs", "kernel")
    rows = [[when] + ["%.1f" % (entry[when][kind] / 2**20) for kind in kinds] for when in ("first", "reload")]
    return ["%d peers in a cgroup (v%d) of %d MiB, MiB, killed %d times:"
            % (entry["peers"], entry["cgroup"], entry["limit"] >> 20, entry["killed"]), ""] + grid(
        ("",) + kinds, rows)


PARTS = {"applies": (applies, stages), "latency": (latency,), "cold": (cold,), "quiet": (quiet,), "resident": (resident,),
         "growth": (growth,), "idle": (idle,), "link": (link,), "pages": (pages,), "cgroup": (cgroup,)}


def render(run):
    lines = ["Linux %s, %d CPUs, load %s before and %s after; medians of %d rounds, in turn." % (
        run["kernel"].split("-")[0], run["cpus"], run["load_before"][0], run["load_after"][0], run["rounds"]), ""]
    lines += figures(run)
    for name, parts in PARTS.items():
        if "skipped" in (run.get(name) or {"skipped": 1}):
            if name in run:
                lines += ["%s: skipped: %s" % (name, run[name]["skipped"]), ""]
            continue
        for part in parts:
            lines += part(run)
    return "\n".join(lines)
