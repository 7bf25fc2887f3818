#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""house.py - the rules of src/README.md: layers, rooms, circles, exports, names, purity.

usage: house.py RULE...; each gate_RULE.sh runs one. A file is known as <layer>/<room>/<stem>, or
<layer>/<stem> in base and model, which are one room each; its header, a door in include/croute/ or
private in src/, belongs to it. What house-todo lists is let through, and must be needed.
"""
import collections
import os
import re
import subprocess
import sys

MAY = {'base': ('base',), 'model': ('base', 'model'), 'core': ('base', 'model', 'core'),
       'edge': ('base', 'model', 'edge'), 'app': ('base', 'model', 'core', 'edge', 'app')}
ROOMLESS = ('base', 'model')
MOST_FILES = 12
# Rooms of app that are no command's; in the others, these files alone do I/O.
SHARED_ROOMS = ('agent', 'cli', 'cmd', 'confirm', 'pass', 'print')
DOES_IO = re.compile(r'cmd|look(_\w+)?|input|file|\w+_files')
PURE_TOO = ('app/confirm/undo',)
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])(.*)[>"]')

problems = 0
todo = {}


def bad(rule, where, text, key=''):
    """Reports a problem unless house-todo has "rule where key"."""
    global problems
    entry = ' '.join(filter(None, (rule, where, key)))
    if entry in todo:
        todo[entry] = True
        return
    print(f'{where}: {text}')
    problems += 1


def read_todo():
    path = os.path.join('tests', 'lint', 'house-todo')
    if os.path.exists(path):
        for line in open(path, encoding='utf-8'):
            if line.strip() and not line.startswith('#'):
                todo[' '.join(line.split())] = False


def close_todo(rules):
    for entry, used in todo.items():
        if not used and entry.split()[0] in rules:
            bad('todo', entry, 'no longer needed in tests/lint/house-todo')


def name_of(path):
    return re.sub(r'^(src|include/croute)/', '', path)[:-2]


def room_of(name):
    parts = name.split('/')
    return parts[0] if parts[0] in ROOMLESS else '/'.join(parts[:-1])


def header_path(include):
    return ('include/' if include.startswith('croute/') else 'src/') + include


class Tree:
    """The sources and headers, and what each includes."""

    def __init__(self):
        self.files = sorted(os.path.join(where, name) for top in ('src', 'include/croute')
                            for where, _, names in os.walk(top) for name in names
                            if name.endswith(('.c', '.h')))
        self.includes = {path: self.read(path) for path in self.files}
        self.sources = [path for path in self.files if path.endswith('.c')]

    @staticmethod
    def read(path):
        found = map(INCLUDE.match, open(path, encoding='utf-8'))
        return [(match[1], match[2]) for match in found if match]

    def quoted(self, path):
        return [name for mark, name in self.includes[path] if mark == '"']

    def own_header(self, path):
        """The include by which a source names its own header, or None."""
        name = name_of(path)
        return next((header for header in (f'croute/{name}.h', f'{name}.h')
                     if os.path.exists(header_path(header))), None)


class Symbols:
    """What the objects define and want, by nm."""

    def __init__(self, sources):
        make = ['make', '--no-print-directory', '-s', '-j', str(os.cpu_count()), 'objects']
        if subprocess.run(make, stdout=sys.stderr, check=False).returncode:
            sys.exit('the objects do not build')
        self.objects = {f'build/release/{path[:-2]}.o': name_of(path) for path in sources}
        self.defined, self.functions, self.wanted = {}, [], []
        for line in self.ask('nm', '-A', '-g'):
            where, _, rest = line.partition(':')
            *_, kind, symbol = rest.split()
            if kind == 'U':
                self.wanted.append((self.objects[where], symbol))
            else:
                self.defined[symbol] = self.objects[where]
            if kind == 'T':
                self.functions.append((self.objects[where], symbol))

    def ask(self, *command):
        return subprocess.run([*command, *self.objects], check=True, text=True,
                              capture_output=True).stdout.splitlines() if self.objects else []

    def writable(self):
        """Pairs of file and variable; what is constant but holds addresses is in .data.rel.ro."""
        name = None
        for line in self.ask('objdump', '-t'):
            if ':     file format' in line:
                name = self.objects[line.split(':')[0]]
            section = re.search(r' O (\S+)\t\S+ +(?:\.\w+ )?(\S+)$', line)
            if section and re.match(r'\.(data|bss|tdata|tbss)|\*COM\*', section[1]) and \
                    not section[1].startswith('.data.rel.ro'):
                yield name, section[2]


def check_layers(tree):
    for path in tree.files:
        name = name_of(path)
        layer = name.split('/')[0]
        if layer not in MAY:
            bad('layers', path, f'"{layer}" is not a layer')
            continue
        if name.count('/') != (1 if layer in ROOMLESS else 2):
            bad('layers', path, 'does not stand in a room: <layer>/<room>/x, in base and model <layer>/x')
        for include in tree.quoted(path):
            target = include.removeprefix('croute/').split('/')[0]
            if not os.path.exists(header_path(include)) or target not in MAY:
                bad('layers', path, f'quotes are for croute/<layer>/<room>/x.h and <layer>/<room>/x.h, not {include}')
            elif target not in MAY[layer]:
                bad('layers', path, f'{layer} may not include {include}')
    for path in tree.sources:
        own = tree.own_header(path)
        first = tree.includes[path][0][1] if tree.includes[path] else ''
        if own and first != own:
            bad('layers', path, 'its own header is not its first include')
        room = room_of(name_of(path))
        if not own and not room.startswith('app/') and \
                room_of(name_of(header_path(first))) != room:
            bad('layers', path, 'has no header, nor begins with one of its room')


def check_rooms(tree):
    users = collections.defaultdict(set)
    for path in tree.files:
        for include in tree.quoted(path):
            users[header_path(include)].add(path)
    for path in tree.files:
        room = room_of(name_of(path))
        others = {room_of(name_of(user)) for user in users[path]} - {room}
        if path.startswith('src/') and path.endswith('.h'):
            for other in sorted(others):
                bad('rooms', path, f'private to {room}, but included by {other}')
            for user in sorted(users[path]):
                if user.startswith('include/'):
                    bad('rooms', path, f'private to {room}, but included by its door {user}')
        elif path.endswith('.h') and room not in ROOMLESS and not others and \
                not any(user.startswith('include/') for user in users[path]):
            bad('rooms', path, f'no other room includes this door; it belongs into src/{room}/')
    rooms = collections.Counter(room_of(name_of(path)) for path in tree.sources)
    doors = collections.Counter(room_of(name_of(path)) for path in tree.files if path.startswith('include/'))
    for room, count in sorted(rooms.items()):
        if count > MOST_FILES:
            bad('rooms', room, f'{count} files in a room; {MOST_FILES} are the most')
        if room not in ROOMLESS and doors[room] > count:
            bad('rooms', room, f'{doors[room]} doors for {count} files')


def circles_in(graph):
    """The strongly connected parts of more than one node: Tarjan's algorithm."""
    order, low, stack, found = {}, {}, [], []

    def visit(node):
        order[node] = low[node] = len(order)
        stack.append(node)
        for target in sorted(graph.get(node, ())):
            if target not in order:
                visit(target)
            if target in stack:
                low[node] = min(low[node], low[target])
        if low[node] == order[node]:
            part = stack[stack.index(node):]
            del stack[stack.index(node):]
            if len(part) > 1:
                found.append(sorted(part))

    for node in sorted(graph):
        if node not in order:
            visit(node)
    return found


