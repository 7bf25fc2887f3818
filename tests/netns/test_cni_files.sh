#!/bin/bash
# test_cni_files.sh - the files that the agent keeps for CNI plugins: when, how, and never over others'.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=agents.sh
. "$(dirname "$0")/agents.sh"

host_add worker-1 10.0.0.1/16
ENV=$WORK/run/flannel/subnet.env
LIST=$WORK/cni/net.d/10-croute.conflist
AGENT_KEYS="resync: 300ms, statusFile: $STATUS_FILE, subnetEnv: $ENV, cniConf: $LIST"
NETWORK='podNetwork: 10.96.0.0/11'

# env_is MTU: the file, byte for byte.
env_is() {
	diff - "$ENV" <<-ENV
		FLANNEL_NETWORK=10.96.0.0/11
		FLANNEL_SUBNET=10.99.0.1/24
		FLANNEL_MTU=$1
		FLANNEL_IPMASQ=false
	ENV
}

list_has() {
	jq -e "$1" "$LIST" >/dev/null 2>&1
}

both_written() {
	env_is "${1:-1500}" && list_has ".plugins[0].mtu == ${1:-1500}"
}

# alone FILE: nothing else is in its folder.
alone() {
	[ "$(ls -A "$(dirname "$1")")" = "$(basename "$1")" ]
}

mode_is() {
	[ "$(stat -c %a "$1")" = "$2" ]
}

identity() {
	stat -c '%i %y %z' "$ENV" "$LIST"
}

unready() {
	page_says /readyz "not ready: waiting: $1"
}

# another_pass: one more has ended.
more_passes() {
	[ "$(passes)" -gt "$BEFORE" ]
}

another_pass() {
	BEFORE=$(passes)
	within more_passes
}

# --- the first time -------------------------------------------------------------------------------

conf_first "$NETWORK" 2-5
croute_in worker-1 reconcile --node worker-1 -c "$CONF"
check 'a single pass writes no such file' all_of 'exits 0' "[ ! -e $WORK/run ]" "[ ! -e $WORK/cni ]"
agent_begin
check 'an agent gets ready' within ready
check 'the files are there by then' both_written
check 'the log says so' all_of "log_has '$ENV: written, since it was not there'" "log_has '$LIST: written, since it was not there'"
check 'all may read them, and nothing is left beside them' all_of "mode_is $ENV 644" "mode_is $LIST 644" \
	"mode_is $WORK/cni/net.d 755" "mode_is $WORK/cni 755" "alone $ENV" "alone $LIST"
check 'metrics count them' all_of "metric_is 'croute_files{state=\"desired\"}' 2" "metric_is 'croute_files{state=\"written\"}' 2"

# --- what is right is not touched -----------------------------------------------------------------

WAS=$(identity)
BEFORE=$(passes)
check 'passes go on' all_of another_pass another_pass
check 'they write nothing that is equal' [ "$(identity)" = "$WAS" ]
agent_stop TERM
check 'the files stay at the end' both_written
agent_begin
check 'another agent gets ready' within ready
check 'it writes nothing that is equal either' all_of "[ '$(identity)' = '$WAS' ]" "not log_has 'written, since'"
agent_stop KILL
agent_begin
check 'nor after SIGKILL' all_of 'within ready' "[ '$(identity)' = '$WAS' ]"

# --- what others do to them -----------------------------------------------------------------------

rm "$ENV" "$LIST"
check 'removed files are back with the next resync' within both_written
sed -i 's/^FLANNEL_MTU=.*/FLANNEL_MTU=9000/' "$ENV"
jq '.plugins[0].mtu = 9000' "$LIST" >"$LIST.edited" && mv "$LIST.edited" "$LIST"
check 'edited ones too' all_of 'within both_written' "log_has '$LIST: written, since it differed'"
: >"$LIST"
check 'and an empty one' within both_written
ip -n worker-1 link set eth1 mtu 1400
check 'another MTU of the interface is at once in both' within both_written 1400
ip -n worker-1 link set eth1 mtu 1500
within both_written

