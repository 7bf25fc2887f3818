#!/bin/bash
# fuzz.sh - runs one fuzzer for FUZZ_TIME seconds.
# usage: tests/fuzz/fuzz.sh NAME
# Besides its corpus it begins with what its source names after "seeds:".
# SPDX-License-Identifier: MIT
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
name=$1
read -ra seeds < <(sed -n 's|^/\* seeds: \(.*\) \*/$|\1|p' "tests/fuzz/fuzz_$name.c")

mkdir -p "build/corpus/$name" build/profile
LLVM_PROFILE_FILE=build/profile/$name build/fuzz/tests/fuzz/fuzz_"$name" -max_total_time="${FUZZ_TIME:-60}" \
	-error_exitcode=1 -close_fd_mask=1 -artifact_prefix=build/ "build/corpus/$name" "tests/fuzz/corpus/$name" \
	"${seeds[@]}"
