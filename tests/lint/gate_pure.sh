#!/bin/bash
# gate_pure.sh - base, model and core touch nothing outside: their objects ask only for the symbols
# of pure-symbols, and hold nothing that can be written.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
make --no-print-directory -s pure >&2 || exit 1
status=0
own=$(mktemp)
allowed=$(mktemp)
trap 'rm -f "$own" "$allowed"' EXIT
mapfile -t objects < <(
	for source in src/{base,model,core}/*.c; do
		[ ! -f "$source" ] || printf 'build/release/%s.o\n' "${source%.c}"
	done
)
nm --defined-only -g "${objects[@]}" | awk 'NF == 3 { print $3 }' >"$own"

for object in "${objects[@]}"; do
	stem=$(basename "$(dirname "$object")")/$(basename "$object" .o)
	awk -v stem="$stem" '!/^#/ && (NF == 1 || $2 == stem) { print $1 }' tests/lint/pure-symbols >"$allowed"
	foreign=$(nm -u "$object" | awk '{ print $2 }' | grep -vxFf "$own" | grep -vxEf "$allowed")
	[ -z "$foreign" ] || {
		printf '%s: not pure: calls %s\n' "$stem" "$(tr '\n' ' ' <<<"$foreign")"
		status=1
	}
	# What is constant but holds addresses stands in .data.rel.ro.
	written=$(objdump -t "$object" | awk 'NF > 4 && $(NF - 2) ~ /^(\.data|\.bss|\.tdata|\.tbss|\*COM\*)/ &&
		$(NF - 2) !~ /^\.data\.rel\.ro/ && $0 ~ / O / { print $NF }')
	[ -z "$written" ] || {
		printf '%s: not pure: holds what can be written: %s\n' "$stem" "$(tr '\n' ' ' <<<"$written")"
		status=1
	}
done
exit $status
