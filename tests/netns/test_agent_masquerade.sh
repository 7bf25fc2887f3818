#!/bin/bash
# test_agent_masquerade.sh - the agent keeps its nftables table, and sleeps through everybody else's.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2016,SC2034,SC2317 # eval and check call the predicates; agents.sh reads
NETNS_TOOLS='ip unshare nsenter ping setpriv jq nft'
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=agents.sh
. "$(dirname "$0")/agents.sh"

why=$(nft 'add table inet probe; add chain inet probe c { type nat hook postrouting priority 100; };
	add rule inet probe c masquerade fully-random; delete table inet probe' 2>&1) ||
	skip_all "no nftables with masquerading here: ${why%%$'\n'*}"

KEYS=$AGENT_KEYS
POD_NETWORK='podNetwork: [10.96.0.0/11]'
nft_in() { in_host worker-1 nft "$@"; }
table() { nft_in list table inet croute 2>/dev/null; }
has_table() { [ -n "$(table)" ]; }
is_whole() { [ "$(table)" = "$TABLE" ]; }
repairs() { metric 'croute_drift_repairs_total{kind="masquerade"}'; }

# conf_masquerade true|false
conf_masquerade() {
	AGENT_KEYS="$KEYS, masquerade: $1"
	conf_write "$POD_NETWORK" 1-20
}

host_add worker-1 10.0.0.1/16
conf_masquerade true
touch -d '1 hour ago' "$CONF"
agent_begin
check 'the agent makes the table' within has_table
check 'and says so' within log_has 'masquerade table inet croute of 10.96.0.0/11   added'
wait_for ready
TABLE=$(table)
check 'what the file asks for is no repair' metric_is 'croute_drift_repairs_total{kind="masquerade"}' 0
check 'it is counted as a change' metric_is 'croute_changes_total{kind="masquerade",action="add"}' 1

# --- what others do to it is put right at once: the resync is an hour away
# repaired COMMAND: with one pass that finds it, and none that its own writes would cause.
repaired() {
	local before

	before=$(repairs) looks=$(passes)
	nft_in "$1" || return
	within is_whole || return
	within metric_is 'croute_drift_repairs_total{kind="masquerade"}' $((before + 1)) || return
	OUT="$(($(passes) - looks)) passes"
	[ $(($(passes) - looks)) = 1 ]
}
check 'the table deleted' repaired 'delete table inet croute'
check 'the ruleset flushed' repaired 'flush ruleset'
check 'a chain flushed' repaired 'flush chain inet croute postrouting'
check 'a rule inserted' repaired 'insert rule inet croute postrouting accept'
check 'a set added' repaired 'add set inet croute more { type ipv4_addr; }'
check 'the table put to sleep' repaired 'table inet croute { flags dormant; }'
nft_in -f - <<-NFT
	table inet other { set s { type ipv4_addr; }; chain c { type filter hook input priority 0; }; }
NFT
for n in {1..300}; do
	echo "add element inet other s { 10.9.$((n / 250)).$((n % 250)) }"
	[ "$n" != 40 ] || echo 'delete table inet croute'
done >"$WORK/mixed"
check 'the table deleted among 300 changes of others, in one transaction' repaired "include \"$WORK/mixed\""

# --- what others do to their own wakes nobody
quiet_begin() {
	wait_for ready
	looks=$(passes) before=$(switches) cpu=$(cpu_ms)
}
slept() {
	local woke

	woke=$(($(switches) - before))
	OUT="passes: $(($(passes) - looks)), woken: $woke, CPU: $(($(cpu_ms) - cpu)) ms"
	printf '# %s: %s\n' "$1" "$OUT"
	[ $(($(passes) - looks)) = 0 ] && [ "$woke" -lt 10 ]
}
for n in {1..400}; do
	case $((n % 4)) in
	0) echo "add rule inet other c ip saddr 10.8.0.$((n % 250)) counter" ;;
	1) echo "add element inet other s { 10.7.$((n / 250)).$((n % 250)) }" ;;
	2) echo "add table ip t$n" ;;
	3) echo "add chain inet other c$n" ;;
	esac
done >"$WORK/hundreds"
quiet_begin
nft_in -i <"$WORK/hundreds" >/dev/null
there() { [ "$(nft_in list ruleset | grep -c counter)" -ge 100 ]; }
check 'four hundred transactions of others have happened' there
check 'and wake nobody' slept transactions
quiet_begin
nft_in flush table inet other
nft_in -f "$WORK/hundreds"
check 'nor does one of four hundred changes' slept transaction

# --- off and on
conf_masquerade false
check 'turned off, the table goes' within not has_table
check 'and is told' within log_has '- masquerade table inet croute   not in the file   deleted'
quiet_begin
nft_in add table inet croute
check 'and what becomes of the name then wakes nobody' slept off
conf_masquerade true
check 'turned on, it is there again' within is_whole
check 'and kept' repaired 'delete table inet croute'

agent_stop TERM
check 'the agent ends, the table stays' all_of 'exits 0' is_whole
agent_begin
wait_for ready
check 'the next agent changes nothing' not log_has masquerade
check 'and keeps it' repaired 'delete table inet croute'
# --- a program that removes it all the time
looks=$(passes)
start fighter nsenter --net=/run/netns/worker-1 -- bash -c \
	'while :; do nft delete table inet croute 2>/dev/null; read -r -t 0.01 -u 3; done' 3<&"$NEVER"
WAIT_SECONDS=300 check 'a fight is told' within log_has 'another program keeps undoing the nftables table inet croute'
rounds() { [ "$(metric 'croute_changes_total{kind="masquerade",action="add"}')" -ge $((first + 2)) ]; }
first=$(metric 'croute_changes_total{kind="masquerade",action="add"}')
cpu=$(cpu_ms)
check 'and goes on, ever more slowly' within rounds
OUT=$(($(cpu_ms) - cpu)) looks=$(($(passes) - looks))
printf '# fight: %s passes, %s ms of CPU in two rounds of patience\n' "$looks" "$OUT"
check 'at little cost' [ "$OUT" -lt 200 ]
check 'it is a problem in the status' within status_has '.problems[] | select(.kind == "fight")'
{
	kill "${PID[fighter]}" && wait "${PID[fighter]}"
} 2>/dev/null
check 'when that ends the table is back' within is_whole

agent_stop KILL
check 'after a SIGKILL a pass has nothing to do' empty_second_pass worker-1 "$CONF"
finish
