# SPDX-License-Identifier: MIT
"""usage: python3 -m croute_sync [once]

Keeps croute's files of nodes equal to the Nodes of the cluster; `once`: one pass, 1 when it failed.
The environment says how: README.md of packaging/kubernetes.
"""

import os
import signal
import sys
import tempfile

from . import settings
from .job import Job
from .report import Log, serve


def end(_signal, _frame):
    sys.exit(0)


def main(arguments):
    if arguments not in ([], ["once"]):
        print(__doc__, file=sys.stderr)
        return 64
    os.umask(0o022)
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    wanted = settings.read()
    with tempfile.TemporaryDirectory(prefix="sync.") as work:
        job = Job(wanted, Log(), work)
        if arguments:
            return 0 if job.once() else 1
        serve(wanted.listen, job)
        job.run()
    return 0


sys.exit(main(sys.argv[1:]))
