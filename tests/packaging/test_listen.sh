#!/bin/bash
# test_listen.sh - with each `listen` that the guides name, the agent answers where the DaemonSet's
# probes ask, and with `node:` to the other hosts, too.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
# shellcheck source=../netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"
# shellcheck source=../netns/agents.sh
. "$ROOT/tests/netns/agents.sh"

KUBERNETES=$ROOT/packaging/kubernetes
host_add worker-1 10.0.0.1/16 fd00::1/64
host_link_add worker-1 eth2 10.7.0.1/24
host_add worker-2 10.0.0.2/16 10.7.0.2/24 fd00::2/64

# answers FROM ADDRESS PATH [STATUS]: what a GET there is answered with.
answers() {
	# shellcheck disable=SC2016 # for the inner shell
	in_host "$1" timeout 60 "$BASH" -c 'exec 3<>"/dev/tcp/$1/9667" &&
		printf "GET %s HTTP/1.1\r\nHost: x\r\n\r\n" "$2" >&3 && head -n 1 <&3' - "$2" "$3" 2>/dev/null |
		grep " ${4:-200} " >/dev/null
}

conf_listen() {
	printf 'version: 1\nagent: {%s, listen: "%s"}\nnodes:\n' "$AGENT_KEYS" "$1"
	printf -- '- {name: worker-1, address: [10.0.0.1, "fd00::1"], podCIDRs: [10.99.0.0/24, "fd99::/64"]}\n'
	printf -- '- {name: worker-2, address: [10.0.0.2, "fd00::2"], podCIDRs: [10.98.0.0/24, "fd98::/64"]}\n'
}
listen() {
	conf_listen "$1" >"$CONF"
	touch -d '1 hour ago' "$CONF"
	agent_begin
}

# --- guides and manifest together; croute.yaml(5) names the default and :9667 for the probes
documented() {
	grep -rhoE --exclude-dir=chart --exclude-dir=sync 'listen: *[^ ,}#]+' "$ROOT/packaging/prometheus/README.md" "$KUBERNETES" |
		sed -E "s/listen: *//; s/[\`'\"]//g" | sort -u
}
probes() {
	sed -nE 's/.*httpGet: \{host: (.*), port: 9667, path: (.*)\}.*/\1 \2/p' "$KUBERNETES/base/daemonset.yaml"
}
probed() {
	local host path
	while read -r host path; do answers worker-1 "$host" "$path" || return; done < <(probes)
}
mapfile -t VALUES < <(documented)
check 'the Prometheus guide names a place to listen' \
	grep -q 'listen: ' "$ROOT/packaging/prometheus/README.md"
check 'the DaemonSet has both probes' [ "$(probes | wc -l)" = 2 ]
for value in 127.0.0.1:9667 :9667 "${VALUES[@]}"; do
	listen "$value"
	check "with listen: $value, both find croute" within probed
	agent_stop TERM
done

# --- node: the loopback, the node's addresses, no other
LOOPBACK='answers worker-1 127.0.0.1 /readyz && answers worker-1 ::1 /readyz'
listen node:9667
check 'node: answers on loopback, in both families' within all_of "$LOOPBACK"
check 'and on the address of the node' within answers worker-2 10.0.0.1 /metrics
check 'in both families' within answers worker-2 fd00::1 /metrics
check 'on no other address of the host' not answers worker-2 10.7.0.1 /metrics
agent_stop TERM

ip -n worker-1 addr flush dev eth1 scope global
listen node:9667
check 'without an address it answers on loopback, for all that' \
	within all_of 'answers worker-1 127.0.0.1 /healthz' 'answers worker-1 ::1 /healthz'
check 'that it is not ready' answers worker-1 127.0.0.1 /readyz 503
addresses_add worker-1 eth1 10.0.0.1/16
check 'an address that comes later is served' within answers worker-2 10.0.0.1 /metrics
addresses_add worker-1 eth1 fd00::1/64
check 'that of the other family, too' within answers worker-2 fd00::1 /metrics
check 'and the loopback all along' all_of "$LOOPBACK"
agent_stop TERM

sysctl_in worker-1 ipv6/conf/lo/disable_ipv6 1
listen node:9667
check 'without IPv6 on loopback, it answers by IPv4' within all_of 'answers worker-1 127.0.0.1 /readyz' \
	'not answers worker-1 ::1 /readyz' 'answers worker-2 10.0.0.1 /metrics' \
	'status_has ".problems | length == 0"'
agent_stop TERM
sysctl_in worker-1 ipv6/conf/lo/disable_ipv6 0

# --- what one address cannot have takes nothing from the others
start taken nsenter --net=/run/netns/worker-1 -- python3 -c '
import socket, signal
s = socket.create_server(("10.0.0.1", 9667)); signal.pause()'
wait_for in_host worker-1 grep -q '0100000A:25C3 .* 0A ' /proc/net/tcp
listen node:9667
check 'an address that is taken is told' within status_has \
	'.ready and any(.problems[]; .kind == "listen" and (.text | startswith("cannot listen on 10.0.0.1:9667")))'
check 'the others are served' within all_of "$LOOPBACK" 'answers worker-2 fd00::1 /metrics'
kill "${PID[taken]}"
check 'and it is, when it is free' within answers worker-2 10.0.0.1 /metrics
check 'which is told, too' within status_has '.problems | length == 0'
agent_stop TERM
finish
