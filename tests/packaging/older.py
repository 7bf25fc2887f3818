#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""older.py - kustomizations under FOLDER, in place, as a kubectl before 1.21 takes them: fields under their
older names, what a component brings written out. usage: older.py FOLDER"""

import os
import shutil
import sys

import yaml

FILE = "kustomization.yaml"


def load(folder):
    with open(os.path.join(folder, FILE), encoding="utf-8") as text:
        return yaml.safe_load(text)


def add_component(held, folder, component):
    """Its files are copied: that kubectl takes none from elsewhere."""
    brought, stem = load(os.path.join(folder, component)), os.path.basename(component)

    def copied(name):
        shutil.copy(os.path.join(folder, component, name), os.path.join(folder, f"{stem}-{name}"))
        return f"{stem}-{name}"

    held["resources"] += map(copied, brought.get("resources", []))
    held["patches"] += [{"path": copied(patch["path"])} for patch in brought.get("patches", [])]
    held["images"] += brought.get("images", [])


def older(folder, held):
    held = {"patches": [], "images": [], **held}
    for component in held.pop("components", []):
        add_component(held, folder, component)
    resources, patches = held.pop("resources"), held.pop("patches")
    held["bases"] = [name for name in resources if not name.endswith(".yaml")]
    held["resources"] = [name for name in resources if name.endswith(".yaml")]
    held["patchesJson6902"] = [patch for patch in patches if "target" in patch]
    held["patchesStrategicMerge"] = [patch["path"] for patch in patches if "target" not in patch]
    with open(os.path.join(folder, FILE), "w", encoding="utf-8") as out:
        yaml.safe_dump({key: value for key, value in held.items() if value != []}, out)


FOUND = [(folder, load(folder)) for folder, _, files in os.walk(sys.argv[1]) if FILE in files]
for place, kustomization in FOUND:
    if kustomization.get("kind") != "Component" and not {"bases", "patchesJson6902"} & kustomization.keys():
        older(place, kustomization)
