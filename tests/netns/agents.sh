#!/bin/bash
# agents.sh - a file of many peers, and looks into the agent that follows it; sourced after lib.sh.
#
# This host is worker-1, 10.0.0.1. Peer N has the address 10.0.A.B and the pods' 10.P.Q.0/24, so that
# there may be ten thousand. The resync is an hour: what is mended before is mended by an event.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2034,SC2317 # what is here is for the tests
mkdir -p "$WORK/etc"
CONF=$WORK/etc/nodes.yaml
STATUS_FILE=$WORK/status.json
AGENT_KEYS="resync: 1h, statusFile: $WORK/status.json"

# peers RANGE...: the file's lines of peers 3, 5-9, ….
peers() {
	local range

	for range in "$@"; do
		seq "${range%-*}" "${range#*-}"
	done | awk '{
		printf "- {name: peer-%d, address: 10.0.%d.%d, podCIDRs: [10.%d.%d.0/24]}\n",
			$1, 1 + $1 / 250, 1 + $1 % 250, 100 + $1 / 256, $1 % 256 }'
}

# pods N, address N: of peer N.
pods() { echo "10.$((100 + $1 / 256)).$(($1 % 256)).0/24"; }
address() { echo "10.0.$((1 + $1 / 250)).$((1 + $1 % 250))"; }

# conf EXTRA RANGE...: the file, on stdout; EXTRA are more lines of YAML.
conf() {
	printf 'version: 1\n%s\nagent: {%s}\nnodes:\n' "$1" "$AGENT_KEYS"
	printf -- '- {name: worker-1, address: 10.0.0.1, podCIDRs: [10.99.0.0/24]}\n'
	shift
	peers "$@"
}

# conf_write EXTRA RANGE...: renamed into place.
conf_write() {
	conf "$@" >"$WORK/etc/.new"
	mv "$WORK/etc/.new" "$CONF"
}

# conf_first EXTRA RANGE...: an old file, for a start that need not wait for it to settle.
conf_first() {
	conf_write "$@"
	touch -d '1 hour ago' "$CONF"
}

agent_begin() {
	agent_start worker-1 --node worker-1 -c "$CONF"
}

# within PREDICATE...: becomes true before the deadline; what the agent said is shown if not.
within() {
	wait_for "$@" && return
	ERR=$(tail -30 "$WORK/agent.log") OUT=$(ip -n worker-1 route show proto 67 | head -20)
	LAST='croute run'
	return 1
}

# page PATH: what the agent answers there.
page() {
	# shellcheck disable=SC2016 # for the inner shell
	in_host worker-1 timeout 60 "$BASH" -c 'exec 3<>"/dev/tcp/127.0.0.1/${2:-9667}" &&
		printf "GET %s HTTP/1.1\r\nHost: x\r\n\r\n" "$1" >&3 && tr -d "\r" <&3' - "$@" 2>/dev/null
}

# metric SERIES: its value now.
metric() {
	page /metrics | awk -v name="$1" 'index($0, name " ") == 1 { print $NF }'
}

metric_is() {
	[ "$(metric "$1")" = "$2" ]
}

passes() {
	page /metrics | awk '/^croute_reconcile_total/ { sum += $NF } END { print sum + 0 }'
}

page_says() {
	page "$1" | grep -F -- "$2" >/dev/null
}

# page_is CODE PATH [PORT]
page_is() {
	[[ $(page "${@:2}") == HTTP/1.?" $1 "* ]]
}
ready() { page_is 200 /readyz; }

# status_has FILTER: jq's verdict over the status file.
status_has() {
	jq -e "$1" <"$STATUS_FILE" >/dev/null 2>&1
}

# switches: how often the agent has gone to sleep and come back.
switches() {
	awk '/^voluntary_ctxt/ { print $2 }' "/proc/${PID[agent]}/status"
}

# cpu_ms: CPU time of the agent.
cpu_ms() {
	awk '{ print ($14 + $15) * 10 }' "/proc/${PID[agent]}/stat"
}

# via_peer N: its route is as the file says.
via_peer() {
	route worker-1 "$(pods "$1") via $(address "$1") dev ${2:-eth1} proto 67 *"
}

# settled: beside the agent, a dry run finds nothing to do.
settled() {
	croute_in worker-1 reconcile --dry-run --exit-code --node worker-1 -c "$CONF"
	exits 0
}
