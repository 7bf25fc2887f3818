/* report.h - a plan and what became of it, in words and in JSON (SPEC 3). */
#ifndef CROUTE_CORE_REPORT_H
#define CROUTE_CORE_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "croute/base/buf.h"
#include "croute/core/config.h"
#include "croute/core/desired.h"
#include "croute/core/foreign.h"
#include "croute/core/guard.h"
#include "croute/core/plan.h"
#include "croute/core/select.h"
#include "croute/model/link.h"

#define REPORT_LINE_MAX 1024

/* The name of the n-th file, as a plan shows it. */
typedef const char *report_file_fn(const void *context, uint16_t file);

/* All that a report speaks of; borrowed. */
struct report {
	const struct config *config; /* NULL: no file is involved (flush) */
	const struct links *links;   /* NULL: devices are not shown */
	const struct desired *desired;
	const struct rows *have;
	const struct foreign *foreign;
	const struct plan *plan;
	struct guard_verdict guard;
	const char *node; /* name of this node, NULL for none */
	struct selected ipv4;
	struct selected ipv6;
	report_file_fn *file_name;
	const void *files;
	bool applied; /* a real pass: each line ends in what happened */
};

/* `10.244.2.0/24 via 10.0.0.12 dev eth1`, with whatever differs from a plain pod route. */
void report_add_route(struct buf *buf, const struct report *report, const struct route *route);

/* One line of the plan, without line end. The first character tells its kind, for colours. */
void report_change(struct buf *buf, const struct report *report, const struct change *change);

/* A line for an entry that leads to no row. */
void report_setback(struct buf *buf, const struct report *report, const struct setback *setback);

/* A line for the i-th wanted route, over which another program's wins that leads the same way. */
void report_note(struct buf *buf, const struct report *report, uint32_t want);

/* `Plan: 2 to add, …` or `Applied: 2 added, …`. */
void report_summary(struct buf *buf, const struct report *report);

/* `nodes.yaml:14:5`, "" where there is none. */
void report_add_cause(struct buf *buf, const struct report *report, struct desired_cause cause);

/*
 * Why a change was refused, like a compiler error: `nodes.yaml:31:5: error: route …: the kernel
 * says "…" (ENETUNREACH)`. `others`: routes that are in place all the same.
 */
void report_refusal(struct buf *buf, const struct report *report, const struct change *change,
		    uint32_t others);

/* The same for an entry that was not even tried. */
void report_setback_refusal(struct buf *buf, const struct report *report,
			    const struct setback *setback);

/* The pieces of a line, for other forms of the report. */

/* The row that a change speaks of: the wanted one, else the one that goes. */
const struct route *report_row_of(const struct report *report, const struct change *change);

/* Whether a change is shown as shadowed: installed, but another program's route wins over it. */
bool report_is_shadowed(const struct change *change);

/* The name of the node that a pod route leads to, NULL for a static route. */
const char *report_node_of(const struct report *report, struct desired_cause cause);

/* Why a change is in conflict, shadowed or held: "conflict: 10.244.5.0/24 via …". */
void report_add_reason(struct buf *buf, const struct report *report, const struct change *change);

#endif
