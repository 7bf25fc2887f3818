#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""api_server.py - an API server as far as the sync job meets one, to fail on demand: TLS, a token, what
the roles allow, lists, watches, ConfigMaps that several managers write, patches of pods.

usage: api_server.py FOLDER
FOLDER holds tls.pem (certificate and key), token, allowed ("VERB RESOURCE NAME" a line), nodes.json
(the list, as it is sent), configmaps/NAME (the data), owners/NAME (the managers of each key) and
pods/NAME (the annotations). `fail` makes requests fail: "VERB RESOURCE NAME HOW" a line, HOW being a
status, `hang` or `cut`; a watch that stands ends by it, too. A limit is heeded when there is a file `pages`:
real ones mostly don't. calls.log gets a line for each request of these, events.log each Event; `port` is
written when it listens.
"""

import ctypes
import json
import os
import re
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

FOLDER = sys.argv[1]
PATH = re.compile(r"/(?:api|apis/apps)/v1(?:/namespaces/([^/]+))?/([a-z]+)(?:/([^/]+))?")
APPLY, MERGE = "application/apply-patch+yaml", "application/merge-patch+json"
IN_CLOSE_WRITE, IN_MOVED_TO, IN_DELETE = 0x8, 0x80, 0x200


def place(*names):
    return os.path.join(FOLDER, *names)


def read(*names, default=None):
    if default is not None and not os.path.exists(place(*names)):
        return default
    with open(place(*names), encoding="utf-8") as text:
        return text.read()


def write(value, *names):
    """By rename: the test reads while this writes."""
    new = place(f".write-{threading.get_ident()}")
    with open(new, "w", encoding="utf-8") as out:
        json.dump(value, out)
    os.rename(new, place(*names))


class Refusal(Exception):
    """A status, and why."""


class Changes:
    """Of files of FOLDER: counts, and wakes who waits."""

    def __init__(self):
        libc = ctypes.CDLL(None)
        self.inotify = libc.inotify_init1(os.O_CLOEXEC)
        for folder in ("", "configmaps", "pods"):
            libc.inotify_add_watch(self.inotify, place(folder).encode(), IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE)
        self.count = 0
        self.condition = threading.Condition()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while os.read(self.inotify, 1 << 16):
            with self.condition:
                self.count += 1
                self.condition.notify_all()

    def wait(self, seen):
        with self.condition:
            self.condition.wait_for(lambda: self.count != seen)
            return self.count


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Quiet."""

    def reply(self, status, body, cut=False):
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if status == 429:
            self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if cut else data)
        self.close_connection = self.close_connection or cut

    def demand(self, verb, resource, name="*"):
        """Whether to cut the answer short; Refusal when there is none."""
        what = f"{verb} {resource} {name}"
        with open(place("calls.log"), "a", encoding="utf-8") as log:
            log.write(f"{what}\n")
        how = self.wish(verb, resource, name)
        if how == "hang":
            self.connection.recv(1)
            raise Refusal(500, "nobody waits any more")
        if how and how != "cut":
            raise Refusal(int(how), "as the test wants it")
        if not {what, f"{verb} {resource} *"} & set(read("allowed").splitlines()):
            raise Refusal(403, f'{resource} "{name}" is forbidden: cannot {verb}')
        return how == "cut"

    @staticmethod
    def wish(verb, resource, name):
        """How the test wants it to fail, if so."""
        begin = f"{verb} {resource} {name} "
        return next((line.split()[3] for line in read("fail", default="").splitlines()
                     if line.startswith(begin)), None)

    def handle_one(self, answer):
        try:
            if self.headers.get("Authorization") != "Bearer " + read("token").strip():
                raise Refusal(401, "Unauthorized")
            answer(urlsplit(self.path))
        except Refusal as refusal:
            status, why = refusal.args
            self.reply(status, {"kind": "Status", "apiVersion": "v1", "status": "Failure",
                                "code": status, "message": why,
                                "reason": "NotFound" if status == 404 else "Unknown"})

    def do_GET(self):
        self.handle_one(self.get)

    def do_PATCH(self):
        self.handle_one(self.patch)

    def do_POST(self):
        self.handle_one(self.post)

    @staticmethod
    def parts(url):
        named = PATH.fullmatch(url.path)
        if not named:
            raise Refusal(404, "the server could not find the requested resource")
        return named.groups()

    def get(self, url):
        _, resource, name = self.parts(url)
        query = parse_qs(url.query)
        if name:
            self.demand("get", resource, name)
            self.reply(200, {"metadata": {"name": name, "uid": "uid-of-" + name}})
        elif "watch" in query:
            self.demand("watch", resource)
            self.watch(resource, query["resourceVersion"][0])
        else:
            cut = self.demand("list", resource)
            self.reply(200, self.list(resource, query), cut)

    @staticmethod
    def list(resource, query):
        """What the test has put there in the place of nodes comes as it is."""
        try:
            version, state = STORE.state(resource)
        except ValueError:
            return read("nodes.json")
        items = list(state.values())
        start = int(query.get("continue", ["0"])[0])
        limit = query["limit"][0] if os.path.exists(place("pages")) else len(items)
        end = start + int(limit)
        metadata = {"resourceVersion": str(version)}
        if end < len(items):
            metadata["continue"] = str(end)
        return {"kind": "List", "apiVersion": "v1", "metadata": metadata, "items": items[start:end]}

    def watch(self, resource, version):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        past = STORE.past.get((resource, int(version)))
        if past is None:
            self.event("ERROR", {"kind": "Status", "code": 410, "message": "too old resource version"})
        seen = -1
        while past is not None:
            seen = CHANGES.wait(seen)
            if self.wish("watch", resource, "*"):
                break
            try:
                now = STORE.state(resource)[1]
            except ValueError:  # amid a write
                continue
            for kind, item in changes(past, now):
                self.event(kind, item)
            past = now
        self.close_connection = True

    def event(self, kind, item):
        line = json.dumps({"type": kind, "object": item}).encode() + b"\n"
        self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        self.wfile.flush()

    def body(self):
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def post(self, url):
        _, resource, _ = self.parts(url)
        body = self.body()
        self.demand("create", resource)
        with open(place("events.log"), "a", encoding="utf-8") as log:
            log.write(json.dumps(body) + "\n")
        self.reply(201, body)

    def patch(self, url):
        _, resource, name = self.parts(url)
        body = self.body()
        self.demand("patch", resource, name)
        if resource == "pods":
            if not os.path.exists(place("pods", name)):
                raise Refusal(404, f'pods "{name}" not found')
            write({**json.loads(read("pods", name)), **body["metadata"]["annotations"]}, "pods", name)
        else:
            self.patch_configmap(name, body, parse_qs(url.query))
        self.reply(200, STORE.state(resource)[1][name])

    def patch_configmap(self, name, body, query):
        there = STORE.state("configmaps")[1].get(name)
        if self.headers["Content-Type"] == APPLY:
            if not there:
                self.demand("create", "configmaps", name)
            data, owners = applied(name, body.get("data") or {}, query)
        elif self.headers["Content-Type"] == MERGE:
            if not there:
                raise Refusal(404, f'configmaps "{name}" not found')
            wanted = body["metadata"].get("resourceVersion")
            if wanted not in (None, there["metadata"]["resourceVersion"]):
                raise Refusal(409, "the object has been modified")
            data, owners = merged(name, body["data"], query)
        else:
            raise Refusal(415, "the body of the request was in an unknown format")
        keep(name, data, owners)


