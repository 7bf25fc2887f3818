# SPDX-License-Identifier: MIT
"""directory.py - the files in a directory that an agent watches, the settings beside them."""

import os

from .files import NODES


class Directory:
    def __init__(self, settings):
        self.settings = settings
        os.makedirs(settings.output, exist_ok=True)

    def watches(self):
        return []

    def config(self):
        return {name: text for name, text in texts(self.settings.folder).items() if not NODES.fullmatch(name)}

    def config_version(self):
        folder = self.settings.folder
        return [(entry.name, entry.stat().st_mtime_ns, entry.stat().st_size)
                for entry in sorted(os.scandir(folder), key=lambda entry: entry.name)
                ] if os.path.isdir(folder) else []

    def present(self):
        return {name: text for name, text in self.all().items() if NODES.fullmatch(name)}

    def all(self):
        return texts(self.settings.output)

    def holds(self, made):
        return self.present() == made.files and set(self.all()) - set(made.files) == set(self.config()) and all(
            self.all()[name] == text for name, text in self.config().items())

    def write(self, made, config):
        """By rename. Nodes first: the settings were checked with them."""
        wanted = {**made.files, **config}
        held = self.all()
        for name, text in wanted.items():
            if held.get(name) != text:
                self.put(name, text)
        for name in held:
            if name not in wanted:
                os.remove(os.path.join(self.settings.output, name))

    def put(self, name, text):
        new = os.path.join(self.settings.output, ".new")
        with open(new, "w", encoding="utf-8") as out:
            out.write(text)
        os.rename(new, os.path.join(self.settings.output, name))


def texts(folder):
    """What croute would read there."""
    found = {}
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        if name.endswith((".yaml", ".yml", ".json")) and not name.startswith("."):
            with open(os.path.join(folder, name), encoding="utf-8") as text:
                found[name] = text.read()
    return found
