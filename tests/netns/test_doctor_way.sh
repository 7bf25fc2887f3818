#!/bin/bash
# test_doctor_way.sh - what leads pods' packets astray though every route is right: rules, bridges,
# packet filters, addresses, peers behind routers. Nothing but the kernel is asked.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

host_add worker-1 10.0.0.11/24 fd00::11/64
host_add worker-2 10.0.0.12/24
pod_add worker-1 10.244.1.5/24
CONF=$WORK/nodes.yaml

# nodes_write LINE...: worker-1 and worker-2, with these lines before and behind.
nodes_write() {
	printf '%s\n' 'version: 1' "$1" 'podNetwork: [10.244.0.0/16, "fd10:244::/48"]' nodes: \
		'- {name: worker-1, address: [10.0.0.11, "fd00::11"], podCIDRs: [10.244.1.0/24]}' \
		'- {name: worker-2, address: 10.0.0.12, podCIDRs: [10.244.2.0/24]}' "${@:2}" >"$CONF"
}

doctor() {
	croute_in worker-1 doctor --node worker-1 -c "$CONF" --color never "$@"
}

# result NAME RESULT
result() {
	doctor -o json
	json ".checks[] | select(.name == \"$1\") | .result == \"$2\""
}

# fixed NAME: the first line of its fix makes it ok.
fixed() {
	doctor -o json
	jq -r ".checks[] | select(.name == \"$1\") | .fix" <"$WORK/stdout" | head -n 1 >"$WORK/fix"
	in_host worker-1 sh -e "$WORK/fix" && result "$1" ok
}

nodes_write ''
croute_in worker-1 reconcile --node worker-1 -c "$CONF"
check 'the pass works' exits 0

# --- policy rules ---------------------------------------------------------------------------------

check 'without rules of others all is well' result policy-rules ok
ip -n worker-1 rule add priority 99 from 10.244.1.0/24 lookup 77
check 'a rule to an empty table does no harm' result policy-rules ok
ip -n worker-1 route add blackhole default table 77
doctor
check 'one that takes packets of pods is a warning' out_line \
	'warn policy-rules: a rule takes packets of pods before table 254 does: 99: from 10.244.1.0/24 lookup 77'
check 'and fixed' fixed policy-rules
ip -n worker-1 rule add priority 99 to 10.244.0.0/16 lookup 77
check 'one to the pods, too' result policy-rules warning
ip -n worker-1 rule del priority 99
ip -n worker-1 route add default via 10.0.0.12 table 77
ip -n worker-1 rule add priority 99 ipproto tcp dport 80 lookup 77
doctor
check 'one for some of them may' out_line 'warn policy-rules: a rule may take some packets of pods before table 254 does: 99: *'
ip -n worker-1 rule del priority 99
ip -n worker-1 rule add priority 99 from 192.0.2.0/24 lookup 77
check 'one for others does no harm' result policy-rules ok
ip -n worker-1 rule del priority 99
nodes_write 'kernel: {table: 123}'
doctor
check 'a table that no rule leads to is a failure' out_line \
	'FAIL policy-rules: no rule leads IPv4 packets of pods to table 123, *'
ip -n worker-1 -6 rule add priority 32000 lookup 123
check 'and fixed' fixed policy-rules
ip -n worker-1 rule del priority 32000
nodes_write ''

# --- a bridge left on an old subnet ---------------------------------------------------------------

ip -n worker-1 link add cni1 type bridge
ip -n worker-1 link set cni1 up
ip -n worker-1 addr add 10.244.2.1/24 dev cni1
doctor
check 'a bridge with an address of another node is a failure' out_line 'FAIL foreign-routes: cni1 still has 10.244.2.1/24, *'
check 'the fix is the bridge'\''s' out_line 'fix: ip addr del 10.244.2.1/24 dev cni1'
check 'and works' fixed foreign-routes
ip -n worker-1 link del cni1

# --- addresses ------------------------------------------------------------------------------------

if [ -e /proc/sys/net/ipv6 ]; then
	sysctl_in worker-1 ipv6/conf/all/accept_dad 1
	sysctl_in worker-1 ipv6/conf/eth1/accept_dad 1
	ip -n worker-2 addr add fd00::11/64 dev eth1 nodad
	ip -n worker-1 addr del fd00::11/64 dev eth1
	ip -n worker-1 addr add fd00::11/64 dev eth1
	dad_failed() {
		ip -n worker-1 addr show dev eth1 | grep dadfailed >/dev/null
	}
	check 'another host has the address' wait_for dad_failed
	doctor
	check 'that is a failure' out_line 'FAIL addresses: fd00::11 on eth1 failed duplicate address detection: *'
	sysctl_in worker-1 ipv6/conf/eth1/accept_dad 0
	sysctl_in worker-1 ipv6/conf/all/accept_dad 0
	ip -n worker-2 addr del fd00::11/64 dev eth1
	ip -n worker-1 addr replace fd00::11/64 dev eth1 nodad
fi

# --- packet filters -------------------------------------------------------------------------------

