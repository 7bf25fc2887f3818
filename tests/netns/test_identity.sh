#!/bin/bash
# test_identity.sh - which of the nodes is this one.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

host_add host 10.0.0.11/24
CONF=$WORK/nodes.yaml
cat >"$CONF" <<'YAML'
version: 1
nodes:
  - {name: by-address, address: 10.0.0.11, podCIDRs: [10.244.1.0/24]}
  - {name: by-option, address: 10.0.0.12, podCIDRs: [10.244.2.0/24]}
  - {name: by-variable, address: 10.0.0.13, podCIDRs: [10.244.3.0/24]}
  - {name: short, address: 10.0.0.14, podCIDRs: [10.244.4.0/24]}
  - {name: full.example.org, address: 10.0.0.15, podCIDRs: [10.244.5.0/24]}
  - {name: full, address: 10.0.0.16, podCIDRs: [10.244.6.0/24]}
YAML
for n in 2 3 4 5 6; do
	addresses_add host eth1 10.0.0.1$n/24
done

# node_is NAME HOSTNAME ARGUMENT...: croute on a host of that host name takes itself for NAME. The
# host holds every address here, so each peer is refused; who this is, is told all the same.
node_is() {
	local name=$1 hostname=$2

	shift 2
	run in_host host unshare --uts sh -c "hostname $hostname && exec \"\$0\" \"\$@\"" \
		"$CROUTE" reconcile --dry-run -c "$CONF" -o json "$@"
	[ "$(jq -r .node <"$WORK/stdout")" = "$name" ]
}

if ! command -v hostname >/dev/null; then
	skip_all 'no command hostname'
fi
check '--node comes first' node_is by-option short --node by-option
export NODE_NAME=by-variable
check '--node comes before $NODE_NAME' node_is by-option short --node by-option
check '$NODE_NAME comes before the host name' node_is by-variable short
unset NODE_NAME
check 'else it is the host name' node_is short short
check 'the full host name comes first' node_is full.example.org full.example.org
check 'then its short form' node_is short short.example.net
for n in 2 3 4 5 6; do
	ip -n host addr del 10.0.0.1$n/24 dev eth1
done
check 'else the node whose address is on this host' node_is by-address elsewhere

croute_in host reconcile -c "$CONF" --node by-address
check 'it applies' all_of 'exits 0' 'owned host 5'
sed -i '/by-address/d' "$CONF"
croute_in host reconcile -c "$CONF" --node elsewhere
check 'no entry for this node is exit 3' exits 3
check 'it names the node that was looked for' said '*elsewhere*'
check 'and touches nothing' owned host 5

# Without peers there is no need of an entry.
cat >"$CONF" <<'YAML'
version: 1
backend: {type: none}
guard: {maxDelete: 100%}
routes:
  - {to: 172.16.0.0/12, via: 10.0.0.1, nodes: ['edge-*']}
  - {to: 172.32.0.0/16, via: 10.0.0.1, nodes: [core-1]}
  - {to: 'fd99::/64', type: unreachable}
YAML
croute_in host reconcile -c "$CONF" --node edge-7
check 'with type none no entry is needed' exits 0
check 'the name only chooses the routes' all_of \
	"route host '172.16.0.0/12 via 10.0.0.1 dev eth1 proto 67'" \
	"not route host '172.32.0.0/16 *'" \
	"route host 'unreachable fd99::/64 *proto 67 metric 1024*'"
check 'and a pass after it is empty' empty_second_pass host "$CONF" --node edge-7

# named HOSTNAME: NAMED begins a command on the host, when it is called like that.
named() {
	# shellcheck disable=SC2016 # sh expands it
	NAMED=(nsenter --net=/run/netns/host unshare --uts sh -c 'hostname "$0" && exec "$@"' "$1")
}

named core-1.example.org
run "${NAMED[@]}" "$CROUTE" reconcile -c "$CONF"
check 'the short form of the host name chooses routes, too' all_of 'exits 0' \
	"route host '172.32.0.0/16 via 10.0.0.1 dev eth1 proto 67'" "not route host '172.16.0.0/12 *'"

# --- known by an address ----------------------------------------------------------------------------

cat >"$CONF" <<'YAML'
version: 1
agent: {listen: ''}
guard: {maxDelete: 100%}
nodes:
  - {name: first, address: 10.0.0.31, podCIDRs: [10.244.1.0/24]}
  - {name: second, address: 10.0.0.11, podCIDRs: [10.244.2.0/24]}
  - {name: third, address: 10.0.0.33, podCIDRs: [10.244.3.0/24]}
YAML
touch -d '1 hour ago' "$CONF"
named elsewhere
start agent "${NAMED[@]}" "$CROUTE" run -c "$CONF" --status-file "$WORK/status.json"
by_address() { jq -e '.node == "second" and .byAddress' "$WORK/status.json" >"$WORK/verdict"; }
check 'an agent that is known by address says as whom' all_of 'wait_for by_address' \
	'grep -q "this host is second, by its address" "$WORK/agent.log"'
addresses_add host eth1 10.0.0.31/32
looped() { grep -q '10.244.1.0/24.*the address of this peer is on this host' "$WORK/agent.log"; }
check 'when it takes over the address of another node it stays who it is' all_of 'wait_for looped' \
	'by_address' "route host '10.244.3.0/24 *'" "not route host '10.244.2.0/24 *'"
kill "${PID[agent]}" && wait "${PID[agent]}"
run "${NAMED[@]}" "$CROUTE" reconcile -c "$CONF"
check 'a first pass refuses both and names them' all_of 'exits 3' \
	"said '*addresses of 2 nodes are on this host: first, second; *--node*'" "route host '10.244.3.0/24 *'"

finish
