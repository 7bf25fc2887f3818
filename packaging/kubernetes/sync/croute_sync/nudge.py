# SPDX-License-Identifier: MIT
"""nudge.py - an annotation of croute's pods makes their kubelets refresh the mounted ConfigMaps.

A kubelet watches the ConfigMaps of its pods, but writes them into a volume when it looks at the pod
again: each minute or so, or as soon as the pod changes. The mark has the serial of the last change and
the version of the settings. A pod whose mark is behind in none is left alone, so that two jobs, each
with its own, do not nudge in turns.
"""

import random
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from .api import FORBIDDEN, MERGE, METADATA, NOT_FOUND, TOO_MANY, ApiError, Session
from .mirror import Changes, Mirror

ANNOTATION = "croute/nudged"
MARK = re.compile(r"([0-9]+)\.([0-9]+)")
SELECTOR = "labelSelector=app.kubernetes.io%2Fname%3Dcroute"
STREAMS = 4  # patches at a time: an answer takes longer than the gap between two, where the server is busy
LEAD = 0.25  # seconds; the kubelets hear of a ConfigMap that was just written by another watch
REST = 10, 120  # seconds without a patch after a 429: the first time, and the most
REFUSED = 600  # seconds without one after a 403


class Nudger:
    def __init__(self, settings, api, say):
        self.path = f"/api/v1/namespaces/{settings.namespace}/pods"
        self.gap = 1 / settings.nudges
        self.say = say
        self.sessions = threading.local()
        self.api = api
        self.changes = Changes()
        self.mirror = Mirror(api, f"{self.path}?{SELECTOR}", mark_of, self.changes, say, metadata_only=True)
        self.mark = 0, 0
        self.lock = threading.Lock()  # of what follows
        self.not_before = 0
        self.rest = REST[0]
        self.done = 0
        self.stops = 0

    def start(self):
        self.mirror.start()
        threading.Thread(target=self.run, daemon=True).start()

    def want(self, mark):
        if mark != self.mark:
            with self.lock:
                self.not_before = max(self.not_before, time.monotonic() + LEAD)
            self.mark = mark
            self.changes.add()

    def behind(self):
        return [name for name, held in self.mirror.snapshot().items() if later(held, self.mark) != held]

    def run(self):
        seen = -1
        with ThreadPoolExecutor(STREAMS) as streams:
            while True:
                seen = self.changes.wait(seen, 60)
                pods = self.behind()
                random.shuffle(pods)
                list(streams.map(self.nudge, pods))

    def take_turn(self):
        while True:
            with self.lock:
                now = time.monotonic()
                wait = self.not_before - now
                if wait <= 0:
                    self.not_before = now + self.gap
                    return
            time.sleep(wait)

    def nudge(self, name):
        """Each pod gets the mark of the moment; what is patched late needs no second patch."""
        self.take_turn()
        held = self.mirror.get(name)
        mark = later(held or (0, 0), self.mark)
        if held in (None, mark):
            return
        if not hasattr(self.sessions, "own"):
            self.sessions.own = Session(self.api)
        body = {"metadata": {"annotations": {ANNOTATION: "%d.%d" % mark}}}
        try:
            self.sessions.own.call("PATCH", f"{self.path}/{name}?fieldManager=croute-sync", body, MERGE, METADATA)
        except ApiError as error:
            self.stop(name, error)
        else:
            with self.lock:
                self.done += 1
                self.rest = REST[0]
            self.mirror.renew(name, mark)
            self.say.over("nudge")

    def stop(self, name, error):
        if error.status == NOT_FOUND:
            self.mirror.put(name, None)
            return
        with self.lock:
            now = time.monotonic()
            self.stops += 1
            if self.not_before - now > REST[0] / 2:  # another stream has said so
                return
            rest = self.rest
            if error.status == TOO_MANY:
                rest = max(rest, error.retry_after)
            elif error.status == FORBIDDEN:
                rest = REFUSED
            self.rest = min(2 * self.rest, REST[1])
            self.not_before = now + rest
        self.say.once("nudge", f"the kubelets are not nudged for {rest} s, and take a minute or so: {error}")


def mark_of(pod):
    """(0, 0) is none."""
    found = MARK.fullmatch((pod["metadata"].get("annotations") or {}).get(ANNOTATION, ""))
    return (int(found[1]), int(found[2])) if found else (0, 0)


def later(one, other):
    return max(one[0], other[0]), max(one[1], other[1])
