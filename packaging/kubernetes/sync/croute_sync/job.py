# SPDX-License-Identifier: MIT
"""job.py - looks at the nodes, makes files of them, and writes those when they differ from what is there.

Nothing is ever written from a list that failed or was cut off, nor from one without a node that can
be used, nor what `croute validate` refuses together with the settings.
"""

import calendar
import time

from . import nodes
from .api import CONFLICT, Api, ApiError, Session
from .configmaps import ConfigMaps
from .directory import Directory
from .files import Files, Refused, Stamp, restamped, stamp_of
from .mirror import Changes, Mirror
from .nudge import Nudger
from .report import Events

SETTLE = 0.2  # seconds; what changes together is written together
SPACE = 2  # times as long as a pass took, until the next
SPACE_MOST = 10  # seconds
RETRY = 5  # seconds, after a pass that failed
LOOK = 1  # seconds between looks at settings in a directory
FORMAT = "%Y-%m-%dT%H:%M:%SZ"
STUCK = 300  # seconds without a turn of the loop


class Job:
    def __init__(self, settings, log, work):
        self.settings, self.log = settings, log
        self.api = Api(settings.timeout)
        session = Session(self.api)
        self.changes = Changes()
        self.nodes = Mirror(self.api, "/api/v1/nodes", nodes.trim, self.changes, log)
        self.target = (Directory(settings) if settings.output else
                       ConfigMaps(settings, self.api, session, self.changes, log))
        self.nudger = Nudger(settings, self.api, log) if settings.nudges and not settings.output else None
        self.events = Events(settings, session, log)
        self.files = Files(settings, work)
        self.left_out = 0
        self.serial = self.changed = 0  # of the files; of their last change, other than of the stamp
        self.renew_at = 0  # by the clock
        self.writes = self.failures = 0
        self.config_version = None
        self.trouble = "starting"
        self.verified = self.verified_at = 0  # monotonic, and by the clock
        self.turned = time.monotonic()

    # --- the loop

    def once(self):
        """One pass without watches; whether it did what it should."""
        try:
            for mirror in self.watches():
                mirror.relist()
        except ApiError as error:
            self.fail("NotListed", f"{error}; nothing is written")
            return False
        return self.turn()

    def run(self):
        for mirror in self.watches():
            mirror.start()
        if self.nudger:
            self.nudger.start()
        seen, due = -1, True
        while True:
            count = self.changes.wait(seen, self.patience(due))
            self.turned = time.monotonic()
            due = (due or count != seen or self.now() >= self.renew_at or
                   self.config_version != self.target.config_version())
            seen = count
            if due and all(mirror.complete for mirror in self.watches()):
                time.sleep(SETTLE)
                seen = self.changes.count
                due = not self.turn()
                time.sleep(min(SPACE * (time.monotonic() - self.turned), SPACE_MOST))
            elif not due and self.is_watching():
                self.verify()

    def patience(self, due):
        """Seconds to wait for news: of a directory there is none."""
        return min(self.settings.interval, RETRY if due else LOOK if self.settings.output else 60)

    def turn(self):
        """Whether all is well then."""
        try:
            self.step()
        except Refused as refusal:
            self.fail("Refused", f"{refusal}; nothing is written")
        except (ApiError, OSError) as error:
            if getattr(error, "status", 0) == CONFLICT:  # another job was faster, or another hand
                return False
            self.fail("NotWritten", f"the files are not written: {error}; trying again")
        else:
            self.trouble = ""
            self.log.over("trouble")
            self.verify()
        return not self.trouble

    def fail(self, reason, text):
        self.failures += 1
        self.trouble = text
        if self.log.once("trouble", text):
            self.events.warn(reason, text)

    # --- a pass

    def now(self):
        return int(self.settings.now or time.time())

    def step(self):
        """Makes the files with the stamp that is there, which tells whether anything has changed."""
        held = self.nodes.snapshot()
        config = self.target.config()
        self.config_version = self.target.config_version()
        old = stamp_of(self.target.present())
        made = self.files.make(held, old or self.stamp(0), config)
        self.log.news(made.notes)
        self.left_out = sum(" is left out: " in note for note in made.notes)
        same = old is not None and self.target.holds(made)
        if not same or not self.is_fresh(old):
            self.write(made, config, old)
            files = "1 file" if len(made.files) == 1 else f"{len(made.files)} files"
            self.log.say(f"{len(held) - self.left_out} of {len(held)} nodes in {files}, "
                         f"serial {self.serial}, was {old.serial if old else 'none'}")
        else:
            self.keep(old)
        if not same or not self.changed:
            self.changed = self.serial
        if self.nudger:
            self.nudger.want((self.changed, self.config_version))

    def write(self, made, config, old):
        new = self.stamp(old.serial if old else 0)
        self.target.write(restamped(made, new), config)
        self.writes += 1
        self.keep(new)

    def keep(self, stamp):
        self.serial = stamp.serial
        self.renew_at = seconds(stamp.time) + self.settings.renew

    def stamp(self, after):
        """The serial is the time, unless the clock went back; it stays ahead when all files are lost."""
        now = self.now()
        return Stamp(max(now, after + 1, self.serial + 1), time.strftime(FORMAT, time.gmtime(now)))

    def is_fresh(self, stamp):
        return 0 <= self.now() - seconds(stamp.time) < self.settings.renew

    # --- what others ask

    def watches(self):
        return [self.nodes, *self.target.watches()]

    def is_watching(self):
        return all(mirror.complete and mirror.silence() < self.settings.interval for mirror in self.watches())

    def verify(self):
        self.verified, self.verified_at = time.monotonic(), int(time.time())

    def is_alive(self):
        return time.monotonic() - self.turned < STUCK

    def why_not_ready(self):
        if self.trouble:
            return self.trouble
        if time.monotonic() - self.verified > 2 * self.settings.interval:
            return "what the nodes say now is not known"
        return ""

    def metrics(self):
        values = {"ready": int(not self.why_not_ready()), "nodes": len(self.nodes.held),
                  "left_out": self.left_out, "serial": self.serial, "writes_total": self.writes,
                  "verified_timestamp_seconds": self.verified_at, "failures_total": self.failures,
                  "breaks_total": sum(mirror.breaks for mirror in self.watches())}
        if self.nudger:
            values.update(nudges_total=self.nudger.done, nudge_stops_total=self.nudger.stops,
                          pods_behind=len(self.nudger.behind()))
        return values


def seconds(text):
    """Of a time as the stamp has it; 0 when it is none."""
    try:
        return calendar.timegm(time.strptime(text, FORMAT))
    except ValueError:
        return 0
