#!/bin/bash
# measure.sh - how long a Node takes to its routes and what that costs, at some numbers of Nodes: three
# with kubelets, the rest through the API. Prints rows of the table of packaging/kubernetes/README.md.
# usage: tests/cluster/measure.sh [NODES...]
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2034 # SETTINGS is for play.sh
# shellcheck source=play.sh
. "$(dirname "$0")/play.sh"
WAIT_SECONDS=3600
# The DaemonSet controller makes 20 pods a second unless told otherwise; and nobody says that these Nodes live.
CONTROLLERS='--kube-api-qps=200 --kube-api-burst=400 --node-monitor-grace-period=24h'

fakes() { in_host control python3 "$ROOT/tests/cluster/fake_nodes.py" "$PKI" "$CONTROL" "$@"; }
cidr() { printf '10.%d.%d.0/24' $((144 + $1 / 256)) $(($1 % 256)); }
# routed I / unrouted I: on every node.
on_nodes() {
	local n found=0
	for n in $NODES; do [ -z "$(ip -n "n$n" route show "$(cidr "$1")" proto 67)" ] || found=$((found + 1)); done
	[ $found = "$2" ]
}
routed() { on_nodes "$1" 3; }
unrouted() { on_nodes "$1" 0; }
job_node() { k -n croute get pods -l app.kubernetes.io/name=croute-sync -o 'jsonpath={.items[*].spec.nodeName}'; }
metric() { in_host "$JOB" python3 -c 'import urllib.request as u; print(u.urlopen("http://127.0.0.1:9668/metrics").read().decode())' |
	sed -n "s/^croute_sync_$1 //p"; }
all_have_pods() {
	fakes bind && [ "$(k get --raw /apis/apps/v1/namespaces/croute/daemonsets/croute | jq .status.currentNumberScheduled)" = "$1" ]
}
all_known() { [ "$(metric nodes)" = "$1" ] && [ "$(metric ready)" = 1 ] && [ "$(metric pods_behind)" = 0 ]; }
# wire: bytes that the job's node has received and sent.
wire() { in_host "$JOB" awk '/eth1:/ { print $2 + $10 }' /proc/net/dev; }
group() { # of the job's container
	local pid
	pid=$(pgrep -f 'python3 -m croute_sync' | head -1)
	printf '/sys/fs/cgroup/%s%s' "$1" "$(sed -n "s/^[0-9]*:$2:\(.*\)/\1/p" "/proc/$pid/cgroup")"
}
job_mib() { echo $(($(cat "$(group memory memory)/memory.max_usage_in_bytes") >> 20)); }
job_cpu() { echo $(($(cat "$(group cpuacct cpuacct)/cpuacct.usage") / 1000000)); }
api_cpu() { awk '{ print ($14 + $15) * 10 }' "/proc/$(pgrep -x kube-apiserver)/stat"; }
api_mib() { echo $(($(awk '/VmRSS/ { print $2 }' "/proc/$(pgrep -x kube-apiserver)/status") >> 10)); }
# sorted VALUE...: median and worst, in seconds.
sorted() { printf '%s\n' "$@" | sort -n | awk '{ v[NR] = $1 / 1000 } END { printf "%.1f, %.1f", v[int((NR + 1) / 2)], v[NR] }'; }

# restart_job NODES: STARTED ms from a new pod to one that knows all; BYTES are on the wire of its node.
restart_job() {
	local begin
	k -n croute delete pod -l app.kubernetes.io/name=croute-sync --wait=true >/dev/null 2>&1
	begin=$(now_ms)
	wait_for job_runs
	JOB=$(job_node)
	BYTES=$(wire)
	wait_for all_known "$1"
	BYTES=$(($(wire) - BYTES)) STARTED=$(($(now_ms) - begin))
}
job_runs() { k -n croute get pods -l app.kubernetes.io/name=croute-sync -o 'jsonpath={.items[*].status.containerStatuses[*].state.running.startedAt}' | grep . >/dev/null; }

measure() {
	local count=$1 i begin come=() go=() cpu api bytes load tries=${TRIES:-10}
	[ "$count" -lt 1000 ] || tries=${TRIES:-3}
	restart_job "$count"
	cpu=$(job_cpu) api=$(api_cpu) bytes=$(wire)
	for ((i = 20000; i < 20000 + tries; i++)); do
		fakes create $i $((i + 1))
		begin=$(now_ms)
		wait_for routed $i && come+=($(($(now_ms) - begin)))
		fakes delete $i $((i + 1))
		begin=$(now_ms)
		wait_for unrouted $i && go+=($(($(now_ms) - begin)))
	done
	read -r load _ </proc/loadavg
	awk -v n="$count" -v come="$(sorted "${come[@]}")" -v go="$(sorted "${go[@]}")" -v start="$STARTED" -v first="$BYTES" \
		-v each=$((($(wire) - bytes) / 2 / tries)) -v job="$(job_mib)" -v cpu=$((($(job_cpu) - cpu) / 2 / tries)) \
		-v api=$((($(api_cpu) - api) / 2 / tries)) -v mib="$(api_mib)" -v load="$load" 'BEGIN {
			printf "| %d | %s | %s | %.1f | %.2f | %d | %d | %d | %d | %d | %s |\n",
				n, come, go, start / 1000, first / 1e6, each / 1000, job, cpu, api, mib, load }'
}

cluster_start || exit 1
cidrs_find
for i in $NODES; do plugin "$i"; done # or the job has to leave, after five minutes
# The fake nodes have addresses that are on the link.
for i in $NODES; do ip -n "n$i" route add 10.100.0.0/14 dev eth1; done
SETTINGS='guard: {maxDelete: 100%}'
apply sync || exit 1
wait_for job_runs
JOB=$(job_node)
wait_for all_known 3

have=0
printf '| Nodes | to routes, s: median, worst | to none | start, s | MB | kB a change | job, MiB | ms of CPU | API server, ms of CPU | MiB | load |\n'
for count in "${@:-10 100 1000 5000}"; do
	for n in $count; do
		fakes create $have $((n - 3))
		have=$((n - 3))
		wait_for all_have_pods "$n"
		wait_for all_known "$n"
		measure "$n"
	done
done
