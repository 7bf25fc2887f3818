#!/bin/bash
# gate_names.sh - module_verb_noun: what a file offers begins with its stem, the stem's family
# (kernel_read.c: kernel_) or a struct of its header; files are named for one thing; typedefs are for function types.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
make --no-print-directory -s objects >&2 || exit 1
status=0

bad() {
	printf '%s: %s\n' "$1" "$2"
	status=1
}

# The beginnings that the names of a file's functions may have.
beginnings() {
	local header
	header=include/croute/$(basename "$(dirname "$1")")/$(basename "$1" .c).h
	basename "$1" .c | cut -d_ -f1
	[ ! -f "$header" ] || sed -n 's/^struct \([a-z0-9_]*\) {.*/\1/p' "$header"
}

for file in src/*/*.c; do
	[ "$file" != src/app/main.c ] || continue
	wanted=$(beginnings "$file" | paste -sd '|')
	while read -r name; do
		[[ $name =~ ^($wanted)(_|$) ]] || bad "$file" "$name does not begin with $wanted"
	done < <(nm --defined-only -g "build/release/${file%.c}.o" | awk '$2 == "T" { print $3 }')
done

while read -r file; do
	bad "$file" "names nothing: what is it?"
done < <(find src include tests packaging examples -type f 2>/dev/null |
	grep -iE '/[^/]*(util|common|misc|helper|manager)[^/]*$')

for file in src/*/*.[ch] include/croute/*/*.h; do
	[ -f "$file" ] || continue
	while read -r line; do
		[[ $line =~ ^typedef\ (struct|enum|union)\ *[a-z_]*\ *\{ || $line != *\(* ]] &&
			bad "$file" "typedefs are for function types: $line"
	done < <(awk '/^typedef/ { on = 1; line = "" } on { line = line " " $0 }
		on && /;|{/ { sub(/^ /, "", line); print line; on = 0 }' "$file")
done
exit $status
