#!/bin/bash
# lib.sh - what tests of the command line share: a place to work in, and how a command is run.
#
# A test sources this file first. It needs no namespace and no privilege; CROUTE is the binary.
# SPDX-License-Identifier: MIT

set -u -o pipefail
export LC_ALL=C.UTF-8
unset NODE_NAME CROUTE_CONFIG NO_COLOR CDPATH

TEST_NAME=$(basename "$0" .sh)
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CROUTE=$(realpath -m "${CROUTE:-$ROOT/build/croute}")
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

# shellcheck source=../netns/checks.sh
. "$ROOT/tests/netns/checks.sh"

# run COMMAND...: run it, and keep STATUS, OUT (stdout) and ERR (stderr) for the checks.
run() {
	LAST="$*"
	"$@" >"$WORK/stdout" 2>"$WORK/stderr" </dev/null
	STATUS=$?
	OUT=$(cat "$WORK/stdout")
	ERR=$(cat "$WORK/stderr")
}

# skip_all REASON: nothing here can be tested on this machine.
skip_all() {
	printf 'skip - %s: %s\n' "$TEST_NAME" "$1"
	exit 77
}

# commands: their names, as `croute help` lists them.
commands() {
	"$CROUTE" help | sed -n 's/^  \([a-z]\{1,\}\)  *[^ ].*/\1/p'
}

# options_of COMMAND: all that its help names, short and long, one a line.
options_of() {
	"$CROUTE" help "$1" | sed -n 's/^ \{2,6\}\(-.*\)/\1/p' |
		sed 's/  .*//' | grep -oE -- '-(-[a-z0-9-]+|[a-z])' | sort -u
}

[ -x "$CROUTE" ] || {
	printf 'not ok - %s: there is no %s to test\n' "$TEST_NAME" "$CROUTE"
	exit 1
}
