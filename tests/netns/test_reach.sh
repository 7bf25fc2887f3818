#!/bin/bash
# test_reach.sh - croute reach says where packets stop, and in words of its own for each fault.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
NETNS_TOOLS='ip unshare nsenter ping setpriv jq nft bridge'
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"

NETWORK='podNetwork: [10.244.0.0/16, "fd10:244::/48"]'
for n in 1 2 3; do
	host_add worker-$n 10.0.0.1$n/24 fd00::1$n/64
	node worker-$n "address: [10.0.0.1$n, 'fd00::1$n'], podCIDRs: [10.244.$n.0/24, 'fd10:244:0:$n::/64']"
done

# reach ARGUMENT...: as worker-1.
reach() {
	croute_in worker-1 reach --node worker-1 -c "$CONF" "$@"
}
# cluster BACKEND LINE...: every host as the file says.
cluster() {
	local host
	cluster_write "$1" "$NETWORK" "${@:2}"
	for host in worker-1 worker-2 worker-3; do
		pass $host
	done
}
# underlay RULE: what the wire between the hosts drops.
underlay() {
	nft -f - <<END
table bridge filter {
	chain forward {
		type filter hook forward priority 0
		$1 drop
	}
}
END
}
underlay_free() {
	nft delete table bridge filter
}
# well: of each path of every peer; the kernel adds the address of a new tunnel when it comes to it.
well() {
	reach
	exits 0 && out_line '4 answer, 0 unknown, 0 lost.'
}
counts() {
	exits "$1" && out_line "$2 answer, $3 unknown, $4 lost."
}

# --- all is well, on every backend ---------------------------------------------------------------

for backend in 'type: host-gw' 'type: vxlan' 'type: vxlan, vxlan: {directRouting: true}'; do
	cluster "$backend" 'reach: {every: 10s}'
	check "$backend: every path of both families answers" all_of 'wait_for well' "not out_line '* pod unknown *'" \
		"out_line 'worker-2 10.0.0.12 node * ms pod * ms full * ms (1*0 bytes)'" \
		"out_line 'worker-3 fd00::13 node * ms pod * ms full * ms (1*0 bytes)'"
done
cluster 'type: host-gw' 'reach: {every: 10s}'
reach
check 'it says what it asks from' out_line 'from 10.0.0.11 on eth1 and 10.244.1.0 on lo'
in_host worker-1 sh -c 'echo 0 2147483647 >/proc/sys/net/ipv4/ping_group_range'
run in_host worker-1 setpriv --bounding-set -all --inh-caps -all "$CROUTE" reach --node worker-1 -c "$CONF"
check 'and needs no privilege beyond a ping socket' counts 0 4 0 0
in_host worker-1 sh -c 'echo 1 0 >/proc/sys/net/ipv4/ping_group_range'
reach worker-2
check 'where there is no ping socket a raw one does' counts 0 2 0 0
run in_host worker-1 setpriv --bounding-set -net_raw "$CROUTE" reach --node worker-1 -c "$CONF"
check 'with neither it says how to get one' all_of 'exits 1' "err_line '*ping_group_range*CAP_NET_RAW*'"
in_host worker-1 sh -c 'echo 0 2147483647 >/proc/sys/net/ipv4/ping_group_range'
reach 'worker-[2-9]' -o json
check 'JSON has the same' all_of 'exits 0' \
	"jq -e '(.peers | length) == 4 and .summary == {answers: 4, lost: 0, unknown: 0} and .peers[0].paths.full.size == 1500' <<<\"\$OUT\" >$WORK/null"
reach worker-4
check 'a name that nobody has is a mistake' all_of 'exits 64' "err_line '*did you mean \"worker-*'"
reach 10.244.1.5
check 'and so is an address of its own' exits 64

# --- the node, and the network between ------------------------------------------------------------

ip -n worker-2 link set eth1 down
reach
check 'a peer that is down: the node is, and comes last' all_of 'counts 1 2 0 2' \
	"out_line 'worker-2 does not answer at 10.0.0.12: it is down*'"
