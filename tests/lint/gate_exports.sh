#!/bin/bash
# gate_exports.sh - what a file exports is used by another file of src (nm).
# SPDX-License-Identifier: MIT
exec "$(dirname "$0")/house.py" exports
