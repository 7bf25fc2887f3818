/* command.h - a command is a row of a table, and what it may exit with. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The exit codes that users build on (SPEC 3). The first that applies of 64, 3, 1, 4, 2, 0. */
enum exit_code {
	EXIT_DONE = 0,	  /* or nothing to do */
	EXIT_FAILED = 1,  /* something failed, conflicts or is shadowed; what could be done was */
	EXIT_PENDING = 2, /* changes are pending; only --dry-run --exit-code */
	EXIT_INVALID = 3, /* the file is missing or invalid; nothing was touched */
	EXIT_HELD = 4,	  /* deletions held by the guard; the rest was done */
	EXIT_USAGE = 64,
};

struct options;

/* Does the command's work; returns an exit code. */
typedef int command_run_fn(const struct options *options);

struct command {
	const char *name;
	const char *argument; /* the one word that it may take, as usage shows it; NULL: none */
	bool needs_argument;  /* it cannot do without */
	bool many;	      /* it may take more of them: options.arguments */
	bool prints_json;     /* always, not only with -o json */
	const char *summary;  /* one line, for the list of commands */
	const char *detail;   /* a line or two more, or NULL */
	const char *example;
	uint32_t accepts; /* its own options, bits of OPTION_BIT, beside OPTIONS_COMMON */
	command_run_fn *run;
};

/* Each stands in the file of its code. */
extern const struct command command_run, command_reconcile, command_confirm, command_release,
	command_validate, command_status, command_interface, command_lookup, command_reach,
	command_doctor, command_import, command_snapshot, command_schema, command_flush,
	command_version, command_help;

/* All of them, in the order of the help. */
#define COMMANDS                                                                                   \
	{                                                                                          \
		&command_run, &command_reconcile, &command_confirm, &command_release,              \
			&command_validate, &command_status, &command_interface, &command_lookup,   \
			&command_reach, &command_doctor, &command_import, &command_snapshot,       \
			&command_schema, &command_flush, &command_version, &command_help, NULL     \
	}

/* Lists of commands end in NULL. The one of that name; NULL when there is none. */
const struct command *command_find(const struct command *const *commands, const char *name);

/* The name nearest to a mistyped one, or NULL. */
const char *command_nearest(const struct command *const *commands, const char *name);
