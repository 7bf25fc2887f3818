#!/bin/bash
# test_agent_start.sh - the agent starts in any state, says once what it waits for, and goes on by itself.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=agents.sh
. "$(dirname "$0")/agents.sh"

host_add worker-1 10.0.0.1/16
told_once() { [ "$(grep -cF -- "$1" "$WORK/agent.log")" = 1 ]; }
unready() { page_is 503 /readyz; }

# --- no directory, no file
rm -r "${WORK:?}/etc"
agent_begin
check 'without a directory it waits' within log_has 'nodes.yaml'
check 'is not ready, and says why' all_of 'within unready' "page_says /readyz nodes.yaml"
check 'and its loop turns' page_says /healthz ok
mkdir "$WORK/etc"
touch "$WORK/etc/other"
check 'says it once' told_once 'waiting, nothing is changed'
conf_write '' 1-5
check 'goes on when the file comes' within owned worker-1 5
check 'and is ready' within ready
agent_stop TERM

conf_first '' 1-5
printf 'nodes: [' >>"$CONF"
agent_begin
check 'a bad file at start is told' within log_has 'nodes.yaml:'
check 'and not ready' within unready
check 'nothing is changed' owned worker-1 5
conf_write '' 1-6
check 'it goes on with a good one' within owned worker-1 6
agent_stop TERM

# --- no interface, no address, a node that is known by its address only
ip -n worker-1 link del eth1
agent_begin
check 'without an interface it waits' within log_has 'waiting for it'
check 'not ready' within unready
host_link_add worker-1 eth1
host_link_add worker-1 eth2 10.7.0.1/24
ip -n worker-1 link set eth1 down
check 'says it once, however the links change meanwhile' told_once 'waiting for it'
ip -n worker-1 link set eth1 up
addresses_add worker-1 eth1 10.0.0.1/16
check 'goes on when the interface has its address' within owned worker-1 6
check 'and is ready' within ready
agent_stop TERM

ip -n worker-1 addr del 10.0.0.1/16 dev eth1
agent_start worker-1 --node known-by-its-address -c "$CONF"
check 'no entry by name nor address is told' within log_has 'no entry for this node'
check 'not ready' within unready
check 'the file counts as not valid here' within metric_is croute_config_valid 0
addresses_add worker-1 eth1 10.0.0.1/16
check 'goes on when the address comes' within owned worker-1 6
check 'the file is valid now' within metric_is croute_config_valid 1
within ready
ip -n worker-1 addr del 10.0.0.1/16 dev eth1
check 'the address that told the node is lost' within unready
: >"$WORK/agent.log"
# The log names what woke it, which may happen to be another try: then once more.
back_by_event() {
	for _ in 1 2 3 4 5; do
		: >"$WORK/agent.log"
		addresses_add worker-1 eth1 10.0.0.1/16
		within owned worker-1 6 || return
		wait_for log_has 'Applied: 6 added' && log_has '(the kernel changed)' && return
		ip -n worker-1 addr del 10.0.0.1/16 dev eth1
		within unready
	done
	return 1
}
check 'and it goes on at once when that is back' back_by_event
agent_stop TERM

# --- the lock
start first nsenter --net=/run/netns/worker-1 -- "$CROUTE" run --node worker-1 -c "$CONF"
wait_for agent_settled worker-1
AGENT_KEYS="$AGENT_KEYS, listen: '127.0.0.1:9668'"
conf '' 1-7 >"$WORK/second.yaml"
agent_start worker-1 --node worker-1 -c "$WORK/second.yaml"
check 'a second agent names the holder' within log_has "${PID[first]}"
check 'once' told_once 'waiting for it'
second_unready() { page_is 503 /readyz 9668; }
check 'is not ready' within second_unready
kill -KILL "${PID[first]}"
wait "${PID[first]}" 2>/dev/null
ip -n worker-1 route flush proto 67
check 'and goes on when the lock is free' within owned worker-1 7
agent_stop TERM
AGENT_KEYS="resync: 1h, statusFile: $STATUS_FILE"
conf_first '' 1-7

