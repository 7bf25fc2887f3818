#!/bin/bash
# test_s390x.sh - Linux 6.1 of Debian 12 on s390x, whose byte order is the network's: kernel and croute
# alike. CROUTE is this machine's here, so the other one is built.
# SPDX-License-Identifier: MIT
root=$(cd "$(dirname "$0")/../.." && pwd)
export CROUTE=$root/build/s390x/croute
# shellcheck source=lib.sh
. "$root/tests/kernels/lib.sh"
UNITS=(kernel_filter kernel_flood kernel_watch lock lock_ask nft_watch)

# built ARGUMENT...
built() {
	make -C "$ROOT" --no-print-directory -s cross ARCH=s390x "$@" >&2 && return
	printf 'not ok - %s: make cross ARCH=s390x %s\n' "$TEST_NAME" "$*" && exit 1
}

why=$("$ROOT/packaging/cross/sysroot" s390x) || skip_all "$why"
built
built VARIANT=debug CROSS="${UNITS[*]/#/build/s390x/debug/tests/unit/test_}"
use bookworm s390x
boot units '' lab_units
boot ipv6 SHORT=1 test_routes test_vxlan test_agent_events test_agent_quiet "$@"
finish
