#!/bin/bash
# flannel.sh - hosts as a real flanneld leaves them: device, addresses, neighbours, FDB and routes,
# made object by object with `ip` and `bridge`, and the files that tell croute of the same cluster.
#
# A test sources lib.sh first, then calls flannel_cluster FORM: three hosts with a pod each.
#
#	host-gw		a plain route for each peer
#	vxlan		flannel.1: neighbour, FDB entry and route for each peer
#	direct		vxlan with DirectRouting; worker-3 is behind a router
#	direct-near	the same with all hosts on one link
#	dual-host-gw	host-gw, IPv6 beside IPv4
#	dual-vxlan	flannel.1 and flannel-v6.1
#
# What flannel makes was read from a running one; test_flannel.sh holds the fixture to that.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2034,SC2317 # tests use the variables; check calls the predicates
HOSTS=(worker-1 worker-2 worker-3)
FOLDER=$WORK/croute
FLANNEL_FORM='' FLANNEL_TYPE='' FLANNEL_DUAL='' FLANNEL_FAR=''

# --- the numbers of a node ------------------------------------------------------------------------

flannel_address() {
	[ "$1" = 3 ] && [ -n "$FLANNEL_FAR" ] && echo 10.1.0.13 && return
	echo "10.0.0.1$1"
}
flannel_address6() { echo "fd00::1$1"; }
flannel_subnet() { echo "10.244.$1.0"; }
flannel_subnet6() { echo "fd10:244:0:$1::"; }
flannel_mac() { echo "2a:2c:18:5f:e2:0$1"; }
flannel_mac6() { echo "52:6b:d0:7a:41:0$1"; }

# --- one host -------------------------------------------------------------------------------------

# flannel_device N: flannel's own device or devices on the host.
flannel_device() {
	local host=worker-$1

	ip -n "$host" link add flannel.1 address "$(flannel_mac "$1")" mtu 1450 txqueuelen 0 type vxlan \
		id 1 local "$(flannel_address "$1")" dev eth1 dstport 8472 nolearning udpcsum
	sysctl_in "$host" ipv6/conf/flannel.1/accept_ra 0
	ip -n "$host" addr add "$(flannel_subnet "$1")/32" dev flannel.1
	ip -n "$host" link set flannel.1 up
	[ -n "$FLANNEL_DUAL" ] || return 0
	# It asks for 1450 here too, and the kernel cuts that to what the underlay leaves: 1430.
	ip -n "$host" link add flannel-v6.1 address "$(flannel_mac6 "$1")" mtu 1450 txqueuelen 0 type vxlan \
		id 1 local "$(flannel_address6 "$1")" dev eth1 dstport 8472 nolearning udpcsum
	sysctl_in "$host" ipv6/conf/flannel-v6.1/accept_ra 0
	addresses_add "$host" flannel-v6.1 "$(flannel_subnet6 "$1")/128"
	ip -n "$host" link set flannel-v6.1 up
}

# flannel_tunnel HOST DEVICE NEIGHBOUR MAC DESTINATION SUBNET: what leads one peer into the tunnel.
flannel_tunnel() {
	ip -n "$1" neigh replace "$3" lladdr "$4" dev "$2" nud permanent
	in_host "$1" bridge fdb append "$4" dev "$2" dst "$5" self permanent
	ip -n "$1" route replace "$6" via "$3" dev "$2" onlink proto boot
}

# flannel_is_direct HOST ADDRESS: DirectRouting, and no gateway is between.
flannel_is_direct() {
	[[ $FLANNEL_FORM == direct* ]] && ! ip -n "$1" route get "$2" | grep ' via ' >/dev/null
}

# flannel_peer N M: on host N all that leads to node M.
flannel_peer() {
	local host=worker-$1 to to6 subnet subnet6

	to=$(flannel_address "$2") to6=$(flannel_address6 "$2")
	subnet=$(flannel_subnet "$2") subnet6=$(flannel_subnet6 "$2")
	if [ "$FLANNEL_TYPE" = host-gw ]; then
		ip -n "$host" route add "$subnet/24" via "$to" dev eth1 proto boot
		[ -z "$FLANNEL_DUAL" ] || ip -n "$host" route add "$subnet6/64" via "$to6" dev eth1 proto boot
		return
	fi
	if flannel_is_direct "$host" "$to"; then
		ip -n "$host" route add "$subnet/24" via "$to" proto boot
	else
		flannel_tunnel "$host" flannel.1 "$subnet" "$(flannel_mac "$2")" "$to" "$subnet/24"
	fi
	[ -z "$FLANNEL_DUAL" ] ||
		flannel_tunnel "$host" flannel-v6.1 "$subnet6" "$(flannel_mac6 "$2")" "$to6" "$subnet6/64"
}

