#!/bin/bash
# test_sync.sh - the sync job writes what the cluster's nodes are, only when they change, and never
# what would cost routes; what it writes is followed by an agent as the kubelet mounts it.
#
# It has no more than it finds in a pod: the address of the API server in its environment, a token and
# a CA in files. api_server.py stands for the server, to fail on demand; it allows what the roles of the
# overlay allow. The real one is in tests/cluster.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2034,SC2317 # check calls the predicates
NETNS_TOOLS='ip unshare nsenter ping jq pgrep python3 openssl'
# shellcheck source=../netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"
# shellcheck source=../netns/agents.sh
. "$ROOT/tests/netns/agents.sh"
python3 -c 'import yaml' 2>/dev/null || skip_all 'no python3-yaml'

OVERLAYS=$ROOT/packaging/kubernetes/overlays
CLUSTER=$WORK/cluster
export CROUTE TMPDIR=$WORK/tmp NOW=1800000000 DEPLOYMENT=croute-sync
export PYTHONPATH=$ROOT/packaging/kubernetes/sync PYTHONDONTWRITEBYTECODE=1
mkdir -p "$CLUSTER"/{configmaps,owners,pods} "$TMPDIR"
python3 - "$OVERLAYS/sync/rbac.yaml" >"$CLUSTER/allowed" <<'PYTHON'
import sys, yaml
for held in yaml.safe_load_all(open(sys.argv[1])):
    for rule in held.get("rules", []):
        for verb in rule["verbs"]:
            for name in rule.get("resourceNames", ["*"]):
                print(verb, rule["resources"][0], name)
PYTHON

