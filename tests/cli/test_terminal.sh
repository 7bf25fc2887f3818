#!/bin/bash
# test_terminal.sh - what a person at a terminal sees, and a pipe does not: colours, the short form
# of a long plan, and how far a long piece of work is.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=../netns/strace.sh
. "$ROOT/tests/netns/strace.sh"
AT_CALL=()
script -qec true /dev/null </dev/null >/dev/null 2>&1 || skip_all 'no terminals can be made (script)'
export TERM=xterm NO_COLOR=1
cd "$WORK" || exit 1

# at_terminal ARGUMENT...: croute, at AT_CALL (strace.sh), with both outputs on a terminal; OUT is all that it wrote there.
at_terminal() {
	printf -v LAST '%q ' "${AT_CALL[@]}" "$CROUTE" "$@"
	script -qec "$LAST" /dev/null </dev/null >raw 2>/dev/null
	STATUS=$? ERR=''
	OUT=$(tr -d '\r' <raw)
}

# at_terminal_into FILE ARGUMENT...: only standard error is the terminal.
at_terminal_into() {
	local file=$1

	shift
	printf -v LAST '%q ' "$CROUTE" "$@"
	script -qec "$LAST >$file" /dev/null </dev/null >raw 2>/dev/null
	STATUS=$? ERR=''
	OUT=$(tr -d '\r' <raw)
}

# peers NUMBER: a file of that many peers beside this node.
peers() {
	local i

	echo 'version: 1'
	echo 'nodes:'
	echo '- {name: worker-0, address: 10.0.0.1, podCIDRs: 10.244.0.0/24}'
	for ((i = 1; i <= $1; i++)); do
		echo "- {name: worker-$i, address: 10.0.1.$i, podCIDRs: 10.244.$i.0/24}"
	done
}

