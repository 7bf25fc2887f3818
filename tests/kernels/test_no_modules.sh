#!/bin/bash
# test_no_modules.sh - no vxlan module, and a kernel that loads none at all any more.
# SPDX-License-Identifier: MIT
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
use bookworm
boot no-vxlan without=vxlan,nf_tables lab_no_modules
boot locked 'load=veth,bridge locked=1' lab_no_modules
finish