def load(resource):
    """Objects by name, without their versions."""
    if resource == "nodes":
        return {item["metadata"]["name"]: item for item in json.loads(read("nodes.json"))["items"]}
    found = {}
    for name in sorted(os.listdir(place(resource))):
        held = json.loads(read(resource, name))
        found[name] = ({"metadata": {"name": name}, "data": held} if resource == "configmaps" else
                       {"metadata": {"name": name, "annotations": held}})
    return found


def changes(past, now):
    for name in past.keys() - now.keys():
        yield "DELETED", past[name]
    for name, item in now.items():
        if name not in past:
            yield "ADDED", item
        elif past[name] != item:
            yield "MODIFIED", item


class Store:
    """Versions of what the files hold, whoever has written them."""

    def __init__(self):
        self.lock = threading.Lock()
        self.version = 1
        self.known = {}
        self.past = {}

    def state(self, resource):
        with self.lock:
            found = load(resource)
            for name, item in found.items():
                if self.known.get((resource, name), (None,))[0] != item:
                    self.version += 1
                    self.known[resource, name] = item, self.version
            for key in [k for k in self.known if k[0] == resource and k[1] not in found]:
                self.version += 1
                del self.known[key]
            state = {name: self.versioned(resource, name, item) for name, item in found.items()}
            self.past[resource, self.version] = state
            return self.version, state

    def versioned(self, resource, name, item):
        version = str(self.known[resource, name][1])
        return {**item, "metadata": {**item["metadata"], "resourceVersion": version}}


STORE = Store()
CHANGES = Changes()


def held_of(name):
    """The data, and the managers of each key."""
    return json.loads(read("configmaps", name, default="{}")), json.loads(read("owners", name, default="{}"))


def applied(name, wanted, query):
    """Server-side apply: what its manager no longer names goes, unless another has it, too."""
    data, owners = held_of(name)
    manager = query["fieldManager"][0]
    for key, value in wanted.items():
        others = set(owners.get(key, [])) - {manager}
        if key in data and data[key] != value and others:
            if query.get("force") != ["true"]:
                raise Refusal(409, f"conflict with {others}: .data.{key}")
            others = set()
        data[key], owners[key] = value, sorted(others | {manager})
    for key in set(data) - set(wanted):
        owners[key] = [other for other in owners.get(key, []) if other != manager]
        if manager in held_of(name)[1].get(key, []) and not owners[key]:
            del data[key], owners[key]
    return data, owners


def merged(name, wanted, query):
    """A merge patch: null takes a key from everybody."""
    data, owners = held_of(name)
    for key, value in wanted.items():
        data.pop(key, None)
        owners.pop(key, None)
        if value is not None:
            data[key], owners[key] = value, query.get("fieldManager", ["patch"])
    return data, owners


def keep(name, data, owners):
    if sum(len(key) + len(value.encode()) for key, value in data.items()) > 1 << 20:
        raise Refusal(422, f'ConfigMap "{name}" is invalid: Too long: must have at most 1048576 bytes')
    if not all(re.fullmatch(r"[-._a-zA-Z0-9]+", key) for key in data):
        raise Refusal(422, f'ConfigMap "{name}" is invalid: a key')
    write(owners, "owners", name)
    write(data, "configmaps", name)


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(place("tls.pem"))
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False)
    write(server.server_address[1], "port")
    server.serve_forever()


main()