# --- what a pod has, in a /run of the test's own
export HOME=/nonexistent KUBERNETES_SERVICE_HOST=127.0.0.1
[ /var/run -ef /run ] || mount -t tmpfs tmpfs /var/run
POD=/var/run/secrets/kubernetes.io/serviceaccount
mkdir -p "$POD"
# certificate FILE: its own CA.
certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test \
		-addext subjectAltName=IP:127.0.0.1 -keyout "$1" -out "$1.crt" 2>/dev/null && cat "$1.crt" >>"$1"
}
certificate "$CLUSTER/tls.pem" && certificate "$WORK/other.pem" || skip_all 'openssl makes no certificate'
cp "$CLUSTER/tls.pem.crt" "$POD/ca.crt"
echo the-token-of-croute-sync | tee "$CLUSTER/token" >"$POD/token"
start server python3 "$ROOT/tests/packaging/api_server.py" "$CLUSTER"
wait_for [ -s "$CLUSTER/port" ]
KUBERNETES_SERVICE_PORT=$(cat "$CLUSTER/port")
export KUBERNETES_SERVICE_PORT
for i in {0..7}; do echo '{}' >"$CLUSTER/configmaps/croute-nodes-$i"; done
# settings TEXT: the ConfigMap croute.
settings() { jq -n --arg text "version: 1
$1" '{"croute.yaml": $text}' >"$CLUSTER/.settings" && mv "$CLUSTER/.settings" "$CLUSTER/configmaps/croute"; }
settings 'guard: {maxDelete: 100%}'

# nodes RANGE...: the cluster has worker-1, this host, and these peers.
nodes() {
	{
		echo '{"kind": "NodeList", "apiVersion": "v1", "metadata": {}, "items": ['
		node worker-1 10.0.0.1 10.99.0.0/24
		peers "$@" | sed -E 's/.*name: (.*), address: (.*), podCIDRs: \[(.*)\].*/\1 \2 \3/' |
			while read -r name ip cidr; do printf ', ' && node "$name" "$ip" "$cidr"; done
		echo ']}'
	} >"$CLUSTER/.new"
	mv "$CLUSTER/.new" "$CLUSTER/nodes.json"
}

node() {
	printf '{"metadata": {"name": "%s"}, "spec": {"podCIDRs": ["%s"]}, ' "$1" "$3"
	printf '"status": {"addresses": [{"type": "InternalIP", "address": "%s"}]}}\n' "$2"
}

# sync: one pass of a job that has just started, SECONDS after the last.
sync() {
	NOW=$((NOW + $1))
	: >"$CLUSTER/calls.log"
	run python3 -m croute_sync once
}

writes() { grep -c '^patch' "$CLUSTER/calls.log"; }
wrote() { [ "$(writes)" = "$1" ]; }
# data N: the file in ConfigMap N.
data() { jq -r '.[]' "$CLUSTER/configmaps/croute-nodes-$1"; }
stamp() { data "${2:-0}" | sed -n "s/^  $1: //p"; }
filled() { jq -rs 'map(keys[]) | join(" ")' "$CLUSTER"/configmaps/croute-nodes-*; }
state() { cat "$CLUSTER"/configmaps/croute-nodes-* | sha256sum; }
quietly() { "$@" >"$WORK/quiet"; }
# kept: nothing was written and the job says so.
kept() { exits 1 && wrote 0 && [ "$(state)" = "$BEFORE" ] && err_line 'sync: *nothing is written*'; }

# --- what is written
nodes 1-10
sync 0
check 'the first pass writes the nodes' all_of 'exits 0' 'wrote 1' '[ "$(filled)" = nodes-00.yaml ]' \
	'[ "$(data 0 | grep -c "{name: ")" = 11 ]'
check 'and says so' err_line 'sync: 11 of 11 nodes in 1 file, serial 1800000000, was none'
check 'stamped with the time' all_of '[ "$(stamp serial)" = 1800000000 ]' \
	'[ "$(stamp generatedAt)" = 2027-01-15T08:00:00Z ]'
sync 599
check 'no change, no write' all_of 'exits 0' 'wrote 0' '[ -z "$ERR" ]'
sync 1
check 'after 10 minutes the stamp is renewed' all_of 'exits 0' 'wrote 1' \
	'[ "$(stamp generatedAt)" = 2027-01-15T08:10:00Z ]' '[ "$(stamp serial)" = 1800000600 ]'
sync 60
check 'and not again' wrote 0
nodes 1-11
sync 1
check 'a new node is written at once' all_of 'wrote 1' '[ "$(stamp serial)" = 1800000661 ]' \
	'data 0 | grep -F "{name: peer-11," >/dev/null'
NOW=1700000000 sync 0
NOW=1800000661
check 'a clock that goes back does not take the serial along' [ "$(stamp serial)" = 1800000662 ]
sync 3600

# --- what is not
BEFORE=$(state)
cp "$CLUSTER/nodes.json" "$WORK/good.json"
echo '{"kind": "NodeList", "apiVersion": "v1", "metadata": {}, "items": []}' >"$CLUSTER/nodes.json"
sync 700
check 'never an empty list' kept
head -c 700 "$WORK/good.json" >"$CLUSTER/nodes.json"
sync 0
check 'never half a list' kept
: >"$CLUSTER/nodes.json"
sync 0
check 'never from an empty answer' kept
cp "$WORK/good.json" "$CLUSTER/nodes.json"
echo 'list nodes * 500' >"$CLUSTER/fail"
nodes 1-5
sync 0
check 'never from a listing that failed, whole as it may look' kept
cp "$WORK/good.json" "$CLUSTER/nodes.json"
echo 'list configmaps * 500' >"$CLUSTER/fail"
sync 0
check 'never when it cannot tell what is there' kept
rm "$CLUSTER/fail"
settings 'podNetwork: [10.255.0.0/16]'
sync 0
check 'never what the settings refuse as a whole' all_of kept 'err_line "*do not go with the settings*podNetwork*"'
settings 'gaurd: {}'
sync 0
check 'nor with settings that are invalid' all_of kept 'err_line "*croute.yaml:2*gaurd*"'
check "an Event of its Deployment says so" quietly \
	jq -s '.[-1] | .involvedObject.uid == "uid-of-croute-sync" and .type == "Warning" and
	(.message | contains("gaurd")) or error' "$CLUSTER/events.log"
settings 'guard: {maxDelete: 100%}'
sync 0
check 'and when all is well again, the stamp is renewed' all_of 'exits 0' 'wrote 1'

# --- one that is odd
node odd 10.0.9.9 10.255.255.0/24 >"$WORK/odd"
# shellcheck disable=SC2016 # for jq
jq --slurpfile odd "$WORK/odd" '.items += $odd' "$WORK/good.json" >"$CLUSTER/nodes.json"
settings 'podNetwork: [10.96.0.0/11]
guard: {maxDelete: 100%}'
sync 700
check 'a node outside podNetwork is left out and named, and stops no other' all_of 'exits 0' 'wrote 1' \
	'err_line "sync: odd is left out: podCIDR 10.255.255.0/24 is outside podNetwork"' \
	'[ "$(data 0 | grep -c "{name: ")" = 12 ]' '! data 0 | grep "name: odd" >/dev/null'
cp "$WORK/good.json" "$CLUSTER/nodes.json"
settings 'guard: {maxDelete: 100%}'

# --- what stands between a pod and the API server
# fails_by HOW: the list does.
fails_by() {
	echo "list nodes * $1" >"$CLUSTER/fail"
	sync 700
	rm "$CLUSTER/fail"
	kept
}
BEFORE=$(state)
for how in 401 403 429 500 503 cut; do check "never from a list that ends in $how" fails_by "$how"; done
REQUEST_TIMEOUT=1 check 'never from one that hangs' fails_by hang
# with FILE CONTENT: what the pod has in place of its own.
with() {
	cp "$POD/$1" "$WORK/kept"
	cp "$2" "$POD/$1"
	sync 700
	cp "$WORK/kept" "$POD/$1"
	kept
}
echo another-token >"$WORK/another"
check 'never with a token that is not taken' with token "$WORK/another"
check 'nor from a server that the CA does not know' with ca.crt "$WORK/other.pem.crt"
check 'nor from one whose address is not known' all_of \
	'KUBERNETES_SERVICE_HOST="" KUBERNETES_SERVICE_PORT="" sync 700' kept
sync 700
check 'and with all of them, it writes' all_of 'exits 0' 'wrote 1'

# --- what others do to the ConfigMaps
rm "$CLUSTER/configmaps/croute-nodes-0" "$CLUSTER/owners/croute-nodes-0"
sync 30
check 'a lost ConfigMap is put back by the next pass' all_of 'exits 0' 'wrote 1' \
	'grep -qx "create configmaps croute-nodes-0" "$CLUSTER/calls.log"' '[ "$(filled)" = nodes-00.yaml ]'
echo '{}' >"$CLUSTER/configmaps/croute-nodes-0"
echo '{}' >"$CLUSTER/owners/croute-nodes-0"
sync 30
check 'so is one that was applied empty' all_of 'wrote 1' '[ "$(filled)" = nodes-00.yaml ]'
# As `kubectl replace` of a backup leaves it: of two generations, and another manager's.
data 0 | jq -Rs '{"nodes-05.yaml": ., "notes": "mine"}' >"$CLUSTER/configmaps/croute-nodes-5"
echo '{"nodes-05.yaml": ["kubectl-replace"], "notes": ["kubectl-replace"]}' >"$CLUSTER/owners/croute-nodes-5"
data 0 | sed 's/serial: .*/serial: 7/' | jq -Rs '{"nodes-00.yaml": .}' >"$CLUSTER/.new"
mv "$CLUSTER/.new" "$CLUSTER/configmaps/croute-nodes-0"
echo '{"nodes-00.yaml": ["kubectl-replace"]}' >"$CLUSTER/owners/croute-nodes-0"
sync 30
check "what another manager left is taken over, or taken away" all_of 'exits 0' \
	'[ "$(filled)" = nodes-00.yaml ]' '[ "$(stamp serial)" = "$NOW" ]'
sync 30
check 'once' all_of 'exits 0' 'wrote 0'
SHARDS=1 check 'it is the same with one ConfigMap' all_of 'sync 30' 'exits 0' 'wrote 0'

# --- followed by an agent, in the kubelet's way
host_add worker-1 10.0.0.1/16
CONF=$WORK/mount
mkdir "$CONF"
# mount_now: all ConfigMaps as the kubelet projects them, in one swap.
GENERATION=0
mount_now() {
	local i file new=..gen-$((++GENERATION))
	mkdir "$CONF/$new"
	jq -j '.["croute.yaml"]' "$CLUSTER/configmaps/croute" >"$CONF/$new/croute.yaml"
	for i in {0..7}; do
		file=$(jq -r 'keys[]' "$CLUSTER/configmaps/croute-nodes-$i")
		[ -z "$file" ] || data "$i" >"$CONF/$new/$file"
	done
	ln -sfn "$new" "$CONF/..data_tmp"
	mv -T "$CONF/..data_tmp" "$CONF/..data"
	find "$CONF" -maxdepth 1 -name '*.yaml' -delete
	for file in "$CONF/$new"/*; do ln -s "..data/${file##*/}" "$CONF"; done
}
mount_now
run "$CROUTE" validate "$CONF"
check 'what is written is valid' exits 0
start agent nsenter --net=/run/netns/worker-1 -- "$CROUTE" run --node worker-1 -c "$CONF" \
	--status-file "$STATUS_FILE"
