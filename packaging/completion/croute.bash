# croute.bash - completion of croute(8) for bash.

# The options that every command takes, and those of one.
_croute_options() {
	local common='-c --config --node -o --output -v --verbose --color --status-file
		--log-level --log-format -h --help'

	case $1 in
	reconcile) echo "$common --dry-run --exit-code --allow-delete --against --kernel-state
		--confirm" ;;
	confirm) echo "$common --undo" ;;
	validate) echo "$common --replace" ;;
	status) echo "$common --check" ;;
	import) echo "$common --from --address --serial --generated-at --split --output-dir" ;;
	doctor) echo "$common --peers --adopt" ;;
	flush) echo "$common --dry-run --protocol --hand-back" ;;
	'') echo "$common --version" ;;
	*) echo "$common" ;;
	esac
}

_croute_commands='run reconcile confirm validate status interface lookup import snapshot schema doctor
	flush version help'

# The words that an option may be followed by; fails for one that takes none of a list.
_croute_values() {
	case $1 in
	-o | --output) echo 'text json' ;;
	--color) echo 'auto always never' ;;
	--log-level) echo 'error warn info debug' ;;
	--log-format) echo 'text json journal' ;;
	--from) echo 'kube-nodes flannel' ;;
	--address) echo 'internal flannel' ;;
	--hand-back) echo flannel ;;
	--generated-at) echo now ;;
	--confirm) echo '60s 5m' ;;
	*) return 1 ;;
	esac
}

_croute_takes_a_file() {
	case $1 in
	-c | --config | --status-file | --against | --kernel-state | --output-dir | --replace) ;;
	*) return 1 ;;
	esac
}

# Options whose value cannot be guessed.
_croute_takes_a_word() {
	case $1 in
	--node | --serial | --split | --protocol) ;;
	*) return 1 ;;
	esac
}

# The command among the words before the cursor, "" when there is none yet.
_croute_command() {
	local i word

	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if _croute_takes_a_file "$word" || _croute_takes_a_word "$word" ||
			_croute_values "$word" >/dev/null; then
			i=$((i + 1))
			[ "${COMP_WORDS[i]-}" != = ] || i=$((i + 1))
		elif [[ $word != -* ]]; then
			echo "$word"
			return
		fi
	done
}

_croute_offer() {
	local IFS=$' \t\n'

	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

_croute_offer_files() {
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

# What may follow a command as a word.
_croute_offer_words() {
	case $1 in
	'') _croute_offer "$_croute_commands" "$2" ;;
	help) _croute_offer "$_croute_commands" "$2" ;;
	validate | import) _croute_offer_files "$2" ;;
	esac
}

_croute() {
	local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command

	# `=` is a word by itself: --output=js, and NAME=FILE of --replace.
	[ "$cur" != = ] || cur=
	[ "$before" != = ] || before=${COMP_WORDS[COMP_CWORD - 2]}
	[ "${COMP_WORDS[COMP_CWORD - 3]-}" != --replace ] || before=--replace
	COMPREPLY=()
	command=$(_croute_command)
	if _croute_takes_a_file "$before"; then
		_croute_offer_files "$cur"
	elif _croute_values "$before" >/dev/null; then
		_croute_offer "$(_croute_values "$before")" "$cur"
	elif _croute_takes_a_word "$before"; then
		return
	elif [[ $cur == -* ]]; then
		_croute_offer "$(_croute_options "$command")" "$cur"
	else
		_croute_offer_words "$command" "$cur"
	fi
}

complete -F _croute croute
