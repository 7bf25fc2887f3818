/* look.h - gathering from file, kernel and host what doctor's checks look at. */
#pragma once

#include <limits.h>

#include "app/doctor/doctor.h"
#include "croute/app/cli/node_names.h"
#include "croute/app/cli/options.h"
#include "croute/app/cli/progress.h"
#include "croute/app/pass/load.h"
#include "croute/app/pass/state.h"
#include "croute/model/host_facts.h"

/* The facts with all that they point to. Big: keep it off the stack. */
struct doctor_look {
	struct doctor_facts facts;
	struct progress *progress; /* borrowed; may be NULL */
	struct loaded loaded;
	bool has_loaded;
	struct pass *pass; /* NULL: no socket */
	struct names names;
	struct host_facts host;
	struct host_text mounts;
	char trouble[PATH_MAX + 512]; /* of the file */
	char real_path[PATH_MAX];
	struct error node_trouble;
};

/* Look at all there is to see; the facts say what is missing. Fills `out` in place,
 * whose parts point to each other; then doctor_look_release. */
void doctor_look(const struct options *options, struct doctor_look *out);
void doctor_look_release(struct doctor_look *look);

/* The part of it that reads packet filters: fills facts->filters. */
void doctor_look_filters(struct doctor_facts *facts, struct progress *progress);
