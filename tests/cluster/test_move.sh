#!/bin/bash
# test_move.sh - from what 0.1.0 had in kube-system to the namespace croute, by the commands of README.md and
# under pings: overlays sync and sidecar; from that sidecar to sync; then reach, with the component for it.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2016,SC2034,SC2317 # check calls the predicates
# shellcheck source=play.sh
. "$(dirname "$0")/play.sh"

cluster_start
check 'a cluster starts' [ $? = 0 ]
cidrs_find
for i in $NODES; do plugin "$i"; done

# move OVERLAY: README's commands as they stand. The image of 0.1.0's job is not here; what it wrote is.
move() {
	overlay "$1" || return
	sed -n '/^## From 0.1.0/,/^## [^F]/{/^```$/,/^```$/{/^```/!p}}' "$TREE/README.md" >"$WORK/move.sh"
	[ -s "$WORK/move.sh" ] || return
	# shellcheck source=/dev/null
	. "$WORK/move.sh"
}
kubectl() { [ "$*" = 'apply -k .' ] && set -- apply -f "$WORK/my.yaml"; k "$@"; }
left() { k get -A daemonsets,deployments,configmaps,serviceaccounts,roles,rolebindings | grep -E "^$1 .*/?croute"; }
all_routes() {
	local i j
	for i in $NODES; do
		for j in $NODES; do [ "$i" = "$j" ] || routes "$i" | grep "^${CIDR[$j]} " >/dev/null || return 1; done
	done
}

k get nodes -o json | "$CROUTE" import --from kube-nodes --serial 1700000000 --generated-at now >"$WORK/nodes-00.yaml"
# old NAME: as it was then, with the images of today.
old() { sed "s/:0\.1\.0\$/:$(sed -n 's/^VERSION = //p' "$ROOT/Makefile")/" "$ROOT/tests/cluster/v0.1.0/$1.yaml" | k apply -f - >/dev/null; }
old sync
k -n kube-system create configmap croute-nodes-0 --from-file="$WORK/nodes-00.yaml" --dry-run=client -o yaml |
	k apply -f - >/dev/null
check 'the pods of 0.1.0 route in kube-system' all_of 'wait_for all_routes' 'pods_start' 'wait_for reaches 1 2'
pings_start
check 'they move to the namespace croute' move sync
check 'where the sync job is ready' all_of 'wait_for ready_pods croute-sync 1' 'wait_for ready_pods croute 3'
check 'no ping was lost' pings_end
check 'and nothing is left in kube-system' not left kube-system
fake create fake-1 10.200.1.0/24 10.99.0.201
check 'a new node is routed to' within_ms 5000 all_have 10.200.1.0/24
k delete node fake-1 >/dev/null
wait_for none_has 10.200.1.0/24

# --- the sidecar
k delete -f "$WORK/my.yaml" --timeout=120s >/dev/null
old sidecar
sidecars() { [ "$(k -n kube-system get pods -l app.kubernetes.io/name=croute -o json |
	jq '[.items[].status.containerStatuses[]? | select(.name == "croute" and .ready)] | length')" = 3 ]; }
check 'the pods of 0.1.0 with a sidecar run' all_of 'wait_for sidecars' all_routes
pings_start
check 'they move to the namespace croute' move sidecar
check 'and are ready' wait_for ready_pods croute 3
check 'no ping was lost' pings_end
check 'and nothing is left in kube-system' not left kube-system
fake create fake-2 10.200.2.0/24 10.99.0.202
check 'a new node is routed to, by watches of their own' within_ms 5000 all_have 10.200.2.0/24
k delete node fake-2 >/dev/null
check 'and when it is gone, the route goes' within_ms 5000 none_has 10.200.2.0/24

pings_start
check 'overlays/sync is taken over it' apply sync
k -n croute delete serviceaccount croute >/dev/null
k -n croute rollout restart daemonset croute >/dev/null
check 'and its pods start without the account of the sidecar' k -n croute rollout status daemonset croute --timeout=120s
check 'no ping was lost' pings_end

# --- reach: hosts here have no ping sockets
reach() { k -n croute exec daemonset/croute -- /usr/sbin/croute "$@" >"$WORK/reach" 2>&1; }
lacks() { reach status; grep -q CAP_NET_RAW "$WORK/reach"; }
arrives() { reach reach && grep -q '2 answer, 0 unknown, 0 lost' "$WORK/reach"; }
export SETTINGS='reach: {every: 1s}'
check 'reach in the settings alone says what it lacks' all_of 'apply sync' 'wait_for lacks'
check 'with components/reach it finds that packets arrive' all_of 'apply sync reach' 'wait_for arrives' 'not lacks'
finish
