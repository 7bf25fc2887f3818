#!/bin/bash
# quiet.sh - an agent of which nothing but its resyncs is expected; sourced after agents.sh.
# SPDX-License-Identifier: MIT

# passes_more NUMBER: so many more passes come. The looks are a second apart: each costs the guest
# more than its idle time does.
passes_more() {
	local until=$(($(passes) + $1)) end=$((SECONDS + 60))

	while [ "$(passes)" -lt "$until" ]; do
		[ "$SECONDS" -lt "$end" ] || return 1
		read -r -t 1 -u "$NEVER"
	done
	return 0
}
