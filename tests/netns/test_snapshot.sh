#!/bin/bash
# test_snapshot.sh - the plan made elsewhere from a snapshot is the plan that the host itself makes.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"

host_add worker-1 10.0.0.11/24 fd00::11/64
namespace_add elsewhere
pod_add worker-1 10.244.1.2/24 fd10:244:0:1::2/64
for n in 1 2 3 4 5; do
	node worker-$n "address: [10.0.0.1$n, 'fd00::1$n'], podCIDRs: [10.244.$n.0/24, 'fd10:244:0:$n::/64']"
done
NOBODY=(setpriv --bounding-set -all --inh-caps -all)
install -m 755 "$CROUTE" "$WORK/croute"

# take: the state of worker-1 into $WORK/state.json, without a capability.
take() {
	run in_host worker-1 "${NOBODY[@]}" "$WORK/croute" snapshot
	cp "$WORK/stdout" "$WORK/state.json"
}

# plan_on HOST ARGUMENT...: worker-1's plan; times, which -v tells, are left out.
plan_on() {
	local host=$1

	shift
	run in_host "$host" "${NOBODY[@]}" "$WORK/croute" reconcile --dry-run --exit-code \
		--node worker-1 -c "$CONF" "$@"
	ERR=$(grep -v '^stages: ' <<<"$ERR")
}

# same_plan [ARGUMENT...]: from the snapshot, in a namespace that has nothing, as on the host itself.
same_plan() {
	local want

	take
	plan_on worker-1 "$@"
	want="$STATUS $OUT $ERR"
	plan_on elsewhere --kernel-state "$WORK/state.json" "$@"
	[ "$STATUS $OUT $ERR" = "$want" ] && [ "$STATUS" -le 4 ] && [ -n "$OUT" ]
}

same_plans() {
	same_plan && same_plan -v && same_plan -o json
}

# --- host-gw --------------------------------------------------------------------------------------

cluster_write 'type: host-gw' 'interface: {canReach: [10.0.0.99]}' \
	'routes: [{to: 10.9.0.0/16, via: 10.0.0.1}, {to: 10.8.0.0/16, dev: eth9}]'
take
check 'snapshot needs no privilege and no file' all_of 'exits 0' '[ -z "$ERR" ]'
check 'it prints JSON' json '.version == 1 and (.links | length) > 2'
check 'the table local is not in it' json 'all(.routes[]; .table != 255)'
check 'the first plan is the same' all_of same_plans 'exits 2'
pass worker-1
check 'the plan after a pass is the same, and empty' all_of same_plans 'exits 0'
take
cp "$WORK/state.json" "$WORK/before.json"
take
check 'equal states give equal bytes' cmp -s "$WORK/before.json" "$WORK/state.json"

ip -n worker-1 route replace 10.244.2.0/24 via 10.0.0.99 proto 67 metric "$(metric_of 10.244.2.0/24)"
ip -n worker-1 route del 10.244.3.0/24 proto 67
ip -n worker-1 route add 10.244.77.0/24 via 10.0.0.77 proto 67 metric "$(metric_of 10.244.77.0/24)"
ip -n worker-1 -6 route add fd10:244:0:77::/64 via fd00::77 proto 67 metric 67000
ip -n worker-1 route add 10.244.78.0/24 via 10.0.0.78 proto 67 table 77
check 'changed, missing and surplus routes are the same' all_of same_plans 'exits 2'
plan_on elsewhere --kernel-state "$WORK/state.json"
check 'and all in the plan' all_of "out_line '~ route 10.244.2.0/24 * was via 10.0.0.99'" \
	"out_line '+ route 10.244.3.0/24 *'" "out_line '- route 10.244.77.0/24 *'" \
	"out_line '- route 10.244.78.0/24 * table 77 *'" "out_line '- route fd10:244:0:77::/64 *'"

# --- what others have -----------------------------------------------------------------------------

