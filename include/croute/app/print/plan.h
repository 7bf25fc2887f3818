/* plan.h - a pass on standard output, as text or JSON. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "croute/app/cli/options.h"
#include "croute/core/report/report.h"

/*
 * Print the lines and the summary of a report, or its JSON object, as `options` ask. On a terminal,
 * without -v, it is the first 50 lines and at most 50 more of what is in trouble (x s ! and what
 * failed), then how many were left out; a pipe gets every line. How a hold is released goes to
 * standard error.
 */
void print_report(const struct report *report, const struct options *options);

/* On standard error: each refusal by the kernel with its line of the file, at most 20. */
void print_refusals(const struct report *report, const struct options *options);
