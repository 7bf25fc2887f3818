#!/bin/bash
# lib.sh - boots a kernel under emulation with labs inside, and counts what the guest reports.
#
# A test sources this file, names a kernel (use SUITE [ARCH]), boots it as often as it likes (boot) and ends
# with finish. Labs are programs of tests/netns, unchanged, or of tests/kernels/labs. The guest's
# clock counts instructions, and runs ahead when the guest is idle: no lab depends on how fast or
# busy this machine is. BOOT_TIME is the limit of one boot in seconds of this machine's clock.
# SPDX-License-Identifier: MIT

set -u -o pipefail
export LC_ALL=C

TEST_NAME=$(basename "$0" .sh)
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
KERNELS=$ROOT/build/kernels
CROUTE=$(realpath -m "${CROUTE:-$ROOT/build/croute}")
STATUS=0
export CROUTE

skip_all() {
	printf 'skip - %s: %s\n' "$TEST_NAME" "$1"
	exit 77
}

needs() {
	local tool

	for tool in "$@"; do
		PATH=$PATH:/usr/sbin:/sbin type -P "$tool" >/dev/null || skip_all "no command $tool"
	done
}

# machine ARCH: QEMU and the words for its kernel. One for another architecture runs a croute that was
# built for it (make cross), with Debian's tools; the others run this machine's.
machine() {
	if [ "$1" = s390x ]; then
		needs qemu-system-s390x cpio depmod modprobe xz
		QEMU=(qemu-system-s390x) WORDS='console=ttysclp0'
		return
	fi
	needs qemu-system-x86_64 busybox cpio depmod modprobe xz
	[ "$(uname -m)" = x86_64 ] || skip_all "the guests run this machine's tools, which are not x86_64"
	QEMU=(qemu-system-x86_64 -cpu Nehalem)
	WORDS='console=ttyS0 tsc=reliable clocksource=tsc no_timer_check mitigations=off nokaslr'
}

# use SUITE [ARCH]: the kernel of the boots that follow.
use() {
	local why

	machine "${2-}"
	SUITE=$1${2:+-$2}
	why=$("$ROOT/tests/kernels/fetch.sh" "$@")
	case $? in
	0) ;;
	77) skip_all "no kernel of Debian's $SUITE: $why" ;;
	*) printf 'not ok - %s: tests/kernels/fetch.sh %s failed\n' "$TEST_NAME" "$*" && exit 1 ;;
	esac
	mkdir -p "$KERNELS/logs"
	TMP=$(mktemp -d "$KERNELS/boot.XXXXXX")
	trap 'rm -rf "$TMP"' EXIT
	trap 'exit 130' INT TERM
	"$ROOT/tests/kernels/root.sh" "$TMP/root" "${@:2}" &&
		{ pack "$TMP/root" && pack "$KERNELS/$SUITE/root"; } >"$TMP/initramfs" && return
	printf 'not ok - %s: tests/kernels/root.sh failed\n' "$TEST_NAME" && exit 1
}

pack() { (cd "$1" && find . | cpio -o -H newc -R 0:0 --quiet); }

# boot NAME WORDS LAB...: NAME stands before each result and names the log; WORDS, separated by
# spaces, are for the kernel or for tests/kernels/init.
boot() {
	local log=$KERNELS/logs/$SUITE-$1.log words=$2 name="$SUITE $1"

	shift 2
	timeout --foreground -k 5 "${BOOT_TIME:-3000}" "${QEMU[@]}" -accel tcg \
		-icount shift=1,sleep=off -m 1024 -nodefaults -nographic -no-reboot -serial stdio \
		-kernel "$KERNELS/$SUITE/vmlinux" -initrd "$TMP/initramfs" \
		-append "$WORDS quiet panic=-1 rdinit=/init net.ifnames=0 norandmaps $words \
labs=$(IFS=, && echo "$*")" </dev/null 2>&1 |
		tr -d '\r' >"$log"
	report "$name" "${log#"$ROOT/"}" <"$log" || STATUS=1
}

# report NAME LOG: what a guest wrote to the log, as TAP; fails when anything in it did.
report() {
	sed -n 's/^.*@@\(kernel\|out\|end\|dmesg\|off\) /\1 /p' | awk -v name="$1" -v log_file="$2" '
		function bad(text) { print "not ok - " name ": " text; failed = 1 }
		{ kind = $1; sub(/^[a-z]+ /, "") }
		kind == "kernel" { print "# " name ": Linux " $1 }
		kind == "out" && match($0, /^(not ok|ok|skip) - /) {
			count++
			if (/^not/) broken = failed = 1
			$0 = substr($0, 1, RLENGTH) name ": " substr($0, RLENGTH + 1)
		}
		kind == "out"
		kind == "end" {
			if (!count || ($2 != 0 && !broken)) bad($1 " ended with " $2)
			printf "# %s: %s took %.1f s in the guest\n", name, $1, $4 - $3
			count = broken = 0
		}
		kind == "dmesg" { bad("the kernel says: " $0) }
		kind == "off" { off = 1 }
		END {
			if (!off) bad("the guest did not come to its end, see " log_file)
			exit failed
		}'
}

# boot_both [LAB...]: as the kernel is, with these labs too, and without IPv6.
boot_both() {
	boot ipv6 '' test_routes test_vxlan test_agent_events test_confirm test_foreign test_flush \
		test_unnumbered lab_vxlan lab_masquerade lab_takeover lab_vrf lab_links "$@"
	boot no-ipv6 ipv6.disable=1 lab_hostgw lab_vxlan lab_no_ipv6 lab_masquerade test_guard
}

finish() { exit "$STATUS"; }
