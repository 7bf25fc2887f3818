#!/bin/bash
# gate_words.sh - calls that have no place here, unfinished work, and first lines that say nothing.
# SPDX-License-Identifier: MIT
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
status=0

bad() {
	printf '%s: %s\n' "$1" "$2"
	status=1
}

code=$(mktemp)
trap 'rm -f "$code"' EXIT

# The code of all files without comments, each line behind the name of its file.
while read -r file; do
	gcc -fpreprocessed -dD -E "$file" 2>/dev/null | sed "/^# /d; s|^|$file:|"
	IFS= read -r line <"$file"
	[[ $line == "/* ${file##*/} - "?*". */" ]] ||
		bad "$file" "its first line does not read /* ${file##*/} - what it is. */" >&3
done < <(find src include tests -name '*.[ch]') 3>&1 >"$code"

# forbid PATTERN WHY [FILES]: the first such line of each file; a name is followed by a colon.
forbid() {
	while IFS=: read -r file line; do
		bad "$file" "$2: ${line#"${line%%[![:space:]]*}"}"
	done < <(grep -E "^(${3-[^:]*}):(.*[^a-zA-Z0-9_])?($1)" "$code" | awk -F: '!seen[$1]++')
}

calls='(strcpy|stpcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atoll|sleep|usleep'
calls+='|nanosleep|alloca|system|popen|setjmp|longjmp)[[:space:]]*\('
forbid "$calls" 'a call that has no place here'
forbid 'goto[[:space:]]' 'goto'
# Memory is freed by arenas and by the functions that cleanup attributes name.
while IFS=: read -r file name; do
	bad "$file" "bare free in $name"
done < <(awk -F: '
	$1 !~ /^src\// { next }
	{ line = substr($0, length($1) + 2) }
	line ~ /^[a-z].*\(/ { name = line; sub(/\(.*/, "", name) }
	line ~ /(^|[^a-z_0-9])free[ ]*\(/ && name !~ /(cleanup|free|release|close|destroy)[a-z_]*$/ { print $1 ":" name }' "$code")
sed -i '/^src\/app\/cmd\/main\.c:/d' "$code"
forbid '(exit|_exit|_Exit|quick_exit)[[:space:]]*\(' 'exit outside main.c' 'src/[^:]*'
for file in tests/*/*.sh tests/run packaging/build-deps; do
	[ ! -f "$file" ] || [[ $(sed -n 2p "$file") == "# ${file##*/} - "* ]] ||
		bad "$file" "its second line does not read # $(basename "$file") - what it is"
done
# Under pipefail the writer's end by SIGPIPE counts: grep ... >/dev/null reads all.
while read -r file; do
	bad "$file" 'a pipe into grep -q, or a sleep'
done < <(grep -rIlPz '[^|]\|\s*grep (-\w+ )*-\w*[qm]|(\n|[;&({]|do|then)\s*sleep [0-9]' tests packaging --exclude='*.md')
while read -r line; do
	bad "${line%%:*}" "unfinished: ${line#*:}"
done < <(grep -rIwE 'T[O]DO|F[I]XME|X[X]X|HA[C]K' src include tests packaging examples Makefile 2>/dev/null)
exit $status
