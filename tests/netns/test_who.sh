#!/bin/bash
# test_who.sh - who removed or replaced a row of croute's is named, in the log, in status, in a fight.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
NETNS_TOOLS="ip unshare nsenter ping setpriv jq python3"
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=agents.sh
. "$(dirname "$0")/agents.sh"

host_add worker-1 10.0.0.1/16
conf_first '' 1-10
agent_begin
check 'the agent applies the file' within owned worker-1 10

# again PEER WHO: what that peer's line in the log says when its route is back.
again() {
	within via_peer "$1" && within log_line "* + route $(pods "$1") *added; undone by $2"
}
log_line() { line_of "$(<"$WORK/agent.log")" "$1"; }

# --- a program that lives on, fed by a FIFO
mkfifo "$WORK/orders"
start batch nsenter --net=/run/netns/worker-1 -- ip -force -batch "$WORK/orders"
exec 7>"$WORK/orders"
order() { echo "$*" >&7; }
order route del "$(pods 3)" proto 67
check 'a program that lives is named with its number' again 3 "process ${PID[batch]} (ip)"
check 'the status has it' status_has ".undone.by == \"process ${PID[batch]} (ip)\""
croute_in worker-1 status --status-file "$STATUS_FILE"
check 'and its page' out_line "*Undone: by process ${PID[batch]} (ip), *"
order route replace "$(pods 4)" via 10.0.0.9 metric "$(ip -n worker-1 -j route show "$(pods 4)" | jq '.[0].metric')"
check 'who replaces a route is named with the conflict' within log_line "* x route $(pods 4) *; undone by process ${PID[batch]} (ip)"
order route del "$(pods 4)" via 10.0.0.9
check 'who takes it away again is named, too' again 4 "process ${PID[batch]} (ip)"

# --- its second socket has another number
cat >"$WORK/second.py" <<'P'
import os, socket, struct, sys
first, second = (socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) for _ in range(2))
for sock in (first, second):
    sock.bind((0, 0))
assert second.getsockname()[0] != os.getpid()
body = struct.pack('=8BI', socket.AF_INET, 24, 0, 0, 254, 67, 0, 0, 0)
body += struct.pack('=HH4s', 8, 1, socket.inet_aton(sys.argv[1].split('/')[0]))
second.send(struct.pack('=IHHII', 16 + len(body), 25, 5, 1, 0) + body)
print(struct.unpack_from('=i', second.recv(4096), 16)[0], flush=True)
open(sys.argv[2]).read()
P
mkfifo "$WORK/stay"
exec 8<>"$WORK/stay"
start second nsenter --net=/run/netns/worker-1 -- python3 "$WORK/second.py" "$(pods 5)" "$WORK/stay"
check 'one whose socket has another number is found by its descriptors' again 5 "process ${PID[second]} (python3)"
exec 8>&-

# --- a command that may have ended by then
ip -n worker-1 route del "$(pods 6)" proto 67
check 'a short command is named, or that it has ended' again 6 '@(process +([0-9]) (ip)|a process that has ended)'

# --- some that have ended by then
kill -STOP "${PID[agent]}"
wait_for grep '^State:.T' "/proc/${PID[agent]}/status"
ip -n worker-1 route del "$(pods 8)" proto 67
ip -n worker-1 route del "$(pods 9)" proto 67
kill -CONT "${PID[agent]}"
check 'what is said of several is said once' again 9 'a process that has ended'

# --- in a fight
fought() {
	order route del "$(pods 7)" proto 67
	log_line "*another program keeps undoing this: $(pods 7) *; undone by process ${PID[batch]} (ip); backing off*"
}
WAIT_SECONDS=300 check 'the back-off names who undoes it' within fought
page_named() {
	order route del "$(pods 7)" proto 67
	page_says /readyz "; last undone by process ${PID[batch]} (ip)"
}
WAIT_SECONDS=300 check 'and so does readyz, while it lasts' within page_named
exec 7>&-

# --- an agent that cannot see it
agent_stop TERM
start agent nsenter --net=/run/netns/worker-1 -- unshare -p -f --mount-proc "$CROUTE" run --node worker-1 -c "$CONF"
check 'another agent, in a PID namespace of its own, keeps the routes' within ready
mkfifo "$WORK/orders2"
start batch nsenter --net=/run/netns/worker-1 -- ip -force -batch "$WORK/orders2"
exec 7>"$WORK/orders2"
order route del "$(pods 8)" proto 67
check 'says that the program is in another one' again 8 'a process in another PID namespace'
exec 7>&-
finish
