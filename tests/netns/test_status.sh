#!/bin/bash
# test_status.sh - `croute status` tells a live agent from a dead one, and what to do.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

host_add worker-1 10.0.0.11/24
host_add worker-2 10.0.0.12/24
CONF=$WORK/nodes.yaml
FILE=$WORK/made/status.json
cat >"$CONF" <<YAML
version: 1
agent: {statusFile: $FILE, listen: '', resync: 1s}
nodes:
- {name: worker-1, address: 10.0.0.11, podCIDRs: 10.244.1.0/24}
- {name: worker-2, address: 10.0.0.12, podCIDRs: 10.244.2.0/24}
YAML
touch -d '1 hour ago' "$CONF"

# status [OPTION]...: on worker-1.
status() {
	croute_in worker-1 status -c "$CONF" "$@"
}

is_ready() {
	status --check
	exits 0
}

is_unready() {
	status
	exits 1 && [[ ${OUT%%$'\n'*} == '○ croute on worker-1 is not ready: '* ]]
}

# first_line GLOB: of the page.
first_line() {
	# shellcheck disable=SC2053 # a glob it is
	[[ ${OUT%%$'\n'*} == $1 ]]
}

is_silent() {
	status
	exits 1 && first_line '× croute on worker-1 is silent: process * lives, but last wrote *'
}

status
check 'without an agent it says how to start one' all_of 'exits 1' 'said "*no agent has run here: $FILE *"'
status --check
check '--check says nothing' [ -z "$OUT$ERR" ]
check '--check fails without an agent' exits 1

agent_start worker-1 --node worker-1 -c "$CONF"
check 'a live agent gets ready' wait_for is_ready
check '--check says nothing of a ready one' [ -z "$OUT$ERR" ]
status
check 'a ready agent is the first line' all_of 'exits 0' \
	'first_line "● croute on worker-1 is ready: 1 of 1 route in place"'
check 'the process is named' said "*Agent: process ${PID[agent]}, croute *"
status -o json
check 'JSON agrees' json '.state == "ready" and .ready and .alive and .routes.installed == 1'
check 'nothing is left beside the status file' [ "$(ls "$WORK/made")" = status.json ]

run in_host worker-1 setpriv --reuid 65534 --regid 65534 --clear-groups \
	"$CROUTE" status --check --status-file "$FILE"
check 'a user without privilege may ask' exits 0
run in_host worker-2 "$CROUTE" status --status-file "$FILE"
check 'an agent of another network namespace does not count' all_of 'exits 1' \
	'first_line "× croute on worker-1 is dead: *"'

cp "$CONF" "$WORK/good.yaml"
echo 'x: 1' >>"$CONF"
check 'a bad file is not ready' wait_for is_unready
check 'its error is shown with its place' said '*nodes.yaml:6:1: "x" is not a key of the file*'
mv "$WORK/good.yaml" "$CONF"
check 'a good file is ready again' wait_for is_ready

kill -STOP "${PID[agent]}"
check 'an agent that hangs is told as silent' wait_for is_silent
status --check
check '--check fails for it' exits 1
kill -CONT "${PID[agent]}"
check 'and ready when it goes on' wait_for is_ready

kill -KILL "${PID[agent]}"
wait "${PID[agent]}" 2>/dev/null
status
check 'a killed agent is dead in the first line' all_of 'exits 1' \
	'first_line "× croute on worker-1 is dead: process ${PID[agent]}, last heard of *"'
check 'it says that the routes stay' said '*The routes stay as they are, and nothing repairs them.*'
status --check
check '--check fails for a dead agent' exits 1
status -o json
check 'JSON says that it is dead' json '.state == "dead" and (.ready or .alive | not)'
finish
