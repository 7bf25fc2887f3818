/* schedule.c - hints, back-off and resync as arithmetic. */
#include "croute/core/plan/schedule.h"

void pace_begin(struct pace *pace, int64_t now, uint64_t resync_ms)
{
	*pace = (struct pace){.resync_ms = resync_ms};
	pace->resync_at = now + (int64_t)resync_ms;
	pace_hint(pace, PACE_FILE | PACE_RESYNC, now);
}

void pace_set_resync(struct pace *pace, int64_t now, uint64_t resync_ms)
{
	if (pace->resync_ms == resync_ms)
		return;
	pace->resync_ms = resync_ms;
	pace->resync_at = now + (int64_t)resync_ms;
}

void pace_hint(struct pace *pace, unsigned hint, int64_t at)
{
	for (unsigned i = 0; i < PACE_HINTS; i++) {
		unsigned bit = 1U << i;
		int64_t due = bit == PACE_KERNEL && at < pace->quiet_until ? pace->quiet_until : at;

		if ((hint & bit) != 0 && ((pace->hints & bit) == 0 || due < pace->hints_at[i]))
			pace->hints_at[i] = due;
	}
	pace->hints |= hint;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t pace_wait(const struct pace *pace, int64_t now)
{
	int64_t at = pace->resync_at;

	for (unsigned i = 0; i < PACE_HINTS; i++) {
		if ((pace->hints & 1U << i) != 0)
			at = earlier(at, pace->hints_at[i]);
	}
	if (pace->retry_at != 0)
		at = earlier(at, pace->retry_at);
	return at > now ? at - now : 0;
}

unsigned pace_take(struct pace *pace, int64_t now)
{
	unsigned due = 0;

	for (unsigned i = 0; i < PACE_HINTS; i++) {
		if ((pace->hints & 1U << i) != 0 && pace->hints_at[i] <= now)
			due |= 1U << i;
	}
	pace->hints &= ~due;
	if (pace->retry_at != 0 && pace->retry_at <= now) {
		due |= PACE_RETRY;
		pace->retry_at = 0;
	}
	if (pace->resync_at <= now || (due & PACE_RESYNC) != 0) {
		due |= PACE_RESYNC;
		pace->resync_at = now + (int64_t)pace->resync_ms;
	}
	return due;
}

uint32_t pace_back_off(uint32_t before_ms)
{
	if (before_ms == 0)
		return PACE_BACKOFF_FIRST_MS;
	return before_ms < PACE_BACKOFF_MOST_MS / 2 ? before_ms * 2 : PACE_BACKOFF_MOST_MS;
}

void pace_failed(struct pace *pace, int64_t now)
{
	pace->backoff_ms = pace_back_off(pace->backoff_ms);
	pace->retry_at = now + pace->backoff_ms;
}

void pace_succeeded(struct pace *pace)
{
	pace->backoff_ms = 0;
	pace->retry_at = 0;
}

void pace_looked(struct pace *pace, bool in_vain, int64_t now)
{
	if (!in_vain || now - pace->vain_at > PACE_VAIN_FORGET) {
		pace->vain = 0;
		pace->quiet_until = 0;
	}
	if (!in_vain)
		return;
	pace->vain++;
	pace->vain_at = now;
	if (pace->vain >= PACE_VAIN_MOST)
		pace->quiet_until = now + PACE_VAIN_MS;
}
