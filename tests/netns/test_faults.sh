#!/bin/bash
# test_faults.sh - each system call of reconcile fails in turn, or kills it: never a false 0, never a
# hang, no stranger's row touched, and the next pass puts all right.
#
# FAULTS=1 takes every occurrence of every call with every error; without, a choice of them.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
NETNS_TOOLS="ip unshare nsenter ping setpriv jq strace"
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=agents.sh
. "$(dirname "$0")/agents.sh"
# shellcheck source=strace.sh
. "$(dirname "$0")/strace.sh"

strace_works || skip_all 'no strace that may trace'
[[ $CROUTE != */san/* ]] || skip_all 'the sanitizers make calls of their own'
host_add worker-1 10.0.0.1/16 fd00::1/64
ip -n worker-1 route add 10.90.0.0/16 via 10.0.0.99 proto static metric 68040
STRANGERS=$(ip -n worker-1 route show proto static)
conf 'backend: {type: vxlan, vxlan: {directRouting: true}}
podNetwork: 10.96.0.0/11' 1-6 >"$CONF"
printf -- '- {name: far, address: 10.77.0.2, podCIDRs: [10.101.0.0/24]}\n' >>"$CONF"
ip -n worker-1 route add 10.77.0.0/16 via 10.0.0.254 proto boot

calls=(socket bind setsockopt getsockname sendmsg sendto recvmsg recvfrom openat read pread64 mmap listen connect ioctl getdents64)
errors=(ENOBUFS ENOMEM EIO EMFILE)
COUNT=0 BAD=''

# as_wanted: a plan finds nothing to do.
as_wanted() {
	in_host worker-1 "$CROUTE" reconcile --dry-run --exit-code --node worker-1 -c "$CONF" >/dev/null 2>&1
}

# occurrences CALL: how often a first pass makes it.
occurrences() {
	in_host worker-1 "$CROUTE" flush -c "$CONF" >/dev/null 2>&1
	in_host worker-1 strace -o "$WORK/trace" -e "trace=$1" "$CROUTE" reconcile --node worker-1 -c "$CONF" >/dev/null 2>&1
	grep -c "^$1(" "$WORK/trace"
}

# fail CALL ACTION NTH: from an empty host.
fail() {
	local status

	at_call "$1" "$2:when=$3"
	in_host worker-1 "$CROUTE" flush -c "$CONF" >/dev/null 2>&1
	in_host worker-1 timeout -s ABRT 20 "${AT_CALL[@]}" "$CROUTE" reconcile --node worker-1 -c "$CONF" >/dev/null 2>"$WORK/err"
	status=$?
	COUNT=$((COUNT + 1))
	case $status in
	0) as_wanted || BAD+="$*: a false 0; " ;;
	1 | 3 | 4 | 64 | 137) ;; # 137: it was killed
	*) BAD+="$*: ended with $status; " ;;
	esac
	[ "$(ip -n worker-1 route show proto static)" = "$STRANGERS" ] || BAD+="$*: a stranger's row was touched; "
	in_host worker-1 "$CROUTE" reconcile --node worker-1 -c "$CONF" >/dev/null 2>&1 && as_wanted ||
		BAD+="$*: not healed; "
}

# chosen CALL MOST: which occurrences. By sendto all is asked of the kernel.
chosen() {
	[ -z "${FAULTS-}" ] && [ "$1" != sendto ] || { seq "$2"; return; }
	printf '%s\n' 1 $((($2 + 1) / 2)) "$2" | sort -nu
}

for call in "${calls[@]}"; do
	BAD='' COUNT=0
	most=$(occurrences "$call")
	[ "$most" -gt 0 ] || { skip "$call fails" 'this build does not call it'; continue; }
	for nth in $(chosen "$call" "$most"); do
		for error in "${errors[@]}"; do
			[ -n "${FAULTS-}" ] || [ "$error" = "${errors[(nth + ${#call}) % 4]}" ] || continue
			fail "$call" "error=$error" "$nth"
		done
		fail "$call" signal=KILL "$nth"
	done
	[ -z "$BAD" ] || ERR=$BAD
	check "$call fails or kills, $COUNT ways: no false 0, no hang, healed" [ -z "$BAD" ]
done
finish
