#!/bin/bash
# broken.sh - torture catches a croute that is broken: with each fault below, put into a copy of the
# tree, one of the seeds fails in the expected words; without a fault all of them pass.
#
# usage: broken.sh; SEEDS="1 2 3", STEPS=100 as for test_torture.sh.
# SPDX-License-Identifier: MIT
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
export WAIT_SECONDS=${WAIT_SECONDS:-30} # a fault is waited for so long: it is not put right
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
cp -a Makefile src include "$tree"
good=0 bad=0

# said WORD SENTENCE: after a failure, with what torture printed.
said() {
	printf '%s - torture: %s\n' "$1" "$2"
	[ "$1" != ok ] || { good=$((good + 1)) && return; }
	bad=$((bad + 1))
	sed 's/^/    # /' "$tree/log"
}

build() {
	make -s -C "$tree" -j"$(nproc)" build/croute >"$tree/log" 2>&1
}

# seed N: whether it passes.
seed() {
	SEEDS=$1 CROUTE=$tree/build/croute tests/netns/test_torture.sh >"$tree/log" 2>&1
}

# catches WORDS: some seed fails, and says so.
catches() {
	local n

	: >"$tree/log"
	for n in ${SEEDS:-1 2 3}; do
		seed "$n" || break
	done
	grep -F "$1" "$tree/log" >/dev/null
}

# fault SENTENCE WORDS FILE SED: of one line. Where the line is another one now, so must the fault be.
fault() {
	cp -p "$tree/$3" "$tree/whole"
	sed -i "$4" "$tree/$3"
	if [ "$(diff "$tree/whole" "$tree/$3" | grep -c '^<')" != 1 ] || ! build; then
		said 'not ok' "$1: this fault no longer fits into $3; write it anew in $0"
	elif catches "$2"; then
		said ok "$1"
	else
		said 'not ok' "$1"
	fi
	cp -p "$tree/whole" "$tree/$3" && touch "$tree/$3"
}

build || { said 'not ok' 'it builds' && exit 1; }
for n in ${SEEDS:-1 2 3}; do
	seed "$n"
	case $? in
	0) said ok "seed $n passes" ;;
	77) cat "$tree/log" && exit 77 ;;
	*) said 'not ok' "seed $n passes" ;;
	esac
done
fault 'an event is ignored' ': FDB {' src/edge/kernel/watch.c '/case RTM_DELNEIGH:/d'
fault 'an FDB entry is not repaired' ': FDB {' src/app/pass/write.c \
	's/if (change->kind == CHANGE_FDB)/if (change->kind == CHANGE_FDB \&\& change->action == CHANGE_REPLACE) return 0; else &/'
fault "a stranger's route is replaced" "strangers' routes: {" src/edge/kernel/write.c \
	's/NLM_F_CREATE | NLM_F_EXCL/NLM_F_CREATE | NLM_F_REPLACE/'
fault 'a next hop without carrier stays' 'lacks (' src/core/want/desired.c \
	's/return link != NULL && (link->flags & IFF_RUNNING) != 0;/return link != NULL;/'
fault 'a descriptor stays open' 'it grew: ' src/edge/file/open.c '/fd_close(&file_set_at(set, i)->fd);/d'
fault 'memory is kept' 'it grew: ' src/core/config/places.c '/arena_release(&places->nodes);/d'
printf '# broken: %d ok, %d not ok, %d s\n' "$good" "$bad" "$SECONDS"
exit $((bad > 0))
