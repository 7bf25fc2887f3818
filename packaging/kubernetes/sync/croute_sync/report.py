# SPDX-License-Identifier: MIT
"""report.py - what the job tells: its log, readiness and metrics over HTTP, Events."""

import http.server
import sys
import threading
import time

from .api import ApiError

SHOWN = 5  # lines about odd nodes at a time


class Log:
    """What is said once is said again only after it was over."""

    def __init__(self):
        self.lock = threading.Lock()
        self.standing = {}
        self.notes = set()

    @staticmethod
    def say(text):
        print("sync: " + text, file=sys.stderr, flush=True)

    def once(self, subject, text):
        """Whether it was said."""
        with self.lock:
            if self.standing.get(subject) == text:
                return False
            self.standing[subject] = text
        self.say(text)
        return True

    def over(self, subject):
        with self.lock:
            self.standing.pop(subject, None)

    def news(self, notes):
        """Those that were not there the last time."""
        new = [note for note in notes if note not in self.notes]
        self.notes = set(notes)
        for note in new[:SHOWN]:
            self.say(note)
        if len(new) > SHOWN:
            self.say(f"and {len(new) - SHOWN} more such lines")


class Events:
    """About the Deployment of the job, for `kubectl describe`. Without the right to, the log has it."""

    def __init__(self, settings, session, log):
        self.settings, self.session, self.log = settings, session, log

    def warn(self, reason, text):
        if not self.settings.deployment:
            return
        namespace, name = self.settings.namespace, self.settings.deployment
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        about = {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": namespace, "name": name}
        try:
            held = self.session.call("GET", f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}")
            about["uid"] = held["metadata"]["uid"]
            self.session.call("POST", f"/api/v1/namespaces/{namespace}/events", {
                "metadata": {"generateName": name + "."}, "involvedObject": about, "reason": reason,
                "message": text[:1000], "type": "Warning", "source": {"component": "croute-sync"},
                "firstTimestamp": now, "lastTimestamp": now, "count": 1})
        except ApiError as error:
            self.log.once("event", f"no Event of this: {error}")


METRICS = (
    ("ready", "gauge", "1 when what stands in the files is what the nodes say"),
    ("nodes", "gauge", "Nodes that the API server lists"),
    ("left_out", "gauge", "Nodes that are in no file, since something of them is missing or odd"),
    ("serial", "gauge", "source.serial of the files"),
    ("verified_timestamp_seconds", "gauge", "When the files were last known to be what the nodes say"),
    ("writes_total", "counter", "Writes of the files"),
    ("failures_total", "counter", "Passes that wrote nothing though it was due"),
    ("breaks_total", "counter", "Lists and watches that broke"),
    ("nudges_total", "counter", "Patches of croute's pods, for their kubelets"),
    ("nudge_stops_total", "counter", "Refusals of such patches"),
    ("pods_behind", "gauge", "Pods of croute's whose kubelet has not been nudged to the last change"),
)


def exposition(values):
    lines = []
    for name, kind, text in METRICS:
        if name in values:
            full = "croute_sync_" + name
            lines += [f"# HELP {full} {text}.", f"# TYPE {full} {kind}", f"{full} {values[name]}"]
    return "\n".join(lines) + "\n"


def serve(listen, job):
    """In a thread. job has is_alive(), why_not_ready() and metrics()."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path == "/metrics":
                self.reply(200, exposition(job.metrics()))
            elif self.path == "/readyz":
                why = job.why_not_ready()
                self.reply(503 if why else 200, (why or "ready") + "\n")
            elif self.path == "/healthz":
                self.reply(200 if job.is_alive() else 503, "\n")
            else:
                self.reply(404, "/metrics, /readyz, /healthz\n")

        def reply(self, status, text):
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    host, _, port = listen.rpartition(":")
    server = http.server.ThreadingHTTPServer((host.strip("[]"), int(port)), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]
