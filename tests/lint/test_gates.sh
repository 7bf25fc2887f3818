#!/bin/bash
# test_gates.sh - shows every gate green on a small clean tree, and red on each thing it forbids.
# SPDX-License-Identifier: MIT
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
unset MAKEFLAGS CI WERROR
license='SPDX-License-Identifier: MIT'

# unit LAYER/[ROOM/]STEM [CALLS [HEADER]]: a source and its header; private when it begins with ":".
unit() {
	local name=${1#:} calls=${2-} stem header include
	stem=${name##*/}
	header=$tree/include/croute/$name.h include=croute/$name.h
	[ "$name" = "$1" ] || header=$tree/src/$name.h include=$name.h
	mkdir -p "$tree/src/${name%/*}" "${header%/*}"
	cat >"$header" <<-END
		/* $stem.h - a header for the gates. */
		/* $license */
		#pragma once

		int ${stem}_add(int number);
	END
	cat -s >"$tree/src/$name.c" <<-END
		/* $stem.c - a file for the gates. */
		/* $license */
		#include "$include"
		$([ -z "${3-}" ] || printf '\n#include "%s"' "$3")

		int ${stem}_add(int number)
		{
		$(printf '\t')return ${calls:+${calls}_add(}number + 1${calls:+)};
		}
	END
}

# A tree with files in each layer: main calls them all; three has a file of its room beside it.
make_tree() {
	cp -r Makefile .clang-format .clang-tidy .reuse LICENSES "$tree"
	mkdir -p "$tree/tests" "$tree/packaging/man" "$tree/src/app/cmd"
	cp -r tests/lint "$tree/tests"
	rm -f "$tree/tests/lint/house-todo"
	unit base/one
	unit model/two
	unit :core/plan/inner
	unit core/plan/three inner core/plan/inner.h
	unit core/want/other
	unit edge/file/four
	unit app/lookup/five
	{
		printf '/* main.c - a program for the gates. */\n/* %s */\n' "$license"
		printf '#include "croute/%s.h"\n' app/lookup/five base/one core/plan/three core/want/other \
			edge/file/four model/two
		printf '\nint main(void)\n{\n\treturn one_add(two_add(three_add(four_add(five_add(other_add(1))))));\n}\n'
	} >"$tree/src/app/cmd/main.c"
	printf '.\\" %s\n.Dd January 1, 2026\n.Dt X 8\n.Os\n.Sh NAME\n.Nm x\n.Nd a page\n' "$license" >"$tree/packaging/man/x.8"
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
red layers 'model may not include' src/model/two.c <<<'#include "croute/core/plan/three.h"'
red layers 'core may not include' src/core/plan/three.c <<<'#include "croute/edge/file/four.h"'
red layers 'edge may not include' include/croute/edge/file/four.h <<<'#include "croute/core/plan/three.h"'
red layers 'has no header' src/core/plan/six.c <<<"$(header six.c)"
red layers 'is not a layer' src/extra/six.c <<<"$(header six.c)"
red layers 'not stand in a room' src/core/six.h <<<"$(header six.h)"
red layers 'quotes are for' src/core/plan/three.c <<<'#include "../../edge/file/four.h"'
red layers 'not its first include' src/core/plan/inner.c < <(
	sed -i '2i #include <stdio.h>' "$tree/src/core/plan/inner.c"
)

red rooms 'private to core/plan, but included by core/want' src/core/want/other.c \
	<<<'#include "core/plan/inner.h"'
red rooms 'included by its door' include/croute/core/plan/three.h <<<'#include "core/plan/inner.h"'
red rooms 'no other room includes this door' include/croute/core/plan/six.h <<<"$(header six.h)"
red rooms '4 doors for 2 files' src/app/cmd/main.c < <(
	for name in six seven eight; do
		header $name.h >"$tree/include/croute/core/plan/$name.h"
		printf '#include "croute/core/plan/%s.h"\n' $name
	done
)
rm "$tree"/include/croute/core/plan/{six,seven,eight}.h
for number in {1..11}; do header "$number.c" >"$tree/src/core/plan/$number.c"; done
red rooms '13 files in a room' README.md <<<''
rm "$tree"/src/core/plan/[0-9]*.c
red rooms 'no longer needed' tests/lint/house-todo <<<'rooms src/core/plan'

red circles 'a circle of files, by include: core/plan/inner -> core/plan/three' src/core/plan/inner.h \
	<<<'#include "croute/core/plan/three.h"'
red circles 'a circle of files, by call: core/plan/inner -> core/plan/three' src/core/plan/inner.c <<<'
int three_add(int number);
int inner_back(void);
int inner_back(void) { return three_add(1); }'
circle() { printf '#include "croute/core/%s.h"\n' want/other && echo 'int three_other(void) { return other_add(1); }'; }
printf '#include "croute/core/plan/three.h"\n' >>"$tree/include/croute/core/want/other.h"
red circles 'a circle of rooms, by include: core/plan -> core/want' src/core/plan/inner.c < <(circle)
sed -i '$d' "$tree/include/croute/core/want/other.h"
cp -p "$tree/src/core/want/other.c" "$tree/kept"
printf 'int three_add(int number);\nint other_back(void);\nint other_back(void) { return three_add(1); }\n' \
	>>"$tree/src/core/want/other.c"
red circles 'a circle of rooms, by call: core/plan -> core/want' src/core/plan/inner.c < <(circle)
mv "$tree/kept" "$tree/src/core/want/other.c" && touch "$tree/src/core/want/other.c"

red exports 'no other file of src uses inner_alone' src/core/plan/inner.c <<<'
int inner_alone(void);
int inner_alone(void) { return 1; }'

red pure 'base/one: not pure: calls time' src/base/one.c <<<'
#include <time.h>
long one_now(void);
long one_now(void) { return time(0); }'
red pure 'core/plan/three: not pure: calls getenv' src/core/plan/three.c <<<'
#include <stdlib.h>
char *three_home(void);
char *three_home(void) { return getenv("HOME"); }'
red pure 'core/plan/inner: not pure: calls four_add' src/core/plan/inner.c <<<'
int four_add(int number);
int inner_four(void);
int inner_four(void) { return four_add(1); }'
red pure 'app/lookup/five: not pure: calls getenv' src/app/lookup/five.c <<<'
#include <stdlib.h>
char *five_home(void);
char *five_home(void) { return getenv("HOME"); }'
red pure 'model/two: not pure: calls mmap' src/model/two.c <<<'
#include <sys/mman.h>
void *two_map(void);
void *two_map(void) { return mmap(0, 1, 0, 0, -1, 0); }'
red pure 'can be written: count' src/core/plan/three.c <<<'
static int count;
int three_count(void);
int three_count(void) { return ++count; }'
red pure 'can be written: level' src/core/plan/three.c <<<'
int level = 1;'

red names 'add does not begin with plan or three' src/core/plan/three.c <<<'
int add(void);
int add(void) { return 0; }'
red names 'names nothing' src/core/plan/string_utils.h <<<''
red names 'typedefs are for function types' include/croute/base/one.h <<<'typedef struct one one_t;'
red names 'typedefs are for function types' include/croute/base/one.h <<<'typedef unsigned one_t;'

red headers 'uint8_t' include/croute/base/one.h <<<'uint8_t one_byte(void);'
red sizes '600 are the most' src/base/one.c < <(yes '' | head -n 600)

for call in 'strcpy(a, b)' 'strcat(a, b)' 'sprintf(a, b)' 'atoi(a)' 'sleep(1)' 'usleep(1)' 'alloca(1)'; do
	red words 'has no place here' src/base/one.c <<<"static void f(void) { $call; }"
done
red words 'goto' src/base/one.c <<<'static void f(void) { goto out; out:; }'
red words 'exit outside' src/base/one.c <<<'static void f(void) { exit(1); }'
red words 'bare free' src/base/one.c <<<'static void f(void *p) { free(p); }'
red words 'unfinished' src/base/one.c <<<"/* TO""DO: more */"
red words 'first line' src/base/five.h <<<'#define ONE 1'
red words 'second line' tests/extra/five.sh <<<'#!/bin/bash'

red words 'grep -q' tests/lint/five.sh < <(printf '#!/bin/bash\n# five.sh - x\ntrue |\n\t%s -iq x\n' grep)
red words 'a sleep' tests/lint/five.sh <<<$'#!/bin/bash\n# five.sh - x\nuntil false; do sl\x65ep 1; done'

red licenses 'names no license' src/base/five.h <<<"$(header five.h)"
red licenses 'names no license' tests/extra/five.sh <<<'#!/bin/bash'

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
