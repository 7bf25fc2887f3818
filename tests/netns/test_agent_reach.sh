#!/bin/bash
# test_agent_reach.sh - the agent probes its peers evenly, and says once who is lost and who is back.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
NETNS_TOOLS='ip unshare nsenter ping setpriv jq nft curl python3'
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"

STATUS_FILE=$WORK/status.json
for n in 1 2 3; do
	host_add worker-$n 10.0.0.1$n/24
	node worker-$n "address: 10.0.0.1$n, podCIDRs: 10.244.$n.0/24"
done
file() {
	cluster_write 'type: host-gw' 'podNetwork: 10.244.0.0/16' "agent: {statusFile: '$STATUS_FILE'}" "$@"
}
page() {
	in_host worker-1 curl -s "http://127.0.0.1:9667$1"
}
# counted PATH STATE COUNT: so many ways stand like that.
counted() {
	grep -qx "croute_reach{path=\"$1\",state=\"$2\"} $3" <<<"$(page /metrics)"
}
changed() {
	grep -qx "croute_reach_changes_total{path=\"$1\",to=\"$2\"} $3" <<<"$(page /metrics)"
}
page_has() {
	grep -q "$2" <<<"$(page "$1")"
}
ready() {
	[[ $(page /readyz) == ready* ]]
}
first_is_worker_2() {
	local row
	row=$(page / | sed -n '/<tr><td>/{p;q}')
	[[ $row == *'worker-2<td>10.0.0.12<td class=answers>'*'<td class=lost>lost'* ]]
}
all_answer() {
	counted node answers 2 && counted pod answers 2 && counted full answers 2
}
# Who asks how often: requests that worker-2 has seen.
requests() {
	in_host worker-2 awk '/^Icmp: [0-9]/ {print $10}' /proc/net/snmp
}
local_route() {
	grep -q 'local 10.244.1.0 dev lo proto 67' <<<"$(ip -n worker-1 route show table local)"
}
asked_more() {
	[ "$(requests)" -gt "$1" ]
}

file 'reach: {every: 1s, timeout: 1s, lostAfter: 3}'
for n in 2 3; do
	pass worker-$n
done
file
agent_start worker-1 --node worker-1 -c "$CONF"
check 'while it is off nobody is asked' all_of 'wait_for counted node answers 0' "[ \"$(requests)\" = 0 ]"
check 'and the page says how to turn it on' page_has / 'reach.every is off'
file 'reach: {every: 1s, timeout: 1s, lostAfter: 3}'
check 'turned on, every path of every peer answers' wait_for all_answer
check 'with a local route on this side, too' local_route
check 'the times of answers are counted' page_has /metrics '^croute_reach_rtt_seconds_count [1-9]'
check 'nothing is logged of it' [ "$(log_lines 'reach:')" = 0 ]

# A filter on the wire that drops what comes from the pods of worker-2.
nft -f - <<'END'
table bridge filter {
	chain forward {
		type filter hook forward priority 0
		ip saddr 10.244.2.0/24 drop
	}
}
END
check 'a path that is lost is one line of the log, with the fix' \
	wait_for log_has 'reach: worker-2 (IPv4): path pod is lost: packets with pod addresses are lost, while worker-2 answers'
check 'and one count' all_of 'wait_for changed pod lost 1' 'counted pod lost 1' 'counted node lost 0' 'counted full lost 0'
croute_in worker-1 status --status-file "$STATUS_FILE"
check 'and a problem of the status, with the fix' out_line 'reach*worker-2 (IPv4): path pod is lost: *; fix: allow 10.244.0.0/16*'
croute_in worker-1 status --status-file "$STATUS_FILE" -o json
check 'which counts it' json '.reach.lost == 1'
check 'and the first peer of the page' first_is_worker_2
check 'which has no script, and names itself' all_of 'not page_has / "[<]script"' 'page_has / "<title>croute on worker-1"'
check 'the agent stays ready' ready

