/* change.h - one step between have and want, and what became of it. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/* The kinds of kernel objects, in the order in which they are made; deletions run in reverse. */
enum change_kind { CHANGE_FDB, CHANGE_NEIGH, CHANGE_ROUTE, CHANGE_KINDS };

enum change_action {
	CHANGE_NONE,	/* nothing to do; only its result is worth telling (shadowed) */
	CHANGE_ADD,	/* make it; refused when the key is taken */
	CHANGE_REPLACE, /* change it in place */
	CHANGE_DELETE,	/* remove exactly this row */
	CHANGE_TRIM,	/* remove a surplus row of croute's on a key that keeps another: before
			   replacing */
};

enum change_result {
	CHANGE_PLANNED,
	CHANGE_APPLIED,
	CHANGE_FAILED,	 /* `detail`: index of the failure */
	CHANGE_HELD,	 /* by the guard */
	CHANGE_DELAYED,	 /* a route, by guard.removeAfter */
	CHANGE_PUT_OFF,	 /* it was made again and again, without lasting effect */
	CHANGE_CONFLICT, /* a foreign row stands on the key */
	CHANGE_SPARED,	 /* it stays until the route that takes its place stands */
	CHANGE_BLOCKED,	 /* not done, for a reason that another change tells */
	CHANGE_AGAIN,	 /* refused for what was missing then: sent once more */
	CHANGE_RESULTS,
};

#define CHANGE_NO_ROW UINT32_MAX

/* 16 bytes a change: at 100,000 peers they count. `want` and `have` are row numbers of `kind`. */
struct change {
	uint8_t kind;
	uint8_t action;
	uint8_t result;
	uint8_t shadowed : 1; /* a foreign row wins over the wanted one */
	uint8_t scaffold : 1; /* a helping route stands while it is made */
	uint8_t named : 1;    /* its back-off begins with it, which the log says */
	uint32_t want;
	uint32_t have;
	uint32_t detail;
};
_Static_assert(sizeof(struct change) == 16, "a change is kept per peer");
