/* diag.h - everything that is wrong with a file, gathered so that one run tells it all. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Where something stands. `line` and `column` count from 1, columns in characters; line 0: the file
 * as a whole. Wide enough for every place of 64 MiB; a place is kept for each node. */
struct origin {
	uint32_t line : 27;
	uint32_t file_high : 5; /* origin_file */
	uint32_t column : 27;
	uint32_t file_low : 5;
};
_Static_assert(sizeof(struct origin) == 8, "an origin is kept per node");

#define ORIGIN_FILES_MOST 1024

/* Inline, for it is asked of every word of a file. */
static inline struct origin origin_at(uint32_t file, uint64_t line, uint64_t column)
{
	return (struct origin){.line = line & 0x7ffffff,
			       .file_high = file >> 5 & 0x1f,
			       .column = column & 0x7ffffff,
			       .file_low = file & 0x1f};
}

/* Index into the files that were read. */
uint16_t origin_file(struct origin at);

/* Below 0, 0 or above it, as `a` stands before, at or behind `b`. */
int origin_compare(struct origin a, struct origin b);

enum diag_level { DIAG_ERROR, DIAG_WARNING };

struct diag {
	struct origin at;
	enum diag_level level;
	char text[308];
};

#define DIAG_MAX 20 /* of each level; what is beyond is counted, not kept */

/* Zero-initialise. No memory of its own. */
struct diags {
	struct diag list[2 * DIAG_MAX];
	uint32_t count;	   /* entries of list */
	uint32_t errors;   /* all that were added, kept or not */
	uint32_t warnings; /* likewise */
};

void diag_error(struct diags *diags, struct origin at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void diag_warning(struct diags *diags, struct origin at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Whether an error that was kept stands at that place. */
bool diag_has_error(const struct diags *diags, struct origin at);

/* Put what was gathered in the order of file, line and column; stable. */
void diag_sort(struct diags *diags);
