#!/bin/bash
# test_gates.sh - shows every gate green on a small clean tree, and red on each thing it forbids.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
unset MAKEFLAGS CI WERROR

# A tree with one file in each layer.
make_tree() {
	local layer own
	cp -r Makefile .clang-format .clang-tidy "$tree"
	mkdir -p "$tree/tests" "$tree/packaging/man"
	cp -r tests/lint "$tree/tests"
	for layer in base:one model:two core:three edge:four edge:netlink; do
		own=${layer#*:} layer=${layer%:*}
		mkdir -p "$tree/src/$layer" "$tree/include/croute/$layer"
		cat >"$tree/include/croute/$layer/$own.h" <<-END
			/* $own.h - a header for the gates. */
			#ifndef CROUTE_${own^^}_H
			#define CROUTE_${own^^}_H

			int ${own}_add(int number);

			#endif
		END
		cat >"$tree/src/$layer/$own.c" <<-END
			/* $own.c - a file for the gates. */
			#include "croute/$layer/$own.h"

			int ${own}_add(int number)
			{
			$(printf '\t')return number + 1;
			}
		END
	done
	mkdir -p "$tree/src/app"
	printf '%s\n' '/* main.c - a program for the gates. */' '#include "croute/core/three.h"' '' \
		'int main(void)' '{' '	return three_add(1);' '}' >"$tree/src/app/main.c"
	printf '.Dd January 1, 2026\n.Dt X 8\n.Os\n.Sh NAME\n.Nm x\n.Nd a page\n' >"$tree/packaging/man/x.8"
}

# green GATE: the gate has nothing to say.
green() {
	local out
	if out=$("$tree/tests/lint/gate_$1.sh" 2>&1); then
		printf 'ok - %s is green on a clean tree\n' "$1"
	else
		printf '%s\nnot ok - %s is green on a clean tree\n' "$out" "$1"
	fi
}

# red GATE PATTERN FILE: standard input is put at the end of FILE; the gate must fail and its words
# fit PATTERN. FILE is then as it was.
red() {
	local gate=$1 pattern=$2 file=$tree/$3 out status
	mkdir -p "$(dirname "$file")"
	[ ! -f "$file" ] || cp -p "$file" "$tree/saved"
	cat >>"$file"
	out=$("$tree/tests/lint/gate_$gate.sh" 2>&1)
	status=$?
	if [ $status != 0 ] && grep -qE -e "$pattern" <<<"$out"; then
		printf 'ok - %s turns red: %s\n' "$gate" "$pattern"
	else
		printf '%s\nnot ok - %s turns red (%s): %s\n' "$out" "$gate" "$status" "$pattern"
	fi
	rm "$file"
	[ ! -f "$tree/saved" ] || { mv "$tree/saved" "$file" && touch "$file"; }
}

header() { printf '/* %s - planted. */\n' "$1"; }

make_tree
for gate in tests/lint/gate_*.sh; do
	gate=${gate##*/gate_}
	green "${gate%.sh}"
done

red layers 'base may not include' src/base/one.c <<<'#include "croute/model/two.h"'
red layers 'model may not include' src/model/two.c <<<'#include "croute/core/three.h"'
red layers 'core may not include' src/core/three.c <<<'#include "croute/edge/four.h"'
red layers 'edge may not include' include/croute/edge/four.h <<<'#include "croute/core/three.h"'
red layers 'edge may not include another' src/edge/netlink.c <<<'#include "croute/edge/four.h"'
red layers 'has no header' src/core/five.c <<<"$(header five.c)"
red layers 'is no layer' src/extra/five.c <<<"$(header five.c)"
red layers 'quotes are for' src/core/three.c <<<'#include "../edge/four.h"'
red layers 'not its first include' src/edge/five.c < <(
	cp "$tree/include/croute/edge/four.h" "$tree/include/croute/edge/five.h"
	printf '#include <stdio.h>\n#include "croute/edge/five.h"\n'
)
rm "$tree/include/croute/edge/five.h"

red pure 'base/one: not pure: calls time' src/base/one.c <<<'
#include <time.h>
long one_now(void);
long one_now(void) { return time(0); }'
red pure 'core/three: not pure: calls getenv' src/core/three.c <<<'
#include <stdlib.h>
char *three_home(void);
char *three_home(void) { return getenv("HOME"); }'
red pure 'model/two: not pure: calls mmap' src/model/two.c <<<'
#include <sys/mman.h>
void *two_map(void);
void *two_map(void) { return mmap(0, 1, 0, 0, -1, 0); }'
red pure 'can be written: count' src/core/three.c <<<'
static int count;
int three_count(void);
int three_count(void) { return ++count; }'
red pure 'can be written: level' src/core/three.c <<<'
int level = 1;'

red names 'add does not begin with three' src/core/three.c <<<'
int add(void);
int add(void) { return 0; }'
red names 'names nothing' src/core/string_utils.h <<<''
red names 'typedefs are for function types' include/croute/base/one.h <<<'typedef struct one one_t;'
red names 'typedefs are for function types' include/croute/base/one.h <<<'typedef unsigned one_t;'

red headers 'uint8_t' include/croute/base/one.h <<<'uint8_t one_byte(void);'
red sizes '400 are the most' src/base/one.c < <(yes '' | head -n 400)

for call in 'strcpy(a, b)' 'strcat(a, b)' 'sprintf(a, b)' 'atoi(a)' 'sleep(1)' 'usleep(1)' 'alloca(1)'; do
	red words 'has no place here' src/base/one.c <<<"static void f(void) { $call; }"
done
red words 'goto' src/base/one.c <<<'static void f(void) { goto out; out:; }'
red words 'exit outside' src/base/one.c <<<'static void f(void) { exit(1); }'
red words 'bare free' src/base/one.c <<<'static void f(void *p) { free(p); }'
red words 'unfinished' src/base/one.c <<<"/* TO""DO: more */"
red words 'first line' src/base/five.h <<<'#define ONE 1'
red words 'second line' tests/extra/five.sh <<<'#!/bin/bash'

red text "somebody's machine" README.md <<<"see /ho""me/me/notes"
red text 'unknown host' README.md <<<"see ht""tp://registry.intra.lan/x"
red format 'clang-format' src/base/one.c <<<'int  f( void );'

red tidy 'function-size' src/base/one.c < <(
	printf 'int one_long(int n);\n\nint one_long(int n)\n{\n'
	yes '	n += n;' | head -n 51
	printf '	return n;\n}\n'
)
red tidy 'function-size' src/base/one.c <<<'
int one_many(int a, int b, int c, int d, int e, int f);
int one_many(int a, int b, int c, int d, int e, int f) { return a + b + c + d + e + f; }'
red tidy 'function-size' src/base/one.c <<<'
int one_deep(int a);
int one_deep(int a)
{
	if (a > 1) {
		while (a < 9) {
			if (a == 3) {
				if (a > 2) {
					a++;
				}
			}
			a++;
		}
	}
	return a;
}'
red tidy 'cloexec' src/base/one.c <<<'
#include <fcntl.h>
int one_open(void);
int one_open(void) { return open("/dev/null", O_RDONLY); }'
red cppcheck 'arrayIndexOutOfBounds' src/base/one.c <<<'
int one_bad(void);
int one_bad(void) { int x[2] = {0}; return x[2]; }'
red analyzer 'analyzer-double-free' src/base/one.c <<<'
#include <stdlib.h>
void one_twice(void *p);
void one_twice(void *p) { free(p); free(p); }'
# shellcheck disable=SC2016 # to be planted as it stands
red shell SC2086 tests/lint/five.sh < <(printf '#!/bin/bash\n# five.sh - planted\nls $1\n')
red man 'warning|error|WARNING|ERROR' packaging/man/x.8 <<<'.Xy'
BINARY_MOST=1000 red binary 'are the most' README.md <<<''
