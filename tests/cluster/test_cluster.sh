#!/bin/bash
# test_cluster.sh - croute on a real cluster: from a fresh one to pods that ping, nodes that come, go and
# die, ConfigMaps that others touch, a roll-out, and all of it taken away again.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2016,SC2034,SC2317 # check calls the predicates
# shellcheck source=play.sh
. "$(dirname "$0")/play.sh"

# --- a fresh cluster
cluster_start
check 'a cluster starts' [ $? = 0 ]
fresh() { k get node "n$1" -o json | jq -e '.status.conditions[] | select(.type == "Ready") | .status == "False" and
	(.message | contains("cni plugin not initialized"))' >/dev/null; }
check 'its nodes are not ready for want of a CNI plugin' all_of 'wait_for fresh 1' 'wait_for fresh 2' 'wait_for fresh 3'

# --- README's layout, by its own commands up to the dry run
croute() { "$CROUTE" "$@"; }
kubectl() { if [ "$1" = kustomize ]; then kustomize "$WORK/readme" my; else k "$@"; fi; }
readme_plays() {
	mkdir "$WORK/readme" && cp -r "$TREE" "$WORK/readme/tree" && readme_layout "$WORK/readme" || return
	sed -i "s#10.244.0.0/16#$PODS#" "$WORK/readme/my/croute/croute.yaml"
	sed -n '/^kubectl get nodes -o json | croute import/,/dry-run=client/{s/ *#.*//; s/$/ || exit/; p}' "$TREE/README.md" >"$WORK/readme.sh"
	# shellcheck source=/dev/null
	(cd "$WORK/readme/my" && . "$WORK/readme.sh") >"$WORK/taken" 2>&1 &&
		[ "$(grep -c '(dry run)$' "$WORK/taken")" = "$(kubectl kustomize . | grep -c '^kind: ')" ]
}
check "README's layout is valid, to croute and as one stream to kubectl" readme_plays
check 'overlays/cni is taken' apply cni
all_ready() { [ "$(k get nodes -o json | jq '[.items[] | select(any(.status.conditions[]; .type == "Ready" and .status == "True"))] | length')" = "$1" ]; }
check 'and makes all of them ready' within_ms 60000 all_ready 3
check 'pods start' pods_start
check 'and ping each other' all_of 'wait_for reaches 1 2' 'wait_for reaches 2 3' 'wait_for reaches 3 1'

# --- nodes that come and go
check 'the sync job is ready' wait_for ready_pods croute-sync 1
for i in 1 2 3; do
	fake create "fake-$i" "10.200.$i.0/24" "10.99.0.20$i"
	check "a new node is routed to in 5 s ($i)" within_ms 5000 all_have "10.200.$i.0/24"
	k delete node "fake-$i" >/dev/null
	check 'and when it is gone, the routes go in 5 s' within_ms 5000 none_has "10.200.$i.0/24"
done
fake create odd 192.0.2.0/24 10.99.0.210
check 'a node outside podNetwork is left out, and named' all_of 'wait_for job_says "odd is left out: .*outside podNetwork"' \
	'all_have "$(k get node n1 -o jsonpath={.spec.podCIDR})" || :'
fake create fake-4 10.200.4.0/24 10.99.0.204
check 'and stops no other' within_ms 5000 all_have 10.200.4.0/24
k delete node odd fake-4 >/dev/null
wait_for none_has 10.200.4.0/24

# --- what others do to the ConfigMaps
k -n croute delete configmap croute-nodes-0 >/dev/null
put_back() { [ "$(file | grep -c '{name: n')" = 3 ]; }
check 'a lost ConfigMap is put back at once' within_ms 5000 put_back
k -n croute patch configmap croute-nodes-3 --type merge -p '{"data": {"nodes-03.yaml": "version: 1\n"}}' >/dev/null
empty() { [ -z "$(k -n croute get configmap croute-nodes-3 -o 'jsonpath={.data}')" ]; }
check "another's key is taken away at once" within_ms 5000 empty
can() { [ "$(k auth can-i --as=system:serviceaccount:croute:croute-sync "$@" 2>/dev/null)" = yes ]; }
check 'the job may patch pods of its namespace, and no others' all_of 'can patch pods -n croute' \
	'not can patch pods -n kube-system' 'not can get secrets -n croute' 'not can patch configmaps/croute -n croute' \
	'not can create configmaps -n croute' 'not can delete pods -n croute'

# --- settings that are refused
k -n croute patch configmap croute --type merge -p '{"data": {"croute.yaml": "version: 9\n"}}' >/dev/null
refusal() { k -n croute get events -o json | jq -e '.items[] | select(.involvedObject.kind == "Deployment" and .reason == "Refused")' >/dev/null; }
check 'settings that croute refuses are an Event of the Deployment, and the job is not ready' all_of \
	'wait_for refusal' 'wait_for ready_pods croute-sync 0'
check 'until they are put right' all_of 'apply cni' 'wait_for ready_pods croute-sync 1'

# --- without the right to nudge
k -n croute delete rolebinding croute-nudge >/dev/null
k -n croute rollout restart deployment croute-sync >/dev/null
check 'without the right to nudge the job is ready, and says what it lacks' all_of 'wait_for job_says "pods?labelSelector.*forbidden"' \
	'wait_for ready_pods croute-sync 1'
check 'and with it again all is as before' apply cni

# --- a roll-out
pings_start
k -n croute rollout restart daemonset croute >/dev/null
check 'a roll-out ends' k -n croute rollout status daemonset croute --timeout=120s
check 'and loses no ping' pings_end

# --- the node of the job dies
job_on() { k -n croute get pods -l app.kubernetes.io/name=croute-sync -o json |
	jq -r '[.items[] | select(.metadata.deletionTimestamp == null)][0].spec.nodeName'; }
dead=$(job_on)
LIVING=$(for i in $NODES; do [ "n$i" = "$dead" ] || echo "$i"; done | tr '\n' ' ')
node_stop "${dead#n}"
moved() { [ "$(job_on)" != "$dead" ] && ready_pods croute-sync 1; }
check 'the job runs elsewhere two minutes after its node died' within_ms 120000 moved
fake create fake-5 10.200.5.0/24 10.99.0.205
check 'and a new node is routed to' within_ms 15000 all_have 10.200.5.0/24
k delete node fake-5 >/dev/null
k -n croute rollout restart daemonset croute >/dev/null
rolled() { [ "$(k -n croute get daemonset croute -o 'jsonpath={.status.updatedNumberScheduled}')" = 3 ] ||
	[ "$(k -n croute get pods -l app.kubernetes.io/name=croute -o json | jq '[.items[] | select(.metadata.deletionTimestamp == null) |
	.metadata.labels["controller-revision-hash"]] | group_by(.) | map(length) | max')" -ge 2 ]; }
check 'a roll-out goes on beside the dead node' wait_for rolled
node_start "${dead#n}"
LIVING=''
check 'the node that boots again is ready' within_ms 90000 all_ready 3

# --- every overlay and component of README's tables, piped as one stream; there is no Prometheus operator
crd() { # KIND PLURAL
	jq -n --arg kind "$1" --arg plural "$2" '{apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition",
		metadata: {name: "\($plural).monitoring.coreos.com"}, spec: {group: "monitoring.coreos.com", scope: "Namespaced",
		names: {kind: $kind, plural: $plural}, versions: [{name: "v1", served: true, storage: true,
		schema: {openAPIV3Schema: {type: "object", "x-kubernetes-preserve-unknown-fields": true}}}]}}' | k apply -f - >/dev/null &&
		k wait --for=condition=Established "crd/$2.monitoring.coreos.com" >/dev/null
}
check 'PodMonitors and PrometheusRules are known' all_of 'crd PodMonitor podmonitors' 'crd PrometheusRule prometheusrules'
# streams OVERLAY COMPONENT...: of what goes in, all comes out; but this server, which Go 1.19 built, dies of
# objects of kinds that are not its own.
streams() {
	local side built=("$WORK/my/tree" "overlays/$1")
	[ $# = 1 ] || { overlay "$@" && built=("$WORK/my" .); } || return
	for side in client server; do
		kustomize "${built[@]}" |
			awk -v side=$side 'BEGIN { RS = "---\n"; ORS = RS } side == "client" || !/^apiVersion: monitoring/' |
			tee "$WORK/stream" | k apply --dry-run=$side -f - >"$WORK/taken" 2>&1 &&
			[ "$(grep -c 'dry run)$' "$WORK/taken")" = "$(grep -c '^kind: ' "$WORK/stream")" ] || return
	done
}
named() { sed -n "s#^| .$1/\([a-z-]*\). .*#\1#p" "$TREE/README.md" | paste -sd ' '; }
for overlay in $(named overlays); do
	check "client and server take overlays/$overlay" streams "$overlay"
done
components=$(named components)
for set in $components "$components"; do
	# shellcheck disable=SC2086 # several arguments
	check "and flannel with components/$set" streams flannel $set
done
overlay cni
python3 "$ROOT/tests/packaging/chart.py" input "$TREE/chart" '{}' >"$WORK/input.json"
chart_taken() {
	local template
	: >"$WORK/chart.yaml"
	for template in "$TREE"/chart/templates/*.yaml; do
		echo --- && k annotate --local -f "$WORK/input.json" -o go-template-file="$template" a=b
	done >>"$WORK/chart.yaml"
	k apply --dry-run=server -f "$WORK/chart.yaml" >"$WORK/taken" 2>&1
}
check 'and the chart' chart_taken

# --- and away
k -n croute delete --ignore-not-found deployment croute-sync >/dev/null
k -n croute patch daemonset croute --type json -p "$(cat "$TREE/overlays/uninstall/patch.yaml")" >/dev/null
check 'uninstalling ends' k -n croute rollout status daemonset croute --timeout=120s
clean() {
	local i
	for i in $NODES; do [ -z "$(routes "$i")" ] && ! in_host "n$i" nft list table inet croute >/dev/null 2>&1 &&
		! ip -n "n$i" link show type vxlan | grep . >/dev/null || return 1; done
}
check 'and leaves nothing on any node' clean
check 'what was installed can be deleted' k delete --ignore-not-found -f "$WORK/my.yaml" --timeout=300s
gone() { ! k get namespace croute >/dev/null 2>&1; }
check 'with its namespace' wait_for gone
finish
