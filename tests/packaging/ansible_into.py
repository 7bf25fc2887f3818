# SPDX-License-Identifier: MIT
# ansible_into.py - a connection of Ansible into a test's own host: a command that enters it, and its
# root as a directory.

import os
import shutil

from ansible.plugins.connection.local import Connection as Local

DOCUMENTATION = """
    name: into
    short_description: enter by a command
    description: The variable into_command enters the host, into_root is its root directory.
    options:
      command:
        description: what enters the host
        vars: [{name: into_command}]
      root:
        description: its root, seen from here
        vars: [{name: into_root}]
"""


class Connection(Local):
    transport = "into"

    def exec_command(self, cmd, in_data=None, sudoable=True):
        command = self.get_option("command")
        return super().exec_command("%s /bin/sh -c %s" % (command, quote(cmd)), in_data, sudoable)

    def put_file(self, in_path, out_path):
        shutil.copyfile(in_path, self.inside(out_path))

    def fetch_file(self, in_path, out_path):
        shutil.copyfile(self.inside(in_path), out_path)

    def inside(self, path):
        return os.path.join(self.get_option("root"), path.lstrip("/"))


def quote(text):
    return "'" + text.replace("'", "'\"'\"'") + "'"
