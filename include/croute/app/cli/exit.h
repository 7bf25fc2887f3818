/* exit.h - the exit codes that users build on (SPEC 3). */
#ifndef CROUTE_APP_EXIT_H
#define CROUTE_APP_EXIT_H

/* The first that applies of 64, 3, 1, 4, 2, 0. */
enum exit_code {
	EXIT_DONE = 0,	  /* or nothing to do */
	EXIT_FAILED = 1,  /* something failed, conflicts or is shadowed; what could be done was */
	EXIT_PENDING = 2, /* changes are pending; only --dry-run --exit-code */
	EXIT_INVALID = 3, /* the file is missing or invalid; nothing was touched */
	EXIT_HELD = 4,	  /* deletions held by the guard; the rest was done */
	EXIT_USAGE = 64,
};

#endif
