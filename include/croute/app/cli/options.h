/* options.h - what the command line says. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/app/cli/command.h"
#include "croute/app/cli/import_settings.h"
#include "croute/edge/file/open.h"
#include "croute/edge/host/log.h"

#define OPTIONS_CONFIG_DEFAULT "/etc/croute"
#define OPTIONS_REPLACE_MOST 16

enum output { OUTPUT_TEXT, OUTPUT_JSON };
enum hand_back_to { HAND_BACK_NONE, HAND_BACK_FLANNEL };
enum shell { SHELL_NONE, SHELL_BASH, SHELL_ZSH, SHELL_FISH };
enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct progress;

/* What a command is told. All strings are borrowed from argv and the environment. */
struct options {
	struct progress *progress;	/* where long work shows how far it is; may be NULL */
	const struct command *commands; /* all of them, for help */
	const struct command *command;	/* the one to run */
	const char *argument;		/* its word, NULL when none was given */
	const char *config;
	const char *node;	  /* NULL: by the host's name */
	const char *status_file;  /* NULL: what the file says */
	const char *against;	  /* NULL: the kernel */
	const char *kernel_state; /* a snapshot in the place of the kernel; NULL: the kernel */
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
	bool peers;
	bool adopt;
	bool undo;
	struct option_import import;
	struct file_replacement replace[OPTIONS_REPLACE_MOST + 1]; /* ends in an empty one */
};

/* Whether to colour what goes to `fd`. */
bool options_colours(const struct options *options, int fd);
