/* options.h - what the command line says. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include "croute/app/cli/command.h"
#include "croute/base/error.h"
#include "croute/edge/file/open.h"
#include "croute/edge/host/log.h"

#define OPTIONS_CONFIG_DEFAULT "/etc/croute"
#define OPTIONS_REPLACE_MOST 16

enum output { OUTPUT_TEXT, OUTPUT_JSON };
enum hand_back_to { HAND_BACK_NONE, HAND_BACK_FLANNEL };
enum shell { SHELL_NONE, SHELL_BASH, SHELL_ZSH, SHELL_FISH };
enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

enum import_from { IMPORT_FROM_NOTHING, IMPORT_FROM_KUBE_NODES, IMPORT_FROM_FLANNEL };

enum import_address {
	IMPORT_INTERNAL = 1, /* the InternalIP of status.addresses; 0 means the same */
	IMPORT_FLANNEL, /* flannel's public-ip-overwrite, then public-ip, then the InternalIP */
};

#define IMPORT_SPLIT_LEAST 4096 /* bytes: room for the head and the longest line */

/* The options of `croute import`; zero is not given. */
struct import_options {
	enum import_from from;
	enum import_address address;
	bool has_serial;
	uint64_t serial;
	uint64_t generated_at;	/* seconds since 1970 */
	bool generated_now;	/* instead, when it runs */
	uint64_t split;		/* bytes of a file */
	const char *output_dir; /* borrowed */
};

struct progress;

/* What a command is told. All strings are borrowed from argv and the environment. */
struct options {
	struct progress *progress;	       /* where long work shows its progress; may be NULL */
	const struct command *const *commands; /* all of them, for help */
	const struct command *command;	       /* the one to run */
	const char *argument;		       /* its word, NULL when none was given */
	char *const *arguments;		       /* all words of a command that takes many */
	uint32_t argument_count;
	const char *config;
	const char *node;	  /* NULL: by the host's name */
	const char *status_file;  /* NULL: what the file says */
	const char *against;	  /* NULL: the kernel */
	const char *kernel_state; /* a snapshot instead of the kernel; NULL: the kernel */
	const char *confirm;	  /* the time to confirm a pass, as it was typed; NULL: no need */
	uint64_t confirm_ms;
	enum output output;
	enum color color;
	enum log_level log_level;
	enum log_format log_format;
	uint32_t protocol; /* 0: the default one */
	enum hand_back_to hand_back;
	enum shell complete; /* print its completion */
	bool verbose;
	bool help; /* it was asked for; then nothing else was checked */
	bool dry_run;
	bool exit_code;
	bool allow_delete;
	bool check;
	bool watch;
	bool peers;
	bool adopt;
	bool undo;
	struct import_options import;
	struct file_replacement replace[OPTIONS_REPLACE_MOST + 1]; /* ends in an empty one */
};

/* Whether to colour what goes to `fd`. */
static inline bool options_colours(const struct options *options, int fd)
{
	return options->color == COLOR_ALWAYS || (options->color == COLOR_AUTO && isatty(fd) == 1);
}

/* Where options come from. Values of the environment are NULL or empty when not set. */
struct options_input {
	int argc;
	char **argv; /* put in another order, and NAME=FILE is split in place */
	const struct command *const *commands;
	const char *croute_config;
	const char *node_name;
	const char *no_color;
	const char *term;
	bool journal; /* stderr leads to systemd's journal */
};

/*
 * Read the command line: options may stand before and after the command word, which may be missing
 * only with -h (then `command` is that of help). Uses getopt_long(3), so not re-entrant.
 * 0; -EINVAL with `err`, which then has two lines: what is wrong, and where to look; -ENOENT when
 * there is no command word.
 */
int parse_options(const struct options_input *input, struct options *out, struct error *err);
