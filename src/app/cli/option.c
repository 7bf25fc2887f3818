/* option.c - the table of all options: names, help and what each sets. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/cli/options.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "croute/base/buf.h"
#include "croute/core/parse/stream.h"
#include "croute/core/parse/value.h"

const char *option_word(const char *word, char out[OPTION_WORD_MAX])
{
	struct buf buf = {.data = out, .size = OPTION_WORD_MAX};

	out[0] = '\0';
	buf_add_safe(&buf, text_of(word));
	return out;
}

/* For options that are neither a flag, a text nor one of several words. */
typedef int option_set_fn(struct options *options, char *value, struct error *err);

static int set_replace(struct options *options, char *value, struct error *err)
{
	char *equals = strchr(value, '=');
	char shown[OPTION_WORD_MAX];
	size_t i = 0;

	if (equals == NULL || equals == value || equals[1] == '\0')
		return error_set(err, EINVAL, "--replace is NAME=FILE, not \"%s\"",
				 option_word(value, shown));
	while (i < OPTIONS_REPLACE_MOST && options->replace[i].name != NULL)
		i++;
	if (i == OPTIONS_REPLACE_MOST)
		return error_set(err, EINVAL, "--replace may be given %d times",
				 OPTIONS_REPLACE_MOST);
	*equals = '\0';
	options->replace[i] = (struct file_replacement){.name = value, .path = equals + 1};
	return 0;
}

/* The range of kernel.protocol (SPEC 4): below it are the kernel's own and the administrator's. */
static int set_protocol(struct options *options, char *value, struct error *err)
{
	char shown[OPTION_WORD_MAX];
	uint64_t number;

	if (text_to_u64(text_of(value), 255, &number) < 0 || number < 19)
		return error_set(err, EINVAL, "--protocol is a number from 19 to 255, not \"%s\"",
				 option_word(value, shown));
	options->protocol = (uint32_t)number;
	return 0;
}

/* From a second, since somebody has to type the answer, to a day. */
static int set_confirm(struct options *options, char *value, struct error *err)
{
	const uint64_t day = UINT64_C(24) * 3600 * 1000;
	char shown[OPTION_WORD_MAX];
	uint64_t ms;

	if (value_duration(text_of(value), &ms, NULL) < 0 || ms < 1000 || ms > day)
		return error_set(err, EINVAL,
				 "--confirm is a time from 1s to 24h, as 60s or 5m, not \"%s\"",
				 option_word(value, shown));
	options->confirm = value;
	options->confirm_ms = ms;
	return 0;
}

static int set_serial(struct options *options, char *value, struct error *err)
{
	struct error why;

	if (value_number(text_of(value), 0, UINT64_MAX, &options->import.serial, &why) < 0)
		return error_set(err, EINVAL, "--serial: %s", why.text);
	options->import.has_serial = true;
	return 0;
}

static int set_generated_at(struct options *options, char *value, struct error *err)
{
	struct error why;

	options->import.generated_now = strcmp(value, "now") == 0;
	if (options->import.generated_now)
		return 0;
	if (value_time(text_of(value), &options->import.generated_at, &why) < 0)
		return error_set(err, EINVAL, "--generated-at: %s", why.text);
	return 0;
}

/* Bytes of a unit; 0 for an unknown one. */
static uint64_t unit_of(const char *word)
{
	static const struct {
		const char *word;
		uint64_t bytes;
	} units[] = {{"", 1},	   {"B", 1},	     {"KiB", 1024},
		     {"Ki", 1024}, {"MiB", 1 << 20}, {"Mi", 1 << 20}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(units[i].word, word) == 0)
			return units[i].bytes;
	}
	return 0;
}

static int set_split(struct options *options, char *value, struct error *err)
{
	struct text digits = {.at = value};
	char shown[OPTION_WORD_MAX];
	uint64_t number = 0;
	uint64_t unit;

	while (isdigit((unsigned char)value[digits.len]))
		digits.len++;
	unit = unit_of(value + digits.len);
	if (text_to_u64(digits, STREAM_BYTES_MOST, &number) < 0 || unit == 0 ||
	    number * unit < IMPORT_SPLIT_LEAST || number * unit > STREAM_BYTES_MOST)
		return error_set(err, EINVAL,
				 "--split is a size from 4KiB to 64MiB, as 900KiB, not \"%s\"",
				 option_word(value, shown));
	options->import.split = number * unit;
	return 0;
}

