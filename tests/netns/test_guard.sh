#!/bin/bash
# test_guard.sh - a file that would take away too much is not followed blindly.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

host_add worker-1 10.0.0.11/24
CONF=$WORK/nodes.yaml

# nodes_write EXTRA NUMBER...: this node and nodes of these numbers; EXTRA is one more line of YAML.
nodes_write() {
	local n extra=$1

	shift
	{
		echo 'version: 1'
		echo "$extra"
		echo 'nodes:'
		echo '- {name: worker-1, address: 10.0.0.11, podCIDRs: [10.244.1.0/24]}'
		for n in "$@"; do
			echo "- {name: worker-$n, address: 10.0.0.1$n, podCIDRs: [10.244.$n.0/24]}"
		done
	} >"$CONF"
}

pass() {
	croute_in worker-1 reconcile --node worker-1 -c "$CONF" "$@"
}

ALL='11 12 13 14 15 16 17 18 19 20'
# shellcheck disable=SC2086 # a list of words
nodes_write '' $ALL
pass
check 'ten peers are applied' owned worker-1 10

nodes_write '' 14 15 16 17 18 19 20
pass
check 'up to alwaysAllow deletions are never held' exits 0
check 'three of ten are gone' owned worker-1 7
# shellcheck disable=SC2086
nodes_write '' $ALL
pass

nodes_write '' 15 16 17 18 19 20 21
pass --dry-run
check 'a dry run over the limit exits 4' exits 4
check 'a dry run changes nothing' owned worker-1 10
pass
check 'over the limit is exit 4' exits 4
check 'a held deletion says why' out_line \
	'! route 10.244.11.0/24 via 10.0.0.111 dev eth1 *held: 4 of 10 destinations would go, over guard.maxDelete 30%*'
check 'the held are counted' out_line 'Applied: 1 added, 0 changed, 0 deleted, 4 held*'
check 'held routes stay' route worker-1 '10.244.14.0/24 *proto 67 *'
check 'additions go on' route worker-1 '10.244.21.0/24 via 10.0.0.121 *'
pass -o json
check 'JSON tells of the held' json '.summary.held == 4 and
	([.changes[] | select(.result == "held" and .action == "delete")] | length) == 4'
check 'held again by the next pass' exits 4
ip -n worker-1 route add 10.244.15.0/25 via 10.0.0.9
pass
check 'shadowed beside held is exit 1, the one that comes first' all_of 'exits 1' "out_line '* 4 held, *1 shadowed*'"
ip -n worker-1 route del 10.244.15.0/25
pass --allow-delete
check '--allow-delete releases' exits 0
check 'what was held is gone' owned worker-1 7
check 'after it a pass is empty' empty_second_pass worker-1 "$CONF" --node worker-1

# shellcheck disable=SC2086
nodes_write '' $ALL
pass --allow-delete
nodes_write 'guard: {maxDelete: 40%}' 15 16 17 18 19 20
pass
check 'an edit of maxDelete releases: exactly the percentage is allowed' exits 0
check 'six are left' owned worker-1 6
# shellcheck disable=SC2086
nodes_write '' $ALL
pass
nodes_write 'guard: {maxDelete: 4, alwaysAllow: 0}' 16 17 18 19 20
pass
check 'maxDelete as a number holds what is over it' exits 4
nodes_write 'guard: {maxDelete: 5, alwaysAllow: 0}' 16 17 18 19 20
pass
check 'maxDelete as a number lets pass what is not over it' exits 0

# A replaced podCIDR is no loss: nothing of it is held.
# shellcheck disable=SC2086
nodes_write '' $ALL
pass
sed -i 's,10\.244\.\(1[1-9]\)\.0/24,10.244.\1.0/25,' "$CONF"
pass
check 'deletions that overlap a wanted podCIDR go on' exits 0
check 'the narrower ones stand in their place' all_of \
	'route worker-1 "10.244.12.0/25 via 10.0.0.112 *proto 67 *"' \
	'not route worker-1 "10.244.12.0/24 *"'

# Files that would leave nothing at all.
# shellcheck disable=SC2086
nodes_write '' $ALL
pass
printf 'version: 1\n' >"$CONF"
pass
check 'a file with no nodes and no routes is refused' exits 3
: >"$CONF"
pass
check 'an empty file is refused' exits 3
nodes_write 'source: {nodes: 11}' 11 12
pass
check 'a count other than source.nodes is refused' exits 3
printf 'version: 1\nnodes:\n- {name: other, address: 10.0.0.77, podCIDRs: [10.244.77.0/24]}\n' >"$CONF"
pass
check 'a file that lacks this node is refused' exits 3
check 'none of them deletes anything' owned worker-1 10
printf 'version: 1\nbackend: {type: none}\nguard: {allowEmpty: true}\nnodes: []\n' >"$CONF"
pass
check 'even allowEmpty is under the guard' exits 4
check 'held all of them' owned worker-1 10
pass --allow-delete
check 'allowEmpty and --allow-delete leave nothing' owned worker-1 0

finish
