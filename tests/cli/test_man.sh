#!/bin/bash
# test_man.sh - the manual pages tell of every command, every option and every key with its default.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
PAGE_8=$ROOT/packaging/man/croute.8
PAGE_5=$ROOT/packaging/man/croute.yaml.5
command -v jq >/dev/null || skip_all 'no jq'

# page_has PATTERN: a line of croute(8) fits.
page_has() {
	LAST="croute.8: $1"
	grep -qE -- "$1" "$PAGE_8"
}

# tells_option COMMAND OPTION: in an item of its own.
tells_option() {
	page_has "^\.It (Fl [a-z] , -|Fl -|Fl )${1#--}( |\$)" || page_has "^\.It .*Fl ${1#-}( |\$)"
}

for command in $(commands); do
	check "the synopsis has $command" page_has "^\.Cm $command\$"
	check "the page tells what $command does" page_has "^\.It Cm $command( |\$)"
	for option in $(options_of "$command" | grep '^--'); do
		tells_option "$option" || check "the page tells of $command $option" false
	done
done
check 'the page tells of every option' [ "$FAILED" = 0 ]

# items: croute.yaml(5) as lines `KEY<tab>TEXT`; a section about a mapping is an item, too.
items() {
	awk '
		function say(    i) { for (i = 1; i <= count; i++) print key[i] "\t" text; count = 0; text = "" }
		function full(name) {
			if (name ~ /\./) return inner = name
			return part == "" ? name : (part == "backend" ? inner : part) "." name
		}
		/^\.Sh / { say(); inside = ($2 == "KEYS"); part = ""; next }
		!inside { next }
		/^\.Ss / { say(); part = $2; key[count = 1] = part; next }
		/^\.It Va / { say(); for (i = 3; i <= NF; i++) if ($i != ",") key[++count] = full($i); next }
		{ sub(/^\.(Cm|Ql|Va|Pa|Xr|Sx|Pq Ql) /, ""); text = text " " $0 }
		END { say() }' "$PAGE_5"
}

# keys: those of the schema, as lines `KEY<tab>DEFAULT`; `-` for none.
keys() {
	"$CROUTE" schema | jq -r '
		def keys_of(path): .properties // .items.properties // {} | to_entries[] |
			(path + .key) as $key |
			([$key, (if .value | has("default") then .value.default | tostring else "-" end)] | @tsv),
			(.value | keys_of($key + "."));
		keys_of("")'
}

# tells_key KEY: an item has its name; TEXT is what it says.
tells_key() {
	LAST="croute.yaml.5: $1"
	TEXT=$(awk -F '\t' -v key="$1" '$1 == key { print $2; found = 1 } END { exit !found }' "$WORK/items")
}

tells_default() {
	OUT=$TEXT LAST="croute.yaml.5: $1"
	[ "$2" != '' ] || set -- "$1" "''"
	grep -qi default <<<"$TEXT" && grep -qE -- "(^|[^a-z0-9])$2([^a-z0-9%]|\$)" <<<"$TEXT"
}

items >"$WORK/items"
keys >"$WORK/keys"
check 'the schema has keys' [ "$(wc -l <"$WORK/keys")" -gt 50 ]
while IFS=$'\t' read -r key value; do
	check "croute.yaml(5) tells of $key" tells_key "$key"
	[ "$value" = - ] || check "croute.yaml(5) tells the default of $key" tells_default "$key" "$value"
done <"$WORK/keys"
no_other_key() {
	OUT=$(cut -f 1 "$WORK/items" | grep -vxF "$(cut -f 1 "$WORK/keys")")
	[ -z "$OUT" ]
}
check 'croute.yaml(5) tells of no key that is none' no_other_key

finish
