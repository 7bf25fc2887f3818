#!/bin/bash
# gate_sizes.sh - no file over 600 lines. (Functions: gate_tidy.sh, readability-function-size.)
# SPDX-License-Identifier: MIT
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
most=600
find src include tests packaging \( -name '*.[ch]' -o -name '*.sh' -o -name '*.py' \) -exec wc -l {} + |
	awk -v most=$most '$2 != "total" && $1 > most {
		printf "%s: %d lines; %d are the most\n", $2, $1, most; bad = 1 } END { exit bad }'
