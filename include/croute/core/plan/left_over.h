/* left_over.h - which devices routes of croute's still lead over when a plan is carried out. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/core/plan/plan.h"
#include "croute/core/want/rows.h"
#include "croute/model/state.h"

/*
 * Whether a route of croute's leads over `link` once the changes of `plan` whose result is `done`
 * (CHANGE_APPLIED, of a dry run CHANGE_PLANNED) have been made. Whatever kept a route there, its
 * device stays with it.
 */
bool left_over_link(const struct plan *plan, const struct desired *desired,
		    const struct state *have, uint32_t link, enum change_result done);
