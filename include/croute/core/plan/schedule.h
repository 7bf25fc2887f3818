/* schedule.h - when to look again: pure arithmetic over hints, failures and time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Why a look is due. Hints carry no information, only permission to look. */
#define PACE_FILE 0x01U	  /* the file may have changed */
#define PACE_KERNEL 0x02U /* the kernel may have changed */
#define PACE_RETRY 0x04U  /* something failed and is worth another try */
#define PACE_RESYNC 0x08U /* time for a look at everything */

#define PACE_BACKOFF_FIRST_MS 200
#define PACE_BACKOFF_MOST_MS 30000

#define PACE_VAIN_MOST 20     /* looks in a row that found nothing to do */
#define PACE_VAIN_MS 200      /* between two more of them */
#define PACE_VAIN_FORGET 1000 /* without one, in milliseconds, after which they are forgotten */

#define PACE_SERVE 0x10U /* a page or a notice is due; no look is */
#define PACE_HINTS 5	 /* kinds of them */

/* Times are milliseconds of a clock that only moves forward. */
struct pace {
	uint64_t resync_ms;
	int64_t resync_at;
	unsigned hints;
	int64_t hints_at[PACE_HINTS]; /* when each is due, by its bit; meaningful with hints */
	int64_t retry_at;	      /* 0: nothing failed */
	uint32_t backoff_ms;
	uint32_t vain; /* looks in a row for events of the kernel that found nothing to do */
	int64_t vain_at;
	int64_t quiet_until; /* before that, events of the kernel cause no look */
};

/* Everything is due at `now`. */
void pace_begin(struct pace *pace, int64_t now, uint64_t resync_ms);

/* The file asks for another time between looks at everything; it starts again. */
void pace_set_resync(struct pace *pace, int64_t now, uint64_t resync_ms);

/* Something may have happened; look at `at`, or earlier if the same is due earlier. What else is
 * due before does not bring it forward. `hint` may be several. */
void pace_hint(struct pace *pace, unsigned hint, int64_t at);

/* Milliseconds until something is due; 0: now. */
int64_t pace_wait(const struct pace *pace, int64_t now);

/* What is due now, taken off the list; the resync timer starts again when it is among it. */
unsigned pace_take(struct pace *pace, int64_t now);

/* How long to wait after a failure, after the wait `before_ms`; 0: after none. */
uint32_t pace_back_off(uint32_t before_ms);

/* How the look ended: a failure is tried again after 0.2 s doubling to 30 s; a success, or a change
 * in what is asked for, starts again. */
void pace_failed(struct pace *pace, int64_t now);
void pace_succeeded(struct pace *pace);

/*
 * A look that an event of the kernel caused is over; `in_vain`: it changed nothing. After many of
 * those in a row the next one waits a little: a program that sets what is right a thousand times a
 * second must not have a thousand looks.
 */
void pace_looked(struct pace *pace, bool in_vain, int64_t now);
