#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""torture.py - an agent, its file, strangers and signals, by chance; at each quiet point the kernel
holds what the file asks for, and strangers' rows are as they left them.

usage: torture.py CROUTE WORK STEPS SEED...; in a network namespace with eth1, 10.0.0.1/16 and
fd00::1/64. A quiet point is known by a serial: the agent has read the file of that number, and so
heard of everything before it. The resync is an hour: what is put right is put right by an event.
"""
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time

import kernel
import world

DEADLINE = float(os.environ.get("WAIT_SECONDS", "60"))
GROWTH_KIB = 96
WARM = 10  # quiet points after which an agent must not grow
STRANGERS = ('other', 'flannel.9')
ROUTER = {'10.77.0.0/16': '10.0.0.254', 'fd77::/64': 'fd00::fe'}


class Broken(Exception):
    pass


def ip(*words, ok=False):
    done = subprocess.run(('ip',) + words, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0 and not ok:
        raise Broken(f'ip {" ".join(words)}: {done.stderr.strip()}')
    return done.returncode == 0


def named(row, names):
    """(to, via, device name, metric, type) as world.py has it."""
    to, via, index, metric, _, kind, _ = row
    if isinstance(via, tuple):
        via = tuple((gateway, names.get(at), weight) for gateway, at, weight in via)
    return to, via, None if kind == 6 else names.get(index), metric, kind


def strangers(links):
    """What stands on devices that are not croute's, and stays."""
    return {name: (links[name][1:], kernel.neighbours(links[name][0]),
                   kernel.forwarding(links[name][0])) for name in STRANGERS}


def add_links():
    """A second card, whose other end is here, and strangers': a bridge, and a tunnel that looks like
    croute's but for its VNI and port."""
    for name in STRANGERS + ('eth2',):
        ip('link', 'del', name, ok=True)
    ip('link', 'add', 'name', 'eth2', 'type', 'veth', 'peer', 'name', 'cable')
    for words in (('link', 'set', 'eth2', 'up'), ('link', 'set', 'cable', 'up'),
                  ('addr', 'add', '10.1.0.1/16', 'dev', 'eth2'),
                  ('addr', 'add', 'fd01::1/64', 'dev', 'eth2', 'nodad')):
        ip(*words)
    ip('link', 'add', 'name', 'other', 'type', 'bridge')
    ip('link', 'add', 'name', 'flannel.9', 'type', 'vxlan', 'id', '9', 'dstport', '9999', 'nolearning')
    for name in STRANGERS:
        ip('link', 'set', name, 'address', '02:00:00:00:00:99', 'up')
        for address in ('10.244.9.0', 'fd10:244:0:9::'):
            ip('neigh', 'add', address, 'lladdr', '02:00:00:00:00:09', 'nud', 'permanent', 'dev', name)
    subprocess.run(('bridge', 'fdb', 'append', '02:00:00:00:00:09', 'dev', 'flannel.9', 'dst',
                    '10.0.0.9', 'self', 'permanent'), check=True)


class Agent:
    """croute run, and what it uses."""

    def __init__(self, croute, work):
        self.command = [croute, 'run', '--node', world.SELF, '-c', f'{work}/etc/nodes.yaml']
        self.log = open(f'{work}/agent.log', 'ab')
        self.process = None
        with open(croute, 'rb') as binary:
            self.sanitized = b'__asan_init' in binary.read()  # keeps what was freed
        self.start()

    def start(self):
        self.supervisor = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self.supervisor.bind('\0torture')
        self.supervisor.settimeout(DEADLINE)
        self.process = subprocess.Popen(self.command, stderr=self.log,
                                        env=dict(os.environ, NOTIFY_SOCKET='@torture'))
        self.turned = False
        self.points = 0
        self.kept = None

    def end(self, number):
        if number != signal.SIGKILL:
            self.wait_for_turn()
        self.process.send_signal(number)
        code = self.process.wait()
        self.supervisor.close()
        if number != signal.SIGKILL and code != 0:
            raise Broken(f'signal {number} ended it with {code}')

    def wait_for_turn(self):
        """Its first word to a service manager comes after its first turn: it catches signals."""
        try:
            self.turned = self.turned or self.supervisor.recv(4096) != b''
        except TimeoutError:
            raise Broken('the service manager heard nothing') from None

    def measure(self):
        """After it is warm, neither memory nor descriptors may grow."""
        pid = self.process.pid
        fds = len(os.listdir(f'/proc/{pid}/fd'))
        with open(f'/proc/{pid}/smaps_rollup') as maps:
            kib = [int(line.split()[1]) for line in maps if line.startswith('Anonymous:')][0]
        self.points += 1
        if self.points == WARM:
            self.kept = (fds, kib)
        if self.kept is None or self.sanitized:
            return
        if fds > self.kept[0] + 1 or kib > self.kept[1] + GROWTH_KIB:
            raise Broken(f'it grew: {fds} descriptors, {kib} KiB; {self.kept} when it was warm')


