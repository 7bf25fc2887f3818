#!/usr/bin/python3
"""api_server.py - an API server as far as the sync job meets one: TLS, a token, what the roles allow,
lists in pages, ConfigMaps that several managers write, and failures on demand.

usage: api_server.py FOLDER
FOLDER holds tls.pem (certificate and key), token, allowed ("VERB RESOURCE NAME" a line), nodes.json
(the list, as it is sent), configmaps/NAME (the data) and owners/NAME (the managers of each key).
`fail` makes requests fail: "VERB RESOURCE NAME HOW" a line, HOW being a status, `hang` or `cut`.
calls.log gets a line for each request of these; `port` is written when it listens.
"""

import json
import os
import re
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

FOLDER = sys.argv[1]
CONFIGMAP = re.compile(r"/api/v1/namespaces/([^/]+)/configmaps/([^/]+)")
APPLY, MERGE = "application/apply-patch+yaml", "application/merge-patch+json"
DISCOVERY = {
    "/version": {"major": "1", "minor": "20", "gitVersion": "v1.20.2"},
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
    "/api/v1": {
        "kind": "APIResourceList",
        "groupVersion": "v1",
        "resources": [
            {"name": "nodes", "namespaced": False, "kind": "Node", "verbs": ["list"]},
            {"name": "configmaps", "namespaced": True, "kind": "ConfigMap", "verbs": ["get", "patch"]},
        ],
    },
}


def place(*names):
    return os.path.join(FOLDER, *names)


def read(*names, default=None):
    if default is not None and not os.path.exists(place(*names)):
        return default
    with open(place(*names), encoding="utf-8") as text:
        return text.read()


def write(value, *names):
    """By rename: the test reads while this writes."""
    with open(place(".write"), "w", encoding="utf-8") as out:
        json.dump(value, out)
    os.rename(place(".write"), place(*names))


class Refusal(Exception):
    """A status, and why."""


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
        how = [line.split()[3] for line in read("fail", default="").splitlines()
               if line.startswith(what + " ")]
        if how == ["hang"]:
            self.connection.recv(1)
            raise Refusal(500, "nobody waits any more")
        if how and how != ["cut"]:
            raise Refusal(int(how[0]), "as the test wants it")
        if what not in read("allowed").splitlines():
            raise Refusal(403, f'{resource} "{name}" is forbidden: cannot {verb}')
        return how == ["cut"]

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

    def get(self, url):
        named = CONFIGMAP.fullmatch(url.path)
        if named:
            self.demand("get", "configmaps", named[2])
            self.reply(200, self.present(*named.groups()))
        elif url.path == "/api/v1/nodes":
            self.reply(200, self.page(parse_qs(url.query)), self.demand("list", "nodes"))
        elif url.path in DISCOVERY:
            self.reply(200, DISCOVERY[url.path])
        elif url.path.startswith("/api/v1/"):
            raise Refusal(403, f"{url.path} is forbidden")
        else:
            raise Refusal(404, "the server could not find the requested resource")

    @staticmethod
    def page(query):
        if "limit" not in query:
            return read("nodes.json")
        held = json.loads(read("nodes.json"))
        start = int(query.get("continue", ["0"])[0])
        end = start + int(query["limit"][0])
        if end < len(held["items"]):
            held["metadata"]["continue"] = str(end)
        held["items"] = held["items"][start:end]
        return held

    @staticmethod
    def present(namespace, name):
        if not os.path.exists(place("configmaps", name)):
            raise Refusal(404, f'configmaps "{name}" not found')
        return {"apiVersion": "v1", "kind": "ConfigMap", "data": json.loads(read("configmaps", name)),
                "metadata": {"name": name, "namespace": namespace, "uid": name, "resourceVersion": "1"}}

    def patch(self, url):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        named = CONFIGMAP.fullmatch(url.path)
        if not named:
            raise Refusal(404, "the server could not find the requested resource")
        name = named[2]
        self.demand("patch", "configmaps", name)
        if self.headers["Content-Type"] == APPLY:
            if not os.path.exists(place("configmaps", name)):
                self.demand("create", "configmaps", name)
            data, owners = applied(name, body.get("data") or {}, parse_qs(url.query))
        elif self.headers["Content-Type"] == MERGE:
            self.present(*named.groups())
            data, owners = merged(name, body["data"], parse_qs(url.query))
        else:
            raise Refusal(415, "the body of the request was in an unknown format")
        keep(name, data, owners)
        self.reply(200, self.present(*named.groups()))


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
            data[key], owners[key] = value, query.get("fieldManager", ["kubectl-patch"])
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
