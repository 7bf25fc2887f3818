/* time.c - a moment as text. */
/* SPDX-License-Identifier: MIT */
#include "croute/base/time.h"

#include <time.h>

#include "croute/base/buf.h"

static struct buf begin(int64_t ms, char out[TIME_TEXT_MAX])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm = {.tm_year = 70, .tm_mday = 1};
	struct buf buf = {.data = out, .size = TIME_TEXT_MAX};

	(void)gmtime_r(&seconds, &tm);
	buf_add(&buf, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
		tm.tm_hour, tm.tm_min, tm.tm_sec);
	return buf;
}

const char *time_format(int64_t ms, char out[TIME_TEXT_MAX])
{
	struct buf buf = begin(ms, out);

	buf_add(&buf, "Z");
	return out;
}

const char *time_format_ms(int64_t ms, char out[TIME_TEXT_MAX])
{
	struct buf buf = begin(ms, out);

	buf_add(&buf, ".%03dZ", (int)(ms % 1000));
	return out;
}
