#!/bin/bash
# test_unit.sh - the package on a running systemd: install, follow the file, upgrade, remove, purge.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2317 # check calls the predicates
[ "$(id -u)" = 0 ] || { printf 'skip - test_unit: only root can boot a machine\n' && exit 77; }
# shellcheck source=../netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"
# shellcheck source=root.sh
. "$(dirname "$0")/root.sh"
# shellcheck source=machine.sh
. "$(dirname "$0")/machine.sh"

why=$(machine_possible) || skip_all "$why"
why=$(root_package) || skip_all "$why"
HOSTS=$WORK/root
mapfile -t NEEDS < <(root_depends "$WORK/croute.deb")
root_make "$HOSTS" systemd iproute2 procps "${NEEDS[@]}"
cp "$WORK"/*.deb "$HOSTS/"
host_add worker-1 10.0.0.1/16
machine_boot worker-1 "$HOSTS" || {
	sed 's/^/# /' "$WORK/machine-worker-1.log"
	skip_all 'systemd does not boot here'
}

on() { run in_machine worker-1 "$@"; }
property() { in_machine worker-1 systemctl show -P "$1" croute; }
# shellcheck disable=SC2053 # a pattern it is meant to be
property_is() { [[ $(property "$1") == $2 ]]; }
enabled() { [ "$(in_machine worker-1 systemctl is-enabled croute)" = "$1" ]; }

# conf_write BACKEND PEER...: renamed into place, as Ansible does.
conf_write() {
	local peer

	{
		printf 'version: 1\nbackend: {type: %s}\nnodes:\n' "$1"
		for peer in 1 "${@:2}"; do
			printf -- '- {name: worker-%s, address: 10.0.0.%s, podCIDRs: [10.244.%s.0/24]}\n' \
				"$peer" "$peer" "$peer"
		done
	} >"$HOSTS/etc/croute/.new"
	mv "$HOSTS/etc/croute/.new" "$HOSTS/etc/croute/croute.yaml"
}

# --- installed, without a file

START=$SECONDS
on dpkg -i /croute.deb
check 'it installs' exits 0
check 'and does not hang for want of a file' [ $((SECONDS - START)) -lt 60 ]
check 'the agent runs' property_is ActiveState active
check 'and waits, saying so' property_is StatusText 'not ready: *'
check 'it starts at every boot' enabled enabled

# --- with a file

conf_write host-gw 2 3
check 'a file that comes is followed' wait_for owned worker-1 2
check 'which the status tells' wait_for property_is StatusText '2 of 2 routes in place*'
PID0=$(property MainPID)
conf_write host-gw 2 3 4
check 'one that changes, too' wait_for owned worker-1 3
check 'by the same process' property_is MainPID "$PID0"
on systemctl reload croute
check 'it can be told to read again' all_of 'exits 0' 'property_is MainPID "$PID0"'
on croute status
check 'croute status knows it' all_of 'exits 0' 'out_line "* croute on worker-1 is ready: *"'
on ip route show proto croute
check 'ip knows protocol 67 by its name' out_line '10.244.2.0/24 via 10.0.0.2 *'

# --- what it may do

# inside COMMAND...: with the agent's view of the files.
inside() {
	run in_machine worker-1 nsenter -t "$(property MainPID)" -m -- "$@"
}
process() { in_machine worker-1 sed -n "s/^$1:[[:space:]]*//p" "/proc/$(property MainPID)/status"; }

check 'it has CAP_NET_ADMIN alone' [ "$(process CapPrm)$(process CapBnd)" = 00000000000010000000000000001000 ]
check 'and can gain nothing' [ "$(process NoNewPrivs)" = 1 ]
check 'its system calls are filtered' [ "$(process Seccomp)" = 2 ]
inside test -s /etc/croute/croute.yaml
check 'it sees its file' exits 0
for path in /etc/croute/x /usr/x /var/x /run/x /boot/x /proc/sys/kernel/hostname; do
	inside sh -c ': >"$1"' - "$path"
	check "it cannot write $path" not exits 0
done
conf_write vxlan 2 3 4
check 'it makes a tunnel' wait_for route worker-1 '10.244.4.0/24 via 10.244.4.0 dev croute.1 *'
setting() { [ "$(in_host worker-1 cat "/proc/sys/net/$1")" = "$2" ]; }
check 'and keeps its settings under /proc/sys/net' all_of \
	'wait_for setting ipv4/conf/croute.1/rp_filter 2' 'setting ipv6/conf/croute.1/accept_ra 0'
conf_write host-gw 2 3 4
check 'and takes it away' wait_for route worker-1 '10.244.4.0/24 via 10.0.0.4 dev eth1 *'
on croute reconcile
check 'root cannot write beside it' all_of 'exits 1' 'err_line "*lock*held by process*"'

# --- kept alive

restarted() { [ "$(property MainPID)" != "$PID0" ] && property_is SubState running; }
ip -n worker-1 route show proto 67 >"$WORK/before"
on kill -KILL "$PID0"
check 'killed, it comes back' wait_for restarted
check 'and the routes have stayed' diff "$WORK/before" <(ip -n worker-1 route show proto 67)
mkdir -p "$HOSTS/etc/systemd/system/croute.service.d"
printf '[Service]\nWatchdogSec=1s\nTimeoutStopSec=1s\n' \
	>"$HOSTS/etc/systemd/system/croute.service.d/quick.conf"
on systemctl daemon-reload
on systemctl restart croute
PID0=$(property MainPID)
on kill -STOP "$PID0"
check 'hung, it is started anew by the watchdog' wait_for restarted
on systemctl stop croute
check 'stopped, it has ended well' all_of 'exits 0' 'property_is Result success'
check 'and the routes are there' diff "$WORK/before" <(ip -n worker-1 route show proto 67)
on croute status
check 'croute status tells that it was stopped' out_line '* stopped*'
on systemctl start croute

# --- upgrade, remove, purge

PID0=$(property MainPID)
on dpkg -i /croute-next.deb
check 'an upgrade starts the new one' all_of 'exits 0' 'wait_for restarted'
check 'the file is as it was' grep -q worker-4 "$HOSTS/etc/croute/croute.yaml"
check 'and so are the routes' diff "$WORK/before" <(ip -n worker-1 route show proto 67)
PID0=$(property MainPID)
agent_gone() { ! in_machine worker-1 test -e "/proc/$1"; }
on dpkg -r croute
check 'removed, the agent ends' all_of 'exits 0' 'agent_gone "$PID0"'
check 'the routes stay' diff "$WORK/before" <(ip -n worker-1 route show proto 67)
check 'which is told, with what takes them away' said 'croute: *ip -4 route flush table all proto 67*'
check 'and so does the file' test -s "$HOSTS/etc/croute/croute.yaml"
on dpkg -P croute
check 'purged, the routes stay' all_of 'exits 0' 'owned worker-1 3'
check 'and what one wrote oneself' test -s "$HOSTS/etc/croute/croute.yaml"
check 'nothing else does' [ -z "$(cd "$HOSTS" && find etc/systemd var/lib/systemd run \
	-name '*croute*' ! -path '*/croute.service.d*')" ]
finish
