#!/bin/bash
# test_old_kernel.sh - a kernel that filters no dump (before 4.20): rows that were not asked for.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"
# shellcheck source=confirm.sh
. "$(dirname "$0")/confirm.sh"

program_make old_kernel
"$WORK/old_kernel" true || skip_all 'no seccomp filters here'
printf '#!/bin/sh\nexec %s %s "$@"\n' "$WORK/old_kernel" "$CROUTE" >"$WORK/croute"
chmod +x "$WORK/croute"
CROUTE=$WORK/croute

host_add worker-1 10.0.0.11/24 fd00::11/64
for n in 1 2 3; do
	node worker-$n "address: [10.0.0.1$n, 'fd00::1$n'], podCIDRs: [10.244.$n.0/24, 'fd10:244:0:$n::/64']"
done

# Routes of others: of every family and protocol, in our table and in another.
foreign_routes() {
	ip -n worker-1 route add 198.51.100.0/24 via 10.0.0.12 proto static
	ip -n worker-1 route add 198.51.101.0/24 via 10.0.0.12 proto 99
	ip -n worker-1 route add 10.244.9.0/24 via 10.0.0.12 proto static table 500
	ip -n worker-1 route add 10.244.2.0/24 via 10.0.0.13 proto static metric 99999
	ip -n worker-1 -6 route add fd10:244:0:9::/64 via fd00::12 proto 99
}
foreign() {
	routes_of worker-1 | grep -vE 'proto (67|kernel)'
}

foreign_routes
FOREIGN=$(foreign)
as_they_were() {
	[ "$(foreign)" = "$FOREIGN" ]
}

# --- passes ---------------------------------------------------------------------------------------

cluster_write 'type: host-gw'
pass worker-1
check 'a first pass adds' all_of 'exits 0' 'owned worker-1 4' as_they_were
check 'a second one finds nothing' all_of 'converged worker-1' 'owned worker-1 4'
unset 'NODES[worker-3]'
cluster_write 'type: host-gw'
pass worker-1
check 'a node that went is removed, and nothing else' all_of 'exits 0' 'owned worker-1 2' as_they_were
check 'then a pass is empty' converged worker-1

cluster_write 'type: vxlan'
pass worker-1
check 'over to VXLAN' all_of 'exits 0' 'owned worker-1 2' as_they_were
check 'devices, neighbours and FDB are right at the second pass' converged worker-1
ip -n worker-1 neigh add 10.0.0.99 lladdr 02:00:00:00:00:99 nud permanent dev eth1
check 'a neighbour of another link is none of it' converged worker-1
ip -n worker-1 neigh del 10.0.0.99 dev eth1

run in_host worker-1 "$CROUTE" snapshot
check 'a snapshot holds each route once' \
	json '([.routes[] | del(.flags)] | length) == ([.routes[] | del(.flags)] | unique | length)'

# --- undo -----------------------------------------------------------------------------------------

cluster_write 'type: host-gw'
pass worker-1
node worker-3 "address: [10.0.0.13, 'fd00::13'], podCIDRs: [10.244.3.0/24, 'fd10:244:0:3::/64']"
cluster_write 'type: host-gw'
pass worker-1 --confirm 1s
check 'a pass that is to be confirmed' all_of 'exits 0' "out_line 'Applied: 2 added, *'"
ip -n worker-1 route del 198.51.101.0/24
ip -n worker-1 -6 route del fd10:244:0:9::/64
FOREIGN=$(foreign)
check 'it is undone' wait_for free worker-1
check 'and what its owner has removed meanwhile does not come back' \
	all_of as_they_were 'owned worker-1 2'
check 'the record tells of our routes alone' \
	record '20*Z undone, not confirmed in time: 2 routes removed'

# --- flush ----------------------------------------------------------------------------------------

croute_in worker-1 flush -c "$CONF"
check 'flush removes what is ours, and nothing else' all_of 'exits 0' 'owned worker-1 0' as_they_were

finish
