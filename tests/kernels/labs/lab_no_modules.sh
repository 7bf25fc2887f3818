#!/bin/bash
# lab_no_modules.sh - a kernel without vxlan and nf_tables: what it lacks is named, and host-gw works.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2034,SC2317 # agents.sh reads the keys; check calls the predicates
# shellcheck source=../../netns/lib.sh
. "$(dirname "$0")/../../netns/lib.sh"
# shellcheck source=../../netns/agents.sh
. "$(dirname "$0")/../../netns/agents.sh"
# shellcheck source=quiet.sh
. "$(dirname "$0")/quiet.sh"
AGENT_KEYS="resync: 10s, statusFile: $STATUS_FILE, masquerade: false"

why=$(ip link add probe type vxlan id 9 dstport 9 2>&1) && skip_all 'this kernel has vxlan'
[[ $why == *'Unknown device type'* ]] || skip_all "another reason: $why"
! nft list ruleset 2>/dev/null || skip_all 'this kernel has nf_tables'

host_add worker-1 10.0.0.1/16
pass() {
	croute_in worker-1 reconcile --node worker-1 -c "$CONF"
}

# --- vxlan
conf_first 'backend: {type: vxlan}' 1-20
pass
check 'without vxlan a pass fails' exits 1
check 'and names the module that is missing' said '*the kernel has no VXLAN*modprobe vxlan*'
check 'no route is there' owned worker-1 0
agent_begin
check 'the agent is not ready, and names the module' within page_says /readyz 'modprobe vxlan'
check 'it tries again' passes_more 2
OUT=$(cat "$WORK/agent.log")
check 'it logs that once' [ "$(log_lines 'modprobe vxlan')" = 1 ]
conf_write '' 1-20
check 'a file with host-gw is followed' within owned worker-1 20
agent_stop TERM
check 'a pass after the agent is empty' empty_second_pass worker-1 "$CONF" --node worker-1

# --- masquerading
AGENT_KEYS=${AGENT_KEYS/masquerade: false/masquerade: true}
conf_first 'podNetwork: [10.0.0.0/8]' 1-21
pass
check 'without nf_tables a pass fails, and names the modules' \
	all_of 'exits 1' 'said "*the kernel cannot masquerade*modprobe *nf_tables*"'
check 'the routes are there' owned worker-1 21
agent_begin
check 'the agent names the modules' within page_says /readyz 'modprobe -a nf_tables'
ip -n worker-1 route flush proto 67
check 'it keeps the routes' within owned worker-1 21
agent_stop TERM
croute_in worker-1 flush -c "$CONF"
check 'flush removes the routes' all_of 'exits 0' 'owned worker-1 0'
finish
