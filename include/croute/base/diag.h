/* diag.h - everything that is wrong with a file, gathered so that one run tells it all. */
#ifndef CROUTE_BASE_DIAG_H
#define CROUTE_BASE_DIAG_H

#include <stdbool.h>
#include <stdint.h>

/* Where something stands. `line` and `column` count from 1, columns in characters; line 0: the file
 * as a whole. */
struct origin {
	uint32_t line;
	uint16_t column; /* 65535: there or further right */
	uint16_t file;	 /* index into the files that were read */
};
_Static_assert(sizeof(struct origin) == 8, "an origin is kept per node");

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

/* Put what was gathered in the order of file, line and column; stable. */
void diag_sort(struct diags *diags);

#endif
