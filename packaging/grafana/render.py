"""render.py - draws croute.json as SVG from what a Prometheus answers; no Grafana takes part.

usage: render.py URL START END RATE DASHBOARD >SVG

Each panel is what its own queries give between START and END (seconds since 1970), RATE standing for
$__rate_interval; single numbers and the table are as at END. tests/demo/story.sh makes such a run.
"""

import html
import json
import sys
import urllib.parse
import urllib.request

WIDTH, COLUMN, UNIT, TOP, GAP = 1200, 50, 28, 56, 4
COLOURS = ("#3b82c4", "#3f9142", "#d9902f", "#8f5bb5", "#c9453b", "#2a9d9d", "#a0784a", "#d0679d", "#7d8590")
MIB = 1048576
GOOD, INK, DIM, LINE = "#3f9142", "#1f2328", "#6b7280", "#e5e7eb"
THRESHOLDS = {"green": GOOD, "red": "#c9453b", "orange": "#d9902f", "blue": "#3b82c4"}


class Source:
    """Where the answers come from, and of what time."""

    def __init__(self, url, start, end, rate):
        self.url, self.start, self.end = url, int(start), int(end)
        self.filled = {"$__rate_interval": rate, "$job": "croute", "$instance": ".*"}

    def ask(self, path, query, **more):
        for name, value in self.filled.items():
            query = query.replace(name, value)
        form = urllib.parse.urlencode({"query": query, **more})
        with urllib.request.urlopen("%s/api/v1/%s?%s" % (self.url, path, form)) as reply:
            return json.load(reply)["data"]["result"]

    def now(self, query):
        return self.ask("query", query, time=self.end)

    def course(self, query):
        return self.ask("query_range", query, start=self.start, end=self.end, step=1)


def legend_of(template, labels):
    for name, value in labels.items():
        template = template.replace("{{%s}}" % name, value)
    return template


def short(value, unit):
    if unit == "bytes":
        return "%.3g MiB" % (value / MIB)
    if unit == "s" and value < 1:
        return "%.3g ms" % (value * 1000)
    suffix = {"s": " s", "percentunit": " %", "ops": "/s"}.get(unit, "")
    return "%.3g%s" % (value * 100 if unit == "percentunit" else value, suffix)


def text(x, y, words, size=12, fill=INK, more=""):
    return '<text x="%.0f" y="%.0f" font-size="%d" fill="%s"%s>%s</text>' % (
        x, y, size, fill, " " + more if more else "", html.escape(words))


def box(panel):
    place = panel["gridPos"]
    return (place["x"] * COLUMN + GAP, TOP + place["y"] * UNIT + GAP,
            place["w"] * COLUMN - 2 * GAP, place["h"] * UNIT - 2 * GAP)


def frame(panel):
    x, y, width, height = box(panel)
    return ['<rect x="%d" y="%d" width="%d" height="%d" rx="4" fill="#fff" stroke="%s"/>' % (x, y, width, height, LINE),
            text(x + 9, y + 19, panel["title"], 12, INK, 'font-weight="600"')]


def row(panel, source):
    del source
    x, y, _, height = box(panel)
    return [text(x + 4, y + height - 4, panel["title"], 14, INK, 'font-weight="600"')]


def stat(panel, source):
    x, y, width, height = box(panel)
    result = source.now(panel["targets"][0]["expr"])
    value = float(result[0]["value"][1]) if result else 0
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    colour = [step["color"] for step in steps if step["value"] is None or value >= step["value"]][-1]
    return frame(panel) + [text(x + width / 2, y + height - 22, "%g" % value, 34, THRESHOLDS[colour],
                                'text-anchor="middle" font-weight="600"')]


def lines_of(panel, source):
    """Legend and points of each line, of all queries."""
    out = []
    for target in panel["targets"]:
        for series in source.course(target["expr"]):
            points = [(float(at), float(value)) for at, value in series["values"] if value != "NaN"]
            if points:
                out.append((legend_of(target["legendFormat"], series["metric"]), points))
    return out


def stacked(lines):
    below, out = {}, []
    for legend, points in lines:
        points = [(at, value + below.get(at, 0)) for at, value in points]
        below.update(points)
        out.append((legend, points))
    return out


def thin(points):
    """Without those that lie on the way from their forerunner to their follower."""
    out = points[:1]
    for before, here, after in zip(points, points[1:], points[2:]):
        if not before[1] == here[1] == after[1] or after[0] - here[0] > 1.5 or here[0] - before[0] > 1.5:
            out.append(here)
    return out + points[1:][-1:]


def path(points, place, steps):
    """A line that breaks where nothing was known."""
    out, last = [], None
    for at, value in points:
        x, y = place(at, value)
        if last is None or at - last[0] > 1.5 and last[1] != value:
            out.append("M%.0f %.1f" % (x, y))
        elif steps:
            out.append("H%.0fV%.1f" % (x, y))
        else:
            out.append("L%.0f %.1f" % (x, y))
        last = at, value
    return "".join(out)


def nice(most):
    """The next number with a round first digit."""
    power = 10 ** len(str(int(most))) / 10 if most >= 1 else 0.000001
    while power * 10 <= most:
        power *= 10
    return next(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= most * 1.0001 or step == 10)


