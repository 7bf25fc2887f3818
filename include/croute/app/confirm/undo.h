/* undo.h - the way back to what was there before a pass. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/buf.h"
#include "croute/core/plan/plan.h"
#include "croute/core/want/rows.h"
#include "croute/model/link.h"
#include "croute/model/snapshot.h"

#define UNDO_SETTINGS_MOST 8
#define UNDO_STEPS_MOST 16

/* What a pass sets of a device beside its link; -1: it was not to be seen. */
struct undo_settings {
	uint32_t link;
	int accept_ra;
	int rp_filter;
};

/*
 * What was there: all links and addresses, croute's routes, those of others that the pass was about
 * to change or remove, and the permanent entries of VXLAN devices. Owns its rows; initialise with
 * undo_init.
 */
struct undo {
	struct snapshot before; /* sorted */
	uint32_t protocol;	/* of the routes that are croute's */
	struct undo_settings settings[UNDO_SETTINGS_MOST];
	uint32_t setting_count;
};

void undo_init(struct undo *undo, uint32_t protocol);
void undo_release(struct undo *undo);

/* In the order in which they are taken; the rows are put back before the last kind. */
enum undo_action {
	UNDO_CLEAR, /* remove a new device that stands where an old one is made again */
	UNDO_MAKE,  /* make a device again that is gone */
	UNDO_MEND,  /* set `parts` of a device back, and its addresses */
	UNDO_REMOVE,
	UNDO_ACTIONS,
};

/* A step on a device; links are borrowed. */
struct undo_step {
	enum undo_action action;
	const struct link *before; /* NULL: it was not there */
	const struct link *now;	   /* NULL: it is not there */
	uint32_t parts;		   /* DEVICE_PART_* that differ */
};

/*
 * What is to be done with the devices that were croute's or are now; a device is the same one while
 * it has its index. Returns how many steps.
 */
uint32_t undo_plan_devices(const struct undo *undo, const struct links *now,
			   struct undo_step out[UNDO_STEPS_MOST]);

/* Whether the entries of the link with that index are part of the matter. */
bool undo_has_device(const struct undo *undo, const struct links *now, uint32_t index);

/* Whether `links` has this very address on this very link. */
bool undo_has_address(const struct links *links, const struct link_address *address);

/* The rows that were there as rows to be wanted; of several on one key the first. 0 or -ENOSPC. */
int undo_want(const struct undo *undo, const struct links *now, struct desired *out);

/*
 * Sort in one route of the kernel's present ones: true when it takes part (it is croute's, or one
 * of those that were there). Else it is another program's, and marked in `foreign` when it stands
 * on a key that is wanted.
 */
bool undo_weigh(const struct undo *undo, struct picture *picture, const struct route *route);

/* Refuse the changes whose rows have what croute cannot write (ROUTE_ODD and the like): half of a
 * row is not what was there. */
void undo_refuse_odd(struct picture *picture);

/* What became of it. */
struct undo_result {
	uint32_t added, changed, removed; /* routes */
	uint32_t entries;		  /* neighbours and forwarding entries, whatever was done */
	uint32_t devices;		  /* made again, repaired or removed */
	uint32_t tables;		  /* of masquerading: made again, changed back or removed */
	uint32_t failed;		  /* rows, devices and tables that are not as they were */
};

/* Count a written plan in; devices and tables are the caller's. */
void undo_count(struct undo_result *result, const struct plan *plan);

/* `5 routes added, 1 changed back, …`, or `there was nothing to undo`. */
void undo_describe(struct buf *buf, const struct undo_result *result);