# A file without the mark is somebody's, even of that name.
jq 'del(."x-croute")' "$LIST" >"$LIST.edited" && mv "$LIST.edited" "$LIST"
sum=$(sha256sum <"$LIST")
another_pass
check 'a list that croute did not write stays' all_of another_pass "[ '$(sha256sum <"$LIST")' = '$sum' ]"
check 'the log says so once, with what to do' all_of "log_has '$LIST: exists and croute did not write it'" \
	"[ \"\$(log_lines 'croute did not write it')\" = 1 ]"
check 'status and metrics tell it' all_of "status_has '.problems[] | select(.kind == \"cni\")'" \
	"metric_is 'croute_files{state=\"written\"}' 1"
check 'what is ready stays so' ready
agent_stop TERM
agent_begin
check 'a new agent does not get ready over it' all_of "within unready '$LIST: exists'" "[ '$(sha256sum <"$LIST")' = '$sum' ]"
check 'the other file is kept, and the routes' all_of env_is\ 1500 'owned worker-1 4'
rm "$LIST"
check 'ready as soon as it is gone' all_of 'within ready' both_written
printf '{"x-croute": 1' >"$LIST"
check 'half a file is nobody that croute knows' all_of another_pass another_pass "[ '{\"x-croute\": 1' = \"\$(cat $LIST)\" ]"
ln -s nowhere "$WORK/nowhere" && mv -T "$WORK/nowhere" "$LIST"
check 'a dangling link is not replaced' all_of another_pass another_pass "[ -L $LIST ]" \
	"status_has '.problems[] | select(.text | contains(\"File exists\"))'"
rm "$LIST"
check 'then all is well again' within both_written

# --- what cannot be written -----------------------------------------------------------------------

agent_stop TERM
rm -r "$WORK/run/flannel"
: >"$WORK/run/flannel"
KEYS=$AGENT_KEYS AGENT_KEYS=${AGENT_KEYS/300ms/1h}
conf_first "$NETWORK" 2-5
agent_begin
check 'without its file the agent is not ready, and says which and why' \
	within unready "$ENV: cannot be written: Not a directory"
check 'the routes are there all the same' owned worker-1 4
rm "$WORK/run/flannel"
check 'it tries again by itself' all_of 'within ready' both_written
AGENT_KEYS=$KEYS
conf_write "$NETWORK" 2-6
check 'a new file of nodes leaves them' all_of 'within via_peer 6' both_written
ip -n worker-1 addr del 10.0.0.1/16 dev eth1
another_pass
check 'what is written stays while the interface is gone' both_written
agent_stop TERM
rm "$ENV"
agent_begin
check 'nothing is written before there is an interface' all_of "within log_has 'it waits for the interfaces'" "[ ! -e $ENV ]"
ip -n worker-1 addr add 10.0.0.1/16 dev eth1
check 'and at once when it comes' all_of 'within ready' both_written

# --- killed in between ----------------------------------------------------------------------------

# readable: what a runtime would read there is one whole list, or none.
readable() {
	local file

	for file in "$WORK"/cni/net.d/*.conf "$WORK"/cni/net.d/*.json "$WORK"/cni/net.d/*.conflist; do
		[ ! -e "$file" ] || [ "$file" = "$LIST" ] || return
	done
	[ ! -e "$LIST" ] || list_has '.plugins[1].type == "portmap"'
}

killed_at_will() {
	local i

	for i in $(seq 40); do
		rm -f "$LIST" "$ENV"
		agent_begin
		for _ in $(seq $((i % 8))); do pause; done
		kill -KILL "${PID[agent]}"
		wait "${PID[agent]}" 2>/dev/null
		readable || return
	done
}

agent_stop TERM
check 'SIGKILL at any moment leaves nothing that a runtime would misread' killed_at_will
rm -f "$LIST"
printf half >"$LIST.new"
agent_begin
check 'what a killed one left is cleared away' all_of 'within ready' both_written "alone $LIST"
AGENT_KEYS="resync: 300ms, statusFile: $STATUS_FILE"
conf_write "$NETWORK" 2-5
check 'files that are no longer asked for stay as they are' all_of \
	"within metric_is 'croute_files{state=\"desired\"}' 0" both_written
agent_stop TERM

finish
