#!/bin/bash
# lib.sh - hosts, pods and the wire between them, in network namespaces of their own.
#
# A test sources this file first. That starts the test again inside fresh network, mount and process
# namespaces (as root, or as any user where user namespaces are allowed), with a /run of its own: no
# interface, route or file of the machine can be reached, and all of it is gone when the test ends,
# however it ends. What is missing for that is told as `skip - NAME: REASON`, with exit status 77.
#
# The wire is a bridge in the test's outermost namespace. A host is a namespace whose eth1 is on the
# wire; a pod is a namespace behind its host's bridge cni0:
#
#	  pod            pod
#	   |              |
#	 cni0           cni0
#	worker-1       worker-2
#	 eth1           eth1
#	   |              |
#	 ------- wire -------
#
# NETNS_TOOLS, set before, are the commands that it cannot do without.
# The checks are in checks.sh. Nothing sleeps: wait_for polls a condition until a deadline.
# SPDX-License-Identifier: MIT

set -u -o pipefail
export LC_ALL=C.UTF-8
unset NODE_NAME CROUTE_CONFIG NO_COLOR CDPATH

TEST_NAME=$(basename "$0" .sh)
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CROUTE=$(realpath -m "${CROUTE:-$ROOT/build/croute}")
WAIT_SECONDS=${WAIT_SECONDS:-30} # less than a resync takes, which could hide that an event is missed

# skip_all REASON: nothing here can be tested on this machine.
skip_all() {
	printf 'skip - %s: %s\n' "$TEST_NAME" "$1"
	exit 77
}

netns_enter() {
	local tool why flags=(--net --mount --pid --fork --kill-child)

	for tool in ${NETNS_TOOLS:-ip unshare nsenter ping setpriv jq}; do
		command -v "$tool" >/dev/null || skip_all "no command $tool"
	done
	[ "$(id -u)" = 0 ] || flags=(--user --map-root-user "${flags[@]}")
	why=$(unshare "${flags[@]}" true 2>&1) || skip_all "no namespaces here: $why"
	NETNS_INSIDE=1 exec unshare "${flags[@]}" "$BASH" "$0" "$@"
}

netns_prepare() {
	local why

	trap 'exit 130' INT TERM
	why=$(mount -t tmpfs tmpfs /run 2>&1) || skip_all "cannot mount: $why"
	# Its own /proc where that is allowed: in a container the outer one may be read-only.
	mount -t proc proc /proc 2>/dev/null
	WORK=/run/test
	mkdir -p /run/netns "$WORK"
	chmod 755 /run "$WORK"
	why=$(ip netns add probe 2>&1) || skip_all "no named network namespaces: $why"
	why=$(ip link add wire type bridge mcast_snooping 0 2>&1) || skip_all "no bridges: $why"
	why=$(ip link add probe type veth peer probe1 2>&1) || skip_all "no veth: $why"
	why=$(in_host probe sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward' 2>&1) ||
		skip_all "no writable /proc/sys/net: $why"
	ip link del probe
	ip netns del probe
	ip link set lo up
	ip link set wire up
}

# --- topology -------------------------------------------------------------------------------------

# in_host HOST COMMAND...
in_host() {
	local host=$1

	shift
	nsenter --net="/run/netns/$host" -- "$@"
}

# sysctl_in HOST NAME VALUE: quietly nothing where IPv6 is missing.
sysctl_in() {
	in_host "$1" sh -c 'test ! -e "/proc/sys/net/$1" || echo "$2" >"/proc/sys/net/$1"' - "$2" "$3"
}

# addresses_add NAMESPACE DEVICE ADDRESS/LEN...
addresses_add() {
	local ns=$1 dev=$2 address

	shift 2
	for address in "$@"; do
		case $address in
		*:*) ip -n "$ns" addr add "$address" dev "$dev" nodad ;;
		*) ip -n "$ns" addr add "$address" dev "$dev" ;;
		esac
	done
}

# namespace_add NAME: with lo up, and nothing that makes addresses tentative or redirects packets.
namespace_add() {
	local all=/proc/sys/net

	ip netns add "$1"
	ip -n "$1" link set lo up
	in_host "$1" sh -c "
		echo 1 >$all/ipv4/ip_forward
		echo 0 >$all/ipv4/conf/all/rp_filter
		echo 0 >$all/ipv4/conf/default/rp_filter
		echo 0 >$all/ipv4/conf/all/send_redirects
		echo 0 >$all/ipv4/conf/default/send_redirects
		test -e $all/ipv6 || exit 0
		echo 0 >$all/ipv6/conf/all/accept_dad
		echo 0 >$all/ipv6/conf/default/accept_dad
		echo 0 >$all/ipv6/conf/default/accept_ra
		echo 1 >$all/ipv6/conf/all/forwarding"
}

# host_add NAME ADDRESS/LEN...: a host whose eth1 is on the wire.
host_add() {
	local host=$1

	shift
	namespace_add "$host"
	host_link_add "$host" eth1 "$@"
}

