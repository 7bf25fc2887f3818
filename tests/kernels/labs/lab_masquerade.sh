#!/bin/bash
# lab_masquerade.sh - croute's table of masquerading: made, found right, repaired by the agent, removed.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2034,SC2317 # agents.sh reads the keys; check calls the predicates
NETNS_TOOLS='ip unshare nsenter ping setpriv jq nft'
# shellcheck source=../../netns/lib.sh
. "$(dirname "$0")/../../netns/lib.sh"
# shellcheck source=../../netns/agents.sh
. "$(dirname "$0")/../../netns/agents.sh"
AGENT_KEYS="resync: 1h, statusFile: $STATUS_FILE, masquerade: true"

host_add worker-1 10.0.0.1/16
host_add outside 10.0.9.9/16
pod_add worker-1 10.99.0.2/24
conf_first "podNetwork: [10.98.0.0/15, 10.100.0.0/14, 'fd10:244::/47']" 1-3

table() { in_host worker-1 nft list table inet croute 2>/dev/null; }
masquerades() { [[ $(table) == *masquerade* ]]; }
# The outside host has no route to pods: it answers to the host's address only.
gets_out() { pings worker-1-pod 10.0.9.9; }
repaired() {
	in_host worker-1 nft "$1"
	within eval '[ "$(table)" = "$RIGHT" ]'
}

croute_in worker-1 reconcile --node worker-1 -c "$CONF"
check 'a pass makes the table' all_of 'exits 0' masquerades
RIGHT=$(table)
check 'pods get out, masqueraded' gets_out
check 'the second pass is empty' empty_second_pass worker-1 "$CONF" --node worker-1
croute_in worker-1 reconcile --node worker-1 -c "$CONF" --dry-run --exit-code
check 'nothing is pending' exits 0
agent_begin
check 'the agent is ready' wait_for ready
check 'a table that is deleted is made again' repaired 'delete table inet croute'
check 'a ruleset that is flushed, too' repaired 'flush ruleset'
check 'a rule of another in it is removed' repaired 'add rule inet croute postrouting counter'
check 'pods get out' gets_out
agent_stop TERM
croute_in worker-1 flush
check 'flush removes the table' all_of 'exits 0' 'not masquerades'
finish
