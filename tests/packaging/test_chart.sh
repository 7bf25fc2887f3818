#!/bin/bash
# test_chart.sh - the Helm chart gives the objects of the overlays, object by object. Its templates use
# nothing but what text/template of Go has built in, so that kubectl renders them as helm does.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=../cli/lib.sh
. "$(dirname "$0")/../cli/lib.sh"
command -v kubectl >/dev/null || skip_all 'no command kubectl'
python3 -c 'import yaml, jsonschema' 2>/dev/null || skip_all 'no python3-yaml or python3-jsonschema'
TREE=$ROOT/packaging/kubernetes
CHART=$TREE/chart
# shellcheck source=kustomize.sh
. "$ROOT/tests/packaging/kustomize.sh"

chart() { python3 "$ROOT/tests/packaging/chart.py" "$@"; }

# render VALUES: into $WORK/rendered.yaml; NOTES.txt has to render, too.
render() {
	local template
	chart input "$CHART" "$1" >"$WORK/input.json" 2>"$WORK/input.log" || return
	: >"$WORK/rendered.yaml"
	for template in "$CHART"/templates/*; do
		"${KUBECTL:-kubectl}" annotate --local -f "$WORK/input.json" -o go-template-file="$template" a=b \
			>"$WORK/one" 2>"$WORK/render.log" || return
		! grep '<no value>' "$WORK/one" || return
		[[ $template == */NOTES.txt ]] || { echo --- && cat "$WORK/one"; } >>"$WORK/rendered.yaml"
	done
}

# as_overlay VALUES KUSTOMIZATION
as_overlay() {
	mkdir -p "$WORK/built"
	printf '%s\n' "$2" >"$WORK/built/kustomization.yaml"
	kustomize "$WORK/built" . >"$WORK/built.yaml" || return
	run render "$1"
	exits 0 || return
	run chart differ "$WORK/rendered.yaml" "$WORK/built.yaml"
	exits 0
}

# same OVERLAY VALUES
same() { check "it gives the objects of overlays/$1" as_overlay "$2" "resources: [tree/overlays/$1]"; }
mkdir "$WORK/built"
cp -r "$TREE" "$WORK/built/tree"

# nodes OVERLAY: its text of nodes, for values.
nodes() { python3 -c 'import json, sys; print(json.dumps(sys.stdin.read()))' <"$TREE/overlays/$1/nodes.yaml"; }
FLANNEL='{"backend": "vxlan", "adopt": "flannel", "masquerade": true, "subnetEnv": "/run/flannel/subnet.env",
	"vxlan": {"vni": 1, "port": 8472, "device": "flannel.1", "deviceV6": "flannel-v6.1"}}'
same host-gw '{"source": "none", "nodes": '"$(nodes host-gw)"', "settings": {"staleAfter": ""}}'
same vxlan '{"source": "none", "nodes": '"$(nodes vxlan)"',
	"settings": {"staleAfter": "", "backend": "vxlan", "vxlan": {"directRouting": true}}}'
same sync '{}'
same sidecar '{"source": "sidecar"}'
same cni '{"settings": {"backend": "vxlan", "vxlan": {"directRouting": true}, "masquerade": true,
	"cniConf": "/etc/cni/net.d/10-croute.conflist"}}'
same flannel '{"address": "flannel", "settings": '"$FLANNEL"'}'
check 'and with monitors those of the component' as_overlay '{"monitors": true}' \
	"$(printf 'resources: [tree/overlays/sync]\ncomponents: [tree/components/monitors]')"
sed '1,/^version/!b; s/^version.*/&\nreach: {every: 30s}/' "$TREE/overlays/sync/croute.yaml" >"$WORK/built/croute.yaml"
check 'and with reach what its component lets it send' as_overlay '{"settings": {"reach": {"every": "30s"}}}' \
	"$(printf 'resources: [tree/overlays/sync]\ncomponents: [tree/components/reach]\nconfigMapGenerator:
- {name: croute, namespace: croute, behavior: replace, files: [croute.yaml]}
generatorOptions: {disableNameSuffixHash: true}')"
check 'and with images of elsewhere, those' as_overlay \
	'{"image": {"repository": "r.example.com/croute", "tag": "1"}, "syncImage": {"repository": "r.example.com/s"}}' \
	"$(printf 'resources: [tree/overlays/sync]\nimages:\n- {name: croute, newName: r.example.com/croute, newTag: "1"}
- {name: croute-sync, newName: r.example.com/s}')"

lacks() { render "$1" && ! grep -q "$2" "$WORK/rendered.yaml"; }
check 'without nudge there is no right to patch pods' lacks '{"nudge": false}' 'resources: \[pods\]'
check 'a label may say where the agent runs' all_of 'render "{\"podRoutes\": \"croute\"}"' \
	'grep -qx "        pod-routes: croute" "$WORK/rendered.yaml"'
check 'the guard goes into the settings' all_of 'render "{\"settings\": {\"guard\": {\"holdFor\": \"5m\"}}}"' \
	'grep -qx "      holdFor: 5m" "$WORK/rendered.yaml"'
refused() { ! render "$1" && grep -q "$2" "$WORK/input.log"; }
check 'the schema refuses what it does not know' refused '{"setings": {}}' setings
check 'a backend that there is not' refused '{"settings": {"backend": "ipip"}}' ipip
check 'and a cniConf that no kubelet would read' refused '{"settings": {"cniConf": "/tmp/x"}}' /tmp/x
# others: what packaging and README call croute of another version.
others() {
	grep -rhoE '(newTag: |/version: |croute(-sync|-cni)?[:_]|build/croute-)[0-9]+\.[0-9]+\.[0-9]+' \
		"$ROOT/packaging" "$ROOT/README.md" | grep -v "[^0-9]$(sed -n 's/^VERSION = //p' "$ROOT/Makefile")\$"
}
check 'tags, labels and names of files are of this version' [ -z "$(others)" ]
check 'the chart is of this version' [ "$(sed -n 's/^\(appV\|v\)ersion: //p' "$CHART/Chart.yaml" | sort -u)" = \
	"$(sed -n 's/^VERSION = //p' "$ROOT/Makefile")" ]
finish
