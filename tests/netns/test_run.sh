#!/bin/bash
# test_run.sh - the agent follows its file however it is written, and keeps the last good state.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

host_add worker-1 10.0.0.11/24

# nodes NUMBER...: a file of this node and those.
nodes() {
	local n

	echo 'version: 1'
	echo 'guard: {maxDelete: 100%}'
	echo 'nodes:'
	echo '- {name: worker-1, address: 10.0.0.11, podCIDRs: [10.244.1.0/24]}'
	for n in "$@"; do
		echo "- {name: worker-$n, address: 10.0.0.1$n, podCIDRs: [10.244.$n.0/24]}"
	done
}

# routed NUMBER...: exactly these nodes' routes are there.
routed() {
	local n

	owned worker-1 $# || return 1
	for n in "$@"; do
		route worker-1 "10.244.$n.0/24 via 10.0.0.1$n dev eth1 proto 67 *" || return 1
	done
}

# within_deadline PREDICATE...: becomes true; the agent's log is shown if not.
within_deadline() {
	wait_for "$@" && return
	ERR=$(cat "$WORK/agent.log") OUT=$(routes_of worker-1) LAST='croute run'
	return 1
}

# --- a lone file
CONF=$WORK/etc/nodes.yaml
mkdir "$WORK/etc"
nodes 2 3 >"$CONF"
agent_start worker-1 --node worker-1 -c "$CONF"
check 'the agent applies the file at start' within_deadline routed 2 3

nodes 2 3 4 >"$WORK/etc/.new"
mv "$WORK/etc/.new" "$CONF"
check 'follows a rename into place' within_deadline routed 2 3 4
nodes 2 4 5 >"$CONF"
check 'follows a write in place' within_deadline routed 2 4 5
exec {WRITER}>>"$CONF"
nodes 6 | tail -1 >&"$WRITER"
exec {WRITER}>&-
check 'follows an append, once the writer has closed' within_deadline routed 2 4 5 6

printf 'version: 1\nnodes: [\n' >"$CONF"
check 'tells of a bad file' within_deadline log_has 'nodes.yaml:'
check 'a bad file keeps the last good state' routed 2 4 5 6
check 'the agent lives on' agent_alive
nodes 2 7 >"$WORK/etc/.new"
mv "$WORK/etc/.new" "$CONF"
check 'a good file ends it' within_deadline routed 2 7

: >"$WORK/agent.log"
rm "$CONF"
check 'tells of a missing file' within_deadline log_has 'nodes.yaml'
check 'a missing file keeps the last good state' routed 2 7
nodes 2 8 >"$CONF"
check 'follows the file when it is back' within_deadline routed 2 8

: >"$WORK/agent.log"
sed 's/^- {name: worker-1,/- {name: other,/; s/10\.0\.0\.11/10.0.0.99/' "$CONF" >"$WORK/etc/.new"
mv "$WORK/etc/.new" "$CONF"
check 'tells of a file that lacks this node' within_deadline log_has 'worker-1'
check 'a file that lacks this node keeps the last good state' routed 2 8

mv "$WORK/etc" "$WORK/etc-old"
mkdir "$WORK/etc"
nodes 2 9 >"$CONF"
check 'follows when the directory was moved and made anew' within_deadline routed 2 9
rm -r "${WORK:?}/etc"
mkdir -p "$WORK/etc"
nodes 3 >"$CONF"
check 'follows when the directory was removed and made anew' within_deadline routed 3

# Another writer, and flush, are told who is at work.
start second nsenter --net=/run/netns/worker-1 -- "$CROUTE" reconcile --node worker-1 -c "$CONF"
croute_in worker-1 flush
check 'flush is refused while the agent runs' all_of 'exits 1' "said '*${PID[agent]}*'"
wait "${PID[second]}"
STATUS=$? OUT=$(cat "$WORK/second.log") ERR='' LAST='croute reconcile beside an agent'
check 'a second writer is refused and told who holds the lock' all_of 'exits 1' "said '*${PID[agent]}*'"
croute_in worker-1 reconcile --node worker-1 -c "$CONF" --dry-run
check 'a dry run beside the agent is fine' exits 0

# SIGHUP re-reads, and so repairs what was lost.
ip -n worker-1 route del 10.244.3.0/24 proto 67
kill -HUP "${PID[agent]}"
check 'SIGHUP reads and repairs' within_deadline routed 3

# An equal file sends the kernel nothing; a file that differs proves that the agent has looked.
monitor_start worker-1
nodes 3 >"$WORK/etc/.new"
mv "$WORK/etc/.new" "$CONF"
nodes 3 4 >"$WORK/etc/.new"
mv "$WORK/etc/.new" "$CONF"
check 'sees the file after an equal one' within_deadline routed 3 4
monitor_stop worker-1
check 'an equal file sends the kernel nothing' all_of 'heard_count 1' "heard_line '10.244.4.0/24 *'"

agent_stop TERM
check 'SIGTERM ends it with 0' exits 0
check 'SIGTERM leaves every route' routed 3 4
agent_start worker-1 --node worker-1 -c "$CONF"
wait_for agent_settled worker-1
nodes 3 5 >"$CONF"
within_deadline routed 3 5
kill -KILL "${PID[agent]}"
wait "${PID[agent]}" 2>/dev/null
check 'SIGKILL leaves every route' routed 3 5
check 'and the next pass has nothing to do' empty_second_pass worker-1 "$CONF" --node worker-1