ip -n worker-2 link set eth1 up
addresses_add worker-2 eth1 fd00::12/64
pass worker-2
underlay 'ip saddr 10.244.0.0/16'
reach worker-2
check 'packets with pod sources dropped on the way: the network does it, though the node answers' all_of 'counts 1 1 0 1' \
	"out_line 'worker-2 * node * ms pod lost full unknown'" \
	"out_line '*packets with pod addresses are lost, while worker-2 answers at 10.0.0.12: the network drops them*'" \
	"out_line 'check: tcpdump -ni eth1 icmp and host 10.244.1.0*'" "out_line 'fix: allow 10.244.0.0/16*'"
underlay_free
underlay 'ip saddr 10.244.2.0/24'
reach 10.0.0.12
check 'of one direction alone: it came there, and nothing comes back' all_of 'exits 1' \
	"out_line 'worker-2 answers 10.244.1.0 from its own address; what goes to 10.244.2.0, or comes from it, is lost*'"
underlay_free

# --- this host and that one -----------------------------------------------------------------------

ip -n worker-2 route del 10.244.1.0/24 metric "$(metric_of 10.244.1.0/24)"
ip -n worker-2 route add blackhole 10.244.1.0/24
reach worker-2
check 'no way back: packets arrive there, what goes back is lost, and how to ask the other' all_of 'counts 1 1 0 1' \
	"out_line '10.244.2.0 answers this node?s own address; what comes from 10.244.1.0, or goes back to it, is lost*'" \
	"out_line '*on worker-2: *croute reach worker-1*'"
ip -n worker-2 route del blackhole 10.244.1.0/24
pass worker-2
ip -n worker-1 route del 10.244.2.0/24 metric "$(metric_of 10.244.2.0/24)"
reach worker-2
check 'a route that is missing here' all_of "counts 1 1 0 1" "out_line '*differ from the file'"
pass worker-1
ip -n worker-1 route add unreachable 10.244.2.0/25
ip -n worker-1 route add default via 10.0.0.13
ip -n worker-1 route del unreachable 10.244.2.0/25
ip -n worker-1 rule add from 10.244.1.0/24 lookup 77 priority 99
ip -n worker-1 route add default via 10.0.0.99 dev eth1 table 77
reach worker-2
check 'a policy rule that catches pods: where packets go instead' all_of 'exits 1' \
	"out_line '*do not take croute?s route but go via 10.0.0.99 dev eth1: a policy rule*'"
ip -n worker-1 rule del priority 99
ip -n worker-1 route del default

# --- pods behind a peer ---------------------------------------------------------------------------

pod_add worker-2 10.244.2.2/24 fd10:244:0:2::2/64
reach 10.244.2.2 fd10:244:0:2::2
check 'a pod is asked, too' all_of 'counts 0 2 0 0' "out_line '* 10.244.2.2 * ms'"
in_host worker-2 nft -f - <<'END'
table ip filter {
	chain forward {
		type filter hook forward priority 0
		policy drop
	}
}
END
reach 10.244.2.2
check 'a FORWARD policy of drop at the peer, and the rule that lets pods pass' all_of 'counts 1 0 0 1' \
	"out_line '*pod * ms full * ms * 10.244.2.2 lost'" \
	"out_line '*worker-2 answers, the pod 10.244.2.2 does not: worker-2 forwards nothing to it (a FORWARD policy of drop*'" \
	"out_line '*iptables -I FORWARD -d 10.244.0.0/16 -j ACCEPT*'"
in_host worker-2 nft delete table ip filter
if in_host worker-2 iptables-legacy -P FORWARD DROP 2>/dev/null; then
	reach 10.244.2.2
	check 'and one of legacy iptables' all_of 'counts 1 0 0 1' "out_line '*worker-2 forwards nothing to it (a FORWARD policy of drop*'"
	in_host worker-2 iptables-legacy -P FORWARD ACCEPT
fi
reach 10.244.2.2 10.244.2.77
check 'of two pods of a node each by itself' all_of 'counts 1 1 0 1' "out_line '*10.244.2.77 lost'"

# --- without reach in the file --------------------------------------------------------------------

cluster 'type: host-gw'
reach
check 'no address on the pods? side here: unknown, and the fix' all_of 'counts 0 0 4 0' \
	"out_line '*this host has no address on the pods? side to ask from'"
pod_add worker-1 10.244.1.2/24 fd10:244:0:1::2/64
reach
check 'the bridge of the pods serves; a peer without such an address says so, and is not lost' all_of 'counts 0 2 2 0' \
	"out_line 'from 10.0.0.11 on eth1 and 10.244.1.1 on cni0'" \
	"out_line '*packets with pod addresses arrive at worker-3, but it has no address*'"

