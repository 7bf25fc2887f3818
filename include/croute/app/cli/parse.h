/* parse.h - the command line, read once. */
#pragma once

#include <stdbool.h>

#include "croute/app/cli/options.h"
#include "croute/base/error.h"

/* Where options come from. Values of the environment are NULL or empty when not set. */
struct options_input {
	int argc;
	char **argv; /* put in another order, and NAME=FILE is split in place */
	const struct command *commands;
	const char *croute_config;
	const char *node_name;
	const char *no_color;
	const char *term;
	bool journal; /* stderr leads to systemd's journal */
};

/*
 * Read the command line: options may stand before and after the command word, which may be missing
 * only with -h (then `command` is that of help). Uses getopt_long(3), so not re-entrant.
 * 0, or -EINVAL with `err`, which then has two lines: what is wrong, and where to look.
 */
int parse_options(const struct options_input *input, struct options *out, struct error *err);
