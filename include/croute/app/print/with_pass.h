/* with_pass.h - shared by commands that read the file and the kernel and change nothing. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/app/cli/options.h"
#include "croute/app/pass/load.h"
#include "croute/app/pass/pass.h"

/* Looks and tells; returns an exit code. The file is valid. */
typedef int with_pass_fn(struct pass *pass, const struct loaded *loaded,
			 const struct options *options);

/* Read the file, open a pass, and hand both to `look`. An exit code: that of `look`, or 3 or 1 when
 * it did not come to that, which then has been told. */
int with_pass_run(const struct options *options, with_pass_fn *look);

/* Tell why a pass came to nothing, by the status that it returned: 3 when the file has no entry for
 * this node, else 1. */
int with_pass_give_up(int status, const struct error *err, const struct loaded *loaded,
		      const struct options *options);