# state [ROUTE...]: a kernel of this node, with further routes.
state() {
	printf '{"version":1,"links":[{"index":2,"name":"eth1","flags":4163,"mtu":1500}],'
	printf '"addresses":[{"address":"10.0.0.1","length":16,"link":2}],"routes":['
	printf '{"table":254,"to":"10.0.0.0","length":16,"link":2,"from":"10.0.0.1","type":1,"protocol":2}'
	[ $# = 0 ] || printf ',%s' "$@"
	printf ']}'
}

# foreign N...: somebody's routes on the keys of these peers.
foreign() {
	local n

	for n in "$@"; do
		printf '{"table":254,"to":"10.244.%s.0","length":24,"metric":%s,"link":2,"via":"10.0.9.9","type":1,"protocol":4}\n' \
			"$n" "$(metric_of "10.244.$n.0/24")"
	done
}

lines() {
	[ "$(grep -cE -- "$1" <<<"$OUT")" = "$2" ]
}

PLAN=(reconcile --dry-run -c nodes.yaml --node worker-0 --kernel-state state.json)

# --- long plans -----------------------------------------------------------------------------------

state >state.json
peers 50 >nodes.yaml
at_terminal "${PLAN[@]}"
check 'a plan of 50 lines is shown whole' all_of 'lines "^[+] route" 50' 'lines more: 0'
peers 51 >nodes.yaml
at_terminal "${PLAN[@]}"
check 'of a longer one the first 50 lines are shown' all_of 'lines "^[+] route" 50' \
	'out_line "and 1 more: -v shows all, -o json is for programs"'
check 'and its summary last' \
	[ "$(tail -n 1 <<<"$OUT")" = 'Plan: 51 to add, 0 to change, 0 to delete, 0 held, 0 in conflict, 0 shadowed, 0 unchanged.' ]
at_terminal "${PLAN[@]}" -v
check '-v shows all' all_of 'lines "^[+] route" 51' 'lines "more:" 0'
run "$CROUTE" "${PLAN[@]}"
check 'a pipe gets all' all_of 'lines "^[+] route" 51' 'lines "more:" 0'
at_terminal_into plan "${PLAN[@]}"
OUT=$(cat plan)
check 'and so does a file' all_of 'lines "^[+] route" 51' 'lines "more:" 0'

peers 250 >nodes.yaml
mapfile -t ROUTES < <(foreign 99 199)
state "${ROUTES[@]}" >state.json
at_terminal "${PLAN[@]}"
check 'what is in trouble is shown however far down it stands' all_of \
	'lines "^[+] route" 50' 'lines "^x route 10.244.(99|199).0/24 " 2' \
	'out_line "and 198 more: *"'
mapfile -t ROUTES < <(foreign $(seq 60 250))
state "${ROUTES[@]}" >state.json
at_terminal "${PLAN[@]}"
check 'though not more than 50 lines of it' all_of \
	'lines "^[+] route" 50' 'lines "^x route" 50' 'out_line "and 150 more: *"'

# --- colours --------------------------------------------------------------------------------------

coloured() {
	grep -q $'\033\\[' raw
}
unset NO_COLOR
at_terminal "${PLAN[@]}"
check 'a terminal gets colours' coloured
NO_COLOR=1
export NO_COLOR
at_terminal "${PLAN[@]}"
check 'not where NO_COLOR is set' not coloured
unset NO_COLOR
TERM=dumb at_terminal "${PLAN[@]}"
check 'nor where the terminal is dumb' not coloured
run "$CROUTE" "${PLAN[@]}" --color auto
cp stdout raw
check 'a pipe gets none' not coloured

# --- how far it is --------------------------------------------------------------------------------

# The first second is silent: a read, or a rename, that takes longer stands for a slow machine.
strace_works || {
	skip 'how far it is' 'no strace, or it may not trace'
	finish
}
slow_at() { at_call "$1" "delay_enter=1100000:when=$2" "${@:3}"; }
{
	printf 'version: 1\nguard: {allowEmpty: true}\nx-long: ['
	yes 1 | head -n 600000 | tr '\n' ','
	printf ']\n'
} >long.yaml

# told LINE: a line that was written again and again, a regular expression of it.
told() {
	tr '\r' '\n' <raw | grep -E "^$1\$" >/dev/null
}

tells_progress() {
	told 'reading [0-9]+ of [0-9]+ MiB'
}

# The last thing on the line is blanks from its beginning.
progress_is_gone() {
	tr -d '\n' <raw | tr '\r' '\n' | grep -A 1 '^reading' | tail -n 1 | grep -E '^ *$' >/dev/null
}

slow_at pread64 1 -P "$PWD/long.yaml"
at_terminal validate long.yaml
check 'reading a long file tells how far it is' all_of 'exits 0' tells_progress
check 'nothing of that stays' progress_is_gone
at_terminal validate long.yaml -o json
check 'JSON is not disturbed' all_of 'exits 0' 'not tells_progress' 'jq -e .valid raw >/dev/null'
run "${AT_CALL[@]}" "$CROUTE" validate long.yaml
check 'a pipe is told nothing of it' all_of 'exits 0' '[ -z "$ERR" ]'
at_terminal doctor -c long.yaml
check 'doctor tells how far it is with the file' tells_progress
check 'and then what it reads' told 'reading packet filters *'
check 'nothing of that stands in what it says' told 'Checked: [0-9]+ ok, .*'

# Nodes enough to make hundreds of files of.
awk 'BEGIN {
	printf "{\"kind\": \"List\", \"items\": ["
	for (i = 0; i < 40000; i++)
		printf "%s{\"metadata\":{\"name\":\"n%d\"},\"spec\":{\"podCIDR\":\"10.%d.%d.%d/28\"}," \
			"\"status\":{\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"192.168.%d.%d\"}]}}\n",
			(i > 0 ? "," : ""), i, i / 4096, i / 16 % 256, i % 16 * 16, i / 250, i % 250 + 1
	print "]}" }' >kube.json
slow_at read 1 -P "$PWD/kube.json"
at_terminal import --from kube-nodes kube.json
check 'import tells how far it is' all_of 'exits 0' tells_progress
check 'nothing of that stands in what it prints' all_of progress_is_gone \
	"told '# Made by croute import .*'"
mkdir shards
slow_at rename,renameat,renameat2 2
at_terminal import --from kube-nodes --split 8KiB --output-dir shards kube.json
check 'it tells how many nodes it has written' all_of 'exits 0' \
	"told 'writing nodes: [0-9,]+ of 40,000'"
check 'and sums up on a line of its own' told 'shards: 40000 nodes in [0-9]+ files'

AT_CALL=()
at_terminal validate nodes.yaml
check 'what is over at once tells nothing' all_of 'exits 0' '[ "$(wc -l <raw)" = 1 ]' 'not grep -q reading raw'

finish
