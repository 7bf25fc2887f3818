/* schedule.h - when to look again: pure arithmetic over hints, failures and time. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Why a look is due. Hints carry no information, only permission to look. */
#define SCHEDULE_FILE 0x01U   /* the file may have changed */
#define SCHEDULE_KERNEL 0x02U /* the kernel may have changed */
#define SCHEDULE_RETRY 0x04U  /* something failed and is worth another try */
#define SCHEDULE_RESYNC 0x08U /* time for a look at everything */

#define SCHEDULE_BACKOFF_FIRST_MS 200
#define SCHEDULE_BACKOFF_MOST_MS 30000

#define SCHEDULE_VAIN_MOST 20	  /* looks in a row that found nothing to do */
#define SCHEDULE_VAIN_MS 200	  /* between two more of them */
#define SCHEDULE_VAIN_FORGET 1000 /* ms without one, and they are forgotten */

#define SCHEDULE_SERVE 0x10U /* a page or a notice is due; no look is */
#define SCHEDULE_DUE 0x20U   /* what was put off, delayed or held may be due */
#define SCHEDULE_HINTS 6     /* kinds of them */

/* Times are milliseconds of a clock that only moves forward. */
struct schedule {
	uint64_t resync_ms;
	int64_t resync_at;
	unsigned hints;
	int64_t hints_at[SCHEDULE_HINTS]; /* when each is due, by its bit; meaningful with hints */
	int64_t retry_at;		  /* 0: nothing failed */
	uint32_t backoff_ms;
	uint32_t vain; /* looks in a row for events of the kernel that found nothing to do */
	int64_t vain_at;
	int64_t quiet_until; /* before that, events of the kernel cause no look */
};

/* Everything is due at `now`. */
void schedule_begin(struct schedule *schedule, int64_t now, uint64_t resync_ms);

/* The file asks for another time between looks at everything; it starts again. */
void schedule_set_resync(struct schedule *schedule, int64_t now, uint64_t resync_ms);

/* Something may have happened; look at `at`, or earlier if the same is due earlier. What else is
 * due before does not bring it forward. `hint` may be several. */
void schedule_hint(struct schedule *schedule, unsigned hint, int64_t at);

/* Milliseconds until something is due; 0: now. */
int64_t schedule_wait(const struct schedule *schedule, int64_t now);

/* What is due now, taken off the list; the resync timer starts again when it is among it. */
unsigned schedule_take(struct schedule *schedule, int64_t now);

/* How long to wait after a failure, after the wait `before_ms`; 0: after none. */
uint32_t schedule_back_off(uint32_t before_ms);

/* How the look ended: a failure is tried again after 0.2 s doubling to 30 s; a success, or a change
 * in what is asked for, starts again. */
void schedule_failed(struct schedule *schedule, int64_t now);
void schedule_succeeded(struct schedule *schedule);

/*
 * A look that an event of the kernel caused is over; `in_vain`: it changed nothing. After many of
 * those in a row the next one waits a little: a program that sets what is right a thousand times a
 * second must not have a thousand looks.
 */
void schedule_looked(struct schedule *schedule, bool in_vain, int64_t now);
