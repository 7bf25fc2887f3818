# SPDX-License-Identifier: MIT
"""api.py - the API server as a pod meets it: TLS, the token of its ServiceAccount, lists, watches.

A list is read object by object: with resourceVersion=0 most servers ignore the limit, and 16,000
Nodes are 250 MB of JSON. That is why this stands on http.client: the client libraries hold an answer
as a whole, and several times over.
"""

import codecs
import contextlib
import http.client
import json
import os
import re
import socket
import ssl
import zlib
from urllib.parse import urlencode

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
PAGE = 500  # objects
CHUNK = 1 << 18  # bytes
WATCH = 290  # seconds; the server ends a watch by then, and may say nothing until then
SILENCE = WATCH + 20
APPLY, MERGE = "application/apply-patch+yaml", "application/merge-patch+json"
FULL = "application/json"
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
GONE, CONFLICT, NOT_FOUND, FORBIDDEN, TOO_MANY = 410, 409, 404, 403, 429
ITEMS = re.compile(r'"items"\s*:\s*(\[|null)')
BETWEEN = re.compile(r"[\s,]*")


class ApiError(Exception):
    """status is 0 when there was no answer."""

    def __init__(self, status, message, retry_after=0):
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


@contextlib.contextmanager
def one_kind_of_error():
    try:
        yield
    except (OSError, http.client.HTTPException, ValueError, zlib.error) as error:
        raise ApiError(0, str(error) or type(error).__name__) from error


class Connection(http.client.HTTPSConnection):
    """Notices a peer that is gone within a minute, also while it only listens."""

    def connect(self):
        super().connect()
        for option, value in ((socket.TCP_KEEPIDLE, 20), (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 4)):
            self.sock.setsockopt(socket.IPPROTO_TCP, option, value)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


class Api:
    def __init__(self, timeout, environ=os.environ, account=ACCOUNT):
        self.host = environ.get("KUBERNETES_SERVICE_HOST")
        self.port = environ.get("KUBERNETES_SERVICE_PORT")
        self.account = account
        self.timeout = timeout

    def read(self, name):
        with open(os.path.join(self.account, name), encoding="utf-8") as text:
            return text.read().strip()

    def open(self, timeout):
        if not self.host or not self.port:
            raise ApiError(0, "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set")
        context = ssl.create_default_context(cafile=os.path.join(self.account, "ca.crt"))
        return Connection(self.host, int(self.port), timeout=timeout, context=context)

    def ask(self, connection, method, path, body=None, **headers):
        """The response, when it is a success. The token is read each time: it is replaced hourly."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers["Authorization"] = "Bearer " + self.read("token")
        headers["User-Agent"] = "croute-sync"
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = connection.getresponse()
        if response.status >= 300:
            raise refusal(response, response.read())
        return response

    def list(self, path, version, metadata_only, keep):
        """Calls keep(object) for each, and returns the resourceVersion of the list.

        version: "0" is whatever the server has in its cache, "" what etcd has now.
        """
        query = {"limit": PAGE, "resourceVersion": version}
        if version not in ("", "0"):
            query["resourceVersionMatch"] = "NotOlderThan"
        accept = METADATA_LIST if metadata_only else FULL
        with one_kind_of_error(), contextlib.closing(self.open(self.timeout)) as connection:
            while True:
                response = self.ask(connection, "GET", with_query(path, query), Accept=accept,
                                    Accept_Encoding="gzip")
                with contextlib.closing(response):
                    head = read_list(response, keep)
                if not head.get("continue"):
                    return head["resourceVersion"]
                query = {"limit": PAGE, "continue": head["continue"]}

    def watch(self, path, version, metadata_only):
        """Yields None once it stands, then events as they come, until the server ends it."""
        query = {"watch": 1, "allowWatchBookmarks": "true", "resourceVersion": version,
                 "timeoutSeconds": WATCH}
        accept = METADATA if metadata_only else FULL
        with one_kind_of_error(), contextlib.closing(self.open(SILENCE)) as connection:
            response = self.ask(connection, "GET", with_query(path, query), Accept=accept)
            yield None
            for line in response:
                if line.strip():
                    yield json.loads(line)


class Session:
    """Requests one after the other, over one connection."""

    def __init__(self, api):
        self.api = api
        self.connection = None

    def call(self, method, path, body=None, kind=FULL, accept=FULL):
        try:
            with one_kind_of_error():
                if self.connection is None:
                    self.connection = self.api.open(self.api.timeout)
                response = self.api.ask(self.connection, method, path, body, Content_Type=kind,
                                        Accept=accept)
                return json.loads(response.read())
        except ApiError as error:
            if error.status == 0:
                self.close()
            raise

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None


def with_query(path, query):
    return path + ("&" if "?" in path else "?") + urlencode(query)


def refusal(response, body):
    try:
        message = json.loads(body)["message"]
    except (ValueError, KeyError, TypeError):
        message = response.reason
    after = response.headers.get("Retry-After", "")
    return ApiError(response.status, message, int(after) if after.isdigit() else 0)


def text_of(response):
    """The body in pieces of text, "" when it is over. A body cut short is an error."""
    decode = codecs.getincrementaldecoder("utf-8")().decode
    unpack = zlib.decompressobj(31) if response.headers.get("Content-Encoding") == "gzip" else None
    while True:
        data = response.read1(CHUNK)
        if not data:
            if response.length:
                raise ValueError("the answer was cut off")
            return
        yield decode(unpack.decompress(data) if unpack else data)


def read_list(response, keep):
    """Calls keep for each object of a list, and returns the metadata of the list."""
    pieces = text_of(response)
    text = ""
    begin = None
    while begin is None:
        text += more(pieces)
        begin = ITEMS.search(text)
    head = json.loads(text[:begin.start()] + '"items": null}')
    if begin[1] == "[":
        read_items(text[begin.end():], pieces, keep)
    for _ in pieces:  # to the end, or the connection is of no more use
        pass
    return head["metadata"]


def more(pieces):
    piece = next(pieces, None)
    if piece is None:
        raise ValueError("the list was cut off")
    return piece


def read_items(text, pieces, keep):
    decode = json.JSONDecoder().raw_decode
    at = 0
    while True:
        at = BETWEEN.match(text, at).end()
        if text.startswith("]", at):
            return
        try:
            held, at = decode(text, at)
        except ValueError:
            text, at = text[at:] + more(pieces), 0
        else:
            keep(held)
