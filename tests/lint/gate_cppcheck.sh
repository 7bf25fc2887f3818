#!/bin/bash
# gate_cppcheck.sh - cppcheck over src and include.
# SPDX-License-Identifier: MIT
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
mkdir -p build/cppcheck
cppcheck -q -j "$(nproc)" --cppcheck-build-dir=build/cppcheck --std=c11 --error-exitcode=1 \
	--enable=warning,performance,portability,style --inline-suppr -D_GNU_SOURCE -Iinclude -Isrc \
	--suppressions-list=tests/lint/cppcheck-suppressions src
