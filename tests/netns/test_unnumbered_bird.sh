#!/bin/bash
# test_unnumbered_bird.sh - unnumbered hosts with BIRD: BGP over the link-local addresses of two
# links, each node's address on its loopback.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
TOOLS=$(cd "$(dirname "$0")/../.." && pwd)/build/tools/usr
PATH=$TOOLS/sbin:$PATH:/usr/sbin
LIBRARIES=''
# shellcheck disable=SC2034 # lib.sh reads it
NETNS_TOOLS='ip unshare nsenter ping jq bird birdcl'
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"

# With the libraries that came along, which nothing else here is to load.
for folder in "$TOOLS"/lib/*-linux-gnu; do LIBRARIES=$folder${LIBRARIES:+:$LIBRARIES}; done
BIRD=(env LD_LIBRARY_PATH="$LIBRARIES")
run "${BIRD[@]}" bird --version
exits 0 || skip_all "BIRD does not run: $ERR"

# bird_start SELF PEER: tells its loopback; what both links bring becomes one route of two next hops.
bird_start() {
	cat >"$WORK/bird-$1.conf" <<-END
		router id 10.0.0.1$1;
		protocol device {}
		protocol direct { ipv4; interface "lo"; }
		protocol kernel {
			merge paths on;
			ipv4 { export filter { if source != RTS_BGP then reject; krt_prefsrc = 10.0.0.1$1; accept; }; };
		}
		template bgp over {
			local as 6500$1;
			connect delay time 1; connect retry time 1; error wait time 1, 1;
			ipv4 { import all; export where source = RTS_DEVICE; extended next hop on; next hop self; };
		}
		protocol bgp eth1 from over { neighbor fe80::ff:fe00:10$2%'eth1' as 6500$2; }
		protocol bgp eth2 from over { neighbor fe80::ff:fe00:20$2%'eth2' as 6500$2; }
	END
	start "bird-$1" nsenter --net="/run/netns/worker-$1" -- "${BIRD[@]}" bird -f -c "$WORK/bird-$1.conf" \
		-s "$WORK/bird-$1.ctl" -P "$WORK/bird-$1.pid"
}

# bird_do COMMAND...: of worker-1's.
bird_do() { "${BIRD[@]}" birdcl -s "$WORK/bird-1.ctl" "$@" >/dev/null; }

# leads HOST PEER DEVICE...: the daemon's route to the peer has these next hops; none: there is no route.
leads() {
	local host=worker-$1 peer=10.0.0.1$2

	shift 2
	[ "$(ip -n "$host" -j route show "$peer" proto bird |
		jq -r '.[] | [.dev // .nexthops[].dev] | sort | join(" ")')" = "$*" ]
}
both_lead() { wait_for leads 1 2 "$@" && wait_for leads 2 1 "$@"; }

namespace_add worker-1
namespace_add worker-2
for link in 1 2; do
	ip -n worker-1 link add eth$link type veth peer name eth$link netns worker-2
	for n in 1 2; do # its link-local address is that of its MAC, and so comes back with the link
		ip -n worker-$n link set eth$link address 02:00:00:00:0$link:0$n mtu $((1300 + 100 * link))
		ip -n worker-$n link set eth$link up
	done
done
for n in 1 2; do
	sysctl_in worker-$n ipv4/fib_multipath_hash_policy 1
	sysctl_in worker-$n ipv4/tcp_syn_retries 1 # else one that is sent too early waits ever longer
	pod_add worker-$n "10.244.$n.2/24"
	node worker-$n "address: 10.0.0.1$n, podCIDRs: 10.244.$n.0/24"
	ip -n worker-$n addr add "10.0.0.1$n/32" dev lo
done
bird_start 1 2
bird_start 2 1
cluster_write 'type: vxlan' 'agent: {resync: 10m}'
WAIT_SECONDS=120
agent_start worker-1 --node worker-1 -c "$CONF"
check 'an agent settles before the daemon has found a way' wait_for agent_is_ready worker-1
check 'BIRD finds both links' both_lead eth1 eth2
check 'the MTU follows, the least of both' wait_for device worker-1 croute.1 '* mtu 1350 *'
check 'the other host settles' settled worker-2
pass worker-1 --dry-run --exit-code
check 'the agent leaves nothing to do' exits 0
check 'pods reach one another' all_of 'pings worker-1-pod 10.244.2.2' 'pings worker-2-pod 10.244.1.2'

monitor_start worker-1
row_start flap worker-1-pod 10.244.2.2
bird_do disable eth1
check 'a link is taken out by the daemon, and the MTU is that of the other' all_of 'both_lead eth2' \
	"wait_for device worker-1 croute.1 '* mtu 1450 *'"
ip -n worker-1 link set eth1 down
row_goes_on flap
ip -n worker-1 link set eth1 up
bird_do enable eth1
check 'it comes back' all_of 'both_lead eth1 eth2' "wait_for device worker-1 croute.1 '* mtu 1350 *'"
check 'what the daemon does not lose is not lost: no ping of a row' rows_lost 0 flap

ip -n worker-1 link set eth2 down
check 'a link goes, and BIRD takes the other' both_lead eth1
check 'with the way of the node comes the way of its pods' pings worker-1-pod 10.244.2.2
ip -n worker-1 link set eth1 down
check 'all links go' both_lead
check 'the tunnel stays as it is' all_of 'owned worker-1 1' "device worker-1 croute.1 '* mtu 1350 *'"
for dev in eth1 eth2; do ip -n worker-1 link set $dev up; done
check 'they come back' both_lead eth1 eth2
check 'and pods reach one another' pings worker-1-pod 10.244.2.2
monitor_stop worker-1
check "in all that no route of croute's was touched" not heard_line '*proto 67*'
agent_stop TERM
check 'nothing is left to do' converged worker-1 worker-2
finish
