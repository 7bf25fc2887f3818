#!/bin/bash
# gate_headers.sh - each header compiles alone, with gcc and with clang.
# SPDX-License-Identifier: MIT
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
export LIB_CFLAGS
LIB_CFLAGS=$(pkg-config --cflags libnl-3.0)

check() {
	local compiler status=0
	for compiler in gcc clang; do
		# shellcheck disable=SC2086 # several flags
		"$compiler" -std=c17 -D_GNU_SOURCE -Iinclude -Isrc $LIB_CFLAGS -Wall -Wextra -Werror \
			-Wno-unused-function -fsyntax-only -x c - <<<"#include \"$PWD/$1\"" || status=1
	done
	return $status
}
export -f check
find include src -name '*.h' -print0 | xargs -0 -r -n 1 -P "$(nproc)" bash -c 'check "$1"' check