def bounds(panel, lines):
    values = [value for _, points in lines for _, value in points] or [0, 1]
    defaults = panel["fieldConfig"]["defaults"]
    if defaults["min"] is None:
        return min(values) - 1, max(values) + 1 + (max(values) - min(values)) % 2
    scale = MIB if defaults["unit"] == "bytes" else 1
    return 0, nice(max(values) / scale) * scale if max(values) > 0 else 1


def axes(area, low, high, unit, seconds):
    x, y, width, height = area
    out = []
    for part in (0, 0.5, 1):
        at = y + height - part * height
        out.append('<path d="M%d %.0fh%d" stroke="%s"/>' % (x, at, width, LINE))
        out.append(text(x - 5, at + 4, short(low + part * (high - low), unit), 10, DIM, 'text-anchor="end"'))
    for minute in range(0, seconds // 60 + 1):
        at = x + width * minute * 60 / seconds
        out.append(text(at, y + height + 15, "%d:00" % minute, 10, DIM, 'text-anchor="middle"'))
    return out


def legends(names, x, y, width):
    """In two rows at most, the second ending at y."""
    rows, at = [[]], x
    for number, name in enumerate(names):
        needs = 24 + 5.6 * len(name)
        if at + needs > x + width:
            rows, at = rows + [[]], x
        rows[-1].append((at, number, name))
        at += needs
    out = []
    for height, row_of in zip((0, 13) if len(rows) > 1 else (13,), rows):
        for at, number, name in row_of:
            out.append('<path d="M%.0f %dh10" stroke="%s" stroke-width="3"/>' % (
                at, y - 17 + height, COLOURS[number % len(COLOURS)]))
            out.append(text(at + 13, y - 13 + height, name, 10, DIM))
    if len(rows) > 2:
        out.append(text(x + width - 50, y, "and others", 10, DIM))
    return out


def filled(line, base):
    """What a stacked line covers down to the base; a line that breaks covers nothing."""
    if line.count("M") != 1:
        return ""
    return "%sV%dH%sZ" % (line, base, line[1:].split(" ")[0])


def timeseries(panel, source):
    x, y, width, height = box(panel)
    area = (x + 54, y + 30, width - 68, height - 78)
    custom = panel["fieldConfig"]["defaults"]["custom"]
    is_stack = custom["stacking"]["mode"] == "normal"
    lines = lines_of(panel, source)
    shown = stacked(lines) if is_stack else lines
    low, high = bounds(panel, shown)
    seconds = source.end - source.start

    def place(at, value):
        return (area[0] + area[2] * (at - source.start) / seconds,
                area[1] + area[3] * (1 - (value - low) / (high - low)))

    out = frame(panel) + axes(area, low, high, panel["fieldConfig"]["defaults"]["unit"], seconds)
    for number, (_, points) in reversed(list(enumerate(shown))):
        line = path(thin(points), place, custom["lineInterpolation"] == "stepAfter")
        colour = COLOURS[number % len(COLOURS)]
        if is_stack and filled(line, area[1] + area[3]):
            line = filled(line, area[1] + area[3])
            out.append('<path d="%s" fill="#fff"/>' % line)
        out.append('<path d="%s" fill="%s" fill-opacity=".25" stroke="%s" stroke-width="1.6"/>' % (
            line, colour if is_stack else "none", colour))
    return out + legends([legend for legend, _ in lines], x + 10, y + height - 8, width - 20)


def rows_of(panel, source):
    """The answers joined by host, as the panel's first transformation does it."""
    out = {}
    for target in panel["targets"]:
        for series in source.now(target["expr"]):
            cells = out.setdefault(series["metric"]["instance"], {})
            cells.update(series["metric"])
            unit = "s" if "time()" in target["expr"] else ""
            cells["Value #" + target["refId"]] = short(float(series["value"][1]), unit)
    return [cells for _, cells in sorted(out.items())]


def table(panel, source):
    x, y, width, _ = box(panel)
    organize = panel["transformations"][1]["options"]
    columns = sorted(organize["indexByName"], key=organize["indexByName"].get)
    out = frame(panel)
    for column, key in enumerate(columns):
        at = x + 10 + column * width / len(columns)
        out.append(text(at, y + 46, organize["renameByName"][key], 12, DIM))
        for line, cells in enumerate(rows_of(panel, source)):
            out.append(text(at, y + 72 + 24 * line, cells.get(key, "")))
    return out


DRAW = {"row": row, "stat": stat, "timeseries": timeseries, "table": table}


def render(source, dashboard):
    height = TOP + UNIT * max(p["gridPos"]["y"] + p["gridPos"]["h"] for p in dashboard["panels"]) + 10
    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif">' % (WIDTH, height),
           '<rect width="%d" height="%d" rx="8" fill="#f6f8fa"/>' % (WIDTH, height),
           text(14, 34, dashboard["title"], 20, INK, 'font-weight="600"'),
           text(WIDTH - 12, 32, "Drawn from the dashboard's queries over a real run of three agents, not by Grafana",
                12, DIM, 'text-anchor="end"')]
    for panel in dashboard["panels"]:
        out += DRAW[panel["type"]](panel, source)
    return "\n".join(out + ["</svg>"])


def main(url, start, end, rate, dashboard):
    with open(dashboard, encoding="utf-8") as file:
        print(render(Source(url, start, end, rate), json.load(file)))


if __name__ == "__main__":
    main(*sys.argv[1:])
