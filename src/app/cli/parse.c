/* parse.c - the command line, read once. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "croute/base/buf.h"

#define LONG_BASE 256 /* what getopt_long answers for a long option, less its id */

/* One walk of getopt_long over the command line, taking some options. */
struct walk {
	int argc;
	char **argv;
	const struct command *const *commands;
	const struct command *command; /* NULL: it is not known yet */
	char letters[2 * OPTION_IDS + 3];
	struct option longs[OPTION_IDS + 1];
};

static void add_row(struct buf *letters, struct option *row, enum option_id id)
{
	const struct option_help *help = option_help(id);

	row->name = help->name;
	row->has_arg = help->value != NULL ? required_argument : no_argument;
	row->val = LONG_BASE + (int)id;
	if (help->letter != 0)
		buf_add(letters, "%c%s", help->letter, help->value != NULL ? ":" : "");
}

/* `order` is "+" to stop at the first word, "" to gather the words at the end. */
static void walk_begin(struct walk *walk, const char *order, uint32_t accepts)
{
	struct buf letters = BUF_OVER(walk->letters);
	size_t count = 0;

	memset(walk->longs, 0, sizeof(walk->longs));
	buf_add(&letters, "%s:", order);
	for (unsigned id = 0; id < OPTION_IDS; id++) {
		if ((accepts & OPTION_BIT(id)) != 0)
			add_row(&letters, &walk->longs[count++], (enum option_id)id);
	}
	opterr = 0;
	optind = 0;
}

/* The next option's id; OPTION_IDS at the end; -EINVAL for what is none of them, -ENODATA for one
 * without its value. */
static int walk_next(struct walk *walk)
{
	int got = getopt_long(walk->argc, walk->argv, walk->letters, walk->longs, NULL);

	if (got == -1)
		return OPTION_IDS;
	if (got == '?' || got == ':')
		return got == ':' ? -ENODATA : -EINVAL;
	return got >= LONG_BASE ? got - LONG_BASE : (int)option_of_letter(got);
}

static const char *long_name_at(const void *words, size_t i)
{
	return ((const struct walk *)words)->longs[i].name;
}

/* The options that a shortened name may mean, as a list; how many. */
static unsigned list_meant(const struct walk *walk, struct text name, struct buf *out)
{
	unsigned count = 0;

	for (size_t i = 0; walk->longs[i].name != NULL; i++) {
		if (strncmp(walk->longs[i].name, name.at, name.len) == 0)
			buf_add(out, "%s--%s", count++ > 0 ? ", " : "", walk->longs[i].name);
	}
	return count;
}

static void add_unknown(const struct walk *walk, const char *word, struct buf *text)
{
	char shown[OPTION_WORD_MAX];

	buf_add(text, "\"%s\" is not an option", option_word(word, shown));
	if (walk->command != NULL)
		buf_add(text, " of %s", walk->command->name);
}

static void add_unknown_long(const struct walk *walk, const char *word, struct buf *text)
{
	char shown[OPTION_WORD_MAX];
	struct buf meant = BUF_LOCAL(256);
	struct text name = {.at = word + 2, .len = strcspn(word + 2, "=")};
	const char *nearest = text_nearest(name, long_name_at, walk);

	if (list_meant(walk, name, &meant) > 1) {
		buf_add(text, "\"%s\" is ambiguous: it may be %s", option_word(word, shown),
			meant.data);
		return;
	}
	add_unknown(walk, word, text);
	if (nearest != NULL)
		buf_add(text, "; did you mean \"--%s\"?", nearest);
}

/* `optopt` says what it was: 0 for an unknown long option, else which one. */
static void add_refused(const struct walk *walk, int why, struct buf *text)
{
	enum option_id id = optopt >= LONG_BASE ? (enum option_id)(optopt - LONG_BASE)
						: option_of_letter(optopt);
	const struct option_help *help = id < OPTION_IDS ? option_help(id) : NULL;
	const char letter[] = {'-', (char)optopt, '\0'};

	if (why == -ENODATA && help != NULL)
		buf_add(text, "--%s needs a value: --%s %s", help->name, help->name, help->value);
	else if (optopt == 0)
		add_unknown_long(walk, walk->argv[optind - 1], text);
	else if (optopt >= LONG_BASE && help != NULL)
		buf_add(text, "--%s takes no value", help->name);
	else
		add_unknown(walk, letter, text);
}

static int refuse(const struct walk *walk, const char *text, struct error *err)
{
	return error_set(err, EINVAL, "%s\nsee croute help%s%s", text,
			 walk->command != NULL ? " " : "",
			 walk->command != NULL ? walk->command->name : "");
}

static int refuse_option(const struct walk *walk, int why, struct error *err)
{
	struct buf text = BUF_LOCAL(400);

	add_refused(walk, why, &text);
	return refuse(walk, text.data, err);
}

/* Words of other tools, and the command that does the same. */
static const char *hint_for(const char *word)
{
	static const char *const hints[][2] = {
		{"apply", "reconcile"},
		{"plan", "reconcile --dry-run"},
		{"diff", "reconcile --dry-run"},
		{"list", "status"},
		{"show", "status"},
	};

	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		if (strcmp(hints[i][0], word) == 0)
			return hints[i][1];
	}
	return NULL;
}