check 'and followed by an agent' within owned worker-1 11

# --- more than a ConfigMap holds
nodes 1-16000
sync 30
check 'past what a ConfigMap holds, the nodes are in two' all_of 'exits 0' 'wrote 2' \
	'[ "$(filled)" = "nodes-00.yaml nodes-01.yaml" ]'
check 'the last of them first, and with one serial' all_of \
	'[ "$(grep ^patch "$CLUSTER/calls.log" | head -1)" = "patch configmaps croute-nodes-1" ]' \
	'[ "$(stamp serial 0)" = "$(stamp serial 1)" ]'
sync 30
check 'no change, no write, there too' all_of 'exits 0' 'wrote 0'
mount_now
check 'the agent follows all of them' within owned worker-1 16000

# --- a write that is cut off
nodes 1-15999
BEFORE=$(state)
echo 'patch configmaps croute-nodes-0 500' >"$CLUSTER/fail"
sync 30
check 'a write that fails is told' all_of 'exits 1' 'err_line "sync: the files are not written: *"'
mount_now
run "$CROUTE" validate "$CONF"
check 'what is there then is of two generations' all_of 'exits 3' 'said "*serial*"'
ip -n worker-1 route del "$(pods 16000)" proto 67
check 'from which the agent keeps, and keeps up, what it has' within owned worker-1 16000
rm "$CLUSTER/fail"
sync 30
check 'the next pass writes all of them' all_of 'exits 0' 'wrote 2' \
	'[ "$(stamp serial 0)" = "$(stamp serial 1)" ]'
