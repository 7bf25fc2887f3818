#!/bin/bash
# faults.sh - each system call of a command fails in turn, or kills it; sourced after lib.sh.
#
# A test calls faults NAME; it has defined NAME_before (the state that it begins with), NAME_run
# WORDS... (the command, those words before it; fills STATUS) and NAME_judge (fills WRONG, and puts
# all right). What they write to the file SAID is shown with what went wrong. FAULTS=1 takes every occurrence of every call with every error, FAULTS="sendto read"
# those of these calls; without, a choice of them.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2034 # for the tests
# shellcheck source=agents.sh
. "$(dirname "$0")/agents.sh"
# shellcheck source=strace.sh
. "$(dirname "$0")/strace.sh"

strace_works || skip_all 'no strace that may trace'
[[ $CROUTE != */san/* ]] || skip_all 'the sanitizers make calls of their own'

SAID=$WORK/said
ERRORS=(ENOBUFS ENOMEM EIO EMFILE EINTR)
# Those that begin and end a process, cannot fail, or whose failure changes nothing that they did.
SPARED='execve|exit_group|exit|brk|arch_prctl|set_tid_address|set_robust_list|rseq|prlimit64|mprotect|munmap|close'
SPARED+='|rt_sigreturn|rt_sigprocmask|rt_sigaction|restart_syscall|gete?[ug]id|getpid|sigaltstack|wait4'

# faults_host: worker-1, with strangers' rows.
faults_host() {
	host_add worker-1 10.0.0.1/16 fd00::1/64
	ip -n worker-1 route add 10.90.0.0/16 via 10.0.0.99 proto static metric 68040
	ip -n worker-1 route add 10.77.0.0/16 via 10.0.0.254 proto boot
	STRANGERS=$(strangers)
}

strangers() {
	ip -n worker-1 route show proto static
	ip -n worker-1 route show proto boot
}

faults_conf() {
	conf "backend: {type: vxlan, vxlan: {directRouting: true}}
podNetwork: 10.96.0.0/11" "$@"
	printf -- '- {name: far, address: 10.77.0.2, podCIDRs: [10.101.0.0/24]}\n'
}

# as_wanted: a plan finds nothing to do.
as_wanted() {
	in_host worker-1 "$CROUTE" reconcile --dry-run --exit-code --node worker-1 -c "$CONF" >/dev/null 2>&1
}

flushed() {
	in_host worker-1 "$CROUTE" flush >/dev/null 2>&1
}

# calls_of NAME: the calls that it makes, and how often, one a line.
calls_of() {
	"$1_before"
	"$1_run" strace -D -o "$WORK/trace" -e signal=none
	"$1_judge"
	sed -nE 's/^([a-z0-9_]+)\(.*/\1/p' "$WORK/trace" | sort | uniq -c |
		awk -v spared="^($SPARED)\$" '$2 !~ spared { print $2, $1 }'
}

# chosen NAME CALL MOST: which occurrences. By sendto all is asked of the kernel.
chosen() {
	[ -z "${FAULTS-}" ] && [ "$1 $2" != 'reconcile sendto' ] || { seq "$3"; return; }
	printf '%s\n' 1 "$3" | sort -nu
}

# fault NAME CALL ACTION NTH
fault() {
	WRONG='' COUNT=$((COUNT + 1))
	: >"$SAID"
	"$1_before"
	at_call "$2" "$3:when=$4" -D
	"$1_run" "${AT_CALL[@]}"
	"$1_judge"
	[ "$(strangers)" = "$STRANGERS" ] || WRONG+=" a stranger's row was touched;"
	[ -z "$WRONG" ] || BAD+="$2 $3 $4:$WRONG ended with $STATUS, said: $(<"$SAID")"$'\n'
}

# fault_call NAME CALL MOST: without FAULTS, the error goes round.
fault_call() {
	local nth error

	BAD='' COUNT=0
	for nth in $(chosen "$@"); do
		for error in "${ERRORS[@]}"; do
			[ -n "${FAULTS-}" ] || [ "$error" = "${ERRORS[(nth + ${#2}) % ${#ERRORS[@]}]}" ] || continue
			fault "$1" "$2" "error=$error" "$nth"
		done
		[ -z "${FAULTS-}" ] && [ "$nth" != 1 ] || fault "$1" "$2" signal=KILL "$nth"
	done
	ERR=$BAD
	check "$1: $2 fails or kills, $COUNT ways: no false 0, no hang, healed" [ -z "$BAD" ]
}

faults() {
	local call most

	while read -r call most <&"$calls"; do
		[[ ${FAULTS:-1} = 1 || " $FAULTS " = *" $call "* ]] || continue
		fault_call "$1" "$call" "$most"
	done {calls}< <(calls_of "$1")
}
