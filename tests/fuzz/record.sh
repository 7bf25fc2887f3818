#!/bin/bash
# record.sh - what the kernel answers, written to tests/fuzz/corpus/lookup and .../nft.
# usage: tests/fuzz/record.sh, after: make all; make fuzzers CC=clang VARIANT=fuzz
# The files and addresses are those of fuzz_lookup.c; each fault below is on the way to one of them.
# SPDX-License-Identifier: MIT
# shellcheck source=../netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"
NODES=$(sed -n '/^#define NODES/,/^$/s/^\t"\(.*\)" *\\\?$/\1/p' "$ROOT/tests/fuzz/fuzz_lookup.c" | tr -d '\n')

# fuzzer_record FUZZER NAME SIZE: what it asks at an input of that size.
fuzzer_record() {
	head -c "$3" /dev/zero >"$WORK/input"
	LLVM_PROFILE_FILE=/dev/null RECORD=$ROOT/tests/fuzz/corpus/$1/$2 run in_host worker-1 "$ROOT/build/fuzz/tests/fuzz/fuzz_$1" "$WORK/input"
	[ "$STATUS" = 0 ] || { echo "$2: $ERR" && exit 1; }
}

# record NAME FILE: as an input whose size asks for the FILE-th file.
record() {
	fuzzer_record lookup "$1" $((4 + $2))
	head -c "$2" /dev/zero >>"$ROOT/tests/fuzz/corpus/lookup/$1"
}

# pass [LINE]: as the file with that line says.
pass() {
	printf '%b' "version: 1\nguard: {maxDelete: 100%}\n${1-}\n$NODES" >"$WORK/nodes.yaml"
	croute_in worker-1 reconcile -c "$WORK/nodes.yaml" --node worker-1
}

route() {
	ip -n worker-1 route "$@"
}

rule() {
	ip -n worker-1 rule "$@"
}

# worker_new: with a pod, and without what came before.
worker_new() {
	ip netns del worker-1 2>/dev/null
	ip netns del worker-1-pod 2>/dev/null
	host_add worker-1 10.0.0.11/24 fd00::11/64
	pod_add worker-1 10.244.1.5/24 fd10:244:0:1::5/64
}

# An ICMP redirect to 10.0.0.14, which worker-3 sends for its way to its own pods.
redirect() {
	host_add worker-3 10.0.0.13/24
	sysctl_in worker-3 ipv4/conf/eth1/send_redirects 1
	sysctl_in worker-1 ipv4/conf/all/accept_redirects 1
	sysctl_in worker-1 ipv4/conf/eth1/accept_redirects 1
	ip -n worker-1 neigh replace 10.0.0.14 dev eth1 lladdr 02:00:00:00:00:14 nud permanent
	ip -n worker-3 neigh replace 10.0.0.14 dev eth1 lladdr 02:00:00:00:00:14 nud permanent
	ip -n worker-3 route add 10.244.3.0/24 via 10.0.0.14
	in_host worker-1 ping -n -q -c 1 -W 1 10.244.3.7 >/dev/null
}

worker_new
record backend-none 3
pass
route add 10.50.0.0/24 via 10.0.0.12
route add 10.244.6.0/24 via 10.0.0.12 metric 68026 proto 67
ip -n worker-1 neigh replace 10.0.0.12 dev eth1 lladdr 02:00:00:00:00:12 nud reachable
ip -n worker-1 neigh replace 10.0.0.13 dev eth1 nud failed
ip -n worker-1 neigh replace fd00::12 dev eth1 lladdr 02:00:00:00:00:12 nud stale
addresses_add worker-1 lo 10.244.4.7/32
record agrees 0
route add 10.244.2.0/24 via 10.0.0.9 metric 5
route add blackhole 10.244.3.0/28
route add default via 10.0.0.9 table 77
route add 10.244.1.64/26 via 10.0.0.9
ip -n worker-1 addr del 10.244.4.7/32 dev lo
rule add to 10.244.4.0/24 priority 100 lookup 77
ip -n worker-1 -6 rule add to fd10:244:0:2::/64 priority 100 prohibit
record shadowed 0
route del 10.244.1.64/26
route del 10.244.2.0/24 metric 5
route replace blackhole default table 77
rule add priority 90 lookup main suppress_prefixlength 24
rule add iif cni0 to 10.244.2.0/24 priority 80 lookup 77
rule add not fwmark 1 priority 99 lookup 77
record rules 0

worker_new
pass
route replace 10.244.2.0/24 via 10.0.0.9 metric "$(metric_of 10.244.2.0/24)" proto boot
route replace 10.244.3.0/24 via 10.0.0.9 metric "$(metric_of 10.244.3.0/24)" proto 67
route del 10.244.4.0/24 metric "$(metric_of 10.244.4.0/24)"
route add default via 10.0.0.9 table 77
rule add to 10.244.1.0/24 priority 100 lookup 77
sysctl_in worker-1 ipv6/conf/all/forwarding 0
record wrong 0
route del 10.244.2.0/24 proto boot
pass
redirect
rule add iif cni0 to 10.244.2.0/24 priority 100 lookup 77
record redirected 0
sysctl_in worker-1 ipv4/conf/eth1/ignore_routes_with_linkdown 1
ip link set "port$((WIRE_PORTS - 1))" down
record no-carrier 0
ip -n worker-1 addr flush dev eth1
record no-interface 0

worker_new
pass 'kernel: {table: 123}'
route add 10.244.6.0/24 via 10.0.0.12 metric 68026 proto 67 table 123
rule add to 10.244.6.0/24 priority 100 lookup 123
rule add to 10.244.3.0/24 priority 101 lookup 123
rule add iif cni0 to 10.244.4.0/24 priority 102 lookup 123
rule add uidrange 9-9 to 10.244.2.0/24 priority 103 prohibit
sysctl_in worker-1 ipv4/conf/cni0/forwarding 0
record table 1

worker_new
ip -n worker-1 link add flannel.1 type vxlan id 1 dstport 8472 dev eth1
record no-device 2
ip -n worker-1 link del flannel.1
pass 'backend: {type: vxlan}'
ip -n worker-1 link add other type veth peer name other netns worker-1-pod
ip -n worker-1 link set other up
ip -n worker-1-pod link set other up
route add 10.0.0.14/32 dev other
in_host worker-1 bridge fdb del 02:00:00:00:00:03 dev croute.1 dst 10.0.0.13
ip -n worker-1 -6 neigh flush dev croute-v6.1
record tunnel 2

in_host worker-1 nft -f - <<'NFT'
table ip nat {
	chain POSTROUTING { type nat hook postrouting priority 100; masquerade comment "flanneld masq"; }
}
table inet strange {
	chain forward { type filter hook forward priority 0; policy drop; }
}
NFT
fuzzer_record nft table 16
