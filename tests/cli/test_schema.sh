#!/bin/bash
# test_schema.sh - what `croute schema` prints is a JSON Schema that agrees with `croute validate`.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

for PYTHON in /usr/bin/python3 python3 ''; do
	[ -z "$PYTHON" ] || ! "$PYTHON" -c 'import jsonschema, yaml' 2>/dev/null || break
done
[ -n "$PYTHON" ] || skip_all 'no python3 with jsonschema and yaml'

# check_files SCHEMA FILE...: a line for each, `ok FILE` or `no FILE WHERE: WHAT`.
cat >"$WORK/check_files.py" <<'END'
import json, sys, warnings

warnings.simplefilter("ignore")
import jsonschema, yaml


class Loader(yaml.SafeLoader):
    """Times stay texts, as in JSON and for the editors."""


Loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
with open(sys.argv[1]) as file:
    schema = json.load(file)
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
for path in sys.argv[2:]:
    with open(path, encoding="utf-8-sig") as file:
        wrong = jsonschema.exceptions.best_match(validator.iter_errors(yaml.load(file, Loader)))
    if wrong is None:
        print("ok", path)
    else:
        print("no", path, "/".join(map(str, wrong.absolute_path)) + ":", wrong.message)
END
check_files() {
	run "$PYTHON" "$WORK/check_files.py" "$WORK/schema" "$@"
}

all_ok() {
	exits 0 && [ -n "$OUT" ] && ! grep -qv '^ok ' <<<"$OUT"
}

# refuses KEY LINE...: a file with these lines is refused, and at that key.
refuses() {
	local key=$1

	shift
	printf '%s\n' 'version: 1' "$@" >"$WORK/bad.yaml"
	check_files "$WORK/bad.yaml"
	[[ $OUT == "no $WORK/bad.yaml $key:"* ]] || return 1
	"$CROUTE" validate "$WORK/bad.yaml" >/dev/null 2>&1
	[ $? = 3 ]
}

run "$CROUTE" schema
check 'schema prints JSON and nothing else' all_of 'exits 0' '[ -z "$ERR" ]' 'jq -e . "$WORK/stdout" >/dev/null'
cp "$WORK/stdout" "$WORK/schema"
run "$CROUTE" schema
check 'the same bytes each time' cmp -s "$WORK/stdout" "$WORK/schema"
check_files
check 'a validator takes it for a schema' exits 0

check_files "$ROOT"/examples/*.yaml
check 'every example fits it' all_ok
# Golden files that croute accepts; each stands for what somebody wrote and a release took.
ACCEPTED=()
for file in "$ROOT"/tests/golden/*/{nodes,new,old}.yaml; do
	! "$CROUTE" validate "$file" >/dev/null 2>&1 || ACCEPTED+=("$file")
done
check_files "${ACCEPTED[@]}"
check 'every golden file that croute accepts fits it' all_ok

COUNT=0
LINES_OF=()
NODE='- {name: a, address: 10.0.0.1, podCIDRs: 10.244.1.0/24'
check 'an unknown key is refused' refuses '' 'nodess: []'
check 'an unknown key of a node is refused' refuses nodes/0 'nodes:' "$NODE, mac: x}"
check 'a node without podCIDRs is refused' refuses nodes/0 'nodes:' '- {name: a, address: 10.0.0.1}'
check 'another version is refused' refuses version 'version: 2'
check 'a word that is no choice is refused' refuses backend/type 'backend: {type: ipip}'
check 'a number as a text is refused' refuses backend/vxlan/vni 'backend: {vxlan: {vni: one}}'
check 'a number out of its range is refused' refuses kernel/protocol 'kernel: {protocol: 256}'
check 'a number below its range is refused' refuses kernel/metricSpread 'kernel: {metricSpread: 0}'
check 'a flag that is none is refused' refuses guard/allowEmpty 'guard: {allowEmpty: 3}'
check 'a list where there is one is refused' refuses agent/statusFile 'agent: {statusFile: [a, b]}'
check 'a mapping where there is a list is refused' refuses nodes 'nodes: {a: b}'
check 'a duration without unit is refused' refuses agent/resync 'agent: {resync: 60}'
check 'a MAC that is none is refused' refuses nodes/0/vtepMAC 'nodes:' "$NODE, vtepMAC: 02-00}"
check 'a podCIDR without length is refused' refuses nodes/0/podCIDRs 'nodes:' \
	'- {name: a, address: 10.0.0.1, podCIDRs: 10.244.1.0}'
