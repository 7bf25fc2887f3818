#!/bin/bash
# test_hand_back.sh - the DaemonSet from flannel's place and back, node by node, by a label, under pings.
# There is no flanneld here: its device and routes are made as it leaves them.
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
for i in $NODES; do
	flannel_leaves "$i"
	plugin "$i"
done
check 'pods start' pods_start
check 'and ping each other by what flannel left' all_of 'wait_for reaches 1 2' 'wait_for reaches 2 3' 'wait_for reaches 3 1'

check 'overlays/flannel with one-by-one is taken' apply flannel one-by-one
check 'its sync job is ready' wait_for ready_pods croute-sync 1
check 'and no agent runs anywhere' ready_pods croute 0

agents() { routes "$1" | grep -c . ; }
taken_over() { [ "$(agents "$1")" = 2 ] && [ -z "$(ip -n "n$1" route show proto boot dev flannel.1)" ]; }
masquerades() { in_host "n$1" nft list table inet croute >/dev/null 2>&1; }
pings_start
for i in $NODES; do
	k label node "n$i" pod-routes=croute >/dev/null
	check "n$i is taken over by its label" all_of "wait_for taken_over $i" "wait_for masquerades $i"
done
check 'all agents are ready' wait_for ready_pods croute 3
check 'and no ping was lost' pings_end

handed_back() { [ "$(agents "$1")" = 0 ] && [ "$(ip -n "n$1" route show proto boot dev flannel.1 | wc -l)" = 2 ] && ! masquerades "$1" &&
	! ip -n "n$1" -d link show flannel.1 | grep -q alias; }
pings_start
for i in $NODES; do
	k label --overwrite node "n$i" pod-routes=hand-back >/dev/null
	check "n$i is handed back by its label" wait_for handed_back "$i"
done
check 'the pods that did so are ready' wait_for ready_pods croute-hand-back 3
check 'no agent is left' ready_pods croute 0
check 'and no ping was lost' pings_end
for i in $NODES; do k label node "n$i" pod-routes- >/dev/null; done
check 'without the label they go, and what is flannel'\''s stays' all_of 'wait_for ready_pods croute-hand-back 0' \
	'handed_back 1' 'handed_back 2' 'handed_back 3'
finish
