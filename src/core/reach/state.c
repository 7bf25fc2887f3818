/* state.c - what becomes of a path by what comes of its probes, and when the next is due. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/reach/reach.h"

#define BURST_US (2 * REACH_LAZY_US) /* what a wake-up that came late makes up for */
#define AT_ONCE 32
#define US 1000000

/* The address that does not answer may not be the peer's; once it has answered it is. */
static void try_other(struct reach_state *state)
{
	if (!state->settled)
		state->other = !state->other;
}

static void turn(struct reach_state *state, enum reach_kind kind, const struct reach_clock *clock)
{
	if (clock->seconds - state->since >= REACH_CALM_S)
		state->flaps = 0;
	else if (kind == REACH_LOST && state->kind == REACH_ANSWERS && state->flaps < 63)
		state->flaps++;
	if (kind == REACH_LOST)
		state->rtt_us = 0;
	state->kind = kind & 3;
	state->since = clock->seconds;
}

static enum reach_event answered(struct reach_state *state, const struct reach_clock *clock)
{
	bool was_lost = state->kind == REACH_LOST;

	state->why = ECHO_ANSWERED;
	state->rtt_us = clock->rtt_us;
	state->missed = 0;
	state->settled = 1;
	if (state->kind != REACH_ANSWERS)
		turn(state, REACH_ANSWERS, clock);
	return was_lost ? REACH_BACK : REACH_SAME;
}

/* A peer that lacks the address is not lost: its answer arrived. Where another probe in a row was
 * lost anyway, that one counts. */
static bool is_unknown(uint8_t kind)
{
	return kind == ECHO_ABSENT || kind == ECHO_UNSENT;
}

enum reach_event reach_take(struct reach_state *state, enum echo_kind kind,
			    const struct reach_clock *clock)
{
	enum reach_kind becomes;

	state->waits = 0;
	if (kind == ECHO_ANSWERED)
		return answered(state, clock);
	if (state->missed == 0 || is_unknown(state->why))
		state->why = (uint8_t)kind;
	becomes = is_unknown(state->why) ? REACH_UNKNOWN : REACH_LOST;
	if (state->missed < UINT8_MAX)
		state->missed++;
	if (becomes == REACH_UNKNOWN)
		state->settled = 0;
	try_other(state);
	if (state->missed < clock->lost_after || state->kind == becomes)
		return REACH_SAME;
	turn(state, becomes, clock);
	return becomes == REACH_LOST ? REACH_GONE : REACH_SAME;
}

struct reach_halving reach_halving_begin(bool is_ipv6, uint16_t size, uint32_t mtu)
{
	struct reach_halving halving = {.low = is_ipv6 ? 80 : 60, .high = size};

	if (mtu > halving.low && mtu < size)
		halving.high = (uint16_t)(mtu + 1);
	return halving;
}

void reach_halving_take(struct reach_halving *halving, uint16_t tried, bool arrived)
{
	if (arrived)
		halving->low = tried;
	else
		halving->high = tried;
}

uint16_t reach_halve(const struct reach_halving *halving)
{
	if (halving->high <= halving->low + 1)
		return 0;
	return (uint16_t)(halving->low + (halving->high - halving->low) / 2);
}

void reach_pace_begin(struct reach_pace *pace, const struct config_reach *reach, uint32_t count,
		      int64_t now_us)
{
	int64_t least = (US + (int64_t)reach->per_second - 1) / (int64_t)reach->per_second;
	int64_t even = count > 0 ? (int64_t)(reach->every_ms * 1000 / count) : 0;

	*pace = (struct reach_pace){.count = count, .next_us = now_us};
	if (count > 0)
		pace->interval_us = even > least ? even : least;
}

uint32_t reach_pace_due(struct reach_pace *pace, int64_t now_us)
{
	int64_t due;

	if (pace->interval_us == 0 || now_us < pace->next_us)
		return 0;
	if (now_us - pace->next_us > BURST_US)
		pace->next_us = now_us - BURST_US;
	due = (now_us - pace->next_us) / pace->interval_us + 1;
	pace->next_us += due * pace->interval_us;
	return (uint32_t)due;
}

int64_t reach_pace_wait(const struct reach_pace *pace, int64_t now_us)
{
	int64_t wait = pace->next_us - now_us;
	int64_t least = pace->interval_us * AT_ONCE;

	if (least > REACH_LAZY_US)
		least = REACH_LAZY_US;
	if (least < REACH_WAKE_US)
		least = REACH_WAKE_US;
	return wait > least ? wait : least;
}

uint64_t reach_pace_round_ms(const struct reach_pace *pace)
{
	return (uint64_t)pace->interval_us * pace->count / 1000;
}
