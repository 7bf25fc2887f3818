#!/bin/bash
# test_bookworm.sh - Linux 6.1 of Debian 12.
# SPDX-License-Identifier: MIT
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
use bookworm
boot_both "$@"
finish
