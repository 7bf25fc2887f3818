#!/bin/bash
# test_order.sh - what other routes rest on is made before them and removed after them.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"
# shellcheck source=confirm.sh
. "$(dirname "$0")/confirm.sh"

for n in 1 2 3; do
	host_add worker-$n 10.0.0.1$n/24 fd00::1$n/64
	node worker-$n "address: [10.0.0.1$n, 'fd00::1$n'], podCIDRs: [10.244.$n.0/24, 'fd10:244:0:$n::/64']"
done
ip -n worker-1 link add bare type veth peer name other
ip -n worker-1 link set other up
ip -n worker-1 link set bare up

# file_of LINE...: a file of static routes alone.
file_of() {
	{
		printf 'version: 1\nbackend: {type: none}\nguard: {maxDelete: 100%%}\nroutes:\n'
		printf '%s\n' "$@"
	} >"$WORK/new"
	mv "$WORK/new" "$CONF"
}

# statics LINE...: that file, and worker-1's one pass over it.
statics() {
	file_of "$@"
	pass worker-1
}

# The key of the default route sorts before that of the route to its gateway, in both families.
GROUND=('- {to: 203.0.113.1/32, dev: eth1}' "- {to: 'fd77::1/128', dev: eth1}")
RESTING=('- {to: default, via: 203.0.113.1, dev: eth1}' "- {to: default, via: 'fd77::1', dev: eth1}"
	'- {to: 192.0.2.0/24, via: 203.0.113.1, dev: eth1}')

statics "${RESTING[@]}" "${GROUND[@]}"
check 'one pass makes a route and those by a gateway on it' all_of 'exits 0' 'owned worker-1 5' \
	'converged worker-1'

statics '- {to: 198.51.100.0/24, via: 10.0.0.12}'
check 'one pass removes them' all_of 'exits 0' 'owned worker-1 1' 'converged worker-1'

statics "${RESTING[@]}" "${GROUND[@]}"
before worker-1
cp "$CONF" "$WORK/kept"
file_of '- {to: 198.51.100.0/24, via: 10.0.0.12}'
pass worker-1 --confirm 1s
cp "$WORK/kept" "$CONF"
check 'the undo of --confirm brings back the default routes and what they rest on' \
	all_of 'exits 0' 'undone worker-1' 'owned worker-1 5'

statics '- {to: default, via: 203.0.113.1}' '- {to: 203.0.113.0/24, dev: bare}'
check 'a gateway is found among the routes of the file, also over a link without an address' \
	all_of 'exits 0' "route worker-1 'default via 203.0.113.1 dev bare proto 67'" 'converged worker-1'

statics '- {to: default, via: 203.0.113.1}' '- {to: 203.0.113.0/24, dev: eth1}'
check 'when that route moves to another link, so do those that rest on it' \
	all_of 'exits 0' "route worker-1 'default via 203.0.113.1 dev eth1 proto 67'" 'converged worker-1'

statics '- {to: default, via: 203.0.113.1}' '- {to: 203.0.113.0/24, dev: none-such}'
check 'while its link is absent they wait' all_of 'exits 0' "out_line '*waits for an interface with*203.0.113.1*'" \
	'owned worker-1 0'

# A covering route that is leaving leads the gateway behind another gateway until it is gone.
statics '- {to: 203.0.113.0/24, via: 10.0.0.12}'
statics '- {to: default, via: 203.0.113.1}' '- {to: 203.0.0.0/16, dev: eth1}'
check 'a route that the kernel takes only when another is gone' all_of 'exits 0' \
	"route worker-1 'default via 203.0.113.1 dev eth1 proto 67'" 'owned worker-1 2' 'converged worker-1'

# --- pod routes over static ones ------------------------------------------------------------------

ip -n worker-1 addr del 10.0.0.11/24 dev eth1
ip -n worker-1 addr add 10.0.0.11/32 dev eth1
cluster_write 'type: host-gw' 'guard: {maxDelete: 100%}' 'routes:' '- {to: 10.0.0.0/24, dev: eth1}'
pass worker-1
check 'pod routes over a static route to the peers, in one pass' all_of 'exits 0' \
	"route worker-1 '10.244.2.0/24 via 10.0.0.12 dev eth1 *'" 'converged worker-1'
ip -n worker-1 addr add 10.0.0.11/24 dev eth1
ip -n worker-1 addr del 10.0.0.11/32 dev eth1

# --- IPv6 tunnels under a covering route ----------------------------------------------------------

cluster_write 'type: vxlan' 'guard: {maxDelete: 100%}' 'routes:' "- {to: 'fd00::/8', via: 'fd00::13'}"
pass worker-1
check 'a static route over the pod network does not keep tunnels out' all_of 'exits 0' \
	"route worker-1 'fd10:244:0:2::/64 via fd10:244:0:2:: dev croute-v6.1 *'" 'converged worker-1'

cluster_write 'type: vxlan' 'guard: {maxDelete: 100%}'
pass worker-1
ip -n worker-1 -6 route flush proto 67
ip -n worker-1 -6 route add fd10:244::/32 via fd00::13 proto static
dump worker-1 | grep 'proto static' >"$WORK/foreign"
pass worker-1
check "nor does another program's" all_of 'exits 0' \
	"route worker-1 'fd10:244:0:2::/64 via fd10:244:0:2:: dev croute-v6.1 *'" 'converged worker-1' \
	'dump worker-1 | grep "proto static" | cmp -s - "$WORK/foreign"' \
	"not route worker-1 'fd10:244:0:2:: *'"

finish