class Torture:
    """One seed."""

    def __init__(self, croute, work, seed):
        self.work = work
        self.random = random.Random(seed)
        self.world = world.World(self.random)
        self.foreign = set()
        self.done = []
        self.mess = 0
        self.stopped = False
        self.down = None  # what keeps the second card from carrying
        self.news = kernel.News(work)
        self.strangers = strangers(kernel.links())
        for _ in range(self.random.randrange(5, 25)):
            self.world.add()
        self.route_to_far()
        self.write()
        os.utime(f'{work}/etc/nodes.yaml', (1000000, 1000000))
        self.agent = Agent(croute, work)

    # --- the file

    def write(self, in_place=False, text=None):
        self.world.serial += 1
        path = f'{self.work}/etc/nodes.yaml'
        text = text or self.world.yaml().replace('STATUS', f'{self.work}/status.json')
        with open(path if in_place else f'{self.work}/etc/.new', 'w') as file:
            file.write(text)
        if not in_place:
            os.rename(f'{self.work}/etc/.new', path)

    def edit(self):
        for _ in range(self.random.randrange(1, 4)):
            edit = self.random.choice(('add', 'add', 'remove', 'move', 'set_mac', 'set_second',
                                       'set_lacks', 'set_statics', 'set_backend'))
            self.done[-1] += ' ' + edit
            getattr(self.world, edit)()
        self.write(in_place=self.random.random() < 0.3)

    def spoil(self):
        """A bad file changes nothing; the next good one is followed."""
        self.write(text='version: 1\nnodes: [\n')

    # --- strangers

    def own(self):
        links = {data[0]: name for name, data in kernel.links().items()}
        return [(row, links.get(row[2])) for row in kernel.routes()
                if row[6] == world.PROTOCOL and row[4] != 255]

    def delete_routes(self):
        rows = self.own()
        for row, _ in self.random.sample(rows, min(len(rows), self.random.randrange(1, 6))):
            ip('-6' if ':' in row[0] else '-4', 'route', 'del', *(('blackhole',) if row[5] == 6 else ()),
               row[0], 'metric', str(row[3]), 'proto', str(world.PROTOCOL), ok=True)

    def spoil_hops(self):
        """A row of several next hops gets other weights, or has one less."""
        rows = [row for row, _ in self.own() if isinstance(row[1], tuple)]
        for to, hops, _, metric, *_ in self.random.sample(rows, min(len(rows), 2)):
            via = [hop[0] for hop in hops]
            words = ('-4', 'replace', 'nexthop', 'via', via[0], 'dev', 'eth1', 'weight', '3',
                     'nexthop', 'via', via[1], 'dev', 'eth2')
            if ':' in to:
                words = ('-6', 'del', 'via', self.random.choice(via))
            ip(words[0], 'route', words[1], to, 'metric', str(metric), 'proto',
               str(world.PROTOCOL), *words[2:], ok=True)

    def add_surplus(self):
        family = self.random.choice(('-4', '-6'))
        to, via = {'-4': ('203.0.113.0/24', '10.0.0.99'),
                   '-6': ('fd66::/64', 'fd00::99')}[family]
        ip(family, 'route', 'add', to, 'via', via, 'dev', 'eth1', 'proto', str(world.PROTOCOL),
           'metric', str(self.random.randrange(67000, 67100)), ok=True)

    def add_foreign(self):
        """A route inside, over or beside pod routes, that wins over them or not."""
        node = self.world.nodes[self.random.choice(list(self.world.nodes))]
        to = self.random.choice(node['podCIDRs'] + ['10.244.0.0/16', 'fd10:244::/48', '10.0.0.0/8'])
        metric = self.random.choice((5, 1024, 67000 + self.random.randrange(9000)))
        row = (to, None, 'other', metric)
        if any(old[0] == to and old[3] == metric for old in self.foreign) or any(
                own[0] == to and own[3] == metric for own, _ in self.own()):
            return
        # croute may have added its own meanwhile.
        if ip('-6' if ':' in to else '-4', 'route', 'add', to, 'dev', 'other', 'metric',
              str(metric), 'proto', 'static', ok=True):
            self.foreign.add(row)

    def take_over(self):
        """A replace that hits a route of croute's: from then on it is a stranger's.

        Not while a file is on its way. No kernel replaces a row only if it is of a protocol: what a
        stranger writes between croute's look and its replace is hit, and who was first wins.
        """
        if not self.stopped:
            self.settle()
        rows = [row for row, _ in self.own() if row[5] == 1 and ':' not in row[0]]
        if not rows:
            return
        row = self.random.choice(rows)
        ip('route', 'replace', row[0], 'dev', 'other', 'metric', str(row[3]), 'proto', 'static')
        self.foreign.add((row[0], None, 'other', row[3]))

    def remove_foreign(self):
        for row in self.random.sample(sorted(self.foreign, key=str),
                                      min(len(self.foreign), self.random.randrange(1, 4))):
            ip('-6' if ':' in row[0] else '-4', 'route', 'del', row[0], 'dev', row[2], 'metric',
               str(row[3]), 'proto', 'static')
            self.foreign.discard(row)

    def route_to_far(self):
        for to, via in ROUTER.items():
            ip('route', 'replace', to, 'via', via, 'dev', 'eth1', 'metric', '9', 'proto', 'static')
            self.foreign.add((to, via, 'eth1', 9))

    def flap(self):
        """With the link go the routes over it, others' too: who put them there does it again."""
        self.foreign = {row for row in self.foreign if row[2] != 'eth1'}
        ip('link', 'set', 'eth1', 'down')
        ip('link', 'set', 'eth1', 'up')
        ip('addr', 'replace', 'fd00::1/64', 'dev', 'eth1', 'nodad')
        self.route_to_far()

    def turn_card(self):
        """The second card is down or without carrier, or up again; no next hop leads over it meanwhile."""
        if not self.world.nodes[world.SELF]['second']:
            return
        if self.world.card:
            self.down = self.random.choice(('eth2', 'cable'))
        self.world.card = not self.world.card
        ip('link', 'set', self.down, 'up' if self.world.card else 'down')
        ip('addr', 'replace', 'fd01::1/64', 'dev', 'eth2', 'nodad')

    def spoil_peers(self):
        for family, name in world.DEVICES.items():
            link = kernel.links().get(name)
            if link is None:
                continue
            for address, mac in self.some(kernel.neighbours(link[0])):
                ip('neigh', 'del', address, 'dev', name, ok=True)
            for mac, address in self.some(kernel.forwarding(link[0])):
                away = self.random.choice((True, False))
                wrong = '10.0.9.9' if family == 4 else 'fd00::9:9'
                subprocess.run(('bridge', 'fdb', 'del' if away else 'replace', mac, 'dev', name,
                                'self', 'dst', address if away else wrong),
                               stderr=subprocess.DEVNULL, check=False)

    def some(self, rows):
        return self.random.sample(sorted(rows), min(len(rows), self.random.randrange(4)))

    def spoil_device(self):
        """Few times: what is undone again and again is put right less and less often."""
        name = self.random.choice(list(world.DEVICES.values()))
        if self.mess >= 4 or name not in kernel.links():
            return
        self.mess += 1
        words = self.random.choice((('link', 'del', name), ('link', 'set', name, 'mtu', '1300'),
                                    ('link', 'set', name, 'down'), ('addr', 'flush', 'dev', name),
                                    ('link', 'set', name, 'address', '02:00:00:00:be:ef')))
        self.done[-1] += ' ' + ' '.join(words)
        ip(*words, ok=True)

    # --- signals

    def hang_up(self):
        self.agent.wait_for_turn()
        self.agent.process.send_signal(signal.SIGHUP)

    def restart(self):
        self.agent.end(self.random.choice((signal.SIGTERM, signal.SIGINT, signal.SIGKILL)))
        for step in self.random.sample((self.edit, self.delete_routes, self.spoil_peers),
                                       self.random.randrange(3)):
            step()
        self.mess = 0
        self.agent.start()

    def stop_and_go(self):
        self.settle()  # it is not stopped within a pass: see take_over
        self.stopped = True
        self.agent.process.send_signal(signal.SIGSTOP)
        for step in self.random.sample((self.edit, self.delete_routes, self.add_surplus,
                                        self.spoil_peers, self.flap, self.take_over), 3):
            step()
        self.agent.process.send_signal(signal.SIGCONT)
        self.stopped = False

    # --- quiet points

    def heard(self):
        try:
            with open(f'{self.work}/status.json') as file:
                config = json.load(file)['config']
        except (OSError, ValueError):
            return False
        return config['valid'] and config['serial'] == self.world.serial

    def differences(self):
        links = kernel.links()
        names = {data[0]: name for name, data in links.items()}
        rows = [row for row in kernel.routes() if row[4] != 255]
        found = self.compare_routes(rows, names)
        foreign = {(row[0], row[1], names.get(row[2]), row[3]) for row in rows if row[6] == 4}
        if foreign != self.foreign:
            found.append(f'strangers\' routes: {foreign ^ self.foreign}')
        if strangers(links) != self.strangers:
            found.append(f'strangers\' devices: {strangers(links)}, not {self.strangers}')
        for family, name in world.DEVICES.items():
            found += self.compare_device(family, links.get(name))
        return found

    def compare_routes(self, rows, names):
        rows = [named(row, names) for row in rows if row[6] == world.PROTOCOL]
        want, have = self.world.want_routes(), set(rows)
        # A stranger's row on the key of ours stays, and ours stays away.
        taken = {(row[0], row[3]) for row in self.foreign}
        found = [f'lacks {row}' for row in want - have if (row[0], row[3]) not in taken]
        found += [f'has {row} too much' for row in have - want]
        if len(rows) != len(have):
            found.append('a route twice')
        return found

    def compare_device(self, family, link):
        want = self.world.want_device(family)
        name = world.DEVICES[family]
        if want is None or link is None:
            return [] if want is None and link is None else [f'{name}: {link}, not {want}']
        found = []
        have = (link[2], link[3], {address for address in kernel.addresses(link[0])})
        if have != want or not link[1]:
            found.append(f'{name}: {have}, up {link[1]}, not {want}')
        peers = (kernel.neighbours(link[0]), kernel.forwarding(link[0]))
        for what, has, wanted in zip(('neighbours', 'FDB'), peers, self.world.want_peers(family)):
            if has != wanted:
                found.append(f'{name}: {what} {has ^ wanted}')
        return found

    def settle(self):
        end = time.monotonic() + DEADLINE
        self.write()
        while not self.heard() or self.differences():
            if self.agent.process.poll() is not None:
                raise Broken(f'the agent ended with {self.agent.process.returncode}')
            if time.monotonic() > end:
                heard = [] if self.heard() else ['the file was not read']
                raise Broken('\n'.join(heard + self.differences()))
            self.news.wait()
        self.agent.measure()

    def step(self):
        steps = {self.edit: 6, self.spoil: 1, self.delete_routes: 4, self.add_surplus: 2,
                 self.add_foreign: 3, self.take_over: 2, self.remove_foreign: 3, self.flap: 1,
                 self.spoil_hops: 2, self.turn_card: 3, self.spoil_peers: 4, self.spoil_device: 1, self.hang_up: 1, self.restart: 1,
                 self.stop_and_go: 2}
        step, = self.random.choices(list(steps), list(steps.values()))
        self.done.append(step.__name__)
        step()

    def run(self, steps):
        self.settle()
        for _ in range(steps):
            self.step()
            if self.random.random() < 0.6:
                self.settle()
        self.settle()

    def clean(self):
        """Back to an empty host, by croute's own hand and the strangers'."""
        if self.agent.process.poll() is None:
            self.agent.end(signal.SIGTERM)
        self.news.close()
        while self.foreign:
            self.remove_foreign()
        subprocess.run([self.agent.command[0], 'flush', '-c', '/nonexistent'], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if self.own():
            raise Broken(f'flush left {self.own()}')


def torture(croute, work, steps, seed):
    one = Torture(croute, work, seed)
    try:
        one.run(steps)
        one.clean()
    except Broken as broken:
        print(f'not ok - seed {seed}, step {len(one.done)}, {one.world.backend}:\n{broken}')
        with open(f'{work}/agent.log') as log:
            print(''.join(log.readlines()[-10:]), end='')
        print('the last steps: ' + ', '.join(one.done[-12:]))
        one.agent.process.kill()
        return False
    print(f'ok - seed {seed}: {steps} steps')
    return True


def main():
    croute, work, steps, *seeds = sys.argv[1:]
    os.makedirs(f'{work}/etc', exist_ok=True)
    for seed in seeds:
        add_links()
        if not torture(croute, work, int(steps), int(seed)):
            return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
