/* clock.c - clock_gettime(2) in whole numbers. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/host/clock.h"

static int64_t clock_us(clockid_t clock)
{
	struct timespec now = {0};

	(void)clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t host_clock_ms(clockid_t clock)
{
	return clock_us(clock) / 1000;
}

int64_t host_now_ms(void)
{
	return host_clock_ms(CLOCK_MONOTONIC);
}

int64_t host_now_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

int64_t host_wall_ms(void)
{
	return host_clock_ms(CLOCK_REALTIME);
}
