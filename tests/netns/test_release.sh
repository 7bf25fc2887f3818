#!/bin/bash
# test_release.sh - what an agent holds is told with the way to release it, and croute release does.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=agents.sh
. "$(dirname "$0")/agents.sh"

host_add worker-1 10.0.0.1/16
HOW='or run croute release (without an agent: croute reconcile --allow-delete)'

held() {
	metric_is croute_guard_held "$1" && status_has ".guard.held == $1"
}
release() {
	croute_in worker-1 release "$@"
}
# answered CODE TEXT: on standard output or error.
answered() {
	exits "$1" && said "*$2*"
}

release
check 'without an agent it says so, and what to do' answered 1 'no agent runs in this network namespace; croute reconcile --allow-delete'
conf_first '' 1-20
agent_begin
check 'twenty peers are applied' within owned worker-1 20
release
check 'nothing held: nothing to do' answered 0 'Nothing is held.'
release -o json
check 'the same for programs' json '.changes == [] and .summary.unchanged == 20'
check 'and no route went' owned worker-1 20

# --- told everywhere
conf_write '' 11-20
check 'ten deletions are held' within held 10
check 'status counts them in its first line' within status_has 'any(.problems[]; .kind == "held")'
croute_in worker-1 status --status-file "$STATUS_FILE"
check 'with how to release them' all_of 'out_line "*is ready, with 1 problem: 10 of 10 routes in place, 10 deletions held"' 'out_line "*$HOW"'
check 'readyz says how' page_says /readyz "$HOW"
check 'the log says how' log_has "$HOW"
croute_in worker-1 doctor -c "$CONF" --node worker-1
check 'doctor warns and says how' all_of 'out_line "warn agent: the agent holds deletions: 10 of 20*"' 'out_line "*$HOW"'
croute_in worker-1 reconcile --dry-run -c "$CONF" --node worker-1
check 'a plan ends with how' all_of 'exits 4' 'err_line "*$HOW"'
croute_in worker-1 reconcile --allow-delete -c "$CONF" --node worker-1
check 'a pass beside the agent is told of croute release' answered 1 'the agent holds deletions: 10 of 20 destinations would go, over guard.maxDelete 30%; croute release applies them'

# --- let go, once
check 'somebody without privilege gets no answer' all_of 'not in_host worker-1 setpriv --reuid 65534 --clear-groups "$CROUTE" release 2>/dev/null' 'owned worker-1 20'
release
check 'release carries them out' all_of 'exits 0' 'owned worker-1 10'
gone() { [ "$(grep -c '^- route .*not in the file' <<<"$OUT")" = 10 ]; }
check 'prints each' gone
check 'and ends with the counts' out_line 'Applied: 0 added, 0 changed, 10 deleted, 0 held*'
check 'nothing is held then' held 0
check 'the log says why' log_has '(croute release)'
conf_write '' 15-20
check 'what is held later is held' within held 4
release -o json
check 'JSON has each deletion, applied' json '[.changes[] | select(.action == "delete" and .result == "applied")] | length == 4'
check 'and they went' all_of 'exits 0' 'owned worker-1 6'

# --- a file that asks for more in the meantime
conf_write '' 20
check 'five are held' within held 5
kill -STOP "${PID[agent]}"
start asker nsenter --net=/run/netns/worker-1 -- "$CROUTE" release
asked() { [ "$(in_host worker-1 cat /proc/net/unix | grep -c '@croute\.0')" = 2 ]; }
check 'a release waits for the agent' wait_for asked
conf '' 19 >"$WORK/etc/.new" && mv "$WORK/etc/.new" "$CONF"
kill -CONT "${PID[agent]}"
wait "${PID[asker]}"
CODE=$?
settled_held() { [ "$(metric croute_guard_held)" = "$1" ]; }
more() { [ "$CODE" = 0 ] && within owned worker-1 1 || { [ "$CODE" = 4 ] && within settled_held 5; }; }
check 'what was held goes, or all of it stays held' more

agent_stop TERM
release
check 'after its end there is no agent' answered 1 'no agent runs'
finish