ip -n worker-1 route add 10.244.4.0/24 via 10.0.0.9 proto static metric 5
ip -n worker-1 route add 10.244.5.128/25 via 10.0.0.9 proto static
ip -n worker-1 -6 route append fd10:244:0:3::/64 via fd00::66 proto static metric 67000
ip -n worker-1 route add 10.244.3.0/24 via 10.0.0.9 proto static metric "$(metric_of 10.244.3.0/24)"
ip -n worker-1 route add 10.50.0.0/16 proto static nexthop via 10.0.0.8 nexthop via 10.0.0.9
ip -n worker-1 route add unreachable ::ffff:0.0.0.0/96
ip -n worker-1 route add blackhole 10.51.0.0/16 metric 7
check 'conflicts and shadows are the same' all_of same_plans 'exits 1'
plan_on elsewhere --kernel-state "$WORK/state.json"
check 'and told of' all_of "out_line 'x route 10.244.3.0/24 *conflict: * proto static *'" \
	"out_line 's route 10.244.4.0/24 *shadowed by *'" "out_line 's route 10.244.5.0/24 *shadowed by *'"

# --- the guard, and no interface ------------------------------------------------------------------

ip -n worker-1 route flush proto static
ip -n worker-1 -6 route flush proto static
sed -i '/^  - {name: worker-[2345],/d' "$CONF"
check 'held deletions are the same' all_of same_plans 'exits 4'
ip -n worker-1 link set eth1 down
check 'so is an interface that is down' all_of same_plans 'exits 1'
ip -n worker-1 link set eth1 up
ip -n worker-1 addr add fd00::11/64 dev eth1 nodad 2>/dev/null

# --- vxlan ----------------------------------------------------------------------------------------

cluster_write 'type: vxlan'
check 'the plan of a device and its peers is the same' same_plans
pass worker-1
check 'and empty after the pass' all_of same_plans 'exits 0'
M2=$(mac_of worker-2)
in_host worker-1 bridge fdb del "$M2" dev croute.1 dst 10.0.0.12
in_host worker-1 bridge fdb append 0e:00:00:00:00:01 dev croute.1 dst 10.0.0.77
ip -n worker-1 neigh replace 10.244.3.0 lladdr 0e:00:00:00:00:03 dev croute.1 nud permanent
ip -n worker-1 neigh del fd10:244:0:4:: dev croute-v6.1
ip -n worker-1 link set croute.1 mtu 1400
check 'parts that others changed are the same' all_of same_plans 'exits 2'
plan_on elsewhere --kernel-state "$WORK/state.json" -v
check 'and all in the plan' all_of "out_line '~ link croute.1 mtu 1450 *'" \
	"out_line '+ fdb $M2 dst 10.0.0.12 dev croute.1 *'" "out_line '- fdb 0e:00:00:00:00:01 *'" \
	"out_line '~ neighbour 10.244.3.0 *'" "out_line '+ neighbour fd10:244:0:4:: *'"
cluster_write 'type: vxlan, vxlan: {directRouting: true}'
check 'peers that are near are the same' same_plans
cluster_write 'type: host-gw'
check 'the way back to plain routes is the same' same_plans

# --- bad input ------------------------------------------------------------------------------------

plan_on elsewhere --kernel-state "$WORK/nowhere.json"
check 'a snapshot that is not there is exit 3' all_of 'exits 3' "err_line '*nowhere.json: *No such file*'"
mkfifo "$WORK/fifo"
plan_on elsewhere --kernel-state "$WORK/fifo"
check 'a FIFO is refused and not waited for' exits 3
head -c 100 "$WORK/state.json" >"$WORK/half.json"
plan_on elsewhere --kernel-state "$WORK/half.json"
check 'half a snapshot is refused' all_of 'exits 3' "err_line '*half.json: line *'"
croute_in elsewhere reconcile --node worker-1 -c "$CONF" --kernel-state "$WORK/state.json"
check 'without --dry-run it is a usage error' all_of 'exits 64' 'owned elsewhere 0'

finish