# host_link_add HOST DEVICE ADDRESS/LEN...: one more device of the host on the wire.
WIRE_PORTS=0
host_link_add() {
	local host=$1 dev=$2

	shift 2
	WIRE_PORTS=$((WIRE_PORTS + 1))
	ip link add "port$WIRE_PORTS" type veth peer name "$dev" netns "$host"
	ip link set "port$WIRE_PORTS" master wire up
	ip -n "$host" link set "$dev" up
	addresses_add "$host" "$dev" "$@"
}

# pod_add HOST ADDRESS/LEN...: a pod HOST-pod behind the host's cni0, which gets the first addresses.
pod_add() {
	local host=$1 pod=$1-pod address gateway

	shift
	namespace_add "$pod"
	ip -n "$host" link add cni0 type bridge mcast_snooping 0
	ip -n "$host" link set cni0 up
	ip -n "$host" link add veth0 type veth peer name eth0 netns "$pod"
	ip -n "$host" link set veth0 master cni0 up
	ip -n "$pod" link set eth0 up
	addresses_add "$pod" eth0 "$@"
	for address in "$@"; do
		gateway=${address%/*}
		case $gateway in
		*:*) gateway=${gateway%:*}:1 ;;
		*) gateway=${gateway%.*}.1 ;;
		esac
		addresses_add "$host" cni0 "$gateway/${address#*/}"
		ip -n "$pod" route add default via "$gateway"
	done
}

# --- running --------------------------------------------------------------------------------------

# run COMMAND...: run it, and keep STATUS, OUT (stdout) and ERR (stderr) for the checks.
run() {
	LAST="$*"
	"$@" >"$WORK/stdout" 2>"$WORK/stderr" </dev/null
	STATUS=$?
	OUT=$(tr -d '\0' <"$WORK/stdout")
	ERR=$(tr -d '\0' <"$WORK/stderr")
}

# croute_in HOST ARGUMENT...: croute as that host's root; the node is HOST unless --node is among them.
croute_in() {
	local host=$1

	shift
	run in_host "$host" "$CROUTE" "$@"
}

# wait_for COMMAND...: poll until it succeeds; fails after WAIT_SECONDS.
wait_for() {
	local end=$((SECONDS + WAIT_SECONDS))

	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		pause
	done
}

# pause: 20 ms, by waiting for input that never comes.
pause() {
	read -r -t 0.02 -u "$NEVER"
	return 0
}

# program_make NAME [SOURCE]...: $WORK/NAME from NAME.c of this folder; the test is skipped without
# a compiler.
program_make() {
	local name=$1

	shift
	command -v "${CC:-gcc}" >/dev/null || skip_all 'no compiler'
	"${CC:-gcc}" -std=c17 -D_GNU_SOURCE -O1 -o "$WORK/$name" "$ROOT/tests/netns/$name.c" "$@" ||
		skip_all "$name.c does not compile here"
}

declare -A PID

# start NAME COMMAND...: run in the background, output in $WORK/NAME.log; PID[NAME] is its process.
start() {
	local name=$1

	shift
	: >"$WORK/$name.log"
	"$@" >>"$WORK/$name.log" 2>&1 </dev/null &
	PID[$name]=$!
}

# agent_start HOST ARGUMENT...: `croute run` on that host, its log in $WORK/agent.log.
agent_start() {
	local host=$1

	shift
	start agent nsenter --net="/run/netns/$host" -- "$CROUTE" run "$@"
}

# agent_stop SIGNAL: and wait; STATUS is what it ended with.
agent_stop() {
	kill "-$1" "${PID[agent]}" 2>/dev/null
	wait_for process_gone "${PID[agent]}" || kill -KILL "${PID[agent]}"
	wait "${PID[agent]}" 2>/dev/null
	STATUS=$? OUT='' ERR=$(cat "$WORK/agent.log") LAST="croute run, then SIG$1"
}

# unique: a name that no other test has, for what namespaces do not keep apart.
unique() {
	printf 'croute-test-%s' "$(tr -d - </proc/sys/kernel/random/uuid)"
}

# process_gone PID: bash reaps its children as they end, and remembers their status.
process_gone() {
	! kill -0 "$1" 2>/dev/null
}

agent_alive() {
	! process_gone "${PID[agent]}"
}

# agent_settled HOST: its agent has the lock, which /proc/net/unix names earlier, and the file.
agent_settled() {
	in_host "$1" "$CROUTE" release
}

# log_has TEXT: the agent has said so.
log_has() {
	grep -qF -- "$1" "$WORK/agent.log"
}

# log_lines PATTERN: how many lines of the agent's log match.
log_lines() {
	grep -cE -- "$1" "$WORK/agent.log"
}

# shellcheck source=checks.sh
. "$(dirname "${BASH_SOURCE[0]}")/checks.sh"

NETNS_INSIDE=${NETNS_INSIDE:-}
[ -n "$NETNS_INSIDE" ] || netns_enter "$@"
netns_prepare
exec {NEVER}<> <(:)
[ -x "$CROUTE" ] || {
	printf 'not ok - %s: there is no %s to test\n' "$TEST_NAME" "$CROUTE"
	exit 1
}
