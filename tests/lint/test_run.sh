#!/bin/bash
# test_run.sh - tests/run side by side: its order, its counts, its limits and its end, on a small tree.
# SPDX-License-Identifier: MIT
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
unset MAKEFLAGS CI TIMES TEST_TIME JOBS
tree=$(mktemp -d)
export tree
trap 'rm -rf "$tree"' EXIT

# program PATH: standard input after the line that names the shell.
program() {
	mkdir -p "$(dirname "$tree/$1")"
	{ echo '#!/bin/bash' && cat; } >"$tree/$1"
	chmod 755 "$tree/$1"
}

# clean: a tree whose build makes a program of each source, and has no program yet.
clean() {
	rm -rf "$tree"
	mkdir -p "$tree/tests/unit"
	cp tests/run "$tree/tests/"
	mkfifo "$tree/never"
	printf '%s\n' 'all:' '	@mkdir -p build && touch build/croute' 'units:' \
		'	@mkdir -p build/$(VARIANT)/tests/unit' \
		'	@for file in tests/unit/*.c; do cp $$file build/$(VARIANT)/$${file%.c} || exit; done' \
		'	@! grep -q broken tests/unit/*.c' >"$tree/Makefile"
}

# pause: 20 ms, by waiting for input that never comes.
pause() { read -r -t 0.02 <>"$tree/never" || true; }

# ran SUITE...: OUT is what it said, STATUS how it ended.
ran() {
	OUT=$("$tree/tests/run" "$@" 2>&1)
	STATUS=$?
}

check() {
	local sentence=$1 condition
	shift
	for condition in "$@"; do
		eval "$condition" || {
			printf '%s\nnot ok - %s: %s\n' "$OUT" "$sentence" "$condition"
			return
		}
	done
	printf 'ok - %s\n' "$sentence"
}
last_line() { [ "$(tail -n 1 <<<"$OUT")" = "$1" ]; }
exits() { [ "$STATUS" = "$1" ]; }
# in_order WORD...: the beginnings of these lines stand in that order.
in_order() { [ "$(grep -oE "^($(IFS='|' && echo "$*"))" <<<"$OUT" | xargs)" = "$*" ]; }

clean
program tests/netns/test_a.sh <<<'until [ -e "$tree/b" ]; do read -r -t 0.02 <>"$tree/never"; done; echo "ok - a"'
program tests/netns/test_b.sh <<<'touch "$tree/b"; echo "ok - b"; echo "skip - c"; echo "ok - d # skip"'
program tests/netns/test_c.sh <<<'echo "skip - all"; exit 77'
ran netns
check 'programs run side by side, and are told in order' 'exits 0' 'in_order build test_a test_b test_c'
check 'what passed and what was skipped is counted' 'last_line "3 passed, 0 failed, 3 skipped"'
TIMES=1 ran netns
check 'TIMES=1 tells what they cost, before the counts' 'grep -q " s of CPU  test_a" <<<"$OUT"' \
	'last_line "3 passed, 0 failed, 3 skipped"'

clean
program tests/cli/test_a.sh <<<'echo "ok - a"; echo "not ok - b"; echo "why b"'
program tests/cli/test_b.sh <<<'echo "ok - a"; exit 3'
program tests/cli/test_c.sh <<<'true'
ran cli
check 'failures are shown with all that was said, and counted' 'exits 1' 'last_line "3 passed, 3 failed"' \
	'grep -q "^    why b" <<<"$OUT"' 'grep -q "test_b.sh ended with 3 after 1 tests" <<<"$OUT"' \
	'grep -q "test_c.sh ended with 0 after 0 tests" <<<"$OUT"'

clean
program tests/cli/test_a.sh <<<'tail -f /dev/null & echo $! >"$tree/child"; wait'
TEST_TIME=1 ran cli
gone() { while kill -0 "$(cat "$tree/child")" 2>/dev/null; do pause; done; }
check 'what does not end is ended, with its children' 'exits 1' 'last_line "1 passed, 1 failed"' \
	'grep -q "not over in 1 s" <<<"$OUT"' gone

