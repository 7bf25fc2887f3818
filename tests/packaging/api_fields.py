#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""api_fields.py - checks manifests against the field tables of the Kubernetes API.

usage: api_fields.py MODELS FILE...
MODELS is the folder kubernetes/client/models of Debian's python3-kubernetes, whose files, one for each
type of the API, are read, not run. Says each field that is unknown, of another type, or missing.
"""

import ast
import os
import re
import sys

import yaml

KINDS = {
    ("v1", "ConfigMap"): "V1ConfigMap",
    ("v1", "Namespace"): "V1Namespace",
    ("v1", "ServiceAccount"): "V1ServiceAccount",
    ("apps/v1", "DaemonSet"): "V1DaemonSet",
    ("apps/v1", "Deployment"): "V1Deployment",
    ("rbac.authorization.k8s.io/v1", "ClusterRole"): "V1ClusterRole",
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): "V1ClusterRoleBinding",
    ("rbac.authorization.k8s.io/v1", "Role"): "V1Role",
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): "V1RoleBinding",
}
PLAIN = {"str": str, "int": int, "bool": bool, "object": (int, str)}


class Models:
    """The types of the API, read when first asked for."""

    def __init__(self, folder):
        self.folder = folder
        self.known = {}

    def read(self, name):
        if name not in self.known:
            stem = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
            with open(os.path.join(self.folder, stem + ".py"), encoding="utf-8") as source:
                text = source.read()
            table = {}
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
                    table[node.targets[0].id] = ast.literal_eval(node.value)
            words = table["attribute_map"]
            types = {words[key]: kind for key, kind in table["openapi_types"].items()}
            needed = re.findall(r"Invalid value for `(\w+)`, must not be `None`", text)
            self.known[name] = (types, {words[key] for key in needed})
        return self.known[name]


def check(models, kind, value, where):
    many = re.fullmatch(r"list\[(.*)\]", kind)
    named = re.fullmatch(r"dict\(str, (.*)\)", kind)
    if many or named:
        wanted = list if many else dict
        if not isinstance(value, wanted):
            yield f"{where}: not a {wanted.__name__}"
            return
        for key in range(len(value)) if many else value:
            yield from check(models, (many or named)[1], value[key], f"{where}.{key}")
    elif kind in PLAIN:
        if not isinstance(value, PLAIN[kind]) or (kind == "int" and isinstance(value, bool)):
            yield f"{where}: {value!r} is no {kind}"
    else:
        yield from check_fields(models, kind, value, where)


def check_fields(models, kind, value, where):
    if not isinstance(value, dict):
        yield f"{where}: no {kind}"
        return
    types, needed = models.read(kind)
    for key in needed - value.keys():
        yield f"{where}: no {key}"
    for key, held in value.items():
        if key not in types:
            yield f"{where}: {kind} has no field {key}"
        else:
            yield from check(models, types[key], held, f"{where}.{key}")


def main(folder, files):
    models = Models(folder)
    bad = []
    for file in files:
        with open(file, encoding="utf-8") as text:
            for held in yaml.safe_load_all(text):
                where = f"{os.path.basename(file)}: {held['kind']} {held['metadata']['name']}"
                bad += check(models, KINDS[held["apiVersion"], held["kind"]], held, where)
    for line in bad:
        print(line)
    return 1 if bad else 0


sys.exit(main(sys.argv[1], sys.argv[2:]))