# flannel_host N: flanneld has run there.
flannel_host() {
	local peer

	[ "$FLANNEL_TYPE" = host-gw ] || flannel_device "$1"
	for peer in 1 2 3; do
		[ "$peer" = "$1" ] || flannel_peer "$1" "$peer"
	done
}

# flannel_stale N: node 9 vanished while flanneld was down, and what led to it stays for ever.
flannel_stale() {
	flannel_peer "$1" 9
}

# flannel_subnet_env N: what it writes to /run/flannel/subnet.env.
flannel_subnet_env() {
	local mtu=1450

	[ "$FLANNEL_TYPE" != host-gw ] || mtu=1500
	printf 'FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.%s.1/24\n' "$1"
	[ -z "$FLANNEL_DUAL" ] ||
		printf 'FLANNEL_IPV6_NETWORK=fd10:244::/48\nFLANNEL_IPV6_SUBNET=fd10:244:0:%s::1/64\n' "$1"
	printf 'FLANNEL_MTU=%s\nFLANNEL_IPMASQ=true\n' $mtu
}

# --- the cluster ----------------------------------------------------------------------------------

# flannel_router: worker-3 is behind it.
flannel_router() {
	namespace_add worker-3
	namespace_add router
	host_link_add router eth1 10.0.0.1/24
	ip link add far type veth peer name eth2 netns router
	ip link set far netns worker-3 name eth1
	ip -n router link set eth2 up
	ip -n worker-3 link set eth1 up
	addresses_add router eth2 10.1.0.1/24
	addresses_add worker-3 eth1 10.1.0.13/24
	ip -n worker-1 route add 10.1.0.0/24 via 10.0.0.1
	ip -n worker-2 route add 10.1.0.0/24 via 10.0.0.1
	ip -n worker-3 route add default via 10.1.0.1
}

flannel_form() {
	FLANNEL_FORM=$1 FLANNEL_DUAL='' FLANNEL_FAR=''
	case $1 in
	*host-gw) FLANNEL_TYPE='host-gw' ;;
	*) FLANNEL_TYPE='vxlan' ;;
	esac
	case $1 in
	dual-*) FLANNEL_DUAL=1 ;;
	direct) FLANNEL_FAR=1 ;;
	esac
}

# flannel_node N: the host, its pod, and bridges as wide as the way between hosts.
flannel_node() {
	local pod="10.244.$1.2/24" pod6='' address6='' mtu=1450

	[ "$FLANNEL_TYPE" != host-gw ] || mtu=1500
	[ -z "$FLANNEL_DUAL" ] || pod6="fd10:244:0:$1::2/64" address6="$(flannel_address6 "$1")/64"
	# shellcheck disable=SC2086 # nothing without IPv6
	[ -e "/run/netns/worker-$1" ] || host_add "worker-$1" "$(flannel_address "$1")/24" $address6
	# shellcheck disable=SC2086
	pod_add "worker-$1" $pod $pod6
	ip -n "worker-$1-pod" link set eth0 mtu $mtu
	ip -n "worker-$1" link set veth0 mtu $mtu
	ip -n "worker-$1" link set cni0 mtu $mtu
}

# flannel_cluster FORM: three hosts on which flanneld has run and was stopped, and $FOLDER with
# nodes.json and net-conf.json as kubectl prints them.
flannel_cluster() {
	local n

	flannel_form "$1"
	for n in 1 2 3; do
		[ "$n$FLANNEL_FAR" != 31 ] || flannel_router
		flannel_node "$n"
	done
	for n in 1 2 3; do
		flannel_host "$n"
	done
	mkdir -p "$FOLDER"
	flannel_net_conf >"$WORK/net-conf.json"
	flannel_nodes_json >"$WORK/nodes.json"
}

