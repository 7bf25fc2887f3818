#!/bin/bash
# test_takeover_dual.sh - both families, plain and in two tunnels: taken over and given back without a lost ping.
# SPDX-License-Identifier: MIT

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"
# shellcheck source=flannel.sh
. "$(dirname "$0")/flannel.sh"
# shellcheck source=takeover.sh
. "$(dirname "$0")/takeover.sh"

takeover dual-host-gw
flannel_clear
takeover dual-vxlan
finish