mount_now
check 'and the agent goes on' within owned worker-1 15999

# --- and less
nodes 1-20
sync 30
check 'with fewer nodes the rest is emptied' all_of 'exits 0' '[ "$(filled)" = nodes-00.yaml ]'
check 'after the others are written' \
	[ "$(grep ^patch "$CLUSTER/calls.log" | tail -1)" = 'patch configmaps croute-nodes-1' ]
mount_now
check 'the agent follows' within owned worker-1 20
check 'and is ready' within ready
agent_stop TERM
nodes 1-600
touch "$CLUSTER/pages"
sync 1
check 'a list may come in pages' all_of 'exits 0' 'wrote 1' '[ "$(data 0 | grep -c "{name: ")" = 601 ]' \
	'[ "$(grep -c "^list nodes" "$CLUSTER/calls.log")" = 2 ]'
rm "$CLUSTER/pages"
SHARD_SIZE=4KiB SHARDS=2
export SHARD_SIZE SHARDS
nodes 1-400
BEFORE=$(state)
sync 30
check 'more than all ConfigMaps hold is told, and not written' all_of kept 'err_line "*over the 2*"'
unset SHARDS
unset SHARD_SIZE NOW
rm "$CLUSTER"/configmaps/croute-nodes-*

# --- as a loop
export INTERVAL=1 LISTEN=127.0.0.1:9668
# loop_start: as the first process of its container, to which signals mean nothing by themselves.
loop_start() {
	: >"$CLUSTER/calls.log"
	start loop unshare --pid --fork python3 -m croute_sync
}
loop_stop() {
	kill "$(pgrep -P "${PID[loop]}")"
	wait_for process_gone "${PID[loop]}" && wait "${PID[loop]}"
}
loop_says() { wait_for grep -q "$1" "$WORK/loop.log"; }
called() { wait_for grep -qx "$1" "$CLUSTER/calls.log"; }
# ask PATH: from the port of the probes.
ask() { python3 -c 'import sys, urllib.request as u; print(u.urlopen("http://127.0.0.1:9668" + sys.argv[1]).read().decode())' "$1"; }
is_ready() { ask /readyz >"$WORK/readyz" 2>&1; }
is_alive() { ask /healthz >"$WORK/healthz" 2>&1; }
metric() { ask /metrics | sed -n "s/^croute_sync_$1 //p"; }
has_nodes() { [ "$(data 0 | grep -c '{name: ')" = "$1" ]; }
pod() { echo '{}' >"$CLUSTER/.pod" && mv "$CLUSTER/.pod" "$CLUSTER/pods/$1"; }
nudged() { jq -r '.["croute/nudged"] // ""' "$CLUSTER/pods/$1"; }
nudged_to() { [[ $(nudged "$1") == "$(stamp serial)".* ]]; }
nodes 1-100
echo 'patch configmaps croute-nodes-0 500' >"$CLUSTER/fail"
pod croute-a
loop_start
check 'the loop tells what it cannot write' loop_says 'the files are not written'
check 'and is not ready, but alive' all_of 'not is_ready' 'is_alive'
rm "$CLUSTER/fail"
check 'it writes as soon as it can' loop_says '101 of 101 nodes in 1 file, serial'
check 'and is ready' wait_for is_ready
check "croute's pods are nudged to that serial" wait_for nudged_to croute-a
pod croute-b
check 'one that comes later, too' wait_for nudged_to croute-b
nodes 1-101
check 'a new node is written at once' wait_for has_nodes 102
check 'and the pods are nudged' all_of 'wait_for nudged_to croute-a' 'wait_for nudged_to croute-b'
check 'each once for a serial' [ "$(grep -c 'patch pods croute-a' "$CLUSTER/calls.log")" -le 2 ]
rm "$CLUSTER/pods/croute-b"
nodes 1-100
check 'a node that is gone, likewise' all_of 'wait_for has_nodes 101' 'wait_for nudged_to croute-a'
mark=$(nudged croute-a)
settings 'guard: {maxDelete: 90%}'
renudged() { [ "$(nudged croute-a)" != "$mark" ]; }
check 'new settings are a reason, too' wait_for renudged
rm "$CLUSTER/configmaps/croute-nodes-0"
there() { [ -s "$CLUSTER/configmaps/croute-nodes-0" ] && has_nodes 101; }
check 'a lost ConfigMap is put back at once' wait_for there
echo '{"nodes-05.yaml": "", "notes": "mine"}' >"$CLUSTER/.new"
mv "$CLUSTER/.new" "$CLUSTER/configmaps/croute-nodes-5"
taken_away() { [ "$(jq length "$CLUSTER/configmaps/croute-nodes-5")" = 0 ]; }
check "another manager's keys are taken away at once" wait_for taken_away
check 'its metrics tell' all_of '[ "$(metric nodes)" = 101 ]' '[ "$(metric ready)" = 1 ]' \
	'[ "$(metric pods_behind)" = 0 ]' '[ "$(metric writes_total)" -ge 4 ]'

