"""publish.py - `make bench-publish`: the last run's picture and figures go into the documentation."""
# SPDX-License-Identifier: MIT

import json
import shutil

from figures import applied, of
from table import number

PAGE = "packaging/man/croute.8"


def ms(values):
    return "%s ms" % number(values["median"] / 1000) if values else ""


def row(run, size):
    first = applied(run, "croute", size).get("first")
    reload = of(run, "resident", peers=size).get("reload_peak_kib")
    caged = of(run, "cgroup", peers=size).get("reload", {}).get("peak")
    hour = of(run, "quiet", peers=size).get("cpu_us_a_resync")
    latency = of(run, "latency", peers=size)
    cells = ("%.2g s" % (first / 1e6) if first else "", ms(latency.get("add")), ms(latency.get("repair")),
             "%.1f MiB" % (reload / 1024) if reload else "", "%.0f MiB" % (caged / 2**20) if caged else "",
             "%.1g s" % (hour * 60 / 1e6) if hour else "")
    return ("%7s  %7s  %9s  %9s  %8s  %8s  %17s" % ((format(size, ","),) + cells)).rstrip()


def main():
    with open("build/bench.json", encoding="utf-8") as file:
        run = json.load(file)
    shutil.copyfile("build/bench.svg", "packaging/bench.svg")
    with open(PAGE, encoding="utf-8") as file:
        lines = file.read().split("\n")
    begin = next(i for i, line in enumerate(lines) if line.startswith("         apply"))
    end = next(i for i in range(begin, len(lines)) if lines[i] == ".Ed")
    lines[begin + 1:end] = [row(run, size) for size in (1000, 5000, 10000, 100000)]
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))


main()
