#!/bin/bash
# story.sh - four minutes in the life of three agents, kept by a real Prometheus, and what the
# dashboard shows of them, as SVG on standard output.
# usage: tests/demo/story.sh >packaging/grafana/croute.svg
#
# It needs a prometheus on the PATH or in build/tools/usr/bin (Debian has a package); all happens in
# network namespaces of its own. Its clock is the story's: what follows happens at that second.

# shellcheck disable=SC2317 # wait_for calls the predicates
PATH=$(dirname "$0")/../../build/tools/usr/bin:$PATH
NETNS_TOOLS='ip unshare nsenter ping prometheus python3'
# shellcheck source=../netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"
# shellcheck source=../netns/agents.sh
. "$(dirname "$0")/../netns/agents.sh"

HOSTS='worker-1 worker-2 worker-3'
URL=http://10.0.0.200:9090
SERIAL=0

say() { printf '%3d s  %s\n' $((SECONDS - BEGAN)) "$*" >&2; }
reached() { [ $((SECONDS - BEGAN)) -ge "$1" ]; }
# at SECOND WHAT: wait for that second of the story.
at() {
	WAIT_SECONDS=300 wait_for reached "$1"
	say "$2"
}

# file RANGE...: of the three hosts and these peers, on stdout.
file() {
	local n

	printf 'version: 1\nsource: {serial: %d}\n' "$SERIAL"
	printf 'agent: {resync: 5s, listen: "node:9667", statusFile: ""}\nnodes:\n'
	for n in 1 2 3; do
		printf -- '- {name: worker-%d, address: 10.0.0.%d, podCIDRs: [10.99.%d.0/24]}\n' $n $n $n
	done
	peers "$@"
}

# give HOSTS RANGE...: those hosts get the file.
give() {
	local host hosts=$1

	shift
	for host in $hosts; do
		mkdir -p "$WORK/$host"
		file "$@" >"$WORK/$host/.new"
		mv "$WORK/$host/.new" "$WORK/$host/nodes.yaml"
	done
}

agent_on() {
	start "$1" nsenter --net="/run/netns/$1" -- "$CROUTE" run --node "$1" -c "$WORK/$1/nodes.yaml"
}

prometheus_start() {
	local host

	{
		printf 'global: {scrape_interval: 1s}\nscrape_configs:\n- job_name: croute\n  static_configs:\n'
		for host in $HOSTS; do
			printf "  - {targets: ['10.0.0.%s:9667'], labels: {instance: %s}}\n" "${host#worker-}" "$host"
		done
	} >"$WORK/prometheus.yml"
	start prometheus nsenter --net=/run/netns/watcher -- prometheus --config.file="$WORK/prometheus.yml" \
		--storage.tsdb.path="$WORK/tsdb" --web.listen-address=10.0.0.200:9090
}

# ask_all RANGE: every host sends a packet to these peers, so that the kernel learns who answers.
ask_all() {
	local host n

	for host in $HOSTS; do
		for n in $(seq "${1%-*}" "${1#*-}"); do
			in_host "$host" ping -q -c 1 -W 1 "$(address "$n")" >/dev/null 2>&1 &
		done
	done
}

undo() {
	start other nsenter --net=/run/netns/worker-3 -- "$BASH" -c \
		'while :; do ip route del "$1" proto 67 2>/dev/null; done' - "$(pods 7)"
}

scene_set() {
	local host

	for host in $HOSTS; do host_add "$host" "10.0.0.${host#worker-}/16"; done
	host_add watcher 10.0.0.200/16
	host_add others 10.0.0.201/16
	for n in {1..60}; do ip -n others addr add "$(address "$n")/16" dev eth1; done
	SERIAL=41
	give "$HOSTS" 1-40
	prometheus_start
	BEGAN=$SECONDS START=$EPOCHSECONDS
}

scene_set
at 5 'the agents start'
for host in $HOSTS; do agent_on "$host"; done
at 15 'packets flow to most peers'
ask_all 1-30
at 35 'twenty nodes join; worker-3 gets the file 20 s later'
SERIAL=42
give 'worker-1 worker-2' 1-60
at 55 'worker-3 gets it'
give worker-3 1-60
ask_all 41-60
at 70 'somebody removes fifteen routes of worker-2'
for n in {11..25}; do ip -n worker-2 route del "$(pods "$n")" proto 67; done
at 85 'another program keeps undoing a route of worker-3'
undo
at 110 'that ends'
kill "${PID[other]}"
at 115 'the file loses half of its nodes: held'
SERIAL=43
give "$HOSTS" 1-30
at 140 'they are back'
SERIAL=44
give "$HOSTS" 1-60
at 150 'worker-1 gets a broken file'
echo 'nodes: [' >"$WORK/worker-1/nodes.yaml"
at 165 'and a good one'
give worker-1 1-60
at 175 'another program routes two podCIDRs of worker-2 elsewhere'
for n in 3 4; do ip -n worker-2 route add "$(pods "$n")" via 10.0.0.201 metric 5 proto static; done
at 190 'that ends; two nodes die'
for n in 3 4; do ip -n worker-2 route del "$(pods "$n")" metric 5 proto static; done
for n in 51 52; do ip -n others addr del "$(address "$n")/16" dev eth1; done
for host in $HOSTS; do ip -n "$host" neigh flush dev eth1; done
ask_all 1-60
at 205 'the agent of worker-3 is killed'
kill -KILL "${PID[worker-3]}"
at 222 'and started anew'
agent_on worker-3
at 240 'drawn'
in_host watcher python3 "$ROOT/packaging/grafana/render.py" "$URL" "$START" $((START + 240)) 10s \
	"$ROOT/packaging/grafana/croute.json"
STATUS=$?
for host in $HOSTS prometheus; do kill "${PID[$host]}" 2>/dev/null; done
exit $STATUS