check 'a share over words is refused' refuses guard/maxDelete 'guard: {maxDelete: most}'

# Each line is a file, of which schema and validate say the same.
mkdir "$WORK/agree"
WANT=''
while IFS= read -r line; do
	file=$WORK/agree/$((++COUNT)).yaml
	printf 'version: 1\nguard: {allowEmpty: true}\n%b\n' "$line" >"$file"
	"$CROUTE" validate "$file" >"$WORK/said" 2>&1 && WANT+="ok $line"$'\n' || WANT+="no $line"$'\n'
	LINES_OF[COUNT]=$line
done <<'END'
agent: {resync: 0}
agent: {resync: 0s}
agent: {staleAfter: 0}
agent: {staleAfter: "0"}
agent: {staleAfter: 5}
agent: {listen: ''}
agent: {listen: ':0'}
agent: {listen: '[fd00::1]:65535'}
agent: {listen: 'localhost:9667'}
agent: {listen: '10.0.0.256:80'}
agent: {statusFile: 5}
agent: {cniConf: /etc/cni/10-croute.conf}
agent: {cniConf: /etc/cni/10-croute.conflist}
agent: {subnetEnv: run/subnet.env}
podNetwork: [10.0.0.0/8, 'fd00::/8']
podNetwork: 10.0.0.0/08
podNetwork: 'fd00::1::/64'
podNetwork: 'fd00::/129'
interface: {canReach: 127.0.0.1}
interface: {canReach: '::1'}
interface: {canReach: 'fd00:1:2:3:4:5:6:7'}
interface: {canReach: 'fd00:1:2:3:4:5:6:7:8'}
interface: {canReach: 'fd00::10.0.0.1'}
interface: {canReach: '::ffff:10.0.0.1'}
interface: {canReach: 10.0.0.01}
interface: {name: eth0123456789abc}
interface: {name: 'a/b'}
interface: {name: '..'}
interface: {name: yes}
interface: {name: "eth0\xc2\xa0"}
kernel: {protocol: 80}
kernel: {protocol: 81}
kernel: {table: 255}
kernel: {table: 256}
kernel: {table: "254"}
kernel: {table: local}
routes: [{to: default, dev: eth0}]
routes: [{to: default}]
routes: [{to: default, dev: eth0, onLink: true}]
routes: [{to: 10.9.0.1, via: 10.0.0.1, onLink: true}]
routes: [{to: 10.9.0.0/16, type: blackhole}]
routes: [{to: 10.9.0.0/16, type: blackhole, via: 10.0.0.1}]
routes: [{to: 10.9, dev: eth0}]
source: {generatedAt: "2026-11-23 03:00:00Z"}
source: {generatedAt: "2026-11-23T03:00:00+01:00"}
nodes: [{name: 5, address: 10.0.0.1, podCIDRs: 10.1.0.0/24, vtepMAC: "0E:00:00:00:00:01"}]
nodes: [{name: a, address: 10.0.0.1, podCIDRs: 10.1.0.0/24, vtepMAC: "01:00:00:00:00:01"}]
nodes: [{name: a, address: 'fe80::1', podCIDRs: 10.1.0.0/24}]
nodes: [{name: a, address: 10.0.0.1, podCIDRs: 0.0.0.0/0}]
nodes: [{name: a, address: 10.0.0.1, podCIDRs: []}]
nodes: [{name: a b, address: 10.0.0.1, podCIDRs: 10.1.0.0/24}]
nodes: [{name: "\xe2\x80\x9ca\xe2\x80\x9d", address: 10.0.0.1, podCIDRs: 10.1.0.0/24}]
END
FILES=()
for ((i = 1; i <= COUNT; i++)); do FILES+=("$WORK/agree/$i.yaml"); done
check_files "${FILES[@]}"
GOT=''
i=0
while read -r verdict _; do GOT+="$verdict ${LINES_OF[++i]}"$'\n'; done <<<"$OUT"
[ "$GOT" = "$WANT" ] || diff <(printf '%s' "$WANT") <(printf '%s' "$GOT")
check 'of each value the two say the same' [ "$GOT" = "$WANT" ]

printf '%s\n' 'version: 1' 'x-note: {any: [thing]}' 'guard: {allowEmpty: true, x-why: 1}' >"$WORK/x.yaml"
check_files "$WORK/x.yaml"
check 'keys of the user'\''s own are let through' all_ok
run "$CROUTE" validate "$WORK/x.yaml"
check 'as croute does' exits 0

finish
