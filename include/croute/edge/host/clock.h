/* clock.h - clocks. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>
#include <time.h>

/* Of a clock that only moves forward, and since 1970. */
int64_t host_now_ms(void);
int64_t host_now_us(void);
int64_t host_wall_ms(void);

/* Of any clock of clock_gettime(2), in milliseconds. */
int64_t host_clock_ms(clockid_t clock);
