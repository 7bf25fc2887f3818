#!/bin/bash
# test_kubernetes.sh - every overlay is built, its fields are those of the API, its pods ask for no
# more than they need, and the files of croute's in it are valid.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2034,SC2317 # check calls the predicates
# shellcheck source=../cli/lib.sh
. "$(dirname "$0")/../cli/lib.sh"
command -v kubectl >/dev/null || skip_all 'no command kubectl'
python3 -c 'import yaml' 2>/dev/null || skip_all 'no python3-yaml'
command -v jq >/dev/null || skip_all 'no command jq'

VERSION=$(sed -n 's/^VERSION = //p' "$ROOT/Makefile")
TREE=$ROOT/packaging/kubernetes
AGENTS='host-gw vxlan large sync flannel sidecar cni'
SYNCED='sync flannel cni'
ALL="$AGENTS uninstall"

cp -r "$TREE" "$WORK/tree"
# shellcheck source=kustomize.sh
. "$ROOT/tests/packaging/kustomize.sh"

build() {
	run kustomize "$WORK/tree" "overlays/$1"
	cp "$WORK/stdout" "$WORK/$1.yaml"
	python3 -c 'import json, sys, yaml; json.dump(list(yaml.safe_load_all(sys.stdin)), sys.stdout)' \
		<"$WORK/$1.yaml" >"$WORK/$1.json"
	exits 0 && [ -z "$ERR" ] && [ -s "$WORK/$1.yaml" ]
}

