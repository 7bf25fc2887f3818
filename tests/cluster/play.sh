#!/bin/bash
# play.sh - what the tests on a cluster share: an overlay with this cluster's settings, routes of nodes,
# pods and their pings. Sourced; it has lib.sh.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2034,SC2317 # who sources this
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
TREE=$ROOT/packaging/kubernetes
# shellcheck source=../packaging/kustomize.sh
. "$ROOT/tests/packaging/kustomize.sh"

# overlay NAME COMPONENT...: in $WORK/my.yaml, with settings of this cluster and SETTINGS, as README.md has it.
overlay() {
	local overlay=$1 component
	shift
	rm -rf "$WORK/my"
	mkdir "$WORK/my"
	cp -r "$TREE" "$WORK/my/tree"
	sed "s#10.244.0.0/16#$PODS#" "$TREE/overlays/$overlay/croute.yaml" >"$WORK/my/croute.yaml"
	printf '%s\n' "${SETTINGS-}" >>"$WORK/my/croute.yaml"
	{
		printf 'resources: [tree/overlays/%s]\ncomponents:\n' "$overlay"
		for component; do printf -- '- tree/components/%s\n' "$component"; done
		printf 'generatorOptions: {disableNameSuffixHash: true}\nconfigMapGenerator:\n'
		printf -- '- {name: croute, namespace: croute, behavior: replace, files: [croute.yaml]}\n'
	} >"$WORK/my/kustomization.yaml"
	[ $# -gt 0 ] || sed -i '/^components:/d' "$WORK/my/kustomization.yaml"
	kustomize "$WORK/my" . >"$WORK/my.yaml"
}
apply() {
	overlay "$@" || return
	run k apply -f "$WORK/my.yaml"
	exits 0
}

routes() { ip -n "n$1" route show proto 67; }
# all_have PREFIX / none_has PREFIX: on every node that lives.
all_have() {
	local i
	for i in ${LIVING:-$NODES}; do routes "$i" | grep "^$1 " >/dev/null || return 1; done
}
none_has() {
	local i
	for i in ${LIVING:-$NODES}; do ! routes "$i" | grep "^$1 " >/dev/null || return 1; done
}
# within_ms MOST COMMAND...: the state has to come; that it comes late is no fault of croute's where the
# machine has work for more than its processors.
within_ms() {
	local most=$1 begin took load
	shift
	begin=$(now_ms)
	WAIT_SECONDS=300 wait_for "$@" || return
	took=$(($(now_ms) - begin))
	read -r load _ </proc/loadavg
	printf '# %s: %d ms, at a load of %s\n' "$*" $took "$load"
	[ $took -le "$most" ] || [ "${load%.*}" -gt $((2 * $(nproc))) ]
}
ready_pods() { # LABEL COUNT
	[ "$(k -n croute get pods -l "app.kubernetes.io/name=$1" -o json |
		jq '[.items[] | select(.metadata.deletionTimestamp == null) | select(any(.status.conditions[]?; .type == "Ready" and .status == "True"))] | length')" = "$2" ]
}
job_says() { k -n croute logs deployment/croute-sync | grep "$1" >/dev/null; }
file() { k -n croute get configmap croute-nodes-0 -o 'jsonpath={.data.nodes-00\.yaml}'; }
fake() {
	jq -n --arg name "$2" --arg cidr "$3" --arg ip "$4" '{apiVersion: "v1", kind: "Node", metadata: {name: $name},
		spec: {podCIDR: $cidr, podCIDRs: [$cidr], taints: [{key: "fake", effect: "NoExecute"}]},
		status: {addresses: [{type: "InternalIP", address: $ip}]}}' | k "$1" -f - >/dev/null
}

declare -A CIDR=()
cidrs_find() {
	local i
	for i in $NODES; do CIDR["$i"]=$(k get node "n$i" -o 'jsonpath={.spec.podCIDR}'); done
}
# plugin I: in the place of another's, a bridge with the node's podCIDR.
plugin() {
	in_node "$1" mkdir -p /opt/cni/bin
	in_node "$1" cp -a "$(cni_plugins)/." /opt/cni/bin/
	jq -n --arg cidr "${CIDR[$1]}" '{cniVersion: "0.3.1", name: "cbr0", plugins: [{type: "bridge", bridge: "cni0", isGateway: true,
		mtu: 1450, ipam: {type: "host-local", ranges: [[{subnet: $cidr}]], routes: [{dst: "0.0.0.0/0"}]}}]}' >"$STATE/node$1/cni/10-bridge.conflist"
}

# --- pods t1, t2, t3, one a node
declare -A IP=() POD=()
pods_start() {
	local i
	for i in $NODES; do
		jq -n --arg i "$i" '{apiVersion: "v1", kind: "Pod", metadata: {name: "t\($i)", labels: {app: "t"}}, spec: {nodeName: "n\($i)",
			terminationGracePeriodSeconds: 1, automountServiceAccountToken: false, tolerations: [{operator: "Exists"}],
			containers: [{name: "c", image: "tools:1", imagePullPolicy: "IfNotPresent", command: ["/bin/sleep", "100000"]}]}}' |
			k apply -f - >/dev/null
	done
	wait_for have_addresses || return
	for i in $NODES; do
		IP["$i"]=$(address "$i")
		POD["$i"]=$(pod_of "$i")
		[ -n "${POD["$i"]}" ] || return
	done
}
address() { k get pod "t$1" -o 'jsonpath={.status.podIP}'; }
have_addresses() { [ -n "$(address 1)" ] && [ -n "$(address 2)" ] && [ -n "$(address 3)" ]; }
# pod_of I: the process of pod t<I>, for its network.
pod_of() { pgrep -f '^/bin/sleep 100000' | while read -r p; do [ "$(nsenter -t "$p" -u hostname)" = "t$1" ] && echo "$p"; done | head -n 1; }
reaches() { nsenter -t "${POD[$1]}" -n ping -c 1 -W 1 "${IP[$2]}" >/dev/null; }

# pings_start: 50 a second between all nodes, from here on; pings_lost: how many had no answer.
pings_start() {
	local a b
	PINGS=()
	for a in $NODES; do
		for b in $NODES; do
			[ "$a" = "$b" ] && continue
			nsenter -t "${POD[$a]}" -n ping -i 0.02 -W 1 "${IP[$b]}" >"$WORK/ping.$a.$b" 2>&1 &
			PINGS+=($!)
		done
	done
}
pings_end() {
	kill -INT "${PINGS[@]}"
	wait "${PINGS[@]}"
	sed -n 's/\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' "$WORK"/ping.*.* |
		awk '{ sent += $1; got += $2 } END { printf "# pings: %d, lost: %d\n", sent, sent - got; exit sent == 0 || sent != got }'
}
