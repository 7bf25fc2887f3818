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

enum option_id {
	OPTION_CONFIG,
	OPTION_NODE,
	OPTION_OUTPUT,
	OPTION_VERBOSE,
	OPTION_COLOR,
	OPTION_STATUS_FILE,
	OPTION_LOG_LEVEL,
	OPTION_LOG_FORMAT,
	OPTION_HELP,
	OPTION_VERSION, /* in place of a command */
	OPTION_DRY_RUN,
	OPTION_EXIT_CODE,
	OPTION_ALLOW_DELETE,
	OPTION_AGAINST,
	OPTION_REPLACE,
	OPTION_PROTOCOL,
	OPTION_HAND_BACK,
	OPTION_CHECK,
	OPTION_KERNEL_STATE,
	OPTION_FROM,
	OPTION_ADDRESS,
	OPTION_SERIAL,
	OPTION_GENERATED_AT,
	OPTION_SPLIT,
	OPTION_OUTPUT_DIR,
	OPTION_PEERS,
	OPTION_ADOPT,
	OPTION_CONFIRM,
	OPTION_UNDO,
	OPTION_COMPLETE,
	OPTION_WATCH,
	OPTION_IDS,
};

/* Sets of options. The common ones are those that every command takes. */
#define OPTION_BIT(id) (UINT32_C(1) << (id))
#define OPTIONS_COMMON (OPTION_BIT(OPTION_VERSION) - 1)
#define OPTIONS_ALL (OPTION_BIT(OPTION_IDS) - 1)

/* How an option is shown: `-c, --config PATH`, and what it does. */
struct option_help {
	char letter; /* 0: none */
	const char *name;
	const char *value; /* NULL: it takes none */
	const char *text;
};

const struct option_help *option_help(enum option_id id);

/* To complete the value: words that it is, or may be, up to a NULL, or NULL for none; whether it
 * is, or ends in, a file or directory. */
const char *const *option_words(enum option_id id);
bool option_is_file(enum option_id id);

/* The option of that letter, or OPTION_IDS. */
enum option_id option_of_letter(int letter);

/* Take an option in. `value` may be changed and is kept. 0, or -EINVAL with `err`. */
int option_set(enum option_id id, char *value, struct options *options, struct error *err);

#define OPTION_WORD_MAX 64 /* bytes of a user's word in a message */

/* A word of the user's, cut and made safe to print. */
const char *option_word(const char *word, char out[OPTION_WORD_MAX]);
