#!/bin/bash
# test_flush.sh - removing all that is croute's; and planning against a file.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

host_add worker-1 10.0.0.11/24 fd00::11/64
CONF=$WORK/nodes.yaml
cat >"$CONF" <<'YAML'
version: 1
nodes:
  - {name: worker-1, address: [10.0.0.11, 'fd00::11'], podCIDRs: [10.244.1.0/24, 'fd10:244:0:1::/64']}
  - {name: worker-2, address: [10.0.0.12, 'fd00::12'], podCIDRs: [10.244.2.0/24, 'fd10:244:0:2::/64']}
  - {name: worker-3, address: [10.0.0.13, 'fd00::13'], podCIDRs: [10.244.3.0/24, 'fd10:244:0:3::/64']}
routes:
  - {to: 172.16.0.0/12, via: 10.0.0.1, table: 100}
  - {to: 'fd99::/64', via: 'fd00::1', table: 100}
YAML

foreign_save() {
	routes_of worker-1 | grep -v 'proto 67 ' | sort
}

foreign_unchanged() {
	[ "$(foreign_save)" = "$FOREIGN" ]
}

ip -n worker-1 route add 10.244.2.0/24 via 10.0.0.12 metric 99999 proto static
ip -n worker-1 route add 10.244.3.0/24 via 10.0.0.13 proto 68 table 100
ip -n worker-1 route add fd10:244:0:2::/64 via fd00::12 metric 99999
FOREIGN=$(foreign_save)

croute_in worker-1 flush
check 'with nothing there flush is done' exits 0
croute_in worker-1 reconcile --node worker-1 -c "$CONF"
check 'routes in two tables are applied' all_of 'exits 0' 'owned worker-1 6'

croute_in worker-1 flush --dry-run
check 'a dry run shows what flush would remove' all_of 'exits 0' \
	"out_line '- route 10.244.2.0/24 via 10.0.0.12 dev eth1*'" \
	"out_line '- route fd10:244:0:3::/64 via fd00::13 dev eth1*'" \
	"out_line '- route 172.16.0.0/12 via 10.0.0.1 dev eth1*'" \
	"out_line 'Plan: 0 to add, 0 to change, 6 to delete,*'"
check 'a dry run removes nothing' owned worker-1 6

agent_start worker-1 --node worker-1 -c "$CONF"
wait_for agent_settled worker-1
croute_in worker-1 flush
check 'flush is refused while an agent runs' exits 1
check 'it says who holds the lock' said "*${PID[agent]}*"
check 'it removes nothing then' owned worker-1 6
agent_stop TERM

croute_in worker-1 flush --protocol 68 --dry-run
check 'another protocol is flushed by its number' \
	out_line '- route 10.244.3.0/24 via 10.0.0.13 dev eth1*'
croute_in worker-1 flush --protocol 4
check 'a protocol that can be nobody'\''s own is refused' exits 64
croute_in worker-1 flush
check 'flush needs no file' exits 0
check 'it removes all, in every table and family' owned worker-1 0
check 'it removes nothing else' foreign_unchanged
croute_in worker-1 flush
check 'a second flush has nothing to do' all_of 'exits 0' "not said '*route *'"

# Against another file.
sed '/worker-3/d' "$CONF" >"$WORK/old.yaml"
run "$CROUTE" reconcile --dry-run --node worker-1 -c "$CONF" --against "$WORK/old.yaml"
check 'against another file the plan is what the change of the file would do' all_of 'exits 0' \
	"out_line '+ route 10.244.3.0/24 via 10.0.0.13 *worker-3 nodes.yaml:5:5*'" \
	"not out_line '* 10.244.2.0/24 *'" "out_line 'Plan: 2 to add, 0 to change, 0 to delete,*'"
run "$CROUTE" reconcile --dry-run --node worker-1 -c "$WORK/old.yaml" --against "$CONF" --exit-code
check 'the other way round they go, held by the guard or not' \
	out_line '[-!] route 10.244.3.0/24 via 10.0.0.13 *'
run "$CROUTE" reconcile --dry-run -c "$CONF" --against "$WORK/old.yaml"
check 'without --node it counts for all nodes' all_of 'exits 0' "out_line '*worker-2*2*'"
run "$CROUTE" reconcile --node worker-1 -c "$CONF" --against "$WORK/old.yaml"
check '--against without --dry-run never touches a kernel' owned worker-1 0

finish
