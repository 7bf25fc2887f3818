#!/usr/bin/python3
"""kubectl.py - a stand-in for kubectl: the cluster is a directory, $CLUSTER.

No API server can be had in a test. This knows the few commands that sync.sh uses and refuses all
others; it allows what the roles of the overlay allow ($CLUSTER/allowed, "VERB RESOURCE NAME" a line),
and keeps what is applied as an API server does: at most 1 MiB, keys that its manager no longer names
removed. nodes.json is the list, $CLUSTER/fail makes what it names fail, calls.log tells what was asked.
"""

import json
import os
import re
import sys

import yaml

CLUSTER = os.environ["CLUSTER"]
TEMPLATE = "go-template={{range .data}}{{.}}{{end}}"
APPLY = ["apply", "--server-side", "--force-conflicts", "--field-manager=croute-sync", "-f", "-"]


def place(*names):
    return os.path.join(CLUSTER, *names)


def refuse(text):
    sys.exit(f"error: {text}")


def demand(verb, resource, name="*"):
    with open(place("calls.log"), "a", encoding="utf-8") as log:
        log.write(f"{verb} {resource} {name}\n")
    if os.path.exists(place("fail")):
        with open(place("fail"), encoding="utf-8") as fail:
            if f"{verb} {resource} {name}" in fail.read().splitlines():
                refuse("the server is currently unable to handle the request")
    with open(place("allowed"), encoding="utf-8") as allowed:
        if f"{verb} {resource} {name}" not in allowed.read().splitlines():
            refuse(f'{resource} "{name}" is forbidden: cannot {verb}')


def list_nodes():
    """A stream may fail when all that can be seen of it is well: so the refusal comes last."""
    with open(place("nodes.json"), encoding="utf-8") as nodes:
        sys.stdout.write(nodes.read())
    demand("list", "nodes")


def get(name):
    demand("get", "configmaps", name)
    path = place("configmaps", name)
    if os.path.exists(path):
        with open(path, encoding="utf-8") as held:
            sys.stdout.write("".join(value for _, value in sorted(json.load(held).items())))


def apply(namespace):
    held = yaml.safe_load(sys.stdin)
    name = held["metadata"]["name"]
    if held["metadata"]["namespace"] != namespace:
        refuse("the namespace from the provided object does not match")
    if (held["apiVersion"], held["kind"]) != ("v1", "ConfigMap"):
        refuse("no such kind")
    demand("patch", "configmaps", name)
    if not os.path.exists(place("configmaps", name)):
        demand("create", "configmaps", name)
    data = held["data"]
    if sum(len(key) + len(value.encode()) for key, value in data.items()) > 1 << 20:
        refuse(f'ConfigMap "{name}" is invalid: Too long: must have at most 1048576 bytes')
    if not all(re.fullmatch(r"[-._a-zA-Z0-9]+", key) for key in data):
        refuse(f'ConfigMap "{name}" is invalid: a key')
    with open(place("configmaps", name), "w", encoding="utf-8") as out:
        json.dump(data, out)


def main(words):
    if words[:1] != ["--request-timeout=60s"]:
        refuse("a request without a time limit")
    words = words[1:]
    if words == ["get", "--raw", "/api/v1/nodes"]:
        list_nodes()
        return
    if words[:1] != ["-n"]:
        refuse(f"what is {words}?")
    namespace, words = words[1], words[2:]
    if words == APPLY:
        apply(namespace)
    elif words[:2] == ["get", "configmap"] and words[3:] == ["--ignore-not-found", "-o", TEMPLATE]:
        get(words[2])
    else:
        refuse(f"what is {words}?")


main(sys.argv[1:])
