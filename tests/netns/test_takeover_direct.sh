#!/bin/bash
# test_takeover_direct.sh - flannel's DirectRouting, one host behind a router, then all on one link: taken over and given back without a lost ping.
# SPDX-License-Identifier: MIT

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vxlan.sh
. "$(dirname "$0")/vxlan.sh"
# shellcheck source=flannel.sh
. "$(dirname "$0")/flannel.sh"
# shellcheck source=takeover.sh
. "$(dirname "$0")/takeover.sh"

takeover direct
flannel_clear
takeover direct-near
finish
