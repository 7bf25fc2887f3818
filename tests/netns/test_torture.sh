#!/bin/bash
# test_torture.sh - by chance: files, strangers and signals; tests/torture/torture.py holds the promise.
#
# SEEDS and STEPS choose others (make torture).
# SPDX-License-Identifier: MIT

NETNS_TOOLS="ip unshare nsenter ping setpriv jq bridge python3"
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

host_add worker-1 10.0.0.1/16 fd00::1/64
for seed in ${SEEDS:-1 2 3}; do
	run in_host worker-1 python3 "$(dirname "$0")/../torture/torture.py" "$CROUTE" "$WORK/$seed" "${STEPS:-100}" "$seed"
	check "seed $seed" exits 0
done
finish
