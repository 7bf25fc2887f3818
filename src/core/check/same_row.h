/* same_row.h - static routes that would be one row in the kernel. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/core/config/places.h"

/*
 * Two routes of one destination, table and metric that may apply to one node: an error at the later
 * one. O(n log n) over the routes and their node names; where node patterns are used, such routes
 * of one destination are compared with every name.
 */
void check_same_row(struct places *places);
