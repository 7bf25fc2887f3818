#!/bin/bash
# test_progress.sh - a person at a terminal sees how far a long pass is; the agent shows no such thing.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
NETNS_TOOLS='ip unshare nsenter script'
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

script -qec true /dev/null </dev/null >/dev/null 2>&1 || skip_all 'no terminals can be made (script)'
export TERM=xterm

host_add worker-0 10.0.0.1/8
PEERS=2000
awk -v peers=$PEERS 'BEGIN {
	print "version: 1\nnodes:"
	print "- {name: worker-0, address: 10.0.0.1, podCIDRs: 172.31.255.0/28}"
	for (i = 0; i < peers; i++)
		printf "- {name: n%d, address: 10.1.%d.%d, podCIDRs: 172.%d.%d.%d/28}\n", i, i / 250,
			i % 250 + 1, 16 + i / 4096, i / 16 % 256, i % 16 * 16
}' >"$WORK/nodes.yaml"
head -n 3 "$WORK/nodes.yaml" >"$WORK/alone.yaml"

# at_terminal WORD...: croute reconcile of worker-0 with its outputs on a terminal, kept in $WORK/raw.
at_terminal() {
	local line

	printf -v line '%q ' "$CROUTE" reconcile -c "$WORK/nodes.yaml" --node worker-0
	in_host worker-0 script -qefc "$line" /dev/null </dev/null >"$WORK/raw"
	STATUS=$? OUT=$(cat "$WORK/raw") LAST=$line
}

shows() {
	tr '\r' '\n' <"$WORK/raw" | grep -E "$1" >/dev/null
}

# A pass that waits for the lock until it says so is over a second old when it begins, on any machine.
: >"$WORK/raw"
agent_start worker-0 -c "$WORK/alone.yaml" --node worker-0 --status-file "$WORK/status.json"
wait_for test -s "$WORK/status.json"
free_the_lock() {
	wait_for shows '^waiting for another croute'
	kill "${PID[agent]}"
}
free_the_lock &
at_terminal
wait
check 'who waits for the lock is told' shows '^waiting for another croute'
check 'the pass is done' all_of 'exits 0' 'owned worker-0 "$PEERS"'
check 'a long pass tells how far it is' shows '^applying [0-9,]+ of 2,000 *$'
check 'its summary stands on a line of its own' \
	shows '^Applied: 2000 added, 0 changed, 0 deleted, '
at_terminal
check 'a pass with nothing to do tells nothing' all_of 'exits 0' 'not shows ^applying' \
	'shows "^Applied: 0 added"'
agent_start worker-0 -c "$WORK/nodes.yaml" --node worker-0 --status-file "$WORK/status.json"
wait_for agent_settled worker-0
at_terminal
check 'who waits in vain is told' all_of 'exits 1' 'shows "^waiting for another croute"'
agent_stop TERM
check 'an agent tells no progress' not grep -qE 'applying|'$'\r' "$WORK/agent.log"
ip -n worker-0 route flush proto 67
croute_in worker-0 reconcile -c "$WORK/nodes.yaml" --node worker-0
check 'no terminal is told nothing' all_of 'exits 0' '[ -z "$ERR" ]'
sed -i '$s/address: [0-9.]*/address: 192.0.2.9/' "$WORK/nodes.yaml"
ip -n worker-0 route flush proto 67
at_terminal
check 'a terminal shows what failed, however late in the plan' all_of 'exits 1' \
	'shows "^[^ ]*\+ route .* via 192.0.2.9 dev eth1 .*failed"'

finish
