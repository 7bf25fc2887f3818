#!/bin/bash
# gate_man.sh - mandoc has nothing to say about the manual pages.
# SPDX-License-Identifier: MIT
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
find packaging/man -name '*.[58]' -print0 2>/dev/null | xargs -0 -r mandoc -T lint -W warning
