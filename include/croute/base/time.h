/* time.h - times as RFC 3339 has them, in UTC. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

#define TIME_TEXT_MAX 40

/* Milliseconds since 1970 as 2026-11-23T03:00:00Z, in `out`, which is returned. */
const char *time_format(int64_t ms, char out[TIME_TEXT_MAX]);

/* As 2026-11-23T03:00:00.123Z. */
const char *time_format_ms(int64_t ms, char out[TIME_TEXT_MAX]);
