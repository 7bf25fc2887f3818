# SPDX-License-Identifier: MIT
"""queries.py - the queries of the alerting rules and of the dashboard, and what they ask for.

usage: queries.py rules          a rules file of all queries, for promtool to parse
       queries.py names SCRAPE   what they name that the page of metrics SCRAPE does not have
       queries.py layout         what is wrong with the dashboard's panels
       queries.py commands       the commands of croute that the alerts send people to
       queries.py alerts         the alerts' names
       queries.py without ALERT [for]   the rules, this one never firing, or not waiting
       queries.py tests ALERT  those tests of the rules that name it
"""

import itertools
import json
import pathlib
import re
import sys

import yaml

PACKAGING = pathlib.Path(__file__).resolve().parents[2] / "packaging"
RULES = yaml.safe_load((PACKAGING / "prometheus/croute.rules.yml").read_text())
DASHBOARD = json.loads((PACKAGING / "grafana/croute.json").read_text())
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"]]
# Grafana fills these in; $job and $instance stand within quotes.
VARIABLES = {"$__rate_interval": "5m", "$__range": "1h"}
# Prometheus makes these itself.
OF_PROMETHEUS = {"up": {"job": None, "instance": None}}
WORDS = set("sum min max count count_values increase rate absent max_over_time time histogram_quantile by on "
            "without unless ignoring group_left or and".split())
CLAUSE = re.compile(r"\b(by|on|without|group_left|ignoring)\s*\([^)]*\)")
SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)\s*(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)\s*(=~|!=|!~|=)\s*"([^"]*)"')


def dashboard_queries():
    for panel in DASHBOARD["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))


def queries():
    for query in itertools.chain((rule["expr"] for rule in ALERTS), dashboard_queries()):
        for name, value in VARIABLES.items():
            query = query.replace(name, value)
        yield query


def series_of(page):
    """Name to label to the values that it has on the page."""
    out = {name: dict(labels) for name, labels in OF_PROMETHEUS.items()}
    for name, labels in re.findall(r"^([a-z_]+)(?:\{(.*)\})? ", page, re.M):
        known = out.setdefault(name, {"job": None, "instance": None})
        for label, _, value in MATCHER.findall(labels):
            known.setdefault(label, set()).add(value)
    return out


def bad_matchers(name, matchers, labels):
    for label, how, value in MATCHER.findall(matchers):
        if label not in labels:
            yield '%s has no label "%s"' % (name, label)
        elif labels[label] is not None:
            for one in value.split("|") if "~" in how else [value]:
                if one not in labels[label]:
                    yield '%s is never %s="%s"' % (name, label, one)


def bad_groupings(query, names, series):
    known = {"le", "serial"}.union(*(series.get(name, {}) for name in names))
    for clause in CLAUSE.finditer(query):
        for label in re.findall(r"\w+", clause.group().split("(")[1]):
            if label not in known:
                yield '"%s" is no label of %s' % (label, ", ".join(sorted(names)))


def bad_names(query, series):
    plain = re.sub(r"\[[^]]*\]", "", CLAUSE.sub(lambda clause: clause.group(1), query))
    plain = re.sub(r'\(\s*"[^"]*"\s*,', "(", plain)
    found = [(name, matchers) for name, matchers in SELECTOR.findall(plain) if name not in WORDS]
    for name, matchers in found:
        if name not in series:
            yield "no metric is called %s" % name
        else:
            yield from bad_matchers(name, matchers, series[name])
    yield from bad_groupings(query, {name for name, _ in found}, series)


def names(page):
    series = series_of(pathlib.Path(page).read_text())
    for query in queries():
        for what in bad_names(query, series):
            print("%s: %s" % (what, query))


def rules():
    for number, query in enumerate(queries()):
        yield {"record": "croute:query%d" % number, "expr": query}


def overlap(one, other):
    return (one["x"] < other["x"] + other["w"] and other["x"] < one["x"] + one["w"] and
            one["y"] < other["y"] + other["h"] and other["y"] < one["y"] + one["h"])


def layout():
    panels = DASHBOARD["panels"]
    if len({panel["id"] for panel in panels}) != len(panels):
        print("two panels have one id")
    for one, other in itertools.combinations(panels, 2):
        if overlap(one["gridPos"], other["gridPos"]):
            print('"%s" overlaps "%s"' % (one["title"], other["title"]))
    for panel in panels:
        place = panel["gridPos"]
        if place["x"] + place["w"] > 24:
            print('"%s" is too wide' % panel["title"])
        if panel["type"] != "row" and not (panel.get("targets") and panel.get("description")):
            print('"%s" asks or says nothing' % panel["title"])
        references = [target["refId"] for target in panel.get("targets", ())]
        if len(set(references)) != len(references):
            print('"%s" has two queries of one name' % panel["title"])
    if "id" in DASHBOARD:
        print("the dashboard has an id of somebody's Grafana")
    print_unknown_variables()


def print_unknown_variables():
    known = {"$" + variable["name"] for variable in DASHBOARD["templating"]["list"]} | set(VARIABLES)
    for query in dashboard_queries():
        for name in set(re.findall(r"\$\w+", query)) - known:
            print("nothing fills in %s: %s" % (name, query))


def commands():
    for rule in ALERTS:
        told = re.findall(r'"croute ([a-z]+)[^"]*"', rule["annotations"]["description"])
        print("\n".join(told) if told else "nothing, says %s" % rule["alert"])


def without(alert, part="expr"):
    for rule in ALERTS:
        if rule["alert"] == alert:
            rule.update({"for": "0s"} if part == "for" else {"expr": "vector(0) > 1"})
    print(yaml.safe_dump(RULES))


def tests(alert):
    text = yaml.safe_load((PACKAGING / "prometheus/croute.rules.test.yml").read_text())
    text["tests"] = [test for test in text["tests"] if alert in yaml.safe_dump(test)]
    print(yaml.safe_dump(text))


def main(what, *rest):
    if what == "rules":
        print(yaml.safe_dump({"groups": [{"name": "queries", "rules": list(rules())}]}))
    elif what == "alerts":
        print("\n".join(rule["alert"] for rule in ALERTS))
    else:
        {"names": names, "layout": layout, "commands": commands, "without": without, "tests": tests}[what](*rest)


main(*sys.argv[1:])
