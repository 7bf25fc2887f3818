#!/bin/bash
# gate_format.sh - the C is as clang-format would have it (`make fmt`).
# SPDX-License-Identifier: MIT
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
find src include tests -name '*.[ch]' -print0 | xargs -0 -r clang-format --dry-run -Werror
