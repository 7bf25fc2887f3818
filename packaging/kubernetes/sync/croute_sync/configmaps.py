# SPDX-License-Identifier: MIT
"""configmaps.py - the files in ConfigMaps NAME-0 to NAME-(SHARDS-1), each a key of its own.

Each write names the resourceVersion that was compared: of two jobs that would write, the API server
takes one and tells the other of a conflict. The last ConfigMap is written first, so it is won or lost
before the others are touched, and until all are written their serials disagree, and the agents keep
what they have. A key or field of anybody else's goes with the next write.
"""

from dataclasses import dataclass

from .api import APPLY, MERGE
from .files import NODES, Refused
from .mirror import Mirror

OWN = "data", "binaryData"


@dataclass(frozen=True)
class Held:
    version: int
    data: dict
    binary: tuple  # its keys


def trim(item):
    return Held(int(item["metadata"]["resourceVersion"]), item.get("data") or {},
                tuple(item.get("binaryData") or ()))


def number_of(file):
    return int(file[len("nodes-"):-len(".yaml")])


class ConfigMaps:
    def __init__(self, settings, api, session, changes, say):
        self.settings = settings
        self.session = session
        self.path = f"/api/v1/namespaces/{settings.namespace}/configmaps"
        self.names = [f"{settings.name}-{i}" for i in range(settings.shards)]
        wanted = {*self.names, settings.config}

        def keep(item):
            return trim(item) if item["metadata"]["name"] in wanted else None

        self.mirror = Newer(api, self.path, keep, changes, say)

    def watches(self):
        return [self.mirror]

    def config(self):
        """The settings, by file."""
        held = self.mirror.get(self.settings.config)
        data = held.data if held else {}
        return {name: text for name, text in data.items()
                if name.endswith((".yaml", ".yml", ".json")) and not NODES.fullmatch(name)}

    def config_version(self):
        held = self.mirror.get(self.settings.config)
        return held.version if held else 0

    def present(self):
        """The files that are there, wherever they are."""
        held = self.mirror.snapshot()
        return {f"{name}/{file}": text for name in self.names if held.get(name)
                for file, text in held[name].data.items() if NODES.fullmatch(file)}

    def holds(self, made):
        held = self.mirror.snapshot()
        return all(held.get(name) and held[name].data == data and not held[name].binary
                   for name, data in self.wanted(made).items())

    def wanted(self, made):
        wanted = {name: {} for name in self.names}
        for file, text in made.files.items():
            if number_of(file) >= self.settings.shards:
                raise Refused(f"{len(made.files)} files of nodes, over the {self.settings.shards} ConfigMaps")
            wanted[self.names[number_of(file)]] = {file: text}
        return wanted

    def write(self, made, _config):
        """Those with nodes first, the last of them first."""
        wanted = self.wanted(made)
        held = self.mirror.snapshot()
        for name in sorted(self.names, key=lambda name: (not wanted[name], -self.names.index(name))):
            if not held.get(name):
                self.keep(self.create(name, wanted[name]))
            elif held[name].data != wanted[name] or held[name].binary:
                self.keep(self.change(name, wanted[name], held[name]))

    def keep(self, item):
        self.mirror.put(item["metadata"]["name"], trim(item))

    def create(self, name, data):
        """By apply: a creation by name, which a role can allow for these names alone."""
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
        path = f"{self.path}/{name}?fieldManager=croute-sync&force=true"
        return self.session.call("PATCH", path, body, APPLY)

    def change(self, name, data, held):
        body = {"metadata": {"resourceVersion": str(held.version)},
                "data": {**dict.fromkeys(held.data), **data}}
        if held.binary:
            body["binaryData"] = None
        return self.session.call("PATCH", f"{self.path}/{name}?fieldManager=croute-sync", body, MERGE)


class Newer(Mirror):
    """What a write has answered may come again from the watch, after something older."""

    def put(self, name, value):
        held = self.get(name)
        if not (held and value and held.version >= value.version):
            super().put(name, value)