# --- the tunnel -----------------------------------------------------------------------------------

cluster 'type: vxlan'
underlay 'udp dport 8472'
reach
check 'UDP of the tunnel dropped' all_of 'exits 1' \
	"out_line '*packets in the tunnel are lost, while worker-2 answers at 10.0.0.12: UDP port 8472 is dropped*'" \
	"out_line 'fix: allow UDP port 8472 between all nodes*'"
underlay_free
for port in 1 2 3; do
	ip link set port$port mtu 1400
done
reach worker-2
check 'an MTU that the way does not take: the size that it takes' all_of 'exits 1' \
	"out_line 'worker-2 * pod * ms full lost (1450 bytes; 135? arrive)'" "out_line 'fix: backend.vxlan.mtu: 135?,*'"
for port in 1 2 3; do
	ip link set port$port mtu 1500
done
MAC=$(ip -n worker-2 -j link show croute.1 | jq -r '.[0].address')
bridge -n worker-1 fdb replace "$MAC" dev croute.1 dst 10.0.0.13 self permanent
reach worker-2
check 'a wrong FDB entry here' all_of 'exits 1' "out_line '*FDB entries for worker-2 differ from the file'"
pass worker-1
ip -n worker-1 neigh replace 10.244.2.0 lladdr 02:00:00:00:00:01 dev croute.1 nud permanent
reach worker-2
check 'a wrong VTEP MAC here' all_of 'exits 1' "out_line '*FDB entries for worker-2 differ from the file'"
pass worker-1
MAC=$(ip -n worker-1 -j link show croute.1 | jq -r '.[0].address')
bridge -n worker-2 fdb replace "$MAC" dev croute.1 dst 10.0.0.13 self permanent
reach worker-2
check 'a wrong FDB entry there: named among the causes, and the command for there' all_of 'exits 1' \
	"out_line '*worker-2*wrong MAC or FDB entry for worker-1*' || out_line '*what comes from 10.244.1.0, or goes back to it, is lost*'" \
	"out_line '*on worker-2: *croute lookup 10.244.1.0*'"
pass worker-2
ip -n worker-2 neigh replace 10.244.1.0 lladdr 02:00:00:00:00:01 dev croute.1 nud permanent
reach worker-2
check 'a wrong VTEP MAC there, too' all_of 'exits 1' "out_line '*what comes from 10.244.1.0, or goes back to it, is lost: worker-2?s way back*'" \
	"out_line '*on worker-2: *croute lookup 10.244.1.0*'" "out_line 'fix: on worker-2: croute reconcile*'"
pass worker-2
reach
check 'and all is well again' counts 0 4 0 0

# --- strict rp_filter, while hosts differ ---------------------------------------------------------

cluster_write 'type: host-gw' "$NETWORK" 'reach: {every: 10s}'
pass worker-2
cluster_write 'type: vxlan' "$NETWORK" 'reach: {every: 10s}'
sysctl_in worker-2 ipv4/conf/eth1/rp_filter 1
sysctl_in worker-1 ipv4/conf/eth1/rp_filter 1
reach worker-2
check 'hosts of two backends with strict rp_filter here: lost, and rp_filter named' all_of 'exits 1' "out_line '*rp_filter is 1 on eth1 here*'"
sysctl_in worker-1 ipv4/conf/eth1/rp_filter 0
sysctl_in worker-2 ipv4/conf/eth1/rp_filter 0

# --- ending it ------------------------------------------------------------------------------------

cluster 'type: host-gw' 'reach: {every: 10s}'
underlay 'ip saddr 10.0.0.0/24'
start reach nsenter --net=/run/netns/worker-1 -- "$CROUTE" reach --node worker-1 -c "$CONF"
asks() {
	# bash itself holds SIGINT back while it forks
	grep -qx croute "/proc/${PID[reach]}/comm" && grep -q 'SigBlk:.*0002$' "/proc/${PID[reach]}/status"
}
wait_for asks
kill -INT "${PID[reach]}"
wait "${PID[reach]}"
STATUS=$? OUT=$(cat "$WORK/reach.log") ERR='' LAST='croute reach, then SIGINT'
check 'Control-C ends it with what is known' all_of 'exits 1' "out_line 'Interrupted: *'"
underlay_free

finish
