#!/bin/bash
# gate_shell.sh - shellcheck over every script.
# SPDX-License-Identifier: MIT
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
find . -path ./.git -prune -o -path ./build -prune -o -type f -print0 |
	xargs -0 grep -lIE -m 1 '^#!/bin/(ba)?sh' | xargs -r shellcheck -x -e SC2015,SC2016 -P SCRIPTDIR
