#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""attack.py - those who mean ill to the agent's pages, until it is killed.

usage: attack.py slow|flood|odd CONNECTIONS [PORT]. slow: requests that never end, a byte a second;
flood: pages as fast as they come; odd: what no browser sends, cut off at once or never read.
A connection that ends is opened anew. "begun" is printed when as many as that have been opened.
"""
import itertools
import resource
import select
import socket
import struct
import sys
import time

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close(2) resets
PAGES = [b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path for path in (b"/metrics", b"/", b"/readyz")]
ODD = [b"", b"\0" * 9000, b"GET " + b"/" * 20000, b"POST / HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n" + b"x" * 5000,
       b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 3000, b"\r\n" * 4000, b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\0\x01",
       b"GET /metrics HTTP/1.1\r\n\r\n" * 200]


class Attack:
    def __init__(self, how, count, port):
        self.how, self.count, self.port = how, count, port
        self.words = itertools.cycle(ODD if how == "odd" else PAGES)
        self.open, self.opened = {}, 0
        self.poll = select.epoll()

    def connect(self):
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        sock.connect_ex(("127.0.0.1", self.port))
        self.open[sock.fileno()] = sock
        self.poll.register(sock, select.EPOLLOUT)
        self.opened += 1
        if self.opened == self.count:
            print("begun", flush=True)

    def close(self, fd):
        self.poll.unregister(fd)
        self.open.pop(fd).close()

    def turn(self, fd, events):
        """True as long as the connection is of use."""
        if events & (select.EPOLLERR | select.EPOLLHUP):
            return False
        if events & select.EPOLLIN:
            return self.how != "odd" and self.open[fd].recv(1 << 16) != b""
        self.open[fd].send(b"GET /" if self.how == "slow" else next(self.words) or b"\0")
        self.poll.modify(fd, select.EPOLLIN)
        return True

    def drip(self):
        for fd in list(self.open):
            try:
                self.open[fd].send(b"a")
            except BlockingIOError:
                pass
            except OSError:
                self.close(fd)

    def run(self):
        dripped = time.monotonic()
        while True:
            for _ in range(min(500, self.count - len(self.open))):
                self.connect()
            for fd, events in self.poll.poll(0.1):
                try:
                    keep = self.turn(fd, events)
                except OSError:
                    keep = False
                if not keep:
                    self.close(fd)
            if self.how == "slow" and time.monotonic() - dripped > 1:
                self.drip()
                dripped = time.monotonic()


def main(how, count, port="9667"):
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    Attack(how, min(int(count), most - 20), int(port)).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
