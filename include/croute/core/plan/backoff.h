/* backoff.h - patience with what another program undoes again and again. */
#ifndef CROUTE_CORE_PLAN_BACKOFF_H
#define CROUTE_CORE_PLAN_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

#include "croute/core/plan/plan.h"
#include "croute/core/want/desired.h"

#define FIGHT_OBJECTS 64      /* that are told apart; more are taken as one */
#define FIGHT_PATIENCE 20     /* repairs of one object that come at once */
#define FIGHT_FORGET_MS 60000 /* without a repair after which all is forgotten */

/* One object that was repaired of late. */
struct fight_object {
	uint64_t key; /* sum over kind and key of its row; 0: free */
	int64_t last; /* when it was repaired */
	int64_t next; /* when it may be again */
	uint32_t repairs;
};

/* Times are milliseconds of a clock that only moves forward. Zero is a good beginning. */
struct fight {
	struct fight_object objects[FIGHT_OBJECTS];
	struct fight_object table; /* of masquerading */
	struct fight_object crowd; /* stands for a pass that repairs more than can be told apart */
	int64_t due;	  /* when something that was put off may be repaired; 0: nothing is */
	uint32_t put_off; /* changes of the last plan */
};

/*
 * Put off the additions and replacements of `plan` whose object was repaired more than
 * FIGHT_PATIENCE times of late: 0.2 s doubling to 30 s after each. For a pass that no change of the
 * file caused. Changes put off are CHANGE_DELAYED.
 */
void fight_weigh(struct fight *fight, struct plan *plan, const struct desired *desired,
		 int64_t now);

/* After the write: count what was repaired. Returns the change whose repairs just ran out of
 * patience, for the log, or UINT32_MAX. */
uint32_t fight_note(struct fight *fight, const struct plan *plan, const struct desired *desired,
		    int64_t now);

/* The same for the table of masquerading, which is no row of a plan; after fight_weigh. Whether its
 * repair is put off. */
bool fight_weigh_table(struct fight *fight, int64_t now);

/* It was repaired. Whether that just ran out of patience. */
bool fight_note_table(struct fight *fight, int64_t now);

#endif
