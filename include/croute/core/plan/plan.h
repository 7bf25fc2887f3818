/* plan.h - want minus have, in order. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/core/plan/picture.h"
#include "croute/model/change.h"

/*
 * Compare sorted want with sorted have (which may hold several rows of one key) and with the marks
 * of `foreign`. Owned rows only are in have, so only owned rows are named. 0 or -ENOSPC.
 */
int plan_build(struct picture *picture);

#define PLAN_PART(kind) (1U << (kind))

/*
 * Whether a change speaks for its peer: a route always does, a neighbour or forwarding entry when
 * nothing that comes after it in the order of making changes. The others are parts, told behind -v.
 */
bool plan_leads(const struct picture *picture, const struct change *change);
uint32_t plan_change_count(const struct plan *plan);
struct change *plan_change_at(const struct plan *plan, uint32_t i);

/* Each change of a plan, in order. */
/* NOLINTBEGIN(bugprone-macro-parentheses): a declaration takes none */
#define for_each_change(change, plan)                                                              \
	for (struct change *change = plan_change_count(plan) > 0 ? plan_change_at(plan, 0) : NULL, \
			   *change##_end = change != NULL ? change + plan_change_count(plan)       \
							  : NULL;                                  \
	     change != change##_end; change++)
/* NOLINTEND(bugprone-macro-parentheses) */

/* The change of the i-th wanted route; NULL where it is there already. O(log n). */
const struct change *plan_find_want(const struct picture *picture, uint32_t want);

/* Record that the kernel refused the i-th change, with its words. */
void plan_set_failed(struct plan *plan, uint32_t i, int code, const char *words);

/* Block the replacement that follows a CHANGE_TRIM on its key: it would hit any of the rows that
 * were to be cleared from there. */
void plan_block_replacement(const struct plan *plan, struct change *trim);

/* NULL for a change that did not fail. */
const struct failure *plan_failure_of(const struct plan *plan, const struct change *change);
/* Count what the plan holds; whoever settles a plan keeps it in picture->summary. */
struct plan_summary plan_summarize(const struct picture *picture);

/*
 * Whether a route of croute's leads over `link` once the changes whose result is `done`
 * (CHANGE_APPLIED, of a dry run CHANGE_PLANNED) have been made. Whatever kept a route there, its
 * device stays with it.
 */
bool plan_leaves_link(const struct picture *picture, uint32_t link, enum change_result done);
