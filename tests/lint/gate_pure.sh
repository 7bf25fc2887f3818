#!/bin/bash
# gate_pure.sh - base, model, core and the pure files of commands ask, by nm, only for the symbols of pure-symbols, and hold nothing that can be written.
# SPDX-License-Identifier: MIT
exec "$(dirname "$0")/house.py" pure
