#!/bin/bash
# gate_licenses.sh - each source says what license it is under; `reuse lint` agrees, where it is installed.
# SPDX-License-Identifier: MIT
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
status=0
while read -r file; do
	printf '%s: names no license: it wants a line "SPDX-License-''Identifier: MIT"\n' "$file"
	status=1
done < <(find src include tests packaging -path tests/golden -prune -o -type f \
	\( -name '*.[ch]' -o -name '*.sh' -o -name '*.py' -o -name '*.service' -o -name '*.[58]' \) -print0 |
	xargs -0 -r grep -L 'SPDX-License-''Identifier: MIT$\|SPDX-License-''Identifier: MIT \*/$')
if command -v reuse >/dev/null; then
	found=$(reuse lint 2>&1) || { printf '%s\n' "$found" && status=1; }
fi
exit $status
