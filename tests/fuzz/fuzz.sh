#!/bin/bash
# fuzz.sh - runs one fuzzer for FUZZ_TIME seconds, and says how many lines of its parsers it reached.
# usage: tests/fuzz/fuzz.sh NAME
# What a fuzzer is for stands in its source, after "covers:"; under 90 % of the lines, by what it found
# and its seeds, is named.
# SPDX-License-Identifier: MIT
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
name=$1 program=build/fuzz/tests/fuzz/fuzz_$1 profile=build/fuzz/$1.profraw
tool() { compgen -c "$1" | grep -xE "$1(-[0-9]+)?" | sort -V | tail -n 1; }
profdata=$(tool llvm-profdata) cov=$(tool llvm-cov)

mkdir -p "build/corpus/$name"
LLVM_PROFILE_FILE=$profile "$program" -max_total_time="${FUZZ_TIME:-60}" -error_exitcode=1 -close_fd_mask=1 \
	-artifact_prefix=build/ "build/corpus/$name" "tests/fuzz/corpus/$name" || exit
read -ra files < <(sed -n 's|^/\* covers: \(.*\) \*/$|\1|p' "tests/fuzz/fuzz_$name.c")
[ ${#files[@]} -gt 0 ] || exit 0
[ -n "$profdata" ] && [ -n "$cov" ] || { echo '# coverage: no llvm-cov here' && exit 0; }
"$profdata" merge -o "${profile%raw}data" "$profile" &&
	"$cov" export -summary-only -instr-profile="${profile%raw}data" "$program" "${files[@]}" |
	jq -r --arg here "$PWD/" '.data[0].files[] | [(.filename | ltrimstr($here)), .summary.lines.percent] |
		"# covers \(.[0]): \(.[1] | floor) % of lines\(if .[1] < 90 then ", under 90 %" else "" end)"'
