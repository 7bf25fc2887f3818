#!/bin/bash
# gate_analyzer.sh - gcc -fanalyzer finds nothing.
# SPDX-License-Identifier: MIT
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
make --no-print-directory -s -k -j "$(nproc)" CC=gcc VARIANT=analyzer WERROR=1 objects
