#!/bin/bash
# test_hand_back.sh - the DaemonSet from flannel's place and back, node by node, by a label, under pings.
# There is no flanneld here: its device and routes are made as it leaves them, and its DaemonSet runs nothing.
# The commands are those of docs/from-flannel.md as they stand.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2016,SC2034,SC2317 # check calls the predicates
# shellcheck source=play.sh
. "$(dirname "$0")/play.sh"

cluster_start
check 'a cluster starts' [ $? = 0 ]
cidrs_find
declare -A MAC=()
for i in $NODES; do MAC[$i]=2a:00:00:00:00:0$i; done

# flannel_leaves I: as flanneld has it with the backend vxlan, when it is gone.
flannel_leaves() {
	local i=$1 j
	ip -n "n$i" link add flannel.1 address "${MAC[$i]}" mtu 1450 type vxlan id 1 dev eth1 local "10.99.0.$((10 + i))" dstport 8472 nolearning
	ip -n "n$i" addr add "${CIDR[$i]%/*}/32" dev flannel.1
	ip -n "n$i" link set flannel.1 up
	for j in $NODES; do
		[ "$i" = "$j" ] && continue
		ip -n "n$i" neigh replace "${CIDR[$j]%/*}" lladdr "${MAC[$j]}" dev flannel.1 nud permanent
		bridge -n "n$i" fdb append "${MAC[$j]}" dev flannel.1 dst "10.99.0.$((10 + j))" self permanent
		ip -n "n$i" route replace "${CIDR[$j]}" via "${CIDR[$j]%/*}" dev flannel.1 onlink
	done
	k annotate node "n$i" --overwrite "flannel.alpha.coreos.com/backend-type=vxlan" \
		"flannel.alpha.coreos.com/public-ip=10.99.0.$((10 + i))" \
		"flannel.alpha.coreos.com/backend-data={\"VNI\":1,\"VtepMAC\":\"${MAC[$i]}\"}" >/dev/null
}
# guide PLACE N: the n-th of the guide's commands there, with NODE.
guide() {
	awk -v n="$2" -v start="^\`\`\`sh $1" '$0 ~ start { i++; inside = i == n; next } /^```/ { inside = 0 } inside' "$TREE/docs/from-flannel.md" >"$WORK/guide.sh"
	# shellcheck source=/dev/null
	. "$WORK/guide.sh"
}
kubectl() { if [ "$*" = 'apply -k .' ]; then k apply -f "$WORK/my.yaml"; else k "$@"; fi; }
croute() { "$CROUTE" "$@"; }
# flannels COUNT [NODE]: so many pods of its DaemonSet, all or there.
flannels() {
	[ "$(k -n kube-flannel get pods -o json | jq --arg node "${2-}" '[.items[] | select(.status.phase == "Running" and
		.metadata.deletionTimestamp == null and ($node == "" or .spec.nodeName == $node))] | length')" = "$1" ]
}
# Names and labels as kube-flannel.yml has them.
k create namespace kube-flannel >/dev/null
k -n kube-flannel create configmap kube-flannel-cfg \
	--from-literal="net-conf.json={\"Network\": \"$PODS\", \"Backend\": {\"Type\": \"vxlan\"}}" >/dev/null
jq -n '{app: "flannel", "k8s-app": "flannel", tier: "node"} as $labels | {apiVersion: "apps/v1", kind: "DaemonSet",
	metadata: {name: "kube-flannel-ds", namespace: "kube-flannel", $labels}, spec: {selector: {matchLabels: {app: "flannel",
	"k8s-app": "flannel"}}, template: {metadata: {$labels}, spec: {affinity: {nodeAffinity:
	{requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [
	{key: "kubernetes.io/os", operator: "In", values: ["linux"]}]}]}}}, hostNetwork: true,
	priorityClassName: "system-node-critical", tolerations: [{operator: "Exists", effect: "NoSchedule"}],
	terminationGracePeriodSeconds: 1, containers: [{name: "kube-flannel", image: "tools:1",
	imagePullPolicy: "IfNotPresent", command: ["/bin/sleep", "99999"]}]}}}}' | k apply -f - >/dev/null
for i in $NODES; do
	flannel_leaves "$i"
	plugin "$i"
done
check 'pods start' pods_start
check 'and ping each other by what flannel left' all_of 'wait_for reaches 1 2' 'wait_for reaches 2 3' 'wait_for reaches 3 1'

mkdir "$WORK/desk" && cd "$WORK/desk" || exit
described() { guide desk 1 && [ "$(grep -c 'vtepMAC: 2a:' croute/nodes.yaml)" = 3 ] && grep -q "^podNetwork.*$PODS" croute/settings.yaml; }
check 'the files that the guide makes at the desk are valid' described

check 'overlays/flannel with one-by-one is taken' apply flannel one-by-one
check 'its sync job is ready' wait_for ready_pods croute-sync 1
check 'and no agent runs anywhere' all_of 'ready_pods croute 0' 'wait_for flannels 3'

agents() { routes "$1" | grep -c . ; }
taken_over() { [ "$(agents "$1")" = 2 ] && [ -z "$(ip -n "n$1" route show proto boot dev flannel.1)" ]; }
masquerades() { in_host "n$1" nft list table inet croute >/dev/null 2>&1; }
all_taken_over() {
	for i in $NODES; do
		NODE=n$i
		guide cluster 2
		check "n$i is taken over by its label" all_of "flannels 0 n$i" "wait_for taken_over $i" "wait_for masquerades $i"
	done
	check 'all agents are ready' wait_for ready_pods croute 3
}
pings_start
guide cluster 1 >/dev/null
all_taken_over
check 'and no ping was lost' pings_end

handed_back() { [ "$(agents "$1")" = 0 ] && [ "$(ip -n "n$1" route show proto boot dev flannel.1 | wc -l)" = 2 ] && ! masquerades "$1" &&
	! ip -n "n$1" -d link show flannel.1 | grep alias >/dev/null; }
pings_start
for i in $NODES; do
	NODE=n$i
	check "n$i is handed back by the command of the guide" all_of 'guide cluster 8' "handed_back $i" "wait_for flannels 1 n$i"
done
check 'the pods that did so go' wait_for ready_pods croute-hand-back 0
check 'no agent is left' ready_pods croute 0
check 'and no ping was lost' pings_end
check 'what is flannel'\''s stays' all_of 'handed_back 1' 'handed_back 2' 'handed_back 3'

# --- and for good: flannel's DaemonSet and the component go
pings_start
all_taken_over
overlay flannel
check 'the last commands of the guide end' all_of "guide cluster 4" "guide cluster 5"
deleted() { ! k -n kube-flannel get daemonset kube-flannel-ds >/dev/null 2>&1 && flannels 0; }
check 'flannel is gone' wait_for deleted
check 'an agent runs on every node' k -n croute rollout status daemonset croute --timeout=120s
k label node n1 pod-routes- >/dev/null
check 'whatever its label' all_of 'k -n croute rollout status daemonset croute --timeout=60s' 'ready_pods croute 3' \
	'taken_over 1' 'taken_over 2' 'taken_over 3'
check 'and no ping was lost' pings_end
finish
