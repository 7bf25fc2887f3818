/* progress.h - progress of long work, on a terminal. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "croute/app/cli/options.h"

/*
 * One line that is written again and again, `applying 43,000 of 99,999`, from the first second of a
 * command on and ten times a second at most; nothing of it stays. Only for a person who waits:
 * standard error is a terminal and the output is text. NULL instead of one shows nothing.
 */
struct progress {
	FILE *stream; /* NULL: nobody watches */
	const char *doing;
	const char *unit; /* behind the numbers, "" for none */
	uint64_t total;	  /* in items; 0: not known */
	uint64_t done;	  /* in items */
	uint64_t asked;	  /* `done` when the time was last asked */
	uint64_t stride;  /* items between two questions for the time */
	uint64_t divisor; /* items in one of what is shown */
	int64_t due_ms;	  /* when the line is written next */
	int width;	  /* of what stands on the terminal */
	int most;	  /* columns that may be written; 0: 79 */
};

/* For a command that begins now; stays silent unless `options` and the terminal are fit for it. */
struct progress progress_for(const struct options *options);

/* A stage of so many items begins, counted from 0; what was shown of the last one goes. */
void progress_begin(struct progress *progress, const char *doing, uint64_t total);

/* The same for bytes, shown in MiB. */
void progress_begin_bytes(struct progress *progress, const char *doing, uint64_t total);

/* So many more are done. Asks for the time every 256 items, or 256 KiB. */
void progress_add(struct progress *progress, uint64_t items);

/* A stage in which nothing can be counted: shown when it begins after the first second. */
void progress_stage(struct progress *progress, const char *doing);

/* Say at once what is waited for, where nothing can be counted. */
void progress_say(struct progress *progress, const char *doing);

/* Take the line away, before anything else is printed. */
void progress_end(struct progress *progress);
