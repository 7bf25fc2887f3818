#!/bin/bash
# test_masquerade.sh - agent.masquerade: who sees which address, and whose tables stay as they are.
#
# worker-1 masquerades. Whoever receives notes in an nftables set of its own from whom echo requests
# come. The outside host reaches the pods of both workers through worker-1 alone.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2016,SC2317 # eval and check call the predicates
NETNS_TOOLS='ip unshare nsenter ping setpriv jq nft'
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

why=$(nft 'add table inet probe; add chain inet probe c { type nat hook postrouting priority 100; };
	add rule inet probe c masquerade fully-random; delete table inet probe' 2>&1) ||
	skip_all "no nftables with masquerading here: ${why%%$'\n'*}"

FILE=$WORK/nodes.yaml

# file MASQUERADE [NETWORKS]
file() {
	cat >"$FILE" <<-YAML
		version: 1
		podNetwork: [${2:-10.244.0.0/16, 'fd10:244::/48'}]
		nodes:
		- {name: worker-1, address: [10.0.0.11, 'fd00::11'], podCIDRs: [10.244.1.0/24, 'fd10:244:0:1::/64']}
		- {name: worker-2, address: [10.0.0.12, 'fd00::12'], podCIDRs: [10.244.2.0/24, 'fd10:244:0:2::/64']}
		agent: {masquerade: $1}
	YAML
}

# ear NAMESPACE: it notes the sources of echo requests from now on.
ear() {
	in_host "$1" nft -f - <<-NFT
		table inet ear {
			set seen { type ipv4_addr; flags dynamic; size 64; }
			set seen6 { type ipv6_addr; flags dynamic; size 64; }
			chain input {
				type filter hook input priority 0;
				icmp type echo-request add @seen { ip saddr }
				icmpv6 type echo-request add @seen6 { ip6 saddr }
			}
		}
	NFT
}

# sees FROM ADDRESS AT SOURCE [PING-OPTION...]: an echo request from there to that address is
# answered, or at least comes, and AT sees it come from SOURCE and from nobody else.
sees() {
	local from=$1 address=$2 at=$3 source=$4

	shift 4
	in_host "$at" nft 'flush set inet ear seen; flush set inet ear seen6'
	LAST="ping $address from $from"
	ERR=$(in_host "$from" ping -n -q -c 1 -W $(($# > 0 ? 2 : 20)) "$@" "$address" 2>&1) || [ $# -gt 0 ] || return 1
	OUT=$(in_host "$at" nft -j list table inet ear |
		jq -r '.nftables[].set | select(. != null) | .elem // [] | .[] |
			if type == "object" then .elem.val else . end')
	[ "$OUT" = "$source" ]
}

table() { in_host worker-1 nft list table inet croute 2>/dev/null; }
has_table() { line_of "$(table)" 'type nat hook postrouting priority srcnat; policy accept;'; }
table_has() { line_of "$(table)" "$1"; }

# others: all tables of worker-1 but croute's.
others() {
	in_host worker-1 nft list ruleset 2>/dev/null | awk '/^table inet croute / { ours = 1 } !ours; /^}/ { ours = 0 }'
}

others_stay() {
	LAST='nft list ruleset' OUT=$(diff <(echo "$OTHERS") <(others))
}

nothing_to_do() { empty_second_pass worker-1 "$FILE"; }

host_add worker-1 10.0.0.11/24 fd00::11/64
host_add worker-2 10.0.0.12/24 fd00::12/64
host_add outside 10.0.0.99/24 fd00::99/64
pod_add worker-1 10.244.1.5/24 fd10:244:0:1::5/64
pod_add worker-2 10.244.2.5/24 fd10:244:0:2::5/64
ip -n worker-2 route add 10.244.1.0/24 via 10.0.0.11
ip -n worker-2 route add fd10:244:0:1::/64 via fd00::11
ip -n outside route add 10.244.0.0/16 via 10.0.0.11
ip -n outside route add fd10:244::/48 via fd00::11
for ns in outside worker-2-pod worker-1-pod; do ear "$ns"; done

# What others keep in nftables, some of it with names much like ours.
in_host worker-1 nft -f - <<'NFT'
table ip croute {
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		ip saddr 172.16.0.0/12 counter masquerade
	}
}
table inet croute2 {
	set pods { type ipv4_addr; elements = { 10.9.0.1, 10.9.0.2 } }
	chain from-pod { ip saddr @pods return; }
}
table inet firewall {
	chain forward { type filter hook forward priority 0; policy accept; ct state invalid counter; }
}
NFT
! command -v iptables-nft >/dev/null ||
	in_host worker-1 iptables-nft -t nat -A POSTROUTING -s 172.16.0.0/12 -m comment --comment kube \
		-j MASQUERADE
OTHERS=$(others)

# --- off
file false
croute_in worker-1 reconcile -c "$FILE"
check 'without masquerading there is no table' all_of 'exits 0' 'not has_table' 'not out_line "*masquerade*"'
check 'nor is anything said of it in the next pass' nothing_to_do
check 'a pod is seen by its own address' sees worker-1-pod 10.0.0.99 outside 10.244.1.5

# --- on
file true
croute_in worker-1 reconcile --dry-run --exit-code -c "$FILE"
check 'a dry run tells of the table and makes none' all_of 'exits 2' 'not has_table' \
	'out_line "+ masquerade table inet croute of 10.244.0.0/16, fd10:244::/48"'
croute_in worker-1 reconcile -c "$FILE" -o json
check 'it is made' all_of 'exits 0' has_table
croute_in worker-1 reconcile --dry-run --exit-code -c "$FILE"
check 'a dry run then finds nothing' exits 0
check 'the second pass is empty' nothing_to_do
OUT=$(table)
MANUAL='table inet croute {
	comment "kept by croute"
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		ip saddr 10.244.0.0/16 goto from-pod
		ip6 saddr fd10:244::/48 goto from-pod
		ip daddr 10.244.1.0/24 return
		ip6 daddr fd10:244:0:1::/64 return
		ip daddr 10.244.0.0/16 masquerade fully-random
		ip6 daddr fd10:244::/48 masquerade fully-random
	}

	chain from-pod {
		ip daddr 10.244.0.0/16 return
		ip6 daddr fd10:244::/48 return
		ip daddr 224.0.0.0/4 return
		ip6 daddr ff00::/8 return
		masquerade fully-random
	}
}'
check 'nft shows it as the manual does' [ "$OUT" = "$MANUAL" ]

check 'outside sees the host where a pod talks' sees worker-1-pod 10.0.0.99 outside 10.0.0.11
check 'in IPv6 too' sees worker-1-pod fd00::99 outside fd00::11
check 'a pod elsewhere sees the pod itself' sees worker-1-pod 10.244.2.5 worker-2-pod 10.244.1.5
check 'in IPv6 too' sees worker-1-pod fd10:244:0:2::5 worker-2-pod fd10:244:0:1::5
check 'a pod of this node sees who talks to it from outside' \
	sees outside 10.244.1.5 worker-1-pod 10.0.0.99
check 'in IPv6 too' sees outside fd10:244:0:1::5 worker-1-pod fd00::99
check 'a pod elsewhere, reached through here, sees this host' \
	sees outside 10.244.2.5 worker-2-pod 10.0.0.11
check 'in IPv6 too' sees outside fd10:244:0:2::5 worker-2-pod fd00::11

# Multicast from an address of the pods' network; it leaves by the device that bears it.
ip -n worker-1 addr add 10.244.1.250/32 dev eth1
check 'multicast keeps its source' sees worker-1 224.0.0.1 outside 10.244.1.250 -I 10.244.1.250
check 'in IPv6 too' sees worker-1 ff02::1%eth1 outside fd10:244:0:1::1 -I fd10:244:0:1::1
ip -n worker-1 addr del 10.244.1.250/32 dev eth1
check 'all other tables are as they were' others_stay

# --- what others do to it
# mended COMMAND: after that nft command a dry run tells, and a pass puts right.
mended() {
	in_host worker-1 nft "$1" || return
	croute_in worker-1 reconcile --dry-run --exit-code -c "$FILE"
	exits 2 && out_line "$2 masquerade table inet croute of *" || return
	croute_in worker-1 reconcile -c "$FILE"
	exits 0 && out_line "$2 masquerade table inet croute of * ${3}" && nothing_to_do && [ "$(table)" = "$TABLE" ]
}
TABLE=$(table)
handle() { in_host worker-1 nft -a list chain inet croute "$1" | sed -n "s/.*$2.* # handle //p" | head -1; }
check 'the table deleted' mended 'delete table inet croute' + added
check 'a chain flushed' mended 'flush chain inet croute postrouting' '~' changed
check 'the other chain flushed' mended 'flush chain inet croute from-pod' '~' changed
check 'a rule put before' mended 'insert rule inet croute postrouting accept' '~' changed
check 'a rule put behind' mended 'add rule inet croute from-pod accept' '~' changed
check 'a rule taken out' mended "delete rule inet croute from-pod handle $(handle from-pod 224.0.0.0)" '~' changed
check 'a prefix changed' mended "replace rule inet croute from-pod handle $(handle from-pod 224.0.0.0) ip daddr 224.0.0.0/5 return" '~' changed
check 'a side changed' mended "replace rule inet croute from-pod handle $(handle from-pod 224.0.0.0) ip saddr 224.0.0.0/4 return" '~' changed
check 'a verdict changed' mended "replace rule inet croute from-pod handle $(handle from-pod 224.0.0.0) ip daddr 224.0.0.0/4 accept" '~' changed
check 'ports no longer random' mended "replace rule inet croute from-pod handle $(handle from-pod masquerade) masquerade" '~' changed
check 'a condition more' mended "replace rule inet croute from-pod handle $(handle from-pod masquerade) counter masquerade fully-random" '~' changed
check 'a chain more' mended 'add chain inet croute more { type filter hook input priority 0; }' '~' changed
check 'a set more' mended 'add set inet croute more { type ipv4_addr; }' '~' changed
check 'another priority' mended 'flush table inet croute; delete chain inet croute postrouting;
	add chain inet croute postrouting { type nat hook postrouting priority 101; }' '~' changed
check 'the other policy' mended 'chain inet croute postrouting { policy drop; }' '~' changed
check 'the table put to sleep' mended 'table inet croute { flags dormant; }' '~' changed
check 'and nobody else'\''s table was touched in all this' others_stay

# --- prefixes of all kinds
file true "10.244.0.0/16, 10.96.0.0/13, 'fd10:244::/45', 192.0.2.1/32"
croute_in worker-1 reconcile -c "$FILE"
check 'several networks, with lengths that are no whole bytes' all_of \
	'table_has "ip saddr 10.96.0.0/13 goto from-pod"' 'table_has "ip6 daddr fd10:244::/45 return"' \
	'table_has "ip daddr 192.0.2.1 masquerade fully-random"'
check 'the second pass is empty' nothing_to_do

# --- without privilege, off the host
LAST='reconcile as nobody'
run in_host worker-1 setpriv --reuid 65534 --regid 65534 --clear-groups "$CROUTE" reconcile --dry-run -c "$FILE" --node worker-1
check 'a dry run without privilege says what it cannot see' all_of 'exits 0' 'err_line "*masquerading*is not visible here*"'
run in_host worker-1 "$CROUTE" snapshot
cp "$WORK/stdout" "$WORK/snapshot.json"
run "$CROUTE" reconcile --dry-run -c "$FILE" --node worker-1 --kernel-state "$WORK/snapshot.json"
check 'so does one from a snapshot' all_of 'exits 0' 'err_line "*masquerading*is not visible here*"' 'not out_line "*masquerade*"'

# --- off again
file false
croute_in worker-1 reconcile -c "$FILE"
check 'turned off, it goes' all_of 'exits 0' 'not has_table' 'out_line "- masquerade table inet croute not in the file deleted"'
check 'the second pass is empty' nothing_to_do
file true
croute_in worker-1 reconcile -c "$FILE"
croute_in worker-1 flush --dry-run
check 'a dry flush tells of it' all_of 'exits 0' has_table 'out_line "- masquerade table inet croute"'
croute_in worker-1 flush
check 'flush removes it' all_of 'exits 0' 'not has_table' 'out_line "- masquerade table inet croute deleted"'
check 'and leaves all other tables' others_stay
croute_in worker-1 flush
check 'another flush finds nothing' all_of 'exits 0' 'not out_line "*masquerade*"'

file true
croute_in worker-1 reconcile -c "$FILE"
check 'it is back, too, when everybody'\''s tables were flushed' mended 'flush ruleset' + added

finish
