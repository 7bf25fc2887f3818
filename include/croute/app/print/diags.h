/* diags.h - reporting what is wrong with a file. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/app/cli/options.h"
#include "croute/app/pass/load.h"
#include "croute/base/json.h"

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
