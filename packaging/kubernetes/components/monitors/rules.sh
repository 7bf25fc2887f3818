#!/bin/bash
# rules.sh - makes rules.yaml of packaging/prometheus/croute.rules.yml, which a test holds equal.
# SPDX-License-Identifier: MIT
cd "$(dirname "$0")" || exit 1
sed -i '/^spec:/q' rules.yaml
sed -n '/^groups:/,$ { s/^\(.\)/  \1/; p }' ../../../prometheus/croute.rules.yml >>rules.yaml
