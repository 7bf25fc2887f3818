#!/bin/bash
# test_agent_deaf.sh - writers who never close, reads that fail, means that are short: the agent goes on hearing.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=agents.sh
. "$(dirname "$0")/agents.sh"
# shellcheck source=strace.sh
. "$(dirname "$0")/strace.sh"

host_add worker-1 10.0.0.1/16
AGENT_KEYS="resync: 1h, statusFile: $STATUS_FILE"

# --- the file
conf_first '' 1-4
{ printf 'version: 1\nnodes:\n' && peers 20-20 && echo '# the end'; } >"$WORK/etc/tail.yaml"
touch -d '1 hour ago' "$WORK/etc/tail.yaml"
agent_start worker-1 --node worker-1 -c "$WORK/etc"
check 'the directory is followed' within owned worker-1 5
truncate -s -6 "$WORK/etc/tail.yaml"
conf_write '' 1-6
check 'a file shortened by path has no writer to wait for' within owned worker-1 7
rm "$WORK/etc/tail.yaml"
check 'and goes like any other' within owned worker-1 6
exec {WRITER}>"$CONF"
conf '' 1-7 >&"$WRITER"
kill -HUP "${PID[agent]}"
check 'SIGHUP reads a file whose writer keeps it open' within owned worker-1 7
exec {WRITER}>&-
agent_stop TERM
check 'SIGTERM ends it with 0' exits 0

conf_first '' 1-8
mkdir "$WORK/lone"
touch "$WORK/lone/nodes.yaml"
# shellcheck disable=SC2016 # for the inner shell
start agent nsenter --net=/run/netns/worker-1 unshare --mount "$BASH" -c 'mount --bind "$1" "$2" && shift 2 && exec "$@"' \
	- "$CONF" "$WORK/lone/nodes.yaml" "$CROUTE" run --node worker-1 -c "$WORK/lone/nodes.yaml"
check 'a file that is a mount by itself is named in the log' within log_has 'is a mount of that one file'
check 'and in the status' within status_has 'any(.problems[]?; .text | test("is a mount of that one file"))'
agent_stop TERM

# --- the host's name
ip -n worker-1 route flush proto 67
printf 'version: 1\nbackend: {type: none}\nagent: {%s}\nroutes: [%s]\n' "$AGENT_KEYS" \
	'{to: 192.0.2.1/32, via: 10.0.1.2, nodes: [worker-late]}' >"$WORK/statics.yaml"
touch -d '1 hour ago' "$WORK/statics.yaml"
# shellcheck disable=SC2016 # for the inner shell
start agent nsenter --net=/run/netns/worker-1 unshare --uts "$BASH" -c \
	'echo localhost >/proc/sys/kernel/hostname && exec "$@"' - env -u NODE_NAME "$CROUTE" run -c "$WORK/statics.yaml"
check 'a host is still called localhost when the agent starts' within ready
nsenter --uts -t "${PID[agent]}" "$BASH" -c 'echo worker-late >/proc/sys/kernel/hostname'
check 'its name is found as soon as it comes' within owned worker-1 1
agent_stop TERM
conf_write '' 1-8
touch -d '1 hour ago' "$CONF"

# --- descriptors
# short N: an agent that may have N descriptors at first.
short() {
	# shellcheck disable=SC2016 # for the inner shell
	start agent nsenter --net=/run/netns/worker-1 "$BASH" -c 'ulimit -Sn "$1" && shift && exec "$@"' - "$1" \
		"$CROUTE" run --node worker-1 -c "$CONF"
}
ip -n worker-1 route flush proto 67
for most in 4 8; do
	short "$most"
	check "with $most descriptors it waits" within log_has 'waiting for'
	prlimit --pid "${PID[agent]}" --nofile=1024:
	check 'and goes on when there are more' within owned worker-1 8
	agent_stop TERM
	check 'SIGTERM ends it with 0, then too' exits 0
	ip -n worker-1 route flush proto 67
done

# --- what a system call refuses once
# refused CALL ERROR [OPTION...]: an agent under that.
refused() {
	at_call "$1" "error=$2" -D "${@:3}"
	start agent nsenter --net=/run/netns/worker-1 "${AT_CALL[@]}" "$CROUTE" run --node worker-1 -c "$CONF"
}
if strace_works; then
	refused epoll_ctl ENOMEM:when=1
	check 'an agent whose loop was refused a descriptor works' within owned worker-1 8
	agent_stop TERM
	check 'and hears SIGTERM' exits 0
	for error in EIO ESTALE ETIMEDOUT; do
		for call in openat pread64; do
			conf_first '' 1-8
			refused $call $error:when=2 -P "$CONF"
			check "before a read fails with $error" within owned worker-1 8
			conf_write '' 1-9
			check "after $call failed with $error it is tried again" within owned worker-1 9
			agent_stop TERM
		done
	done
else
	skip 'system calls that fail' 'no strace'
fi