# --- two jobs
second_says() { wait_for grep -q "$1" "$WORK/second.log"; }
start second env LISTEN=127.0.0.1:9669 python3 -m croute_sync
check 'a second job finds nothing to do' all_of 'wait_for python3 -c "
import urllib.request as u; u.urlopen(\"http://127.0.0.1:9669/readyz\")"' '[ ! -s "$WORK/second.log" ]'
nodes 1-120
check 'of two that would write, one does' all_of 'wait_for has_nodes 121' 'wait_for nudged_to croute-a' \
	'wait_for is_ready'
check 'and neither nudges back what the other has' [ "$(grep -c 'patch pods croute-a' "$CLUSTER/calls.log")" -le 8 ]
kill "${PID[second]}"
check 'SIGTERM ends it with 0' wait "${PID[second]}"

# --- a watch that breaks
echo 'watch nodes * 500' >"$CLUSTER/fail"
nodes 1-90
check 'without a watch it says so, and is not ready' all_of 'loop_says "as the test wants it"' 'wait_for not is_ready'
rm "$CLUSTER/fail"
check 'it goes on where it was' all_of 'wait_for has_nodes 91' 'wait_for is_ready'

# --- patches that are refused
echo 'patch pods croute-a 429' >"$CLUSTER/fail"
: >"$CLUSTER/calls.log"
nodes 1-80
check 'the patches stop when there are too many, and it says so' all_of 'loop_says "not nudged for 10 s"' \
	'wait_for has_nodes 81' 'wait_for is_ready'
check 'at once' [ "$(grep -c 'patch pods croute-a' "$CLUSTER/calls.log")" = 1 ]
rm "$CLUSTER/fail"
check 'SIGTERM ends the loop with 0' loop_stop
sed -i '/ pods /d' "$CLUSTER/allowed"
loop_start
nodes 1-70
check 'without the right to patch pods it works, and says that it is slower' all_of 'wait_for has_nodes 71' \
	'loop_says "pods?labelSelector"' 'wait_for is_ready'
loop_stop
echo 'list nodes * hang' >"$CLUSTER/fail"
loop_start
check 'SIGTERM ends it amid a list that hangs, with 0' all_of 'called "list nodes \\*"' loop_stop
echo 'patch configmaps croute-nodes-0 hang' >"$CLUSTER/fail"
nodes 1-12
loop_start
check 'and amid a write' all_of 'called "patch configmaps croute-nodes-0"' 'not is_ready' loop_stop
rm "$CLUSTER/fail"

# --- beside croute in its pod
nodes 1-30
mkdir "$WORK/output" "$WORK/settings"
jq -j '.["croute.yaml"]' "$CLUSTER/configmaps/croute" >"$WORK/settings/croute.yaml"
export OUTPUT=$WORK/output SETTINGS=$WORK/settings
loop_start
CONF=$OUTPUT
wait_for [ -e "$OUTPUT/croute.yaml" ]
start agent nsenter --net=/run/netns/worker-1 -- "$CROUTE" run --node worker-1 -c "$CONF" \
	--status-file "$STATUS_FILE"
check 'into a directory, with the settings, for an agent' all_of 'within owned worker-1 30' \
	'[ "$(ls "$OUTPUT" | tr "\n" " ")" = "croute.yaml nodes-00.yaml " ]' 'wrote 0'
nodes 1-31
check 'the loop sees a new node' within owned worker-1 31
echo 'watch nodes * 500' >"$CLUSTER/fail"
check 'lives through a cluster that does not answer' loop_says 'trying again'
rm "$CLUSTER/fail"
printf 'version: 1\nguard: {maxDelete: 80%%}\n' >"$SETTINGS/croute.yaml"
check 'and follows the settings' wait_for cmp -s "$SETTINGS/croute.yaml" "$OUTPUT/croute.yaml"
nodes 1-32
check 'and goes on' within owned worker-1 32
check 'SIGTERM ends it with 0, there too' loop_stop
agent_stop TERM
check 'and no file of it stays behind' [ -z "$(ls "$TMPDIR")" ]
finish
