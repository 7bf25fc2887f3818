/* look.h - gathering from file, kernel and host what doctor's checks look at. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <limits.h>

#include "app/doctor/doctor.h"
#include "croute/app/cli/options.h"
#include "croute/app/pass/load.h"
#include "croute/app/pass/state.h"

/* The facts with all that they point to, and what comes of them. Big: keep it off the stack. */
struct doctor_look {
	const struct options *options;
	struct doctor_facts facts;
	struct doctor_report report;
	struct loaded loaded;
	bool has_loaded;
	struct pass *pass; /* NULL: no socket */
	struct names names;
	struct host_facts host;
	struct host_text mounts;
	char problem[PATH_MAX + 512]; /* of the file */
	char real_path[PATH_MAX];
	struct error node_problem;
};

/* Look at all there is to see; the facts say what is missing. Fills `out` in place,
 * whose parts point to each other; then doctor_look_release. */
void doctor_look(const struct options *options, struct doctor_look *out);
void doctor_look_release(struct doctor_look *look);

/* The part of it that reads packet filters. */
void doctor_look_filters(struct doctor_filters *filters);
