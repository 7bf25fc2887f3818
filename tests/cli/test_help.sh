#!/bin/bash
# test_help.sh - the help of every command fits a screen and shows how it is used.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

fits_a_screen() {
	[ "$(wc -l <"$WORK/stdout")" -le 24 ] && [ -z "$(awk 'length > 80' "$WORK/stdout")" ]
}

# has_example COMMAND: one that runs this command, with options that it knows.
has_example() {
	local line option

	line=$(sed -n 's/^example: //p' "$WORK/stdout")
	[[ $line == *croute*" $1"* ]] || return 1
	while read -r option; do
		grep -qE -- "(^|[ ,])$option([ ,]|\$)" "$WORK/stdout" || return 1
	done < <(grep -oE -- ' --?[a-z][a-z-]*' <<<"${line#*croute}")
}

run "$CROUTE" help
check 'the list of commands fits a screen' fits_a_screen
check 'the list of commands has an example' out_line 'example: croute *'
check 'the list of commands tells the exit codes' out_line 'Exit codes: 0 done, 1 *64 usage.'
LIST=$OUT

for command in $(commands); do
	run "$CROUTE" help "$command"
	check "the help of $command fits a screen" all_of 'exits 0' fits_a_screen
	check "the help of $command has an example" has_example "$command"
	check "the help of $command begins with how it is typed" \
		out_line "usage: croute $command \[OPTION\]...*"
	HELP=$OUT
	[ "$command" != help ] || continue
	run "$CROUTE" "$command" --help
	check "$command --help says the same" [ "$OUT" = "$HELP" ]
done
run "$CROUTE" --help
check '--help alone is the list of commands' [ "$OUT" = "$LIST" ]
run "$CROUTE" -h
check 'and so is -h' [ "$OUT" = "$LIST" ]

finish