static const char *const outputs[] = {"text", "json", NULL};
static const char *const colors[] = {"auto", "always", "never", NULL};
static const char *const levels[] = {"error", "warn", "info", "debug", NULL};
static const char *const formats[] = {"text", "json", "journal", NULL};
static const char *const flannel[] = {"flannel", NULL};
static const char *const kinds[] = {"kube-nodes", "flannel", NULL};
static const char *const addresses[] = {"internal", "flannel", NULL};
static const char *const shells[] = {"bash", "zsh", "fish", NULL};
static const char *const times[] = {"60s", "5m", NULL};
static const char *const moments[] = {"now", NULL};
static const char *const sizes[] = {"900KiB", NULL};

enum kind { KIND_FLAG, KIND_TEXT, KIND_WORD, KIND_OTHER };

/* Where a flag, a text or the number of a word goes; the first word's number is `first`. */
#define AT(member) .at = offsetof(struct options, member)
#define FLAG(member) .kind = KIND_FLAG, AT(member)
#define TEXT(member) .kind = KIND_TEXT, AT(member)
#define PATH(member) .kind = KIND_TEXT, AT(member), .is_file = true
#define WORD(member, number, list) .kind = KIND_WORD, AT(member), .first = (number), .words = (list)
#define OTHER(function) .kind = KIND_OTHER, .set = (function)

static const struct option_row {
	struct option_help help;
	enum kind kind;
	size_t at;
	int first;
	option_set_fn *set; /* NULL: nothing to set */
	const char *const *words;
	bool is_file;
} rows[OPTION_IDS] = {
	[OPTION_CONFIG] = {{'c', "config", "PATH",
			    "the file or directory to read; - is standard input"},
			   PATH(config)},
	[OPTION_NODE] = {{0, "node", "NAME", "act as this node ($NODE_NAME, else the host name)"},
			 TEXT(node)},
	[OPTION_OUTPUT] = {{'o', "output", "FORMAT", "text or json"}, WORD(output, 0, outputs)},
	[OPTION_VERBOSE] = {{'v', "verbose", NULL, "tell more"}, FLAG(verbose)},
	[OPTION_COLOR] = {{0, "color", "WHEN", "auto, always or never"}, WORD(color, 0, colors)},
	[OPTION_STATUS_FILE] = {{0, "status-file", "PATH", "instead of agent.statusFile"},
				PATH(status_file)},
	[OPTION_LOG_LEVEL] = {{0, "log-level", "LEVEL", "error, warn, info or debug"},
			      WORD(log_level, 0, levels)},
	[OPTION_LOG_FORMAT] = {{0, "log-format", "FORMAT", "text, json or journal"},
			       WORD(log_format, 0, formats)},
	[OPTION_HELP] = {{'h', "help", NULL, "this text"}, FLAG(help)},
	/* By then it has become the command `version`. */
	[OPTION_VERSION] = {{'V', "version", NULL, "the version"}, OTHER(NULL)},
	[OPTION_DRY_RUN] = {{0, "dry-run", NULL, "print the plan and change nothing"},
			    FLAG(dry_run)},
	[OPTION_EXIT_CODE] = {{0, "exit-code", NULL, "with --dry-run: exit 2 if anything is to do"},
			      FLAG(exit_code)},
	[OPTION_ALLOW_DELETE] = {{0, "allow-delete", NULL, "delete what the guard would hold"},
				 FLAG(allow_delete)},
	[OPTION_AGAINST] = {{0, "against", "OLD", "plan from another file, not from the kernel"},
			    PATH(against)},
	[OPTION_REPLACE] = {{0, "replace", "NAME=FILE", "as if FILE were in place of NAME"},
			    OTHER(set_replace),
			    .is_file = true},
	[OPTION_PROTOCOL] = {{0, "protocol", "N", "kernel.protocol of the routes to remove"},
			     OTHER(set_protocol)},
	[OPTION_HAND_BACK] = {{0, "hand-back", "flannel", "leave flannel's routes in their place"},
			      WORD(hand_back, HAND_BACK_FLANNEL, flannel)},
	[OPTION_KERNEL_STATE] = {{0, "kernel-state", "FILE", "plan from a snapshot, off-host"},
				 PATH(kernel_state)},
	[OPTION_FROM] = {{0, "from", "KIND", "the input: kube-nodes or flannel"},
			 WORD(import.from, IMPORT_FROM_KUBE_NODES, kinds)},
	[OPTION_ADDRESS] = {{0, "address", "WHICH", "internal or flannel: whose address of a node"},
			    WORD(import.address, IMPORT_INTERNAL, addresses)},
	[OPTION_SERIAL] = {{0, "serial", "N", "source.serial of the file"}, OTHER(set_serial)},
	[OPTION_GENERATED_AT] = {{0, "generated-at", "TIME", "source.generatedAt; a time or now"},
				 OTHER(set_generated_at),
				 .words = moments},
	[OPTION_SPLIT] = {{0, "split", "SIZE", "write files of at most this size: 900KiB"},
			  OTHER(set_split),
			  .words = sizes},
	[OPTION_OUTPUT_DIR] = {{0, "output-dir", "DIR", "with --split: where the files go"},
			       PATH(import.output_dir)},
	[OPTION_CHECK] = {{0, "check", NULL, "print nothing; only the exit code, for probes"},
			  FLAG(check)},
	[OPTION_WATCH] = {{0, "watch", NULL, "print it again whenever it changes"}, FLAG(watch)},
	[OPTION_PEERS] = {{0, "peers", NULL, "look whether each peer answers"}, FLAG(peers)},
	[OPTION_ADOPT] = {{0, "adopt", NULL, "check whether flannel can be taken over"},
			  FLAG(adopt)},
	[OPTION_CONFIRM] = {{0, "confirm", "TIME", "undo it unless croute confirm comes in time"},
			    OTHER(set_confirm),
			    .words = times},
	[OPTION_UNDO] = {{0, "undo", NULL, "undo it now instead of confirming it"}, FLAG(undo)},
	[OPTION_COMPLETE] = {{0, "complete", "SHELL", "the completion for bash, zsh or fish"},
			     WORD(complete, SHELL_BASH, shells)},
};