# flannel_clear: no host is left, for the next cluster.
flannel_clear() {
	local name

	for name in $(ip netns list | awk '{print $1}'); do
		ip netns del "$name"
	done
}

# --- files ----------------------------------------------------------------------------------------

# flannel_net_conf: net-conf.json of its ConfigMap.
flannel_net_conf() {
	jq -n --arg dual "$FLANNEL_DUAL" --arg type "$FLANNEL_TYPE" --arg form "$FLANNEL_FORM" '
		{Network: "10.244.0.0/16", EnableNFTables: false, Backend: {Type: $type}}
		| if $dual != "" then .EnableIPv6 = true | .IPv6Network = "fd10:244::/48" else . end
		| if $form | startswith("direct") then .Backend.DirectRouting = true else . end'
}

# flannel_annotations N: what flanneld writes to its Node; `null` where there is no device.
flannel_annotations() {
	jq -n --arg dual "$FLANNEL_DUAL" --arg type "$FLANNEL_TYPE" --arg ip "$(flannel_address "$1")" \
		--arg ip6 "$(flannel_address6 "$1")" --arg mac "$(flannel_mac "$1")" --arg mac6 "$(flannel_mac6 "$1")" '
		def data($mac): if $type == "vxlan" then {VNI: 1, VtepMAC: $mac} | tojson else "null" end;
		{"backend-data": data($mac), "backend-type": $type, "kube-subnet-manager": "true", "public-ip": $ip}
		| if $dual != "" then .["backend-v6-data"] = data($mac6) | .["public-ipv6"] = $ip6 else . end
		| with_entries(.key |= "flannel.alpha.coreos.com/" + .)'
}

flannel_node_json() {
	flannel_annotations "$1" | jq --arg n "$1" --arg dual "$FLANNEL_DUAL" --arg ip "$(flannel_address "$1")" \
		--arg ip6 "$(flannel_address6 "$1")" '
		{apiVersion: "v1", kind: "Node",
		 metadata: {name: "worker-\($n)", annotations: ., creationTimestamp: "2026-03-02T08:00:0\($n)Z"},
		 spec: {podCIDR: "10.244.\($n).0/24", podCIDRs: ["10.244.\($n).0/24"]},
		 status: {addresses: [{type: "InternalIP", address: $ip}, {type: "Hostname", address: "worker-\($n)"}],
			  conditions: [{type: "Ready", status: "True"}]}}
		| if $dual != "" then .spec.podCIDRs += ["fd10:244:0:\($n)::/64"]
			| .status.addresses += [{type: "InternalIP", address: $ip6}] else . end'
}

# flannel_nodes_json: `kubectl get nodes -o json`.
flannel_nodes_json() {
	local n

	for n in 1 2 3; do
		flannel_node_json "$n"
	done | jq -s '{apiVersion: "v1", kind: "List", items: .}'
}

# flannel_import: croute's files made from these, in $FOLDER.
flannel_import() {
	run "$CROUTE" import --from flannel "$WORK/net-conf.json"
	printf '%s\n' "$OUT" "agent: {listen: '', statusFile: $WORK/status.json}" >"$FOLDER/settings.yaml"
	run "$CROUTE" import --from kube-nodes --address flannel "$WORK/nodes.json"
	printf '%s\n' "$OUT" >"$FOLDER/nodes.yaml"
}

# --- what there is --------------------------------------------------------------------------------

# flannel_devices HOST: those of flannel's.
flannel_devices() {
	ip -n "$1" -o link show type vxlan | awk -F': ' '{print $2}'
}

# flannel_state HOST: routes, neighbours, FDB entries, devices with their addresses. How link-local
# addresses come about is left away: croute sets addrgenmode none, which harms no flannel.
flannel_state() {
	local dev

	routes_of "$1"
	for dev in $(flannel_devices "$1"); do
		ip -n "$1" -d link show dev "$dev" | sed 's/ addrgenmode [^ ]*//; s/ *$//'
		ip -n "$1" -o addr show dev "$dev" scope global | tr -s ' '
		ip -n "$1" neigh show dev "$dev" nud permanent | sort
		in_host "$1" bridge fdb show dev "$dev" | grep ' dst ' | sort
	done
}
