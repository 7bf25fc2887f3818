/* option.h - the table of all options: names, help and what each sets. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/error.h"

struct options;

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
