#!/bin/bash
# lab_units.sh - those of croute's unit tests that a kernel answers: filters, floods, locks.
# SPDX-License-Identifier: MIT
for unit in "$(dirname "$0")"/../../../build/units/test_*; do
	name=$(basename "$unit")
	CMOCKA_MESSAGE_OUTPUT=TAP "$unit" 2>&1 | sed -E "s/^((not )?ok) [0-9]+ - /\1 - $name: /; t; s/^/# /"
	[ "${PIPESTATUS[0]}" = 0 ] || printf 'not ok - %s ended well\n' "$name"
done
