#!/bin/bash
# gate_circles.sh - no two files and no two rooms need each other, by include and by nm.
# SPDX-License-Identifier: MIT
exec "$(dirname "$0")/house.py" circles