# --- the port
start taken nsenter --net=/run/netns/worker-1 -- /usr/bin/python3 -c '
import socket, signal
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("127.0.0.1", 9667)); s.listen(1); signal.pause()'
taken() { in_host worker-1 grep -q '0100007F:25C3 .* 0A ' /proc/net/tcp; }
if [ -x /usr/bin/python3 ] && wait_for taken; then
	ip -n worker-1 route flush proto 67
	agent_begin
	check 'a taken port is told' within log_has '127.0.0.1:9667'
	check 'and hurts no route' within owned worker-1 7
	problem() { status_has '.ready and any(.problems[]?; tostring | test("9667"))'; }
	ip -n worker-1 route flush proto 67
	kill "${PID[taken]}"
	check 'it is served when the port is free' within ready
	check 'and was told once' told_once '127.0.0.1:9667'
	agent_stop TERM
else
	skip 'a taken port' 'no python3'
fi

# --- no inotify instances left, in a user namespace with a limit of its own
limit=/proc/sys/user/max_inotify_instances
before=$(cat $limit)
if unshare --user --map-root-user sh -c "echo 0 >$limit" 2>/dev/null && [ "$(cat $limit)" = "$before" ]; then
	AGENT_KEYS="resync: 300ms, statusFile: $STATUS_FILE"
	conf_first '' 1-7
	# shellcheck disable=SC2016 # for the inner shell
	start agent unshare --user --map-root-user --net "$BASH" -c 'echo 0 >"$1" || exit 1
		ip link add eth1 type veth peer name wire && ip link set eth1 up && ip link set wire up
		ip addr add 10.0.0.1/16 dev eth1
		shift && exec "$@"' - $limit "$CROUTE" run --node worker-1 -c "$CONF"
	check 'without inotify it says so' within log_has 'polling the file at each resync'
	check 'and follows the file' within log_has '7 added'
	conf_write '' 1-9
	check 'at each resync' within log_has '2 added'
	check 'having said it once' told_once 'polling the file at each resync'
	agent_stop TERM
else
	skip 'no inotify instances' 'no limit of a namespace of its own'
fi
AGENT_KEYS="resync: 1h, statusFile: $STATUS_FILE"
conf_first '' 1-7

# --- out of descriptors: enough to run, none to read a file with
agent_begin
within owned worker-1 7
within ready
prlimit --nofile=3: --pid "${PID[agent]}"
conf_write '' 1-8
check 'out of descriptors is told' within log_has 'Too many open files'
ip -n worker-1 route del "$(pods 3)" proto 67
check 'and the routes are kept anyway' within via_peer 3
prlimit --nofile=1024: --pid "${PID[agent]}"
conf_write '' 1-9
check 'it goes on when there are some' within owned worker-1 9
agent_stop TERM
for n in 7 9 10; do
	ip -n worker-1 route flush proto 67
	start agent nsenter --net=/run/netns/worker-1 -- prlimit --nofile=$n: "$CROUTE" run \
		--node worker-1 -c "$CONF"
	check "a start with $n descriptors says what is missing, and lives on" all_of \
		"within log_has 'Too many open files'" agent_alive
	prlimit --nofile=1024: --pid "${PID[agent]}"
	check 'and has all when there are some' all_of 'within owned worker-1 9' 'within ready'
	agent_stop TERM
done

# --- a full /run
mkdir "$WORK/small"
mount -t tmpfs -o size=8k tmpfs "$WORK/small"
AGENT_KEYS="resync: 1h, statusFile: $WORK/small/deep/status.json"
conf_first '' 1-7
mkdir "$WORK/small/deep"
head -c 8k /dev/zero >"$WORK/small/full" 2>/dev/null
ip -n worker-1 route flush proto 67
agent_begin
check 'a full /run hurts no route' within owned worker-1 7
check 'and is told' within log_has 'the status file is not updated'
ip -n worker-1 route del "$(pods 3)" proto 67
check 'nor repairs' within via_peer 3
check 'it is told once' told_once 'the status file is not updated'
rm "$WORK/small/full"
ip -n worker-1 route del "$(pods 3)" proto 67
wait_for via_peer 3
check 'the status comes when there is room' wait_for test -s "$WORK/small/deep/status.json"
agent_stop TERM
finish
