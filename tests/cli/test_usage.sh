#!/bin/bash
# test_usage.sh - wrong command lines end with 64 and a hint; output is ASCII where the locale is.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1

# says TEXT: on standard error, with exit 64.
says() {
	exits 64 && [[ $ERR == *"$1"* ]]
}

run "$CROUTE"
check 'croute alone prints the commands' all_of 'says "no command given"' '[[ $ERR == *"  reconcile "* ]]'
for pair in apply:reconcile plan:'reconcile --dry-run' diff:'reconcile --dry-run' list:status show:status; do
	run "$CROUTE" "${pair%%:*}"
	check "${pair%%:*} is pointed to ${pair#*:}" says "did you mean \"${pair#*:}\"?"
done
run "$CROUTE" nodes.yaml
check 'a file as a bare word is pointed to -c' says 'croute reconcile -c nodes.yaml'
run "$CROUTE" reconcile nodes.yaml
check 'and behind a command, too' says 'unexpected argument "nodes.yaml"; the file is given with -c'
run "$CROUTE" reconcile --co x
check 'an ambiguous option lists what it may be' says \
	'"--co" is ambiguous: it may be --config, --color, --confirm'

for option in --exit-code '--against old.yaml' '--kernel-state k.json'; do
	# shellcheck disable=SC2086 # an option and its value
	run "$CROUTE" reconcile $option
	check "$option needs --dry-run" says '--dry-run'
done
run "$CROUTE" reconcile --dry-run --against a --kernel-state b
check '--against and --kernel-state exclude each other' says 'exclude each other'
run "$CROUTE" reconcile --dry-run --confirm 60s
check '--confirm excludes --dry-run' says '--confirm excludes --dry-run'

run "$CROUTE" -V
check '-V is the version' all_of 'exits 0' 'out_line "croute *.*"'
VERSION=${OUT#croute }
run "$CROUTE" version -o json
check 'version as JSON: 1 is that of the format, croute that of the program' \
	[ "$OUT" = "{\"version\":1,\"croute\":\"$VERSION\"}" ]

run "$CROUTE" status --check --watch
check '--check and --watch exclude each other' says 'exclude each other'
# status_of STOPPED WRITTEN: a status file, renamed into place.
status_of() {
	printf '{"version":1,"croute":"0.1","pid":1,"node":"a","ready":true,"stopped":%s,"writtenAt":"%s",' \
		"$1" "$2" >status.new
	printf '"hostUptimeMs":1,"resyncMs":60000,"lastPass":{"result":"done"}}' >>status.new
	mv status.new status.json
}
# next_line: the next that --watch prints, within a minute.
next_line() {
	OUT=''
	read -r -t 60 -u "${WATCH[0]}" OUT
}
status_of true 2026-11-23T03:00:00.000Z
coproc WATCH { exec "$CROUTE" status --watch -o json --status-file status.json; }
watcher=$!
LAST='status --watch'
check '--watch prints the status' next_line
check 'as one object a line' [ "$(grep -c '"writtenAt":"2026-11-23T03:00:00.000Z"' <<<"$OUT")" = 1 ]
status_of true 2026-11-23T03:01:00.000Z
check 'and once more when the agent has written' next_line
check 'what is new in it' [ "$(grep -c '"writtenAt":"2026-11-23T03:01:00.000Z"' <<<"$OUT")" = 1 ]
status_of false 2026-11-23T03:01:00.000Z
check 'or has died since' all_of next_line '[[ $OUT == *"\"state\":\"dead\""* ]]'
kill "$watcher"
wait "$watcher" 2>/dev/null

printf 'version: 1\nkernel: {protocol: "gr\303\266\303\237e"}\n' >odd.yaml
only_ascii() {
	! LC_ALL=C grep -q '[^ -~	]' stdout stderr
}
for locale in C POSIX de_DE.ISO-8859-1; do
	run env LC_ALL=$locale "$CROUTE" validate odd.yaml
	check "only ASCII is printed with LC_ALL=$locale" all_of 'exits 3' only_ascii '[[ $ERR == *gr\?\?e* ]]'
done
run env LC_ALL=C "$CROUTE" validate odd.yaml -o json
check 'JSON escapes what is not' all_of only_ascii '[[ $OUT == *gr\\u00f6\\u00dfe* ]]'
run env LC_ALL=C "$CROUTE" größe
check 'a wrong command line is ASCII, too' all_of only_ascii 'says gr\?\?e'
run env LC_ALL=C.UTF-8 "$CROUTE" validate odd.yaml
check 'with UTF-8 it is as it is' all_of 'exits 3' '[[ $ERR == *größe* ]]'
run env -u LC_ALL LANG=C.UTF-8 "$CROUTE" validate odd.yaml
check 'LANG counts where LC_ALL is not set' all_of 'exits 3' '[[ $ERR == *größe* ]]'

finish
