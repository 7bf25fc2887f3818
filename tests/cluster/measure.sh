#!/bin/bash
# measure.sh - how long a Node takes to its routes and what that costs, at some numbers of Nodes: three
# with kubelets, the rest through the API. Prints rows of the table of packaging/kubernetes/README.md.
# usage: tests/cluster/measure.sh [NODES...]
# SPDX-License-Identifier: MIT

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
TRIES=${TRIES:-10} WAIT_SECONDS=180

fake() { in_host control python3 "$ROOT/tests/cluster/fake_nodes.py" "$PKI" $CONTROL "$@"; }
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
all_known() { [ "$(metric nodes)" = "$1" ] && [ "$(metric ready)" = 1 ] && [ "$(metric pods_behind)" = 0 ]; }
received() { in_host "$JOB" awk '/eth1:/ { print $2 }' /proc/net/dev; }
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

# restart_job NODES: STARTED ms from a new pod to one that knows all; BYTES are what its node received.
restart_job() {
	local begin
	k -n croute delete pod -l app.kubernetes.io/name=croute-sync --wait=true >/dev/null 2>&1
	begin=$(now_ms)
	WAIT_SECONDS=300 wait_for job_runs
	JOB=$(job_node)
	BYTES=$(received)
	wait_for all_known "$1"
	BYTES=$(($(received) - BYTES)) STARTED=$(($(now_ms) - begin))
}
job_runs() { k -n croute get pods -l app.kubernetes.io/name=croute-sync -o 'jsonpath={.items[*].status.containerStatuses[*].state.running.startedAt}' | grep -q .; }

measure() {
	local count=$1 i begin come=() go=() cpu api
	restart_job "$count"
	cpu=$(job_cpu) api=$(api_cpu)
	for ((i = 20000; i < 20000 + TRIES; i++)); do
		fake create $i $((i + 1))
		begin=$(now_ms)
		wait_for routed $i && come+=($(($(now_ms) - begin)))
		fake delete $i $((i + 1))
		begin=$(now_ms)
		wait_for unrouted $i && go+=($(($(now_ms) - begin)))
	done
	printf '| %d | %s | %s | %.1f | %.2f | %d | %d | %d | %d |\n' "$count" "$(sorted "${come[@]}")" "$(sorted "${go[@]}")" \
		"$(awk "BEGIN { print $STARTED / 1000 }")" "$(awk "BEGIN { print $BYTES / 1e6 }")" "$(job_mib)" \
		$((($(job_cpu) - cpu) / 2 / TRIES)) $((($(api_cpu) - api) / 2 / TRIES)) "$(api_mib)"
}

cluster_start || exit 1
mkdir "$WORK/my"
cat >"$WORK/my/kustomization.yaml" <<-YAML
	resources: [kubernetes/overlays/sync]
	generatorOptions: {disableNameSuffixHash: true}
	configMapGenerator:
	- {name: croute, namespace: croute, behavior: replace, files: [croute.yaml]}
YAML
cp -r "$ROOT/packaging/kubernetes" "$WORK/my/"
printf 'version: 1\npodNetwork: [10.128.0.0/9]\nbackend: {type: host-gw}\nagent: {staleAfter: 30m}\nguard: {maxDelete: 100%%}\n' >"$WORK/my/croute.yaml"
# The fake nodes have addresses that are on the link.
for i in $NODES; do ip -n "n$i" route add 10.100.0.0/14 dev eth1; done
k kustomize "$WORK/my" | k apply -f - >/dev/null
wait_for job_runs
JOB=$(job_node)
wait_for all_known 3

have=0
for count in "${@:-10 100 1000}"; do
	for n in $count; do
		fake create $have $((n - 3))
		have=$((n - 3))
		WAIT_SECONDS=600 wait_for all_known "$n"
		measure "$n"
	done
done