const struct option_help *option_help(enum option_id id)
{
	return &rows[id].help;
}

const char *const *option_words(enum option_id id)
{
	return rows[id].words;
}

bool option_is_file(enum option_id id)
{
	return rows[id].is_file;
}

enum option_id option_of_letter(int letter)
{
	unsigned id = 0;

	while (id < OPTION_IDS && (letter == 0 || rows[id].help.letter != letter))
		id++;
	return (enum option_id)id;
}

static int set_text(const char *name, const char *value, const char **out, struct error *err)
{
	if (value[0] == '\0')
		return error_set(err, EINVAL, "--%s is empty", name);
	*out = value;
	return 0;
}

/* The number of `value` among the words. */
static int choose(const char *name, const char *value, const char *const *words, struct error *err)
{
	char shown[OPTION_WORD_MAX];
	struct buf list = BUF_LOCAL(96);

	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], value) == 0)
			return i;
		buf_add(&list, "%s%s",
			i == 0		       ? ""
			: words[i + 1] == NULL ? " or "
					       : ", ",
			words[i]);
	}
	return error_set(err, EINVAL, "--%s is %s, not \"%s\"", name, list.data,
			 option_word(value, shown));
}

static int set_word(const struct option_row *row, const char *value, void *out, struct error *err)
{
	int choice = choose(row->help.name, value, row->words, err);
	int number = row->first + choice;

	if (choice < 0)
		return choice;
	memcpy(out, &number, sizeof(number));
	return 0;
}

int option_set(enum option_id id, char *value, struct options *options, struct error *err)
{
	const struct option_row *row = &rows[id];
	void *out = (char *)options + row->at;

	switch (row->kind) {
	case KIND_FLAG:
		*(bool *)out = true;
		return 0;
	case KIND_TEXT:
		return set_text(row->help.name, value, out, err);
	case KIND_WORD:
		return set_word(row, value, out, err);
	case KIND_OTHER:
		break;
	}
	return row->set != NULL ? row->set(options, value, err) : 0;
}
