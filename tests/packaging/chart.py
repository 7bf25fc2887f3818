#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""chart.py - the chart beside the overlays.

usage: chart.py input CHART VALUES     what templates see, as an object that kubectl takes: values.yaml
                                       and VALUES (JSON) over it; 1 when the schema refuses them
       chart.py differ RENDERED BUILT  what differs between two streams of objects, a line each
"""

import json
import sys

import jsonschema
import yaml

UNORDERED = {"env": "name", "containers": "name", "initContainers": "name", "volumes": "name",
             "volumeMounts": "mountPath"}


def merged(below, above):
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return {key: merged(below[key], above[key]) if key in below and key in above else above.get(key, below.get(key))
            for key in {**below, **above}}


def load(path):
    with open(path, encoding="utf-8") as text:
        return list(yaml.safe_load_all(text))


def chart_input(folder, values):
    chart, = load(folder + "/Chart.yaml")
    values = merged(load(folder + "/values.yaml")[0], json.loads(values))
    with open(folder + "/values.schema.json", encoding="utf-8") as schema:
        try:
            jsonschema.validate(values, json.load(schema))
        except jsonschema.ValidationError as error:
            print(error.message, file=sys.stderr)
            return 1
    json.dump({"apiVersion": "example.com/v1", "kind": "Input", "metadata": {"name": "input"},
               "Values": values, "Release": {"Name": "croute", "Namespace": "croute"},
               "Chart": {"Name": chart["name"], "Version": chart["version"],
                         "AppVersion": chart["appVersion"]}}, sys.stdout)
    return 0


def settled(value, key=""):
    """Without what means the same in any order; the settings of croute's as what they say."""
    if isinstance(value, dict):
        return {k: settled(yaml.safe_load(v) if k.endswith(".yaml") else v, k) for k, v in value.items()
                if v != {} or k not in ("labels", "annotations")}
    if isinstance(value, list):
        items = [settled(item) for item in value]
        return sorted(items, key=lambda item: item[UNORDERED[key]]) if key in UNORDERED else items
    return value


def objects(path):
    """The Namespace is helm's own affair, and the alerts a file for themselves."""
    return {(held["kind"], held["metadata"]["name"]): settled(held) for held in load(path)
            if held and held["kind"] not in ("Namespace", "PrometheusRule")}


def differences(one, other, where):
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from differences(one.get(key), other.get(key), f"{where}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, pair in enumerate(zip(one, other)):
            yield from differences(*pair, f"{where}.{number}")
    elif one != other:
        yield f"{where}: {one!r}, not {other!r}"


def differ(rendered, built):
    rendered, built = objects(rendered), objects(built)
    found = [line for name in sorted(rendered.keys() | built.keys())
             for line in differences(rendered.get(name), built.get(name), " ".join(name))]
    print("\n".join(found))
    return 1 if found else 0


sys.exit({"input": chart_input, "differ": differ}[sys.argv[1]](*sys.argv[2:]))