rm "$tree/child"
"$tree/tests/run" cli >"$tree/out" 2>&1 &
until [ -s "$tree/child" ]; do pause; done
kill -TERM $!
wait $!
STATUS=$? OUT=$(cat "$tree/out")
check 'a signal ends all of it' 'exits 130' gone

clean
printf '#!/bin/bash\necho "ok - a"\n' >"$tree/tests/unit/test_a.c"
printf 'broken\n' >"$tree/tests/unit/test_b.c"
chmod 755 "$tree/tests/unit/test_a.c"
ran unit
check 'a unit that does not compile hides no other' 'exits 1' 'last_line "1 passed, 1 failed"' \
	'in_order "build of tests/unit" test_a'

sed -i 's/^all:/all: missing/' "$tree/Makefile"
program tests/netns/test_a.sh <<<'echo "ok - a"'
ran netns
check 'without a build nothing is tested' 'exits 1' 'last_line "0 passed, 1 failed"'
ran nothing
check 'no suite of that name' 'exits 64'

# --- check-all, of targets that end in each way ---------------------------------------------------
clean
cp tests/check-all "$tree/tests/"
target() { printf '%s:\n\t@printf "%%s\\n" %s; exit %s\n' "$1" "$3" "$2" >>"$tree/Makefile"; }
target check 1 "'test_a.sh   1 passed   1 failed' '    not ok - a: b' '1 passed, 1 failed'"
target check-kernels 0 "'    skip - c: no qemu' '0 passed, 0 failed, 1 skipped'"
target check-arch 0 "'    skip - d: no arm64' '2 passed, 0 failed, 1 skipped'"
target check-cluster 77 "'skip - no mirror'"
target torture 0 "'ok - e' '# test_torture: 1 ok, 0 not ok, 1 s'"
target faults 137 "'skip - one of them' 'ok - f'"
target upgrade 77 "'not ok - g' 'skip - another'"
target fuzz 0 "'    covers a.c: 95 % of lines' '    covers b.c: 85 % of lines, under 90 %' '2 passed, 0 failed'"
target bench 1 "'| apply | 3 ms | **MISSED** |'"
OUT=$("$tree/tests/check-all" check{,-kernels,-arch,-cluster} torture faults upgrade fuzz bench missing 2>&1 </dev/null)
STATUS=$?
table=$(sed -n '/^$/,$p' <<<"$OUT" | sed -E 's/ +[0-9]+ s / /')
# row NAME VERDICT LINE: what the table says of a target; one of its lines has LINE.
row() {
	local rows

	rows=$(awk -v name="$1" '/^[^ ]/ { here = $1 == name } here' <<<"$table")
	grep -qE "^$1 +$2 " <<<"$rows" && grep -qF -- "$3" <<<"$rows"
}
check 'check-all: what fell short is named, and is its exit code' 'exits 1' 'row check "fell short" "    not ok - a: b"' \
	'row faults "fell short" "Error 137"' 'row upgrade "fell short" "not ok - g"' \
	'row bench "fell short" MISSED' 'row missing "fell short" "No rule"'
check 'what was skipped, and why' 'row check-kernels skipped "skip - c: no qemu"' 'row check-cluster skipped "no mirror"'
check 'what held, and what of it was not tried' 'row torture held "test_torture: 1 ok"' \
	'row check-arch held "skip - d: no arm64"' 'row fuzz held "b.c: 85 %"' '! grep -q a.c: <<<"$table"'
OUT=$("$tree/tests/check-all" torture check-cluster 2>&1)
STATUS=$?
check 'what is skipped is no failure' 'exits 0'

printf 'slow:\n\t@echo "not ok - h"; cat $$tree/never\n' >>"$tree/Makefile"
exec 9<>"$tree/never"
"$tree/tests/check-all" torture slow >"$tree/out" 2>&1 9>&- &
until grep -qs 'not ok - h' "$tree/out"; do pause; done
kill -TERM $!
exec 9>&-
while kill -0 $! 2>/dev/null; do pause; done # a writer comes and goes, for a cat that came too late for 9
wait $!
STATUS=$? table=$(sed -n '/^$/,$p' "$tree/out" | sed -E 's/ +[0-9]+ s / /')
check 'a signal ends it with the table so far' 'exits 143' 'row torture held "1 ok"' 'row slow ended "not ok - h"'
