#!/bin/bash
# gate_words.sh - calls that have no place here, unfinished work, and first lines that say nothing.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
status=0

bad() {
	printf '%s: %s\n' "$1" "$2"
	status=1
}

# The code of a file without its comments.
code() { gcc -fpreprocessed -dD -E "$1" 2>/dev/null | grep -v '^# '; }

forbid() {
	local file=$1 found
	found=$(code "$file" | grep -nE "$2")
	[ -z "$found" ] || bad "$file" "$3: $(head -n 1 <<<"$found" | sed 's/^[0-9]*:[[:space:]]*//')"
}

# Memory is freed by arenas and by the functions that cleanup attributes name.
bare_free() {
	code "$1" | awk '
		/^[a-z].*\(/ { name = $0; sub(/\(.*/, "", name) }
		/(^|[^a-z_0-9])free[ ]*\(/ && name !~ /(cleanup|free|release|close|destroy)[a-z_]*$/ { print name }'
}

calls='(^|[^a-zA-Z0-9_])(strcpy|stpcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atoll|sleep|usleep'
calls+='|nanosleep|alloca|system|popen|setjmp|longjmp)[[:space:]]*\('
while read -r file; do
	forbid "$file" "$calls" "a call that has no place here"
	forbid "$file" '(^|[[:space:]])goto[[:space:]]' "goto"
	head -n 1 "$file" | grep -qE "^/\* $(basename "$file") - .+\. \*/$" ||
		bad "$file" "its first line does not read /* $(basename "$file") - what it is. */"
done < <(find src include tests -name '*.[ch]')
while read -r file; do
	[ "$file" = src/app/cmd/main.c ] ||
		forbid "$file" '(^|[^a-zA-Z0-9_])(exit|_exit|_Exit|quick_exit)[[:space:]]*\(' "exit outside main.c"
	found=$(bare_free "$file")
	[ -z "$found" ] || bad "$file" "bare free in $found"
done < <(find src -name '*.[ch]')
for file in tests/*/*.sh tests/run packaging/build-deps; do
	[ ! -f "$file" ] || sed -n 2p "$file" | grep -q "^# $(basename "$file") - " ||
		bad "$file" "its second line does not read # $(basename "$file") - what it is"
done
while read -r line; do
	bad "${line%%:*}" "unfinished: ${line#*:}"
done < <(grep -rIwE 'T[O]DO|F[I]XME|X[X]X|HA[C]K' src include tests packaging examples Makefile 2>/dev/null)
exit $status
