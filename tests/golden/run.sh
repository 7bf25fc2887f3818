#!/bin/bash
# run.sh - runs croute in every case directory and compares what it says, byte by byte.
# A case holds `cmd` (croute's arguments, one line, quoted as for a shell; the directory is the
# working directory), `stdout`, and where needed `stderr` and `exit` (else 0).
# CROUTE is the binary, UPDATE=1 writes what comes out instead; arguments name cases, else all.
# SPDX-License-Identifier: MIT
set -uo pipefail
CROUTE=$(realpath "${CROUTE:-build/croute}")
cd "$(dirname "$0")" || exit 1
unset NODE_NAME CROUTE_CONFIG NOTIFY_SOCKET
export LC_ALL=C.UTF-8 TZ=UTC NO_COLOR=1
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# Run the case of this directory; what it says goes to $out.
perform() {
	local arguments
	eval "arguments=($(cat cmd))"
	timeout 300 "$CROUTE" "${arguments[@]}" >"$out/stdout" 2>"$out/stderr" </dev/null
	echo $? >"$out/exit"
	sed -i '/^stages: /d' "$out/stderr" # times, which -v tells
}

# Make the case's files what came out; a file that says nothing is left away.
update() {
	cp "$out/stdout" "$out/stderr" "$out/exit" .
	[ -s stdout ] || rm stdout
	[ -s stderr ] || rm stderr
	[ "$(cat exit)" != 0 ] || rm exit
}

# A missing file means: says nothing, ends with 0.
matches() {
	local file status=0
	[ -f exit ] || echo 0 >"$out/want_exit"
	for file in exit stdout stderr; do
		touch "$out/want_$file"
		[ ! -f "$file" ] || cp "$file" "$out/want_$file"
		diff -u --label "$file, wanted" --label "$file" "$out/want_$file" "$out/$file" || status=1
	done
	return $status
}

check() {
	local name=$1
	rm -f "$out"/*
	perform
	[ -z "${UPDATE-}" ] || update
	if matches; then printf 'ok - %s\n' "$name"; else printf 'not ok - %s\n' "$name"; fi
}

for case in "${@:-*}"; do
	for directory in $case; do
		[ -f "$directory/cmd" ] || continue
		cd "$directory" || exit 1
		check "$directory"
		cd ..
	done
done
# Every file of examples/ is one that croute accepts.
for file in ../../examples/*.yaml; do
	[ -f "$file" ] || continue
	[ $# = 0 ] || continue
	if "$CROUTE" validate "$file" >"$out/log" 2>&1; then
		printf 'ok - accepts examples/%s\n' "${file##*/}"
	else
		cat "$out/log"
		printf 'not ok - accepts examples/%s\n' "${file##*/}"
	fi
done
