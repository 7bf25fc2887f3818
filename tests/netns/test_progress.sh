#!/bin/bash
# test_progress.sh - a person at a terminal sees how far a long pass is; the agent shows no such thing.

# shellcheck disable=SC2317 # check calls the predicates
NETNS_TOOLS='ip unshare nsenter script'
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

script -qec true /dev/null </dev/null >/dev/null 2>&1 || skip_all 'no terminals can be made (script)'
export TERM=xterm

host_add worker-0 10.0.0.1/8
# One metric for all makes the kernel slow: some seconds for so many.
PEERS=10000
awk -v peers=$PEERS 'BEGIN {
	print "version: 1\nkernel: {metricSpread: 1}\nnodes:"
	print "- {name: worker-0, address: 10.0.0.1, podCIDRs: 172.31.255.0/28}"
	for (i = 0; i < peers; i++)
		printf "- {name: n%d, address: 10.1.%d.%d, podCIDRs: 172.%d.%d.%d/28}\n", i, i / 250,
			i % 250 + 1, 16 + i / 4096, i / 16 % 256, i % 16 * 16
}' >"$WORK/nodes.yaml"

# at_terminal ARGUMENT...: croute of worker-0 with its outputs on a terminal, kept in $WORK/raw.
at_terminal() {
	local line

	printf -v line '%q ' "$CROUTE" "$@"
	run in_host worker-0 script -qec "$line" /dev/null
	cp "$WORK/stdout" "$WORK/raw"
}

shows() {
	tr '\r' '\n' <"$WORK/raw" | grep -E "$1" >/dev/null
}

at_terminal reconcile -c "$WORK/nodes.yaml" --node worker-0
check 'the pass is done' all_of 'exits 0' 'owned worker-0 "$PEERS"'
check 'a long pass tells how far it is' shows '^applying [0-9,]+ of 10,000 *$'
check 'its summary stands on a line of its own' \
	shows '^Applied: 10000 added, 0 changed, 0 deleted, '
at_terminal reconcile -c "$WORK/nodes.yaml" --node worker-0
check 'a pass with nothing to do tells nothing' all_of 'exits 0' 'not shows ^applying' \
	'shows "^Applied: 0 added"'
agent_start worker-0 -c "$WORK/nodes.yaml" --node worker-0 --status-file "$WORK/status.json"
wait_for test -s "$WORK/status.json"
at_terminal reconcile -c "$WORK/nodes.yaml" --node worker-0
check 'who waits for the lock is told' all_of 'exits 1' 'shows "^waiting for another croute"'
agent_stop TERM
check 'an agent tells no progress' not grep -qE 'applying|'$'\r' "$WORK/agent.log"
ip -n worker-0 route flush proto 67
croute_in worker-0 reconcile -c "$WORK/nodes.yaml" --node worker-0
check 'no terminal is told nothing' all_of 'exits 0' '[ -z "$ERR" ]'

finish
