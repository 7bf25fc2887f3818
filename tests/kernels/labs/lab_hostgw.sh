#!/bin/bash
# lab_hostgw.sh - 201 routes stay as they are: through more passes, and through an agent's resyncs.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2034,SC2317 # agents.sh reads the keys; check calls the predicates
# shellcheck source=../../netns/lib.sh
. "$(dirname "$0")/../../netns/lib.sh"
# shellcheck source=../../netns/agents.sh
. "$(dirname "$0")/../../netns/agents.sh"
# shellcheck source=quiet.sh
. "$(dirname "$0")/quiet.sh"
AGENT_KEYS="resync: 10s, statusFile: $STATUS_FILE"

host_add worker-1 10.0.0.1/16
conf_first '' 1-201

croute_in worker-1 reconcile --node worker-1 -c "$CONF"
check 'a pass adds them' out_line 'Applied: 201 added, 0 changed, 0 deleted, *'
monitor_start worker-1 ip monitor route
for number in second third; do
	check "the $number pass is empty" empty_second_pass worker-1 "$CONF" --node worker-1
	check "after the $number pass all routes are there" owned worker-1 201
done
croute_in worker-1 reconcile --node worker-1 -c "$CONF" --dry-run --exit-code
check 'nothing is pending' exits 0

agent_begin
check 'the agent is ready' wait_for ready
check 'it resyncs' passes_more 3
monitor_stop worker-1
check 'the kernel was sent nothing all the time' heard_count 0
check 'all routes are there' owned worker-1 201
ip -n worker-1 route flush proto 67
check 'flushed routes are back' within owned worker-1 201
agent_stop TERM
croute_in worker-1 flush -c "$CONF"
check 'flush removes them' owned worker-1 0
finish