# --- a ConfigMap volume, swapped as the kubelet does
VOLUME=$WORK/volume
GENERATION=0

# volume_swap NUMBER...: a new generation of two files behind ..data.
volume_swap() {
	local old new=..2026_11_23_03_00_00.$((GENERATION += 1))

	old=$(readlink "$VOLUME/..data" 2>/dev/null)
	mkdir "$VOLUME/$new"
	nodes | head -4 >"$VOLUME/$new/00-this.yaml"
	{
		echo 'nodes:'
		nodes "$@" | tail -n +5
	} >"$VOLUME/$new/10-others.yaml"
	ln -s "$new" "$VOLUME/..data_tmp"
	mv -T "$VOLUME/..data_tmp" "$VOLUME/..data"
	for name in 00-this.yaml 10-others.yaml; do
		[ -L "$VOLUME/$name" ] || ln -s "..data/$name" "$VOLUME/$name"
	done
	[ -z "$old" ] || rm -r "${VOLUME:?}/$old"
}

mkdir "$VOLUME"
volume_swap 2 3
agent_start worker-1 --node worker-1 -c "$VOLUME"
check 'reads a ConfigMap volume' within_deadline routed 2 3
volume_swap 2 4
check 'follows a swap of ..data' within_deadline routed 2 4
volume_swap 2 4 5
check 'follows the next swap too' within_deadline routed 2 4 5
agent_stop INT
check 'SIGINT ends it with 0' exits 0
check 'SIGINT leaves every route' routed 2 4 5

# A plain directory: files come and go.
mkdir "$WORK/conf.d"
nodes 2 >"$WORK/conf.d/00.yaml"
agent_start worker-1 --node worker-1 -c "$WORK/conf.d"
check 'reads a directory' within_deadline routed 2
printf 'nodes:\n- {name: extra, address: 10.0.0.17, podCIDRs: [10.244.7.0/24]}\n' >"$WORK/conf.d/50.yaml"
check 'follows a file that comes' within_deadline routed 2 7
rm "$WORK/conf.d/50.yaml"
check 'follows a file that goes' within_deadline routed 2
agent_stop TERM

# --- links on the way to the file
mkdir "$WORK/v1" "$WORK/v2"
nodes 2 3 >"$WORK/v1/nodes.yaml"
nodes 2 4 >"$WORK/v2/nodes.yaml"
ln -s v1 "$WORK/now"
ln -s now/nodes.yaml "$WORK/nodes.yaml"
agent_start worker-1 --node worker-1 -c "$WORK/nodes.yaml"
check 'reads through links' within_deadline routed 2 3
ln -s v2 "$WORK/now.new"
mv -T "$WORK/now.new" "$WORK/now"
check 'follows a link on the way that is turned' within_deadline routed 2 4
nodes 2 5 >"$WORK/v2/.new"
mv "$WORK/v2/.new" "$WORK/v2/nodes.yaml"
check 'follows a rename behind the links' within_deadline routed 2 5
ln -s v1/nodes.yaml "$WORK/nodes.new"
mv -T "$WORK/nodes.new" "$WORK/nodes.yaml"
check 'follows the link to the file itself' within_deadline routed 2 3

# A second agent waits for its turn.
nodes 2 6 >"$WORK/second.yaml"
start second nsenter --net=/run/netns/worker-1 -- "$CROUTE" run --node worker-1 -c "$WORK/second.yaml"
check 'a second agent says who holds the lock' within_deadline grep -q "${PID[agent]}" "$WORK/second.log"
check 'and changes nothing' routed 2 3
agent_stop TERM
check 'it takes over when the first one ends' within_deadline routed 2 6
kill "${PID[second]}"
wait "${PID[second]}"

# --- starting with nothing to go by
agent_start worker-1 --node worker-1 -c "$WORK/nowhere/nodes.yaml"
check 'a missing file at start is told' within_deadline log_has 'nowhere'
check 'a missing file at start does not end the agent' agent_alive
mkdir "$WORK/nowhere"
nodes 2 6 >"$WORK/nowhere/nodes.yaml"
check 'it is followed when it comes' within_deadline routed 2 6
agent_stop TERM

ip -n worker-1 addr del 10.0.0.11/24 dev eth1
agent_start worker-1 --node worker-1 -c "$WORK/nowhere/nodes.yaml"
check 'no interface at start is told' within_deadline log_has '10.0.0.11'
check 'no interface at start does not end the agent' agent_alive
addresses_add worker-1 eth1 10.0.0.11/24
check 'it goes on when the address comes' within_deadline routed 2 6
{
	nodes 2 6
	echo 'agent: {resync: 200ms}'
} >"$WORK/nowhere/nodes.yaml"
ip -n worker-1 route flush proto 67
wait_for routed 2 6 # by the new file, perhaps; the next time it can only be a resync
ip -n worker-1 route flush proto 67
check 'a resync puts back what somebody removed' within_deadline routed 2 6
agent_stop TERM
check 'SIGTERM ends it then too' exits 0

finish
