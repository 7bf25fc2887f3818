#!/bin/bash
# gate_binary.sh - build/croute is one static, hardened file of at most 2.5 MiB.
# SPDX-License-Identifier: MIT
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
most=2621440
make --no-print-directory -s all >&2 || exit 1
status=0

bad() {
	printf 'build/croute: %s\n' "$1"
	status=1
}

size=$(stat -c %s build/croute)
[ "$size" -le "${BINARY_MOST:-$most}" ] || bad "$size bytes; ${BINARY_MOST:-$most} are the most"
headers=$(readelf -hldW build/croute)
grep -q 'Type: *DYN' <<<"$headers" || bad "is not position independent"
grep -q INTERP <<<"$headers" && bad "is not static"
grep -q GNU_RELRO <<<"$headers" || bad "has no relro"
grep -qE 'GNU_STACK .* RWE' <<<"$headers" && bad "has an executable stack"
grep -q BIND_NOW <<<"$headers" || grep -q 'FLAGS.*NOW' <<<"$headers" || bad "binds lazily"
printf '%s bytes of %s\n' "$size" "$most"
exit $status
