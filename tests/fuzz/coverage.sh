#!/bin/bash
# coverage.sh - how many lines of each parser the fuzzers reached, together; under 90 % is named.
#
# Which parsers those are stands in the sources of the fuzzers, after "covers:". A parser is what makes
# values of bytes that others write: files, options, requests, answers of the kernel and of hosts.
# With them stand the page for people, which must tame what it shows, and the verdicts of lookup, which
# every row of the kernel reaches. Not among them: doctor's checks and the pass, which judge values;
# libyaml and jansson, which are not croute's; what reads the kernel's own text of this one process
# (src/edge/host/processes.c, self.c); filters of events, which only say "look again".
# SPDX-License-Identifier: MIT
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
tool() { compgen -c "$1" | grep -xE "$1(-[0-9]+)?" | sort -V | tail -n 1; }
profdata=$(tool llvm-profdata) cov=$(tool llvm-cov)

[ -n "$profdata" ] && [ -n "$cov" ] || { echo 'skip - no llvm-cov here' && exit 77; }
read -ra files < <(sed -n 's|^/\* covers: \(.*\) \*/$|\1|p' tests/fuzz/fuzz_*.c | tr ' ' '\n' | sort -u | paste -sd ' ')
objects=()
for profile in build/profile/*; do
	[ -e "tests/fuzz/fuzz_${profile##*/}.c" ] || { rm "$profile" && continue; } # of a fuzzer that went
	objects+=(-object "build/fuzz/tests/fuzz/fuzz_${profile##*/}")
done
"$profdata" merge -o build/fuzz/profile build/profile/* &&
	"$cov" export -summary-only -instr-profile=build/fuzz/profile "${objects[@]:1}" "${files[@]}" |
	jq -r --arg here "$PWD/" '.data[0].files[] | [(.filename | ltrimstr($here)), .summary.lines.percent] |
		"# covers \(.[0]): \(.[1] | floor) % of lines\(if .[1] < 90 then ", under 90 %" else "" end)"'
