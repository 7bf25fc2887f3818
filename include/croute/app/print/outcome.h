/* outcome.h - a pass as a report, and as an exit code. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/app/cli/options.h"
#include "croute/app/pass/load.h"
#include "croute/app/pass/pass.h"
#include "croute/core/report/report.h"

/* The report of a pass that ran over `loaded` (NULL: over no file); borrows both. */
struct report outcome_report(const struct pass *pass, const struct loaded *loaded);

/* Whether a dry pass found anything to do. */
bool outcome_is_pending(const struct pass *pass);

/* The first that applies of 1, 4, 2, 0 (SPEC 3). */
int outcome_exit(const struct pass *pass, const struct options *options);

/* On standard error: no interface, no privilege, each refusal of the kernel with its line of the
 * file. */
void outcome_complain(const struct pass *pass, const struct report *report,
		      const struct options *options);
