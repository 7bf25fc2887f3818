/* schedule.c - hints, back-off and resync as arithmetic. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/plan/schedule.h"

void schedule_begin(struct schedule *schedule, int64_t now, uint64_t resync_ms)
{
	*schedule = (struct schedule){.resync_ms = resync_ms};
	schedule->resync_at = now + (int64_t)resync_ms;
	schedule_hint(schedule, SCHEDULE_FILE | SCHEDULE_RESYNC, now);
}

void schedule_set_resync(struct schedule *schedule, int64_t now, uint64_t resync_ms)
{
	if (schedule->resync_ms == resync_ms)
		return;
	schedule->resync_ms = resync_ms;
	schedule->resync_at = now + (int64_t)resync_ms;
}

void schedule_hint(struct schedule *schedule, unsigned hint, int64_t at)
{
	for (unsigned i = 0; i < SCHEDULE_HINTS; i++) {
		unsigned bit = 1U << i;
		int64_t due = bit == SCHEDULE_KERNEL && at < schedule->quiet_until
				      ? schedule->quiet_until
				      : at;

		if ((hint & bit) != 0 &&
		    ((schedule->hints & bit) == 0 || due < schedule->hints_at[i]))
			schedule->hints_at[i] = due;
	}
	schedule->hints |= hint;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t schedule_wait(const struct schedule *schedule, int64_t now)
{
	int64_t at = schedule->resync_at;

	for (unsigned i = 0; i < SCHEDULE_HINTS; i++) {
		if ((schedule->hints & 1U << i) != 0)
			at = earlier(at, schedule->hints_at[i]);
	}
	if (schedule->retry_at != 0)
		at = earlier(at, schedule->retry_at);
	return at > now ? at - now : 0;
}

unsigned schedule_take(struct schedule *schedule, int64_t now)
{
	unsigned due = 0;

	for (unsigned i = 0; i < SCHEDULE_HINTS; i++) {
		if ((schedule->hints & 1U << i) != 0 && schedule->hints_at[i] <= now)
			due |= 1U << i;
	}
	schedule->hints &= ~due;
	if (schedule->retry_at != 0 && schedule->retry_at <= now) {
		due |= SCHEDULE_RETRY;
		schedule->retry_at = 0;
	}
	if (schedule->resync_at <= now || (due & SCHEDULE_RESYNC) != 0) {
		due |= SCHEDULE_RESYNC;
		schedule->resync_at = now + (int64_t)schedule->resync_ms;
	}
	return due;
}

uint32_t schedule_back_off(uint32_t before_ms)
{
	if (before_ms == 0)
		return SCHEDULE_BACKOFF_FIRST_MS;
	return before_ms < SCHEDULE_BACKOFF_MOST_MS / 2 ? before_ms * 2 : SCHEDULE_BACKOFF_MOST_MS;
}

void schedule_failed(struct schedule *schedule, int64_t now)
{
	schedule->backoff_ms = schedule_back_off(schedule->backoff_ms);
	schedule->retry_at = now + schedule->backoff_ms;
}

void schedule_succeeded(struct schedule *schedule)
{
	schedule->backoff_ms = 0;
	schedule->retry_at = 0;
}

void schedule_looked(struct schedule *schedule, bool in_vain, int64_t now)
{
	if (!in_vain || now - schedule->vain_at > SCHEDULE_VAIN_FORGET) {
		schedule->vain = 0;
		schedule->quiet_until = 0;
	}
	if (!in_vain)
		return;
	schedule->vain++;
	schedule->vain_at = now;
	if (schedule->vain >= SCHEDULE_VAIN_MOST)
		schedule->quiet_until = now + SCHEDULE_VAIN_MS;
}
