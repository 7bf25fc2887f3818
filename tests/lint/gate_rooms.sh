#!/bin/bash
# gate_rooms.sh - a private header is included by its own room only, a door by another room at least; no room is too large.
# SPDX-License-Identifier: MIT
exec "$(dirname "$0")/house.py" rooms
