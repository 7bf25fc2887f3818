#!/bin/bash
# gate_names.sh - module_verb_noun: what a file exports begins with its stem, its room (edge/kernel/read.c:
# kernel_) or a struct of its header; files are named for one thing; typedefs are for function types.
# SPDX-License-Identifier: MIT
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
status=0
tests/lint/house.py names || status=1
while read -r file; do
	printf '%s: names nothing: what is it?\n' "$file"
	status=1
done < <(find src include tests packaging examples -type f 2>/dev/null |
	grep -iE '/[^/]*(util|common|misc|helper|manager)[^/]*$')
exit $status
