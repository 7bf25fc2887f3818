/* warnings.h - what is not wrong in a plan, but may hurt traffic. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/core/plan/plan.h"

/* The i-th warning, a sentence without end mark; NULL past the last. */
const char *warnings_at(const struct picture *picture, unsigned i);

/* Of a file that follows another on all hosts: a jump into the tunnel or out of it. NULL: none. */
const char *warnings_between(const struct config *was, const struct config *now);