static bool looks_like_file(const char *word)
{
	const char *dot = strrchr(word, '.');

	return strchr(word, '/') != NULL ||
	       (dot != NULL && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0 ||
				strcmp(dot, ".json") == 0));
}

static int refuse_command(const struct walk *walk, const char *word, struct error *err)
{
	const char *meant = hint_for(word);
	char shown[OPTION_WORD_MAX];
	struct buf text = BUF_LOCAL(256);

	if (meant == NULL)
		meant = command_nearest(walk->commands, word);
	buf_add(&text, "\"%s\" is not a command", option_word(word, shown));
	if (looks_like_file(word))
		buf_add(&text, "; a file is given with -c: croute reconcile -c %s", shown);
	else if (meant != NULL)
		buf_add(&text, "; did you mean \"%s\"?", meant);
	return refuse(walk, text.data, err);
}

/*
 * The first walk only looks for the command word, which decides what options there are. Returns
 * where the word stands; 0 when none is needed.
 */
static int find_command(struct walk *walk, struct options *options, struct error *err)
{
	bool version = false;
	int id;

	walk_begin(walk, "+", OPTIONS_ALL);
	while ((id = walk_next(walk)) != OPTION_IDS) {
		if (id < 0)
			return refuse_option(walk, id, err);
		version = version || id == OPTION_VERSION;
		options->help = options->help || id == OPTION_HELP;
	}
	if (version || (options->help && optind == walk->argc)) {
		walk->command = command_find(walk->commands, version ? "version" : "help");
		return 0;
	}
	if (optind == walk->argc)
		return error_set(err, ENOENT, "no command given");
	walk->command = command_find(walk->commands, walk->argv[optind]);
	if (walk->command == NULL)
		return refuse_command(walk, walk->argv[optind], err);
	return optind;
}

/* Take the options that the walk comes by. */
static int take_options(struct walk *walk, struct options *options, struct error *err)
{
	struct error cause;
	int id;

	while ((id = walk_next(walk)) != OPTION_IDS) {
		if (id < 0)
			return refuse_option(walk, id, err);
		if (option_set((enum option_id)id, optarg, options, &cause) < 0)
			return refuse(walk, cause.text, err);
	}
	return 0;
}

static int refuse_argument(const struct walk *walk, const char *word, struct error *err)
{
	char shown[OPTION_WORD_MAX];
	struct buf text = BUF_LOCAL(256);

	if (word == NULL)
		buf_add(&text, "%s needs its %s", walk->command->name, walk->command->argument);
	else
		buf_add(&text, "unexpected argument \"%s\"%s", option_word(word, shown),
			walk->command->argument == NULL ? "; the file is given with -c" : "");
	return refuse(walk, text.data, err);
}

/* After the command word, options and words may be mixed. */
static int take_rest(struct walk *walk, int word, struct options *options, struct error *err)
{
	int status;

	walk->argc -= word;
	walk->argv += word;
	walk_begin(walk, "", OPTIONS_COMMON | walk->command->accepts);
	status = take_options(walk, options, err);
	if (status < 0 || options->help)
		return status;
	if (optind < walk->argc && walk->command->argument != NULL)
		options->argument = walk->argv[optind++];
	if (walk->command->many) {
		options->arguments = walk->argv + optind - (options->argument != NULL);
		options->argument_count = (uint32_t)(walk->argc - optind) +
					  (options->argument != NULL);
		return 0;
	}
	if (optind < walk->argc || (options->argument == NULL && walk->command->needs_argument))
		return refuse_argument(walk, walk->argv[optind], err);
	return 0;
}

static bool is_given(const char *value)
{
	return value != NULL && value[0] != '\0';
}

static struct options defaults_of(const struct options_input *input)
{
	bool plain = is_given(input->no_color) ||
		     (input->term != NULL && strcmp(input->term, "dumb") == 0);

	return (struct options){
		.commands = input->commands,
		.config = is_given(input->croute_config) ? input->croute_config
							 : OPTIONS_CONFIG_DEFAULT,
		.node = is_given(input->node_name) ? input->node_name : NULL,
		.color = plain ? COLOR_NEVER : COLOR_AUTO,
		.log_level = LOG_LEVEL_INFO,
		.log_format = input->journal ? LOG_FORMAT_JOURNAL : LOG_FORMAT_TEXT,
	};
}

int parse_options(const struct options_input *input, struct options *out, struct error *err)
{
	struct options options = defaults_of(input);
	struct walk walk = {.argc = input->argc, .argv = input->argv, .commands = input->commands};
	int word = find_command(&walk, &options, err);
	int status;

	if (word < 0)
		return word;
	options.command = walk.command;
	walk_begin(&walk, "+", OPTIONS_COMMON | OPTION_BIT(OPTION_VERSION) | walk.command->accepts);
	status = take_options(&walk, &options, err);
	if (status == 0 && word > 0)
		status = take_rest(&walk, word, &options, err);
	if (status == 0)
		*out = options;
	return status;
}
