#!/bin/bash
# machine.sh - machines with a systemd of their own; sourced after ../netns/lib.sh and root.sh.
#
# A machine is a host of lib.sh and a root of root.sh with systemd as process 1, in namespaces of its
# own, below a control group of its own, without the capabilities that reach beyond. Of systemd's own
# units only the journal runs; /proc/sys is read-only but for its own network's.
# SPDX-License-Identifier: MIT

MACHINE_CAPS=-sys_module,-sys_boot,-sys_time,-syslog,-sys_rawio,-mknod,-audit_control,-bpf,-perfmon
MACHINE_GROUP=$(findmnt -n -o TARGET -t cgroup2 | head -n 1)/$(unique)

# machine_possible: a reason is told where not.
machine_possible() {
	[ -x /lib/systemd/systemd ] || { echo 'no systemd' && return 1; }
	mkdir "$MACHINE_GROUP" 2>/dev/null || { echo 'no control groups to write to' && return 1; }
	rmdir "$MACHINE_GROUP"
}

# machine_strip ROOT: of all that systemd would start, leave the journal.
machine_strip() {
	local units=$1/etc/systemd/system

	rm -rf "$1"/{usr/lib,etc}/systemd/system/*.wants
	mkdir -p "$units/sysinit.target.wants" "$1/old"
	ln -s /lib/systemd/system/systemd-journald.service "$units/sysinit.target.wants/"
	ln -sf /lib/systemd/system/multi-user.target "$units/default.target"
	tr -d - </proc/sys/kernel/random/uuid >"$1/etc/machine-id"
}

# machine_init NAME ROOT: what becomes process 1 of the machine.
machine_init() {
	local root=$2 device

	mount --make-rprivate /
	mount --bind "$root" "$root"
	mount -t proc proc "$root/proc"
	mount --bind -o ro "$root/proc/sys" "$root/proc/sys"
	mount --bind "$root/proc/sys/net" "$root/proc/sys/net"
	mount -o remount,bind,rw "$root/proc/sys/net"
	mount -t sysfs -o ro sysfs "$root/sys"
	mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
	mount -t tmpfs tmpfs "$root/run"
	mount -t tmpfs -o mode=755 tmpfs "$root/dev"
	for device in null zero full random urandom tty; do
		: >"$root/dev/$device"
		mount --bind "/dev/$device" "$root/dev/$device"
	done
	mkdir "$root"/dev/{pts,shm,mqueue}
	mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
	ln -s pts/ptmx "$root/dev/ptmx"
	hostname "$1"
	cd "$root" && pivot_root . old && umount -l /old || exit 1
	exec env -i container=croute-test PATH=/usr/sbin:/usr/bin setpriv --bounding-set "$MACHINE_CAPS" \
		/lib/systemd/systemd --system --log-target=journal --show-status=no
}

declare -A MACHINE=()

# machine_boot HOST ROOT: MACHINE[HOST] is its process 1.
machine_boot() {
	local group=$MACHINE_GROUP-$1
	# shellcheck disable=SC2034 # wait_for's
	local WAIT_SECONDS=300

	machine_strip "$2"
	mkdir "$group"
	export MACHINE_CAPS
	export -f machine_init
	start "machine-$1" "$BASH" -c 'echo $$ >"$1/cgroup.procs" && exec nsenter --net="/run/netns/$2" -- \
		unshare --mount --pid --uts --ipc --cgroup --fork --kill-child \
		"$BASH" -c "machine_init \"\$@\"" - "$2" "$3"' - "$group" "$1" "$2"
	wait_for machine_born "$1" "${PID[machine-$1]}" || return
	wait_for in_machine "$1" systemctl is-active multi-user.target
}

machine_born() {
	MACHINE["$1"]=$(tr -d ' ' <"/proc/$2/task/$2/children")
	[ -n "${MACHINE[$1]}" ]
}

# in_machine HOST COMMAND...: as its root.
in_machine() {
	local pid=${MACHINE[$1]}

	shift
	nsenter -t "$pid" -m -n -p -u -i -- env -i HOME=/root LC_ALL=C.UTF-8 \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

machine_groups_gone() {
	find "$MACHINE_GROUP"-* -depth -type d -exec rmdir {} +
	[ -z "$(find "$MACHINE_GROUP"-* -maxdepth 0 2>/dev/null)" ]
}

machines_end() {
	local name

	for name in "${!MACHINE[@]}"; do
		kill -KILL "${PID[machine-$name]}" "${MACHINE[$name]}" 2>/dev/null
		wait "${PID[machine-$name]}" 2>/dev/null
	done
	[ ${#MACHINE[@]} = 0 ] || wait_for machine_groups_gone
}
trap machines_end EXIT
