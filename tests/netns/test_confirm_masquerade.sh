#!/bin/bash
# test_confirm_masquerade.sh - a pass that nobody confirms leaves the table of masquerading as it was.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2034,SC2317 # lib.sh reads the tools; check calls the predicates
NETNS_TOOLS='ip unshare nsenter ping setpriv jq nft'
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"
# shellcheck source=confirm.sh
. "$(dirname "$0")/confirm.sh"

why=$(nft 'add table inet probe; add chain inet probe c { type nat hook postrouting priority 100; };
	add rule inet probe c masquerade fully-random; delete table inet probe' 2>&1) ||
	skip_all "no nftables with masquerading here: ${why%%$'\n'*}"

host_add worker-1 10.0.0.11/24 fd00::11/64
node worker-1 "address: [10.0.0.11, 'fd00::11'], podCIDRs: [10.244.1.0/24, 'fd10:244:0:1::/64']"
node worker-2 "address: [10.0.0.12, 'fd00::12'], podCIDRs: [10.244.2.0/24, 'fd10:244:0:2::/64']"

nft_in() { in_host worker-1 nft "$@"; }
table() { nft_in -s list table inet croute 2>/dev/null; }
others() { nft_in list table inet croute2; }

# file MASQUERADE [NETWORKS]
file() {
	cluster_write 'type: host-gw' "podNetwork: [${2:-10.244.0.0/16, 'fd10:244::/48'}]" \
		"agent: {masquerade: $1}"
}

# kept MASQUERADE: what a pass over that makes stays.
kept() {
	file "$@"
	pass worker-1
	exits 0
}

# back_from COMMAND: after the pass the table is another one; undone by that word, it is as before.
back_from() {
	before worker-1
	TABLE=$(table)
	pass worker-1 --confirm 1h
	exits 0 && out_line 'Confirm within 1h: *' && [ "$(table)" != "$TABLE" ] || return
	confirm worker-1 --undo
	exits 0 && out_line '*undone, as asked for: *1 nftables table put back' || return
	[ "$(table)" = "$TABLE" ] && undone worker-1
}

nft_in 'add table inet croute2; add chain inet croute2 from-pod; add rule inet croute2 from-pod return'
OTHERS=$(others)

check 'routes stand' kept false
file true
check 'a table that a pass made goes again' back_from
check 'there is none, then' [ -z "$(table)" ]

check 'a table stands' kept true
file false
check 'a table that a pass removed is there again' back_from
file true "10.244.0.0/16, 10.96.0.0/13, 'fd10:244::/45', 192.0.2.1/32"
check 'one that a pass changed is as before' back_from
pass worker-1 --confirm 1s
check 'unconfirmed, too' all_of 'exits 0' 'undone worker-1' '[ "$(table)" = "$TABLE" ]'

check 'prefixes of all lengths stand' kept true "10.244.0.0/16, 10.96.0.0/13, 'fd10:244::/45', 192.0.2.1/32"
file true
check 'those come back' back_from

# --- what others made of it
kept true
nft_in -f - <<-NFT
	table inet croute {
		chain more { comment "theirs"; type filter hook input priority 5; policy drop; }
		chain from-pod { ip saddr 10.9.0.0/16 counter packets 7 bytes 77 log prefix "x" drop comment "ours"; }
	}
NFT
nft_in 'add table inet croute { flags dormant; }'
check "others' chains and rules, that a pass removed, come back" back_from
check 'with their counters' line_of "$(nft_in list table inet croute)" '*packets 7 bytes 77*'
kept true
OLD=$(table)
nft_in 'add set inet croute more { type ipv4_addr; }'
pass worker-1 --confirm 1h
confirm worker-1 --undo
check 'a set is not written down, which is told' all_of 'exits 1' "out_line '*undone*: 1 failed'" \
	"out_line 'nftables table inet croute: it had attributes that croute does not write'" '[ "$(table)" = "$OLD" ]'
file true "10.244.0.0/16, 10.96.0.0/13, 'fd10:244::/48'"
pass worker-1 --confirm 1h
confirm worker-1
NEW=$(table)
wait_for free worker-1
check 'confirmed, the new one stays' all_of '[ "$NEW" = "$(table)" ]' '[ "$NEW" != "$OLD" ]'

# --- what the pass does not touch
node worker-3 'address: 10.0.0.13, podCIDRs: [10.244.3.0/24]'
file true "10.244.0.0/16, 10.96.0.0/13, 'fd10:244::/48'"
pass worker-1 --confirm 1h
nft_in 'add rule inet croute from-pod accept'
NEW=$(table)
confirm worker-1 --undo
check 'a table that the pass left alone stays as others make it meanwhile' all_of 'exits 0' \
	'not out_line "*nftables*"' '[ "$(table)" = "$NEW" ]'
check 'and no other table was touched' [ "$(others)" = "$OTHERS" ]

finish