# What the filters below may use.
DEFINED='
def kind($kind): map(select(.kind == $kind));
def pod: .spec.template.spec;
def container($name): pod.containers[] | select(.name == $name);
def croute: kind("DaemonSet")[0] | container("croute");
def containers: .[] | select(.spec.template) | pod | .containers[], (.initContainers // [])[];
def volume($name): kind("DaemonSet")[0] | pod.volumes[] | select(.name == $name);
def safe: .privileged == false and .allowPrivilegeEscalation == false and .readOnlyRootFilesystem
	and .capabilities.drop == ["ALL"];
def bytes: if endswith("Mi") then (.[:-2] | tonumber * 1048576) else error("no Mi: " + .) end;
'

# has OVERLAY FILTER: jq's verdict over all its objects.
has() {
	LAST="jq over $1"
	jq -e "$DEFINED $2" "$WORK/$1.json" >/dev/null
}

# each OVERLAYS FILTER
each() {
	local overlay
	for overlay in $1; do has "$overlay" "$2" || return 1; done
}

# value OVERLAY FILTER
value() { jq -r "$DEFINED $2" "$WORK/$1.json"; }

for overlay in $ALL; do check "$overlay is built, without a warning" build "$overlay"; done
check 'no overlay is forgotten here' \
	[ "$(for o in $ALL; do echo "$o"; done | sort)" = "$(ls "$TREE/overlays")" ]

fields=usr/lib/python3/dist-packages/kubernetes/client/models
for folder in "/$fields" "$ROOT/build/tools/$fields"; do
	[ ! -d "$folder" ] || MODELS=$folder
done
if [ -n "${MODELS-}" ]; then
	run python3 "$ROOT/tests/packaging/api_fields.py" "$MODELS" "$WORK"/*.yaml
	check 'all fields are fields of the API, and none is missing' exits 0
else
	skip 'all fields are fields of the API' 'no python3-kubernetes'
fi

# --- the agent's pods
check 'all are of one namespace' each "$ALL" \
	'all(.[]; (.kind | test("^ClusterRole|^Namespace$")) or .metadata.namespace == "croute")'
check 'which comes with them, and lets in what an agent needs' each "$ALL" 'kind("Namespace")[0].metadata |
	.name == "croute" and .labels["pod-security.kubernetes.io/enforce"] == "privileged"'
check 'their labels are as the convention has them, and of this version' each "$ALL" 'kind("DaemonSet") +
	kind("Deployment") | all(.[].metadata.labels; .["app.kubernetes.io/part-of"] == "croute" and
	.["app.kubernetes.io/component"] and .["app.kubernetes.io/version"] == "'"$VERSION"'")'
check 'the ports of croute are said' each "$ALL" \
	'croute.ports == [{name: "metrics", containerPort: 9667, protocol: "TCP"}]'
check 'they are on the network of the node, on every node' each "$ALL" 'kind("DaemonSet")[0] | pod |
	.hostNetwork and .tolerations == [{operator: "Exists"}] and
	.nodeSelector == {"kubernetes.io/os": "linux"}'
check 'they go last when a node is short of anything' each "$ALL" \
	'kind("DaemonSet")[0] | pod.priorityClassName == "system-node-critical"'
check 'a roll-out goes on beside one dead node of two, and never stops at all nodes' each "$ALL" \
	'kind("DaemonSet")[0].spec.updateStrategy | .type == "RollingUpdate" and (.rollingUpdate.maxUnavailable |
	rtrimstr("%") | tonumber | (. * 2 / 100 | ceil) == 2 and . < 100)'
check 'their ServiceAccount is said: no other stays from before' each "$ALL" \
	'kind("DaemonSet")[0] | pod.serviceAccountName | . == "default" or . == "croute"'
check 'they get no token' each "$ALL" 'kind("DaemonSet")[0] | pod.automountServiceAccountToken == false'
check 'croute has CAP_NET_ADMIN and nothing more' each "$ALL" 'croute.securityContext |
	safe and .capabilities.add == ["NET_ADMIN"] and .runAsUser == 0'
check 'no container can gain privileges or write its image' each "$ALL" \
	'[containers] | all(.securityContext | safe)'
check 'the system calls are filtered' each "$ALL" \
	'map(select(.spec.template) | pod.securityContext.seccompProfile.type) | unique == ["RuntimeDefault"]'
check 'it knows its node by its name' each "$ALL" \
	'croute.env[] | select(.name == "NODE_NAME").valueFrom.fieldRef.fieldPath == "spec.nodeName"'
check 'its image runs croute run' each "$AGENTS" 'croute | .args == ["run"] and (has("command") | not)'
check "every image is of this version, $VERSION" each "$ALL" \
	"[containers.image] | all(IN(\"croute:$VERSION\", \"croute-sync:$VERSION\", \"croute-cni:$VERSION\"))"
check 'the Containerfile of the sync job takes that version, too' \
	grep -qx "FROM croute:$VERSION AS croute" "$TREE/sync/Containerfile"
check 'the kubelet asks whether it lives' each "$ALL" 'croute.livenessProbe.httpGet ==
	{host: "127.0.0.1", port: 9667, path: "/healthz"}'
check 'and whether it is ready' each "$AGENTS" 'croute.readinessProbe.httpGet ==
	{host: "127.0.0.1", port: 9667, path: "/readyz"}'
listen=$("$CROUTE" schema | jq -r '.. | .listen? | .default? // empty' | head -n 1)
check 'where croute answers by default' [ "$listen" = 127.0.0.1:9667 ]

# --- memory, against what croute(8) says it takes
# sizing PEERS COLUMN: of the table under SIZING, in KiB.
sizing() {
	tr -s ' ' <"$ROOT/packaging/man/croute.8" | sed 's/^ //' | awk -v peers="$1" '$1 == peers && /MiB/' |
		grep -oE '[0-9.]+ MiB' | awk -v n="$2" 'NR == n { print int($1 * 1024) }'
}
# has_room OVERLAY SIZE TIMES: tenths of times.
has_room() { [ -n "$2" ] && [ "$(limit "$1")" -ge $(($2 * $3 / 10 << 10)) ]; }
limit() { value "$1" 'croute.resources.limits.memory | bytes'; }
check 'every container has its share and its limit' each "$ALL" '[containers.resources] |
	all(.requests.cpu and .requests.memory and .limits.memory and (.limits | has("cpu") | not))'
check 'the limit is at least three times what 10,000 peers take' \
	has_room host-gw "$(sizing 10,000 1)" 30
check 'that of large is over what 100,000 peers take' \
	has_room large "$(sizing 100,000 2)" 13

# --- the files
check 'the files are mounted as a directory, never by subPath' each "$ALL" \
	'([.. | objects | has("subPath") or has("subPathExpr")] | any | not) and
	(croute.volumeMounts[] | select(.name == "config") | .mountPath == "/etc/croute" and .readOnly)'
check 'a ConfigMap that is not there keeps no pod from starting' each "$ALL" \
	'[.[] | select(.spec.template) | pod.volumes[] | .configMap // (.projected.sources // [])[].configMap |
	select(. and (.name | startswith("croute"))).optional] | length > 0 and all'
check 'the status has a place' each "$ALL" \
	'(volume("run").emptyDir.medium == "Memory") and
	any(croute.volumeMounts[]; .mountPath == "/run/croute" and .name == "run")'
check 'eight shards are mounted beside the settings' each "large $SYNCED" \
	'volume("config") | (has("configMap") | not) and
	[.projected.sources[].configMap.name] == ["croute"] + [range(8) | "croute-nodes-\(.)"]'
check 'an edit of the settings restarts no pod: their name stays' each "$AGENTS" \
	'any(kind("ConfigMap")[]; .metadata.name == "croute" and .data)'

for overlay in $AGENTS; do
	mkdir "$WORK/$overlay"
	value "$overlay" 'kind("ConfigMap")[] | select(.metadata.name == "croute").data | to_entries[] |
		@base64 "\(.key) \(.value)"' | while read -r key text; do
		base64 -d <<<"$text" >"$WORK/$overlay/$(base64 -d <<<"$key")"
	done
	# Where the nodes come from the cluster, one stands in for them.
	[ -e "$WORK/$overlay/nodes.yaml" ] || cp "$TREE/overlays/host-gw/nodes.yaml" "$WORK/$overlay/"
	run "$CROUTE" validate "$WORK/$overlay"
	check "the files of $overlay are valid" exits 0
done

# --- what each overlay is for
check 'vxlan has a tunnel' grep -q 'type: vxlan' "$WORK/vxlan/croute.yaml"
check 'flannel takes over what flannel left' all_of \
	'grep -q "^adopt: flannel" "$WORK/flannel/croute.yaml"' \
	'grep -q "masquerade: true" "$WORK/flannel/croute.yaml"' \
	'grep -q "subnetEnv: /run/flannel/subnet.env" "$WORK/flannel/croute.yaml"'
check 'under the name of its device' grep -q 'device: flannel\.1, deviceV6: flannel-v6\.1' \
	"$WORK/flannel/croute.yaml"
check 'and writes subnet.env where the plugin looks' has flannel \
	'(volume("flannel").hostPath == {path: "/run/flannel", type: "DirectoryOrCreate"}) and
	any(croute.volumeMounts[]; .mountPath == "/run/flannel" and (.readOnly | not))'
check 'no other overlay mounts anything of the node' each 'host-gw vxlan large sync sidecar uninstall' \
	'[.. | objects | has("hostPath")] | any | not'
check 'cni writes its configuration where kubelets look, and brings the plugins' has cni \
	'(volume("cni").hostPath.path == "/etc/cni/net.d") and (volume("plugins").hostPath.path == "/opt/cni/bin") and
	any(croute.volumeMounts[]; .mountPath == "/etc/cni/net.d" and (.readOnly | not)) and
	(kind("DaemonSet")[0] | pod.initContainers[0] | .image == "croute-cni:'"$VERSION"'" and
	.volumeMounts == [{mountPath: "/plugins", name: "plugins"}])'
check 'as its settings say' grep -qx '  cniConf: /etc/cni/net.d/10-croute.conflist' "$WORK/cni/croute.yaml"
check 'the addresses are those of flannel there' has flannel \
	'[containers] | any(any(.env[]?; .name == "ADDRESS" and .value == "flannel"))'
check 'only sync, what is made of it, and sidecar may ask the API server anything' each \
	'host-gw vxlan large uninstall' 'all(.[]; .kind | IN("DaemonSet", "ConfigMap", "Namespace"))'

check 'the sync job may watch nodes' each "$SYNCED" 'kind("ClusterRole") |
	map(.rules) == [[{apiGroups: [""], resources: ["nodes"], verbs: ["list", "watch"]}]]'
check 'in its namespace watch ConfigMaps, apply eight of them, say why not, and no more' each "$SYNCED" '
	kind("Role") | map(select(.metadata.name == "croute-sync").rules) == [[
	{apiGroups: [""], resources: ["configmaps"], verbs: ["list", "watch"]},
	{apiGroups: [""], resources: ["configmaps"], verbs: ["create", "patch"],
		resourceNames: [range(8) | "croute-nodes-\(.)"]},
	{apiGroups: [""], resources: ["events"], verbs: ["create"]},
	{apiGroups: ["apps"], resources: ["deployments"], verbs: ["get"], resourceNames: ["croute-sync"]}]]'
check 'and patch the pods there, by a role that can be left out' each "$SYNCED" 'kind("Role") |
	map(select(.metadata.name == "croute-nudge").rules) ==
	[[{apiGroups: [""], resources: ["pods"], verbs: ["list", "watch", "patch"]}]]'
check 'which are there, without data that a second apply would put back' each "$SYNCED" \
	'kind("ConfigMap") | map(select(.metadata.name != "croute")) |
	length == 8 and all(has("data") | not)'
check 'all roles are given to it alone' each "$SYNCED" \
	'[kind("RoleBinding"), kind("ClusterRoleBinding") | .[] | .subjects, .roleRef.name] |
	unique | . == ["croute-nudge", "croute-sync",
		[{kind: "ServiceAccount", name: "croute-sync", namespace: "croute"}]]'
check 'it runs once, on the network of a node' each "$SYNCED" 'kind("Deployment")[0] |
	.spec.replicas == 1 and .spec.strategy == {type: "Recreate"} and (pod |
	.hostNetwork and .dnsPolicy == "Default" and
	.serviceAccountName == "croute-sync" and .automountServiceAccountToken)'
check 'on nodes that are not ready, and leaves a dead one' each "$SYNCED" 'kind("Deployment")[0] |
	pod.tolerations | map(select(.operator == "Exists" and .effect == "NoSchedule" and .key == null)) != [] and
	all(.[] | select(.effect != "NoSchedule"); .tolerationSeconds <= 300) and
	any(.[]; .key == "node.kubernetes.io/unreachable" and .tolerationSeconds == 30)'
check 'it is asked whether it lives and is ready, where it listens' each "$SYNCED sidecar" \
	'[.[] | select(.spec.template) | pod.containers[] | select(.name == "sync") |
	.readinessProbe.httpGet == {host: "127.0.0.1", port: 9668, path: "/readyz"} and
	.livenessProbe.httpGet == {host: "127.0.0.1", port: 9668, path: "/healthz"}] == [true]'
JOB=$TREE/sync/croute_sync
check 'by default' grep -qF '"LISTEN", "127.0.0.1:9668"' "$JOB/settings.py"
check 'it has 96 MiB' each "$SYNCED sidecar" \
	'[containers | select(.name == "sync").resources.limits.memory] == ["96Mi"]'
check 'its image has all of it' grep -qx 'COPY croute_sync/ /usr/lib/python3/dist-packages/croute_sync/' \
	"$TREE/sync/Containerfile"
check 'as nobody, with no capability' each "$SYNCED" 'kind("Deployment")[0] |
	(pod.securityContext | .runAsNonRoot and .runAsUser == 65534) and
	(container("sync").securityContext.capabilities | has("add") | not)'
# The names that it takes from its environment.
check 'each variable it is given is one it knows' each "$SYNCED sidecar" \
	"[containers | select(.name == \"sync\").env[].name] - $(grep -oE 'of\("[A-Z_]+"' \
		"$JOB/settings.py" | grep -oE '"[A-Z_]+"' | jq -sc .) == []"

check 'the sidecar writes what croute watches' has sidecar '(volume("config") | has("emptyDir") and
	(has("configMap") | not)) and any(kind("DaemonSet")[0] | container("sync").volumeMounts[];
	.name == "config" and .mountPath == "/output" and (.readOnly | not)) and any(kind("DaemonSet")[0] |
	container("sync").env[]; .name == "OUTPUT" and .value == "/output")'
check 'the sidecar alone has a token' has sidecar '[kind("DaemonSet")[0] | pod.containers[] |
	select(any(.volumeMounts[]; .name == "token")).name] == ["sync"]'
check 'with which it may watch nodes' has sidecar '(kind("ClusterRole") | map(.rules) ==
	[[{apiGroups: [""], resources: ["nodes"], verbs: ["list", "watch"]}]]) and (kind("Role") == [])'
check 'it is nobody, with no capability' has sidecar 'kind("DaemonSet")[0] | container("sync") |
	.securityContext | .runAsNonRoot and .runAsUser == 65534 and (.capabilities | has("add") | not)'

check 'uninstall stands in the place of the agents' all_of \
	'[ "$(value uninstall "kind(\"DaemonSet\")[].metadata.name")" = "$(value host-gw "kind(\"DaemonSet\")[].metadata.name")" ]' \
	'[ "$(value uninstall "kind(\"DaemonSet\")[].spec.selector")" = "$(value host-gw "kind(\"DaemonSet\")[].spec.selector")" ]'
check 'flushes first, with NET_ADMIN' has uninstall 'kind("DaemonSet")[0] | pod.initContainers[0] |
	.args == ["flush"] and .securityContext.capabilities.add == ["NET_ADMIN"]'
check 'and then stays without a file' has uninstall \
	'croute | .args == ["run", "--config", "/nothing"] and .readinessProbe.httpGet.path == "/healthz"'
check 'its patch finds croute first everywhere, and takes its image' all_of \
	'each "$AGENTS" "kind(\"DaemonSet\")[0] | pod.containers[0].name == \"croute\""' \
	'grep -A 1 "^- op: copy" "$TREE/overlays/uninstall/patch.yaml" | grep containers/0/image >/dev/null'

# --- the components
mkdir "$WORK/tree/overlays/all"
cat >"$WORK/tree/overlays/all/kustomization.yaml" <<-YAML
	resources: [../flannel]
	components: [../../components/one-by-one, ../../components/monitors, ../../components/reach]
YAML
check 'flannel goes with all components' build all
check 'the agent then runs where the label says so' has all 'kind("DaemonSet") |
	map({(.metadata.name): pod.nodeSelector["pod-routes"]}) | add ==
	{"croute": "croute", "croute-hand-back": "hand-back"}'
check 'hand-back gives flannel its routes, with what the agent may' has all '.[] |
	select(.kind == "DaemonSet" and .metadata.name == "croute-hand-back") | pod.initContainers[0] | .args == ["flush", "--hand-back", "flannel"] and (.securityContext | safe and
	.capabilities.add == ["NET_ADMIN"]) and .image == "croute:'"$VERSION"'"'
check 'with reach the agent may send raw packets, and nothing more' has all '.[] | select(.kind == "DaemonSet" and
	.metadata.name == "croute") | container("croute").securityContext.capabilities == {drop: ["ALL"], add: ["NET_ADMIN", "NET_RAW"]}'
check 'the ports that are scraped are there' has all '(kind("PodMonitor") |
	map(.spec.podMetricsEndpoints[0].port) == ["metrics", "metrics"]) and
	any(kind("Deployment")[0] | container("sync").env[]; .name == "LISTEN" and .value == "0.0.0.0:9668")'
rules() { python3 -c 'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)["groups"]))' \
	<"$ROOT/packaging/prometheus/croute.rules.yml" | jq -S .; }
check 'and the alerts are those of packaging/prometheus' \
	[ "$(value all 'kind("PrometheusRule")[0].spec.groups' | jq -S .)" = "$(rules)" ]

# --- README's layout, as it stands
readme_layout "$WORK"
cp "$TREE/overlays/host-gw/nodes.yaml" "$WORK/my/croute"
run "$CROUTE" validate "$WORK/my/croute"
check "README's layout is valid" exits 0
run kustomize "$WORK" my
check 'and kubectl builds it' all_of 'exits 0' 'said "*image: registry.example.com/croute-sync:*"'

bare() { grep -h '^kubectl delete' "$TREE/README.md" | grep -v -e --ignore-not-found; }
check 'what the README deletes may be gone already' not bare
check 'the README names every overlay' all_of \
	"$(for o in $ALL; do printf 'grep -qF "overlays/%s" "$TREE/README.md" && ' "$o"; done) true"
finish
