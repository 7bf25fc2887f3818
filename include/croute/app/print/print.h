/* print.h - what commands print: diagnostics of a file, and a pass. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "croute/app/cli/options.h"
#include "croute/app/pass/load.h"
#include "croute/app/pass/pass.h"
#include "croute/base/json.h"
#include "croute/core/report/report.h"

/*
 * Load options->config, and print what is wrong with it. EXIT_DONE when `out` is to be used, and
 * then released; else the exit code, and there is nothing to release.
 */
int print_load(const struct options *options, struct loaded *out);

/*
 * Print all that was gathered: as text on stderr; with `-o json`, when there are errors, as one
 * object on stdout (SPEC 3). Needs the files still open, for their lines.
 */
void print_diags(const struct loaded *loaded, const struct options *options);

/* Print why a file could not be read at all, in the same two ways. Returns the exit code: 3, or 1
 * where the host is to blame (load_blames_file). */
int print_failure(const char *path, const struct error *err, const struct options *options);

/* An object on stdout: open, with its version; and its end, with a line end. */
struct json print_json(void);
void print_json_end(struct json *json);

/* The json_write_fn of a stream. */
int print_piece(void *stream, const char *text, size_t len);

/* The diagnostics of one level as an array of {file, line, column, text}. */
void print_diags_array(struct json *json, const char *key, const struct loaded *loaded,
		       enum diag_level level);

/* Print `croute: error: TEXT` on stderr. */
void print_problem(const char *text, const struct options *options);

/* Print on stderr what a word of the command line is, with the nearest name of a node of `config`
 * (NULL: of none), and where the help is. EXIT_USAGE. */
int print_refusal(const char *word, const char *why, const struct config *config,
		  const char *command);

/* The report of a pass that ran over `loaded` (NULL: over no file); borrows both. */
struct report outcome_report(const struct pass *pass, const struct loaded *loaded);

/* Whether a dry pass found anything to do. */
bool outcome_is_pending(const struct pass *pass);

/* The first that applies of 1, 4, 2, 0 (SPEC 3). */
int outcome_exit(const struct pass *pass, const struct options *options);

/* On standard error: no interface, no privilege, each refusal of the kernel with its line of the
 * file. */
void outcome_complain(const struct pass *pass, const struct report *report,
		      const struct options *options);

/*
 * Print the lines and the summary of a report, or its JSON object, as `options` ask. On a terminal,
 * without -v, it is the first 50 lines and at most 50 more of what is in trouble (x s ! and what
 * failed), then how many were left out; a pipe gets every line. How a hold is released goes to
 * standard error.
 */
void print_report(const struct report *report, const struct options *options);

/* On standard error: each refusal by the kernel with its line of the file, at most 20. */
void print_refusals(const struct report *report, const struct options *options);

/* Looks and tells; returns an exit code. The file is valid. */
typedef int outcome_look_fn(struct pass *pass, const struct loaded *loaded,
			    const struct options *options);

/* Read the file, open a pass, and hand both to `look`. An exit code: that of `look`, or 3 or 1 when
 * it did not come to that, which then has been told. */
int outcome_with_pass(const struct options *options, outcome_look_fn *look);

/* Tell why a pass came to nothing, by the status that it returned: 3 when the file has no entry for
 * this node, else 1. */
int outcome_give_up(int status, const struct error *err, const struct loaded *loaded,
		    const struct options *options);
