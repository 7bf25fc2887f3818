#!/bin/bash
# bench.sh - `make bench`: croute beside ip -batch, BIRD, FRR and a bare netlink program, in one run.
# It writes build/bench.json, build/bench.md and build/bench.svg, and exits with 1 when a figure is
# missed. All of it happens in network, mount and process namespaces that end with it.
# BENCH_ROUNDS=5, BENCH_SIZES="1000 5000 10000 100000", BENCH_QUICK=1 for a run that only shows that
# everything runs, BENCH_PARTS="applies latency cold quiet resident growth idle link pages cgroup" for
# some, BENCH_OLD=another/croute to compare the applies with that build alone.
# SPDX-License-Identifier: MIT
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/../.."
if [ -z "${BENCH_INSIDE-}" ]; then
	user=()
	[ "$(id -u)" = 0 ] || user=(--user --map-root-user)
	BENCH_INSIDE=$(readlink /proc/self/ns/net) exec unshare "${user[@]}" --net --mount --pid --fork \
		--kill-child --mount-proc "$BASH" "$0" "$@"
fi
[ "$BENCH_INSIDE" != "$(readlink /proc/self/ns/net)" ] || {
	echo "bench.sh: this is no namespace of its own: stopped" >&2
	exit 1
}

tools=$PWD/build/tools
libraries=$tools/usr/lib/$(gcc -print-multiarch)
export LD_LIBRARY_PATH=$libraries:$libraries/frr
mount -t tmpfs tmpfs /run
mkdir -p build /run/bench
ip link set lo up
for program in floor meter; do
	"${CC:-gcc}" -std=c17 -D_GNU_SOURCE -O2 -o "/run/bench/$program" \
		"tests/bench/$program.c" tests/bench/wire.c
done
exec python3 -B tests/bench/bench.py /run/bench "$tools" "${CROUTE:-$PWD/build/croute}" build
