#!/bin/bash
# test_bullseye.sh - Linux 5.10 of Debian 11.
# SPDX-License-Identifier: MIT
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
use bullseye
boot_both test_vxlan_repair
finish
