#!/bin/bash
# test_trixie.sh - Linux 6.12 of Debian 13.
# SPDX-License-Identifier: MIT
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
use trixie
boot_both "$@"
finish
