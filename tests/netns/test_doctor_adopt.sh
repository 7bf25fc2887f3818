#!/bin/bash
# test_doctor_adopt.sh - what would go wrong in a takeover from flannel is told on hosts that flannel
# has left, and what it tells to write makes it right.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"
# shellcheck source=flannel.sh
. "$(dirname "$0")/flannel.sh"

doctor() {
	croute_in worker-1 doctor --adopt -c "$FOLDER" --color never "$@"
}

# result NAME RESULT: the check comes to that, in JSON.
result() {
	doctor -o json
	json ".checks[] | select(.name == \"$1\") | .result == \"$2\""
}

# edit SCRIPT FILE: with sed, in the folder.
edit() {
	sed "$1" "$FOLDER/$2" >"$WORK/new" && mv "$WORK/new" "$FOLDER/$2"
}

# clean: nothing that the takeover depends on fails or warns, but what others must see to.
clean() {
	doctor
	exits 0 && not out_line '[Fw]*adopt*'
}

# --- the tunnel -----------------------------------------------------------------------------------

flannel_cluster dual-vxlan
flannel_import
before=$(flannel_state worker-1)
check 'a host as flannel left it: nothing is in the way' clean
check 'its device and MACs are as the file says' all_of \
	"out_line 'ok vxlan: *'" \
	"out_line 'ok adopt-peers: *'" "out_line 'ok foreign-routes: 4 routes of flannel?s will be taken over'"
doctor -o json
check 'JSON has four checks more' json '[.checks[] | select(.name | startswith("adopt"))] | length == 4'
croute_in worker-1 doctor -c "$FOLDER"
check 'without --adopt none of them' not out_line '* adopt-*: *'
check 'it changes nothing' [ "$before" = "$(flannel_state worker-1)" ]

edit 's/^adopt: flannel.*//' settings.yaml
doctor
check 'a file that does not say so' out_line 'warn adopt: the file does not say adopt: flannel, *'
check 'and has to' out_line 'fix: adopt: flannel removes the 4 that flannel left, *'
flannel_import

cp "$FOLDER/nodes.yaml" "$WORK/nodes.yaml"
edit 's/, vtepMAC: 2a:2c:18:5f:e2:01//' nodes.yaml
doctor
check 'a MAC that the file derives: exit 1' all_of 'exits 1' \
	"out_line 'FAIL vxlan: flannel.1 has MAC 2a:2c:18:5f:e2:01, and *'"
check 'with what to write' out_line "fix: in the entry of worker-1: vtepMAC: '2a:2c:18:5f:e2:01'"
croute_in worker-1 reconcile --dry-run -c "$FOLDER"
check 'a pass refuses it, too' exits 1
cp "$WORK/nodes.yaml" "$FOLDER/nodes.yaml"
edit "s/vtepMAC: 2a:2c:18:5f:e2:01/vtepMAC: '0e:2c:18:5f:e2:01'/" nodes.yaml
doctor
check 'a MAC that the file names wrongly' out_line 'FAIL vxlan: *and 0e:2c:18:5f:e2:01 would be this node?s by the file*'
cp "$WORK/nodes.yaml" "$FOLDER/nodes.yaml"
edit 's/, vtepMAC: 2a:2c:18:5f:e2:0[23]//' nodes.yaml
doctor
check 'peers whose MAC would be derived' out_line \
	'FAIL adopt-peers: the file has other MACs of these peers *: worker-?, worker-?'
cp "$WORK/nodes.yaml" "$FOLDER/nodes.yaml"

edit 's/vni: 1/vni: 2/' settings.yaml
doctor
check 'a VNI that only a new device could have' all_of 'exits 1' \
	"out_line 'FAIL vxlan: flannel.1 has VNI 1, the file says 2*'" \
	"out_line 'fix: backend: {vxlan: {vni: 1, port: 8472, device: flannel.1}}'"
croute_in worker-1 reconcile --dry-run -c "$FOLDER"
check 'a pass refuses it, too' exits 1
flannel_import
edit 's/port: 8472/port: 4789/' settings.yaml
check 'a port likewise' result vxlan failure
flannel_import
edit 's/device: flannel.1/device: croute.1/' settings.yaml
doctor
check 'a device of another name' out_line 'FAIL vxlan: flannel.1 already uses VNI 1 on port 8472; croute.1 cannot be created'
check 'with its name to write' out_line 'fix: *device: flannel.1}}'
flannel_import
ip -n worker-1 link set flannel.1 type vxlan learning
ip -n worker-1 link set flannel.1 mtu 1400
croute_in worker-1 reconcile --dry-run -c "$FOLDER"
check 'what is changed in place is nothing to warn of' all_of 'exits 0' "out_line '~ link flannel.1 adopted *'"
ip -n worker-1 link set flannel.1 type vxlan nolearning
ip -n worker-1 link set flannel.1 mtu 1450
check 'and right again' clean

flannel_stale 1
ip -n worker-1 route add 10.244.77.0/24 via 10.0.0.12 proto static
doctor
check 'routes that flannel did not make stay' out_line 'warn foreign-routes: *10.244.77.0/24 *'
ip -n worker-1 route del 10.244.77.0/24

mkdir -p /run/flannel
flannel_subnet_env 1 >/run/flannel/subnet.env
check 'a subnet.env that nobody would keep' result adopt-cni warning
rm /run/flannel/subnet.env
check 'none: nothing to keep' result adopt-cni ok

# A process of that name in the namespace of this test.
cp "$(command -v tail)" "$WORK/flanneld"
start flanneld "$WORK/flanneld" -f /dev/null
named() {
	[ "$(cat "/proc/${PID[flanneld]}/comm")" = flanneld ]
}
check 'something runs as flanneld' wait_for named
doctor
check 'flanneld that runs is a failure' all_of 'exits 1' \
	"out_line 'FAIL adopt-flanneld: flanneld runs, process ${PID[flanneld]}: *'" "out_line 'fix: stop flanneld *'"
kill "${PID[flanneld]}"
wait "${PID[flanneld]}" 2>/dev/null
check 'until it is stopped' not result adopt-flanneld failure

croute_in worker-1 reconcile -c "$FOLDER"
check 'the takeover goes well' exits 0
doctor
check 'then nothing of flannel is left to take over' all_of 'exits 0' \
	"out_line 'ok foreign-routes: no other program routes *'" \
	"out_line 'ok vxlan: *'"

# --- plain routes ---------------------------------------------------------------------------------

flannel_clear
flannel_cluster host-gw
flannel_import
check 'host-gw: nothing is in the way' clean
check 'host-gw: its routes are known' out_line 'ok foreign-routes: 2 routes of flannel?s will be taken over'
ip -n worker-1 link add flannel.1 type vxlan id 1 local 10.0.0.11 dev eth1 dstport 8472 nolearning
doctor
check 'host-gw: a tunnel of flannel?s is a failure' all_of 'exits 1' \
	"out_line 'FAIL adopt: flannel?s tunnel flannel.1 is here, and the file asks for none*'"

# --- without privilege ----------------------------------------------------------------------------

chmod 755 "$FOLDER"
chmod 644 "$FOLDER"/*
run in_host worker-2 setpriv --reuid 65534 --clear-groups --bounding-set=-all --inh-caps=-all \
	"$CROUTE" doctor --adopt --node worker-2 -c "$FOLDER"
if err_line 'setpriv: *'; then
	skip 'it looks around without privilege' 'no other user here'
else
	check 'without privilege: exit 0, routes and device are seen' all_of 'exits 0' \
		"out_line 'ok foreign-routes: 2 routes *'" "out_line 'ok adopt: *'"
fi
finish
