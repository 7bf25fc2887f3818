#!/bin/bash
# gate_shell.sh - shellcheck over every script, each by itself: to follow what it sources costs six times as
# much, and tells besides only what is assigned or used elsewhere.
# SPDX-License-Identifier: MIT
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
find . -path ./.git -prune -o -path ./build -prune -o -type f -print0 |
	xargs -0 grep -lIE -m 1 '^#!/bin/(ba)?sh' | xargs -r -n 1 shellcheck -e SC2015,SC2016,SC1091,SC2034,SC2153
