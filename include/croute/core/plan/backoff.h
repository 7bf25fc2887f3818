/* backoff.h - a change that does not last is made less and less often. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/core/plan/picture.h"

#define BACKOFF_OBJECTS 64	/* that are told apart; more rows are taken as one object */
#define BACKOFF_PATIENCE 20	/* changes of a row, a whole device or table that come at once */
#define BACKOFF_PATIENCE_PART 5 /* of a part of a device, or a file */
#define BACKOFF_FORGET_MS 60000 /* without a change after which all is forgotten */

/* One object that was changed recently. */
struct backoff_object {
	uint64_t key; /* sum over what it is and how it is known; 0: free */
	int64_t last; /* when it was changed */
	int64_t next; /* when it may be again */
	uint32_t times;
	uint32_t pass; /* in which it was counted last */
};

/*
 * Times are milliseconds of a clock that only moves forward. Zero-initialise. Only for passes that
 * no change of the file caused: what the file asks for is done at once.
 */
struct backoff {
	struct backoff_object objects[BACKOFF_OBJECTS];
	struct backoff_object crowd; /* stands for a pass that changes more rows than that */
	uint32_t pass;
	int64_t due; /* when something that was put off may be changed again; 0: nothing was */
};

/* A pass begins: nothing is put off yet. */
void backoff_begin(struct backoff *backoff);

/*
 * Put off the planned changes whose row was changed BACKOFF_PATIENCE times recently, 0.2 s doubling
 * to 30 s after each: they become CHANGE_PUT_OFF.
 */
void backoff_weigh(struct backoff *backoff, struct picture *picture, int64_t now);

/* After the write: count what was changed. A change whose back-off begins now is marked `named`,
 * for the log. */
void backoff_note(struct backoff *backoff, struct picture *picture, int64_t now);

/* What else is done to a device, beside DEVICE_PART_*. */
#define BACKOFF_ADDRESS 0x10000000U
#define BACKOFF_MAKE 0x20000000U
#define BACKOFF_REMOVE 0x40000000U

/* Which of `parts` of a device must wait. */
uint32_t backoff_parts(struct backoff *backoff, const char *device, uint32_t parts, int64_t now);

/* They were set. For which of them the back-off begins now. */
uint32_t backoff_note_parts(struct backoff *backoff, const char *device, uint32_t parts,
			    int64_t now);

/* What is known by its name. */
enum backoff_kind { BACKOFF_TABLE, BACKOFF_FILE };

/* Whether it must wait. */
bool backoff_named(struct backoff *backoff, enum backoff_kind kind, const char *name, int64_t now);

/* It was written. Whether its back-off begins now. */
bool backoff_note_named(struct backoff *backoff, enum backoff_kind kind, const char *name,
			int64_t now);
