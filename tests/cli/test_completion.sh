#!/bin/bash
# test_completion.sh - bash, zsh and fish complete the commands and options that croute has.
# A shell that is not there is a skip; that its completion names every word is tested all the same.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
FILES=$WORK/completion
mkdir "$FILES"
"$CROUTE" help --complete bash >"$FILES/croute.bash"
"$CROUTE" help --complete zsh >"$FILES/_croute"
"$CROUTE" help --complete fish >"$FILES/croute.fish"

# names_word FILE WORD
names_word() {
	grep -qE -- "(^|[^a-zA-Z0-9-])$2([^a-zA-Z0-9-]|\$)" "$FILES/$1"
}

names_all() {
	local file=$1 missing='' command option

	for command in $(commands); do
		names_word "$file" "$command" || missing+=" $command"
		for option in $(options_of "$command" | grep '^--'); do
			# fish writes an option without its dashes.
			names_word "$file" "$option" || grep -qE -- "-l ${option#--} " "$FILES/$file" ||
				missing+=" $option"
		done
	done
	OUT="missing:$missing" LAST=$file
	[ -z "$missing" ]
}

# offers WORD...: what was offered last, is these words.
offers() {
	[ "$(sort -u <<<"$OUT" | grep .)" = "$(printf '%s\n' "$@" | sort -u)" ]
}

# offers_options COMMAND: exactly those of its help.
offers_options() {
	[ "$(sort -u <<<"$OUT" | grep .)" = "$(options_of "$1")" ]
}

offers_commands() {
	[ -n "$OUT" ] && ! commands | grep -vxF "$OUT" >/dev/null
}

# --- bash -----------------------------------------------------------------------------------------

# in_bash WORD...: what bash offers with the cursor in the last word.
in_bash() {
	LAST="bash: $*"
	OUT=$(bash --norc -c '. "$1"; shift; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _croute
		printf "%s\n" "${COMPREPLY[@]}"' - "$FILES/croute.bash" "$@" 2>"$WORK/stderr")
	STATUS=$? ERR=$(cat "$WORK/stderr")
}

check 'the file of bash names every command and option' names_all croute.bash
in_bash croute ''
check 'bash offers the commands' offers_commands
in_bash croute rec
check 'bash completes a command' offers reconcile
in_bash croute help sna
check 'bash completes a command behind help' offers snapshot
for command in $(commands); do
	in_bash croute "$command" -
	check "bash offers the options of $command" offers_options "$command"
done
in_bash croute -c x.yaml --node n1 reconcile --dry
check 'bash knows the command behind options with values' offers --dry-run
in_bash croute --config = x.yaml flush --pro
check 'and behind those with an equals sign' offers --protocol
in_bash croute reconcile -o ''
check 'bash offers the words of an option' offers text json
in_bash croute reconcile --log-level = w
check 'and behind an equals sign' offers warn
in_bash croute reconcile --node ''
check 'bash offers nothing where it cannot know' offers ''
mkdir "$WORK/a folder"
: >"$WORK/nodes.yaml"
cd "$WORK" || exit 1
in_bash croute reconcile -c no
check 'bash completes a file' offers nodes.yaml
in_bash croute validate 'a f'
check 'bash completes a file whose name has a blank' offers 'a folder'
in_bash croute validate --replace = x.yaml = no
check 'bash completes the file of a replacement' offers nodes.yaml

# --- zsh ------------------------------------------------------------------------------------------

# in_zsh STATE COMMAND: what _croute hands to _arguments and _describe there.
in_zsh() {
	LAST="zsh: $*"
	OUT=$(zsh -f -c 'wanted=$2 words=("$3")
		_arguments() { [[ $1 == -C ]] && { state=$wanted; return; }; print -rl -- "$@" }
		_describe() { print -rl -- "${(@P)4}" }
		. "$1"' - "$FILES/_croute" "$@" 2>"$WORK/stderr" | zsh_words)
	STATUS=$? ERR=$(cat "$WORK/stderr")
}

# The words among its specs: options without what follows them, commands without their help.
zsh_words() {
	sed -nE 's/^(\([^)]*\))?\*?(--?[a-z-]+)[+=]?(\[.*)?$/\2/p; s/^([a-z]+):.*/\1/p'
}

test_zsh() {
	local command

	command -v zsh >/dev/null || { skip 'zsh completes croute' 'no zsh' && return; }
	check 'zsh finds no fault in its file' zsh -n "$FILES/_croute"
	in_zsh command ''
	check 'zsh offers the commands' offers_commands
	for command in $(commands); do
		in_zsh word "$command"
		check "zsh offers the options of $command" offers_options "$command"
	done
}

check 'the file of zsh names every command and option' names_all _croute
check 'the file of zsh begins with what it completes' grep -qx '#compdef croute' "$FILES/_croute"
test_zsh

# --- fish -----------------------------------------------------------------------------------------

# in_fish LINE: what fish offers at the end of the line.
in_fish() {
	LAST="fish: $1"
	OUT=$(HOME=$WORK XDG_CONFIG_HOME=$WORK XDG_DATA_HOME=$WORK fish -c \
		'source $argv[1]; complete -C $argv[2]' "$FILES/croute.fish" "$1" 2>"$WORK/stderr" |
		cut -f 1)
	STATUS=$? ERR=$(cat "$WORK/stderr")
}

# The long ones: `-` alone offers short ones, `--` the long ones.
fish_offers_options() {
	[ "$(sort -u <<<"$OUT")" = "$(options_of "$1" | grep '^--')" ]
}

test_fish() {
	local command

	command -v fish >/dev/null || { skip 'fish completes croute' 'no fish' && return; }
	check 'fish finds no fault in its file' fish -n "$FILES/croute.fish"
	in_fish 'croute '
	check 'fish offers the commands' offers_commands
	for command in $(commands); do
		in_fish "croute $command --"
		check "fish offers the options of $command" fish_offers_options "$command"
	done
	in_fish 'croute reconcile -o '
	check 'fish offers the words of an option' offers text json
	in_fish 'croute help sna'
	check 'fish completes a command behind help' offers snapshot
}

check 'the file of fish names every command and option' names_all croute.fish
test_fish

finish