check 'no chain drops' result forward-chain ok
if command -v nft >/dev/null && in_host worker-1 nft add table inet strict 2>/dev/null; then
	in_host worker-1 nft add chain inet strict fo '{ type filter hook forward priority 0; policy drop; }'
	doctor
	check 'a policy of drop in nftables is a warning' out_line \
		'warn forward-chain: chain fo of nftables table inet strict drops what no rule accepts'
	check 'with its rule' out_line 'fix: nft insert rule inet strict fo ip saddr 10.244.0.0/16 accept'
	check 'and what tells whether it is needed' out_line 'fix: *croute reach POD-ADDRESS*'
	doctor -o json
	jq -r '.checks[] | select(.name == "forward-chain") | .fix' <"$WORK/stdout" | grep ^nft >"$WORK/rules"
	check 'the rules are taken' in_host worker-1 sh -e "$WORK/rules"
	in_host worker-1 nft delete table inet strict
	check 'without it all is well' result forward-chain ok
	in_host worker-1 nft add table ip filter
	in_host worker-1 nft add chain ip filter FORWARD '{ type filter hook forward priority 0; policy drop; }'
	doctor
	check 'what iptables has made is named as its' out_line 'fix: iptables -I FORWARD -s 10.244.0.0/16 -j ACCEPT'
	in_host worker-1 nft delete table ip filter
	in_host worker-1 nft add table ip nat
	in_host worker-1 nft add chain ip nat FLANNEL-POSTRTG
	check 'masquerading of flannel is seen' result masquerade warning
	in_host worker-1 nft delete chain ip nat FLANNEL-POSTRTG
	in_host worker-1 nft add chain ip nat POSTROUTING
	in_host worker-1 nft add rule ip nat POSTROUTING ip saddr 10.244.0.0/16 masquerade comment '"flanneld masq"'
	check 'that of older ones, too' result masquerade warning
	in_host worker-1 nft delete table ip nat
else
	skip 'a policy of drop in nftables is a warning' 'no nft here'
fi

# legacy_policy HOST POLICY: as `iptables-legacy -P FORWARD` does it, which may not be installed:
# the table is read, the verdict of its policy changed, and all of it put back.
legacy_policy() {
	in_host "$1" python3 - "$2" <<'END'
import ctypes, socket, struct, sys

IP, INFO, ENTRIES, REPLACE = 0, 64, 65, 64
sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
name = b"filter".ljust(32, b"\0")


def ask(option, question):
    buffer = ctypes.create_string_buffer(question, len(question))
    size = ctypes.c_uint(len(question))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.getsockopt(sock.fileno(), IP, option, buffer, ctypes.byref(size)):
        sys.exit("no legacy tables: errno %d" % ctypes.get_errno())
    return buffer.raw


info = ask(INFO, name.ljust(84, b"\0"))
count, size = struct.unpack_from("II", info, 76)
rows = bytearray(ask(ENTRIES, (name + struct.pack("I", size)).ljust(40 + size, b"\0"))[40:])
rule = struct.unpack_from("5I", info, 56)[2]  # the policy of FORWARD
target = rule + struct.unpack_from("H", rows, rule + 88)[0]
struct.pack_into("i", rows, target + 32, {"DROP": -1, "ACCEPT": -2}[sys.argv[1]])
counters = ctypes.create_string_buffer(16 * count)
head = name + info[32:36] + struct.pack("II", count, size) + info[36:76]
sock.setsockopt(IP, REPLACE, head + struct.pack("=IQ", count, ctypes.addressof(counters)) + rows)
END
}
if command -v python3 >/dev/null && legacy_policy worker-1 DROP 2>"$WORK/legacy"; then
	doctor
	check 'a policy of drop in legacy iptables is a warning' out_line \
		'warn forward-chain: chain FORWARD of legacy iptables table ip filter drops what no rule accepts'
	check 'with its rule' out_line 'fix: iptables-legacy -I FORWARD -d 10.244.0.0/16 -j ACCEPT'
	legacy_policy worker-1 ACCEPT
	check 'one of accept is fine' result forward-chain ok
else
	skip 'a policy of drop in legacy iptables is a warning' 'no legacy iptables in this kernel'
fi

run in_host worker-1 setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all \
	"$CROUTE" doctor -c "$CONF" --node worker-1
err_line 'setpriv: *' ||
	check 'without privilege filters are unknown, not ok' out_line '[?][?] forward-chain: cannot read *needs CAP_NET_ADMIN*'

# Another user namespace has the capability, and none over this network.
run in_host worker-1 unshare --user --map-root-user "$CROUTE" doctor -c "$CONF" --node worker-1
err_line 'unshare: *' ||
	check 'a refusal despite CAP_NET_ADMIN is not blamed on its lack' out_line '[?][?] forward-chain: cannot read nftables (Operation not permitted)'

# --- peers behind routers -------------------------------------------------------------------------

nodes_write '' '- {name: worker-3, address: 10.50.0.13, podCIDRs: [10.244.3.0/24]}'
ip -n worker-1 route add 10.50.0.0/24 via 10.0.0.12
doctor
check 'host-gw cannot reach a peer behind a router: exit 1' exits 1
check 'it says so' out_line 'FAIL on-link: not on the link, so that the kernel refuses host-gw routes to: worker-3'
check 'with the ways out' all_of 'out_line "fix: backend: {type: vxlan}"' \
	'out_line "fix: *in the entry of worker-3: via: 10.0.0.12"' 'out_line "fix: *offLink: router*"'
ip -n worker-1 route replace 10.50.0.0/24 dev eth1
check 'a route without a router makes it a neighbour' result on-link ok

finish
