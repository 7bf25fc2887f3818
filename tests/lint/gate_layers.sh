#!/bin/bash
# gate_layers.sh - every file includes only what its layer may (src/README.md), its own header first.
# SPDX-License-Identifier: MIT
exec "$(dirname "$0")/house.py" layers