# worker-2 gets the echoes, and others answer them: three at once, under other addresses, cut short, with all ids.
cat >"$WORK/forge.py" <<'P'
import socket, struct
asked = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
def answer(source, number, rest):
    body = struct.pack('!BBHH', 0, 0, 0, number) + rest
    total = sum(struct.unpack('!%dH' % (len(body) // 2), body[:len(body) // 2 * 2]))
    total = (total & 0xffff) + (total >> 16)
    body = body[:2] + struct.pack('!H', ~(total + (total >> 16)) & 0xffff) + body[4:]
    head = struct.pack('!BBHHHBBH', 0x45, 0, 0, 0, 0, 64, 1, 0)
    sender.sendto(head + socket.inet_aton(source) + socket.inet_aton('10.0.0.11') + body, ('10.0.0.11', 0))
done = 0
while done < 3:
    packet = asked.recv(2048)
    if packet[16:20] != socket.inet_aton('10.244.2.0') or packet[20] != 8 or len(packet) > 200:
        continue
    number = struct.unpack_from('!H', packet, 24)[0]
    for source in ('10.0.0.13', '10.244.3.0', '10.0.0.99'):
        for length in range(26, len(packet) + 1, 2):
            answer(source, number, packet[26:length])
    for other in range(number + 1, number + 20000):
        answer('10.0.0.13', other & 0xffff, packet[26:])
    done += 1
P
check 'its echoes are answered by others, in three turns' in_host worker-2 python3 "$WORK/forge.py"
N=$(requests)
check 'what they send is no answer' all_of "wait_for asked_more $((N + 3))" 'counted pod lost 1' 'changed pod lost 1'
nft delete table bridge filter
check 'it is back: one line, one count' all_of 'wait_for log_has "reach: worker-2 (IPv4): path pod answers again, after"' \
	'wait_for changed pod answers 1' 'counted pod lost 0'
check 'no more lines than these' [ "$(log_lines 'reach:')" = 2 ]

# A peer that is down is one line, though all its paths are lost.
ip -n worker-3 link set eth1 down
check 'a peer that is down' wait_for log_has 'reach: worker-3 (IPv4): path node is lost'
check 'all of whose paths are counted' all_of 'wait_for counted pod lost 1' 'counted node lost 1'
check 'is one line' [ "$(log_lines 'reach: worker-3')" = 1 ]
ip -n worker-3 link set eth1 up
pass worker-3
check 'and back' wait_for all_answer

# A wire that takes less than the links say.
for port in 1 2 3; do
	ip link set port$port mtu 1400
done
check 'a size that does not arrive is one line, with the size that does' \
	wait_for log_has 'reach: worker-2 (IPv4): path full is lost: packets of 1500 bytes are lost, of 140'
for port in 1 2 3; do
	ip link set port$port mtu 1500
done
check 'and back' wait_for all_answer

# The file changes: what is known stays. The new node's own ways may be lost at any time, so only
# the counts that it cannot move are looked at: forgotten, they would begin at nothing.
node worker-4 'address: 10.0.0.14, podCIDRs: 10.244.4.0/24'
file 'reach: {every: 1s, timeout: 1s, lostAfter: 3}'
check 'a node that joins is probed, too' wait_for counted node lost 1
check 'and of the others nothing is forgotten' all_of 'page_has /metrics "^croute_reach_changes_total{path=.pod.,to=.answers.} [1-9]"' \
	'wait_for counted node answers 2'
unset 'NODES[worker-4]'
file
check 'turned off, the counts are gone, and the route' all_of 'wait_for counted node answers 0' \
	"wait_for not local_route"
N=$(requests)
check 'and nobody is asked' not asked_more "$N"
agent_stop TERM
check 'it ends as it should' exits 0

# Without any right to send echoes the routes are kept anyway.
file 'reach: {every: 1s}'
in_host worker-1 sh -c 'echo 1 0 >/proc/sys/net/ipv4/ping_group_range'
start agent nsenter --net=/run/netns/worker-1 -- setpriv --bounding-set -net_raw "$CROUTE" run --node worker-1 -c "$CONF"
check 'without privilege it says so, with both ways to get it' \
	wait_for log_has 'CAP_NET_RAW allows it); peers are not probed, the routes are kept anyway'
check 'and is ready' wait_for ready
agent_stop TERM

finish
