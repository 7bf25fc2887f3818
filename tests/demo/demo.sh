#!/bin/bash
# demo.sh - three hosts learn the way to each other's pods from one file; `make demo` shows it.
#
# All of it lives in network namespaces of its own (tests/netns/lib.sh), which end with this script,
# on Ctrl-C too. The machine's own interfaces and routes cannot be reached from there.
# BACKEND is the file's backend.type: `make demo BACKEND=vxlan` goes through tunnels.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # wait_for calls no_route_left
NETNS_TOOLS='ip unshare nsenter ping'
# shellcheck source=../netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"

BACKEND=${BACKEND:-host-gw}
WAIT_SECONDS=30
cd "$WORK" || exit 1
HOSTS='worker-1 worker-2 worker-3'
BOLD='' PLAIN='' DIM=''
if [ -t 1 ]; then
	BOLD=$'\033[1m' PLAIN=$'\033[0m' DIM=$'\033[2m'
fi

say() {
	printf '\n%s%s%s\n' "$BOLD" "$*" "$PLAIN"
}

# on HOST COMMAND...: show the command at that host's prompt, and run it there.
on() {
	local host=$1

	shift
	printf '%s%s#%s %s\n' "$DIM" "$host" "$PLAIN" "$*"
	quietly_on "$host" "$@"
}

# on_briefly HOST COMMAND...: the same, of what it prints only the last line.
on_briefly() {
	local host=$1

	shift
	printf '%s%s#%s %s | tail -n 1\n' "$DIM" "$host" "$PLAIN" "$*"
	quietly_on "$host" "$@" | tail -n 1
}

quietly_on() {
	local host=$1 command=$2

	shift 2
	[ "$command" != croute ] || command=$CROUTE
	NODE_NAME=$host in_host "$host" "$command" "$@"
}

# matrix: does the pod of each row reach the pod of each column, over IPv4 and IPv6? All at a time.
matrix() {
	local from to pids=()

	for from in 1 2 3; do
		for to in 1 2 3; do
			reach $from $to >"cell-$from-$to" &
			pids+=($!)
		done
	done
	wait "${pids[@]}"
	printf '%-12s %-10s %-10s %s\n' 'pod to pod' worker-1 worker-2 worker-3
	for from in 1 2 3; do
		printf '%-12s %-10s %-10s %s\n' "worker-$from" \
			"$(cat "cell-$from-1")" "$(cat "cell-$from-2")" "$(cat "cell-$from-3")"
	done
}

reach() {
	local said4=- said6=-

	[ "$1" != "$2" ] || { echo . && return; }
	in_host "worker-$1-pod" ping -n -q -c 1 -W 2 "10.244.$2.2" >/dev/null 2>&1 && said4=v4
	in_host "worker-$1-pod" ping -n -q -c 1 -W 2 "fd10:244:0:$2::2" >/dev/null 2>&1 && said6=v6
	echo "$said4 $said6"
}

no_route_left() {
	[ -z "$(in_host "$1" ip route show 10.244.3.0/24)" ] &&
		[ -z "$(in_host "$1" ip -6 route show fd10:244:0:3::/64)" ]
}

# --- the hosts

say 'Three hosts on one link, a pod on each'
cat <<'PICTURE'
   pod 10.244.1.2      pod 10.244.2.2      pod 10.244.3.2
   worker-1            worker-2            worker-3
   10.0.0.11           10.0.0.12           10.0.0.13
       |                   |                   |
   ----+-------------------+-------------------+----
PICTURE
for n in 1 2 3; do
	host_add worker-$n 10.0.0.1$n/24 fd00::1$n/64
	pod_add worker-$n 10.244.$n.2/24 fd10:244:0:$n::2/64
done

say 'One file says who has which pods'
cat >nodes.yaml <<YAML
version: 1
backend: {type: $BACKEND}
nodes:
YAML
for n in 1 2 3; do
	cat >>nodes.yaml <<-YAML
		  - name: worker-$n
		    address: [10.0.0.1$n, 'fd00::1$n']
		    podCIDRs: [10.244.$n.0/24, 'fd10:244:0:$n::/64']
	YAML
done
printf '%s$%s cat nodes.yaml\n' "$DIM" "$PLAIN"
cat nodes.yaml

say 'What would croute do on worker-1? A dry run changes nothing'
on worker-1 croute reconcile -c nodes.yaml --dry-run

say 'Do it, on all three'
on worker-1 croute reconcile -c nodes.yaml
on_briefly worker-2 croute reconcile -c nodes.yaml
on_briefly worker-3 croute reconcile -c nodes.yaml
on worker-1 ip route show proto 67
if [ "$BACKEND" = vxlan ]; then
	on worker-1 ip neigh show dev croute.1
	on worker-1 bridge fdb show dev croute.1
fi
matrix

say 'A second pass has nothing to do'
on worker-1 croute reconcile -c nodes.yaml

say 'Now the agent runs on all three, and worker-3 is taken out of the file'
# As if it were not of this moment: at start, a file just written is given a second to settle.
mkdir -p /run/croute
touch -d '1 minute ago' nodes.yaml
for host in $HOSTS; do
	printf '%s%s#%s croute run -c nodes.yaml &\n' "$DIM" "$host" "$PLAIN"
	# Each host has a /run of its own, as far as the agent is concerned: its status file is there.
	# shellcheck disable=SC2016 # for the shell within
	start "$host" env NODE_NAME="$host" unshare --mount sh -c 'mount -t tmpfs tmpfs /run/croute &&
		exec nsenter --net="/run/netns/$NODE_NAME" -- "$0" run -c nodes.yaml' "$CROUTE"
done
for host in $HOSTS; do
	wait_for in_host "$host" grep -q '@croute' /proc/net/unix
done
printf "%s\$%s sed '/worker-3/,\$d' nodes.yaml >new && mv new nodes.yaml\n" "$DIM" "$PLAIN"
# shellcheck disable=SC2094 # the new one takes its place afterwards
sed '/worker-3/,$d' nodes.yaml >new && mv new nodes.yaml

status=0
for host in worker-1 worker-2; do
	wait_for no_route_left "$host" || {
		status=1
		cat "$host.log"
	}
	on "$host" ip route show proto 67
done
matrix

say 'What the agent on worker-1 said'
cat worker-1.log

if command -v nft >/dev/null; then
	say 'The network begins to drop packets with pod addresses. Every route is right, and yet'
	nft -f - <<-'END'
		table bridge drops {
			chain forward {
				type filter hook forward priority 0
				ip saddr 10.244.0.0/16 drop
				udp dport 8472 drop
			}
		}
	END
else
	say 'The network takes only smaller packets from now on. Every route is right, and yet'
	ip link set port2 mtu 1400
fi
on worker-1 croute reach -c nodes.yaml
for host in $HOSTS; do
	kill "${PID[$host]}" 2>/dev/null
	wait "${PID[$host]}" 2>/dev/null
done
[ "$status" = 0 ] || say 'The routes to worker-3 are still there: this is not as it should be'
exit "$status"
