# SPDX-License-Identifier: MIT
"""files.py - from nodes to files that croute takes, by croute itself.

A node that `croute validate` refuses is left out, and named: one that is odd never stops the others.
Where that would be more than half of them, the settings are wrong, and nothing comes of it.
"""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass

from .nodes import write_list

NODES = re.compile(r"nodes-[0-9]+\.yaml")
NAME = re.compile(r"  - \{name: ([^,]+),")
ROUNDS = 10  # of leaving out what is odd
STAMP = re.compile(r"^  (serial|generatedAt): (\S+)$", re.MULTILINE)
HEAD = 1000  # characters; the stamp stands among the first


class Refused(Exception):
    """Nothing is written, and why."""


@dataclass(frozen=True)
class Stamp:
    serial: int
    time: str  # RFC 3339


@dataclass
class Made:
    files: dict  # text by name
    notes: list  # lines about nodes that are left out, or odd in another way


def stamp_of(files):
    """The greatest; they differ when a write was cut off. None when there is none."""
    found = [dict(STAMP.findall(text[:HEAD])) for text in files.values()]
    stamps = [Stamp(int(f["serial"]), f["generatedAt"]) for f in found
              if f.get("serial", "").isdigit() and "generatedAt" in f]
    return max(stamps, key=lambda stamp: stamp.serial, default=None)


def restamped(made, stamp):
    values = {"serial": stamp.serial, "generatedAt": stamp.time}

    def line(found):
        return f"  {found[1]}: {values[found[1]]}"

    return Made({name: STAMP.sub(line, text[:HEAD]) + text[HEAD:] for name, text in made.files.items()},
                made.notes)


class Files:
    def __init__(self, settings, work):
        self.settings = settings
        self.listing = os.path.join(work, "nodes.json")
        self.folder = os.path.join(work, "files")

    def make(self, nodes, stamp, config):
        """Made of trimmed nodes by name. config: texts of settings by name, checked with it."""
        odd = {}
        for _ in range(ROUNDS):
            notes = self.make_files({n: node for n, node in nodes.items() if n not in odd}, stamp)
            found = self.odd(config)
            if not found:
                notes += [f"{name} is left out: {why}" for name, why in odd.items()]
                return Made(self.files(), notes)
            odd.update(found)
            if len(odd) > max(1, len(nodes) // 2):
                break
        raise Refused(f"{len(odd)} of {len(nodes)} nodes do not go with the settings, {first(odd)}")

    def make_files(self, nodes, stamp):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.mkdir(self.folder)
        write_list(self.listing, nodes)
        done = self.croute(
            "import", "--from", "kube-nodes", "--address", self.settings.address,
            "--serial", str(stamp.serial), "--generated-at", stamp.time,
            "--split", self.settings.shard_size, "--output-dir", self.folder, self.listing)
        lines = [re.sub("^croute: (warning: )?", "", line) for line in done.stderr.splitlines()]
        if done.returncode != 0:
            raise Refused("; ".join(lines[-3:]))
        return lines

    def files(self):
        return {name: self.text(name) for name in sorted(os.listdir(self.folder)) if NODES.fullmatch(name)}

    def text(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as text:
            return text.read()

    def odd(self, config):
        """Why, by node. Refused, where it is not the nodes."""
        for name, text in config.items():
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as out:
                out.write(text)
        done = self.croute("validate", "-o", "json", self.folder)
        for name in config:
            os.remove(os.path.join(self.folder, name))
        if done.returncode == 0:
            return {}
        try:
            errors = json.loads(done.stdout)["errors"]
        except (ValueError, KeyError) as error:
            raise Refused("croute validate: " + done.stderr.strip()) from error
        return dict(self.blame(error) for error in errors)

    def blame(self, error):
        name = os.path.basename(error.get("file") or "")
        if NODES.fullmatch(name):
            with open(os.path.join(self.folder, name), encoding="utf-8") as lines:
                for number, line in enumerate(lines, 1):
                    node = NAME.match(line) if number == error.get("line") else None
                    if node:
                        return node[1], error["text"]
        raise Refused(f"the settings with these nodes: {name}:{error.get('line')}: {error['text']}")

    def croute(self, *arguments):
        environ = dict(os.environ, LC_ALL="C.UTF-8")
        return subprocess.run([self.settings.croute, *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False, env=environ)


def first(odd):
    name = min(odd)
    return f"{name}: {odd[name]}"
