#!/bin/bash
# strace.sh - programs that are held up, or end, at a system call of the test's choice, on any machine.
# SPDX-License-Identifier: MIT

# strace_works: it is there, and may trace.
strace_works() {
	command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null
}

# at_call CALLS ACTION [OPTION...]: AT_CALL are the words before a command that do that to it, as
# strace's inject has it: `sendto signal=KILL:when=9`. Under a tracer no leaks can be looked for. With
# -D the tracer has 3 s to attach, which is little on a busy machine: strace's SIGALRM is ignored.
at_call() {
	# shellcheck disable=SC2034 # for the tests
	AT_CALL=(env --ignore-signal=ALRM "ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0" strace -o /dev/null -e "trace=$1"
		-e "inject=$1:$2" "${@:3}")
}
