# SPDX-License-Identifier: MIT
"""plot.py - a run as SVG: the first apply over the number of peers, and every day at 10,000."""

import math

from figures import applied
from table import TITLES, WHO, number

WIDTH, HEIGHT = 860, 640
PANELS = (("v4", "IPv4, a gateway each", 70), ("vxlan", "VXLAN", 500))
PANEL_WIDTH, TOP, BOTTOM = 230, 80, 340
PEERS, MS = (1000, 100000), (3, 10000)
BARS, BAR_WIDTH, DAILY = 400, 150, ("croute", "bird", "ip", "floor")
COLOURS = {"croute": "#1d4ed8", "old": "#93c5fd", "ip": "#b45309", "bird": "#15803d", "frr": "#b91c1c", "floor": "#6b7280"}


def part(value, bounds):
    low, high = math.log(bounds[0]), math.log(bounds[1])
    return (math.log(value) - low) / (high - low)


def place(left, peers, ms):
    return left + part(peers, PEERS) * PANEL_WIDTH, BOTTOM - part(ms, MS) * (BOTTOM - TOP)


def text(x, y, words, style=""):
    return '<text x="%.0f" y="%.0f" %s>%s</text>' % (x, y, style, words)


def axes(left, title):
    out = [text(left, TOP - 18, title, 'font-weight="bold"')]
    for ms in (10, 100, 1000, 10000):
        _, y = place(left, 1000, ms)
        words = "%d ms" % ms if ms < 1000 else "%d s" % (ms // 1000)
        out.append('<path d="M%d %.0fh%d" stroke="#e5e7eb"/>' % (left, y, PANEL_WIDTH))
        out.append(text(left - 8, y + 4, words, 'text-anchor="end" fill="#4b5563"'))
    for peers in (1000, 10000, 100000):
        x, _ = place(left, peers, MS[0])
        out.append(text(x, BOTTOM + 20, format(peers, ","), 'text-anchor="middle" fill="#4b5563"'))
    out.append(text(left + PANEL_WIDTH / 2, BOTTOM + 42, "peers", 'text-anchor="middle" fill="#4b5563"'))
    return out


def labels(ends, left):
    """At the end of each line; those of lines that end together are kept apart, and those of the
    shortest lines stand before their end, as the others' stand behind it."""
    lowest, out, shortest = {}, [], min((x for _, x, _, _ in ends), default=0)
    for y, x, words, colour in sorted(ends):
        if len({x for _, x, _, _ in ends}) > 2 and x == shortest > left:
            out.append(text(x - 4, y - 8, words, 'text-anchor="end" fill="%s"' % colour))
            continue
        lowest[x] = max(y, lowest.get(x, -100) + 15)
        out.append(text(x + 8, lowest[x] + 4, words, 'fill="%s"' % colour))
    return out


def panel(run, kind, title, left):
    out, ends = axes(left, title), []
    for who, name in WHO.items():
        rows = sorted((e["peers"], e["first"] / 1000) for e in run.get("applies", ())
                      if e["kind"] == kind and e["who"] == who and "first" in e)
        if not rows:
            continue
        points = [place(left, *row) for row in rows]
        width = 3 if who == "croute" else 1.5
        out.append('<polyline fill="none" stroke="%s" stroke-width="%s" points="%s"/>' % (
            COLOURS[who], width, " ".join("%.1f,%.1f" % point for point in points)))
        out += ['<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>' % (x, y, COLOURS[who]) for x, y in points]
        ms = rows[-1][1]
        end = "%s %s" % (name, number(ms) + " ms" if ms < 1000 else number(ms / 1000) + " s")
        ends.append((points[-1][1], points[-1][0], end, COLOURS[who]))
    return out + labels(ends, left)


def bars(run, kind, title, left):
    """What happens every day. The longest bar fills the width; that of `ip -batch` is cut there."""
    out, y = [text(left, BARS, title, 'font-weight="bold"')], BARS + 8
    for what in ("noop", "change", "half"):
        times = {who: applied(run, who, 10000, kind)[what] / 1000 for who in DAILY
                 if what in applied(run, who, 10000, kind)}
        longest = max((ms for who, ms in times.items() if who != "ip"), default=1)
        out.append(text(left - 14, y + 15, TITLES[what], 'fill="#4b5563"'))
        y += 20
        for who, ms in times.items():
            length = max(2, min(1, ms / longest) * BAR_WIDTH)
            out.append('<rect x="%d" y="%d" width="%.0f" height="9" fill="%s"/>' % (left, y, length, COLOURS[who]))
            out.append(text(left + length + 5, y + 9, "%s %s ms" % (WHO[who], number(ms)), 'font-size="11"'))
            y += 12
    return out


def render(run):
    lines = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" '
             'font-size="13">' % (WIDTH, HEIGHT),
             '<rect width="%d" height="%d" rx="8" fill="#fff"/>' % (WIDTH, HEIGHT),
             text(20, 32, "First apply of many peers: the whole command", 'font-size="17" font-weight="bold"')]
    for kind, title, left in PANELS:
        lines += panel(run, kind, title, left)
    for kind, title, left in (("v4", "10,000 peers, IPv4", 40), ("v6", "10,000 peers, IPv6", 320),
                              ("vxlan", "10,000 peers, VXLAN", 590)):
        lines += bars(run, kind, title, left)
    lines.append(text(WIDTH - 14, HEIGHT - 10, "Linux %s, %d CPUs" % (run["kernel"].split("-")[0], run["cpus"]),
                      'text-anchor="end" fill="#6b7280" font-size="11"'))
    return "\n".join(lines + ["</svg>"]) + "\n"