def report_circles(kind, edges):
    graph = collections.defaultdict(set)
    for source, target in edges:
        entry = f'circles {source} {target}'
        if entry in todo:
            todo[entry] = True
        elif source != target:
            graph[source].add(target)
    for part in circles_in(graph):
        ways = [f'{source} -> {target}' for source in part for target in sorted(graph[source] & set(part))]
        bad('circles', part[0], f'a circle of {kind}: ' + ', '.join(ways))


def check_circles(tree):
    symbols = Symbols(tree.sources)
    for how, pairs in (
            ('include', {(name_of(path), name_of(header_path(include)))
                         for path in tree.files for include in tree.quoted(path)}),
            ('call', {(name, symbols.defined[symbol]) for name, symbol in symbols.wanted
                      if symbol in symbols.defined})):
        report_circles(f'files, by {how}', pairs)
        report_circles(f'rooms, by {how}', {(room_of(source), room_of(target)) for source, target in pairs})


def check_exports(tree):
    symbols = Symbols(tree.sources)
    called = {symbol for name, symbol in symbols.wanted if symbols.defined.get(symbol) != name}
    for symbol, name in sorted(symbols.defined.items()):
        if symbol not in called and symbol != 'main':
            bad('exports', f'src/{name}.c', f'no other file of src uses {symbol}', symbol)


def check_names(tree):
    symbols = Symbols(tree.sources)
    beginnings = {}
    for path in tree.sources:
        name = name_of(path)
        own = tree.own_header(path)
        text = open(header_path(own), encoding='utf-8').read() if own else ''
        beginnings[name] = {name.split('/')[-1].split('_')[0], room_of(name).split('/')[-1],
                            *re.findall(r'(?m)^struct ([a-z0-9_]*) \{', text)}
    for name, symbol in symbols.functions:
        if symbol != 'main' and not any(re.match(fr'{start}(_|$)', symbol) for start in beginnings[name]):
            bad('names', f'src/{name}.c',
                f'{symbol} does not begin with {" or ".join(sorted(beginnings[name]))}', symbol.split('_')[0])
    for path in tree.files:
        for declared in re.findall(r'(?ms)^typedef[^;{]*[;{]', open(path, encoding='utf-8').read()):
            if '(' not in declared or declared.endswith('{'):
                bad('names', path, 'typedefs are for function types: ' + ' '.join(declared.split()))


def is_pure(name):
    layer, room, *stem = name.split('/')
    return layer != 'edge' and (layer != 'app' or name.startswith(PURE_TOO) or
                                (room not in SHARED_ROOMS and not DOES_IO.fullmatch(stem[0])))


def check_pure(tree):
    symbols = Symbols(tree.sources)
    own = {symbol for symbol, name in symbols.defined.items() if is_pure(name)}
    allowed = [line.split() for line in open('tests/lint/pure-symbols', encoding='utf-8')
               if line.strip() and not line.startswith('#')]
    foreign = collections.defaultdict(list)
    for name, symbol in symbols.wanted:
        if is_pure(name) and symbol not in own and not any(
                re.fullmatch(entry[0], symbol) and entry[1:] in ([], [name]) for entry in allowed):
            foreign[name].append(symbol)
    for name, calls in sorted(foreign.items()):
        bad('pure', name, 'not pure: calls ' + ' '.join(calls))
    for name, variable in symbols.writable():
        if is_pure(name):
            bad('pure', name, f'not pure: holds what can be written: {variable}')


def main():
    rules = {'layers': check_layers, 'rooms': check_rooms, 'circles': check_circles,
             'exports': check_exports, 'names': check_names, 'pure': check_pure}
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
    read_todo()
    tree = Tree()
    for rule in sys.argv[1:]:
        rules[rule](tree)
    close_todo(sys.argv[1:])
    sys.exit(problems > 0)


main()
