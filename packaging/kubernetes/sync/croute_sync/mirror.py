# SPDX-License-Identifier: MIT
"""mirror.py - one resource as it is now: a list, then a watch of what changes, again when it breaks."""

import random
import threading
import time

from .api import GONE, ApiError

PAUSE = 1, 15  # seconds before it is tried again: the first time, and the most
TOO_NEW = 504  # the server's cache is not where an other server's was


class Changes:
    """Counts, and wakes who waits."""

    def __init__(self):
        self.count = 0
        self.condition = threading.Condition()

    def add(self):
        with self.condition:
            self.count += 1
            self.condition.notify_all()

    def wait(self, seen, timeout):
        """Until there are others than the `seen` ones; returns how many there were."""
        with self.condition:
            self.condition.wait_for(lambda: self.count != seen, timeout)
            return self.count


class Mirror:
    """trim(object) is what is held of an object under its name; a change of that is a change."""

    def __init__(self, api, path, trim, changes, say, metadata_only=False):
        self.api, self.path, self.trim = api, path, trim
        self.changes, self.say, self.metadata_only = changes, say, metadata_only
        self.lock = threading.Lock()
        self.held = {}
        self.version = None  # None: it has to be listed
        self.list_from = "0"
        self.complete = False  # since the first list
        self.connected = False
        self.heard = time.monotonic()
        self.breaks = 0

    def start(self):
        threading.Thread(target=self.run, daemon=True).start()

    def silence(self):
        """Seconds since it was last known to be up to date."""
        return 0 if self.connected else time.monotonic() - self.heard

    def snapshot(self):
        with self.lock:
            return dict(self.held)

    def get(self, name):
        with self.lock:
            return self.held.get(name)

    def run(self):
        pause = PAUSE[0]
        while True:
            begun = time.monotonic()
            try:
                self.follow()
            except ApiError as error:
                self.trouble(error)
                pause = PAUSE[0] if time.monotonic() - begun > PAUSE[1] else min(2 * pause, PAUSE[1])
                time.sleep(random.uniform(pause / 2, pause))
            else:
                pause = PAUSE[0]
                time.sleep(max(0, begun + 1 - time.monotonic()))

    def trouble(self, error):
        self.breaks += 1
        if error.status in (GONE, TOO_NEW):
            if self.version is None or error.status == TOO_NEW:
                self.list_from = ""
            self.version = None
        self.say.once(self.path, f"{self.path}: {error}; trying again")

    def follow(self):
        if self.version is None:
            self.relist()
        try:
            for event in self.api.watch(self.path, self.version, self.metadata_only):
                self.connected = True
                if event is None:
                    self.say.over(self.path)
                else:
                    self.take(event)
        finally:
            self.heard = time.monotonic() if self.connected else self.heard
            self.connected = False

    def relist(self):
        """Not from before what has been seen, where a server can tell."""
        held = {}

        def keep(item):
            held[item["metadata"]["name"]] = self.trim(item)

        version = self.api.list(self.path, self.list_from, self.metadata_only, keep)
        with self.lock:
            self.held, self.complete = held, True
        self.version = self.list_from = version
        self.heard = time.monotonic()
        self.changes.add()

    def take(self, event):
        item = event["object"]
        if event["type"] == "ERROR":
            raise ApiError(item.get("code", 0), item.get("message", "the watch broke"))
        self.version = self.list_from = item["metadata"]["resourceVersion"]
        if event["type"] == "DELETED":
            self.put(item["metadata"]["name"], None)
        elif event["type"] != "BOOKMARK":
            self.put(item["metadata"]["name"], self.trim(item))

    def renew(self, name, value):
        """Unless it has gone meanwhile."""
        with self.lock:
            there = name in self.held
        if there:
            self.put(name, value)

    def put(self, name, value):
        with self.lock:
            if self.held.get(name) == value:
                return
            if value is None:
                self.held.pop(name)
            else:
                self.held[name] = value
        self.changes.add()
