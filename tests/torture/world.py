# SPDX-License-Identifier: MIT
"""world.py - the file as it is meant to be, and what the kernel should hold for it (SPEC 4, 6)."""
import copy
import hashlib
import ipaddress

PROTOCOL, METRIC, SPREAD = 67, 67000, 4096
SELF = 'worker-1'
FLAGS = {'host-gw': ('host-gw', False), 'vxlan': ('vxlan', False), 'mixed': ('vxlan', True)}
DEVICES = {4: 'croute.1', 6: 'croute-v6.1'}
OVERHEAD = {4: 50, 6: 70}
UNDERLAY = {4: ipaddress.ip_network('10.0.0.0/16'), 6: ipaddress.ip_network('fd00::/64')}


def version(text):
    return 6 if ':' in text else 4


def derived_mac(name, family):
    sum_ = bytearray(hashlib.sha256((name + ('/6' if family == 6 else '')).encode()).digest()[:6])
    sum_[0] = sum_[0] & 0xfc | 2
    return ':'.join(f'{byte:02x}' for byte in sum_)


class World:
    """The file."""

    def __init__(self, random):
        self.random = random
        self.serial = 0
        self.backend = random.choice(list(FLAGS))
        self.card = random.random() < 0.7  # the second one is there, and carries
        self.nodes = {SELF: self.node(0)}
        if self.card:
            self.nodes[SELF]['second'] = ['10.1.0.1', 'fd01::1']
        self.statics = []

    def node(self, number, far=False):
        """The far ones are behind a router: only the tunnel reaches them."""
        near4, near6 = f'10.0.1.{number + 1}', f'fd00::1:{number + 1:x}'
        if number == 0:
            near4, near6 = '10.0.0.1', 'fd00::1'
        if far:
            near4, near6 = f'10.77.0.{number + 1}', f'fd77::{number + 1:x}'
        return {'address': [near4, near6], 'second': [], 'far': far, 'lacks': None,
                'podCIDRs': [f'10.244.{number}.0/24',
                             str(ipaddress.ip_network(f'fd10:244:0:{number:x}::/64'))]}

    def add(self):
        number = self.random.randrange(1, 120)
        far = self.backend != 'host-gw' and self.random.random() < 0.4
        node = dict(self.node(number, far), number=number)
        # A node that moved may have what was this one's.
        if f'n{number}' not in self.nodes and self.free(node['address'] + node['podCIDRs']):
            self.nodes[f'n{number}'] = node
            node['lacks'] = self.random.choice((None, None, None, None, 4, 6))
            if self.random.random() < 0.5:
                self.turn_second(node)

    def turn_second(self, node):
        """It gets an address on the second network, or loses it."""
        second = [f'10.1.1.{node["number"] + 1}', f'fd01::1:{node["number"] + 1:x}']
        if node['second']:
            node['second'] = []
        elif self.nodes[SELF]['second'] and not (node['far'] or node['lacks']) and self.free(second):
            node['second'] = second

    def free(self, words):
        return not set(words) & {word for node in self.nodes.values() for key in
                                 ('address', 'second', 'podCIDRs') for word in node[key]}

    def others(self):
        return [name for name in self.nodes if name != SELF]

    def remove(self):
        if self.others():
            self.nodes.pop(self.random.choice(self.others()))

    def move(self):
        """A node gets another address, or another's podCIDRs with it."""
        if len(self.others()) < 2:
            return
        one, other = self.random.sample(self.others(), 2)
        one, other = self.nodes[one], self.nodes[other]
        what = self.random.choice((('address', 'second', 'far', 'lacks'), ('podCIDRs',)))
        for key in what:
            one[key], other[key] = other[key], one[key]

    def set_second(self):
        if self.others():
            self.turn_second(self.nodes[self.random.choice(self.others())])

    def set_lacks(self):
        """A node without IPv4 or IPv6: its podCIDRs of that family go by the other one."""
        if self.others():
            node = self.nodes[self.random.choice(self.others())]
            node['lacks'] = None if node['second'] else self.random.choice((None, 4, 6))

    def set_mac(self):
        if self.others():
            node = self.nodes[self.random.choice(self.others())]
            node['vtepMAC'] = f'02:11:22:33:44:{node["number"]:02x}'

    def set_backend(self):
        self.backend = self.random.choice(list(FLAGS))
        if self.backend != 'host-gw':
            return
        for name in self.others():
            node = self.nodes[name]
            if node['far']:
                self.nodes[name] = dict(node, far=False, address=[
                    f'10.0.2.{node["number"] + 1}', f'fd00::2:{node["number"] + 1:x}'])

    def set_statics(self):
        pool = [{'to': '10.96.0.0/12', 'via': '10.0.0.250', 'dev': 'eth1', 'metric': 50},
                {'to': '198.18.0.0/15', 'type': 'blackhole', 'metric': 60},
                {'to': 'fd99::/48', 'via': 'fd00::fa', 'dev': 'eth1', 'metric': 70},
                {'to': '198.51.100.0/24', 'via': '10.97.0.1', 'dev': 'eth1', 'onLink': True,
                 'metric': 80},
                {'to': '10.244.0.0/16', 'type': 'blackhole', 'metric': 90},
                {'to': 'fd10:244::/48', 'via': 'fd00::fb', 'dev': 'eth1', 'metric': 90}]
        self.statics = self.random.sample(pool, self.random.randrange(len(pool) + 1))

    def yaml(self):
        kind, direct = FLAGS[self.backend]
        lines = ['version: 1', 'podNetwork: [10.244.0.0/16, "fd10:244::/48"]',
                 f'backend: {{type: {kind}, vxlan: {{directRouting: {str(direct).lower()}}}}}',
                 'guard: {maxDelete: 100%}', f'source: {{serial: {self.serial}}}',
                 "agent: {resync: 1h, listen: '', statusFile: STATUS}", 'nodes:']
        for name, node in self.nodes.items():
            given = f', vtepMAC: "{node["vtepMAC"]}"' if 'vtepMAC' in node else ''
            words = [word for word in node['address'] + node['second']
                     if version(word) != node['lacks']]
            lines.append(f'- {{name: {name}, address: {quote(words)}, '
                         f'podCIDRs: {quote(node["podCIDRs"])}{given}}}')
        lines.append('routes:' if self.statics else 'routes: []')
        for route in self.statics:
            lines.append('- {' + ', '.join(f'{key}: "{value}"' if isinstance(value, str) else
                                           f'{key}: {str(value).lower()}'
                                           for key, value in route.items()) + '}')
        return '\n'.join(lines) + '\n'

    def copy(self):
        return copy.deepcopy({key: value for key, value in vars(self).items() if key != 'random'})

    # --- what should be there

    def carrier(self, node, family):
        """The family that carries its podCIDRs of this one. IPv6 goes over IPv4 by a tunnel alone."""
        if node['lacks'] != family:
            return family
        return 6 if family == 4 else 4 if self.backend != 'host-gw' else None

    def tunnels(self, node, family, carrier):
        near = ipaddress.ip_address(node['address'][carrier == 6]) in UNDERLAY[carrier]
        plain = near and (family == 4 or carrier == 6)
        return self.backend == 'vxlan' or self.backend == 'mixed' and not plain

    def want_way(self, node, family, carrier):
        """(via, device name); with a network more that both are on, (hops, None)."""
        if self.tunnels(node, family, carrier):
            return None, DEVICES[carrier]
        via = node['address'][carrier == 6]
        if not node['second'] or not self.card:
            return via, 'eth1'
        return ((via, 'eth1', 0), (node['second'][carrier == 6], 'eth2', 0)), None

    def want_routes(self):
        """{(to, via, device name, metric, type)}"""
        rows = {(route['to'], route.get('via'), route.get('dev'), route['metric'],
                 6 if route.get('type') == 'blackhole' else 1) for route in self.statics}
        for name in self.others():
            for to in self.nodes[name]['podCIDRs']:
                network = ipaddress.ip_network(to)
                number = int(network.network_address) >> network.max_prefixlen - network.prefixlen
                metric = METRIC + (number % SPREAD if network.version == 4 else 0)
                carrier = self.carrier(self.nodes[name], network.version)
                if carrier is None:
                    continue
                via, device = self.want_way(self.nodes[name], network.version, carrier)
                rows.add((to, via or to.split('/')[0] if device else via, device, metric, 1))
        return rows

    def want_peers(self, carrier):
        """The permanent neighbours and the FDB of one tunnel."""
        neighbours, forwarding = set(), set()
        for name in self.others():
            node = self.nodes[name]
            mac = node.get('vtepMAC') if carrier == 4 else None
            mac = mac or derived_mac(name, carrier)
            for to in node['podCIDRs']:
                family = version(to)
                if self.carrier(node, family) == carrier and self.tunnels(node, family, carrier):
                    forwarding.add((mac, node['address'][carrier == 6]))
                    neighbours.add((to.split('/')[0], mac))
        return neighbours, forwarding

    def want_device(self, carrier):
        """(mtu, MAC, addresses); None: no such device."""
        if self.backend == 'host-gw':
            return None
        carried = {family for family in (4, 6) if family == carrier or
                   any(node['lacks'] == family for node in self.nodes.values())}
        return (1500 - OVERHEAD[carrier], derived_mac(SELF, carrier),
                {to.split('/')[0] + ('/32' if version(to) == 4 else '/128')
                 for to in self.nodes[SELF]['podCIDRs'] if version(to) in carried})


def quote(words):
    return '[' + ', '.join(f'"{word}"' for word in words) + ']'
