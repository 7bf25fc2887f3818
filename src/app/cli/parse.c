/* parse.c - the command line, read once. */
#include "croute/app/cli/parse.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "app/cli/option_import.h"
#include "croute/app/cli/option.h"
#include "croute/app/cli/option_word.h"
#include "croute/base/buf.h"
#include "croute/base/text.h"

#define LONG_BASE 256 /* what getopt_long answers for a long option, less its id */

/* One walk of getopt_long over the command line, taking some options. */
struct walk {
	int argc;
	char **argv;
	const struct command *commands;
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

/* How many options a shortened name may mean. */
static unsigned count_meant(const struct walk *walk, struct text name)
{
	unsigned count = 0;

	for (size_t i = 0; walk->longs[i].name != NULL; i++) {
		struct text other = text_of(walk->longs[i].name);

		if (other.len >= name.len && memcmp(other.at, name.at, name.len) == 0)
			count++;
	}
	return count;
}

static void tell_unknown_long(const struct walk *walk, const char *word, struct buf *text)
{
	char shown[OPTION_WORD_MAX];
	struct text name = {.at = word + 2, .len = strcspn(word + 2, "=")};
	const char *nearest = text_nearest(name, long_name_at, walk);

	option_word(word, shown);
	if (count_meant(walk, name) > 1) {
		buf_add(text, "\"%s\" may mean several options", shown);
		return;
	}
	if (walk->command != NULL)
		buf_add(text, "\"%s\" is not an option of %s", shown, walk->command->name);
	else
		buf_add(text, "\"%s\" is not an option", shown);
	if (nearest != NULL)
		buf_add(text, "; did you mean \"--%s\"?", nearest);
}

static void tell_unknown_letter(const struct walk *walk, int letter, struct buf *text)
{
	char word[] = {'-', (char)letter, '\0'};
	char shown[OPTION_WORD_MAX];

	option_word(word, shown);
	if (walk->command != NULL)
		buf_add(text, "\"%s\" is not an option of %s", shown, walk->command->name);
	else
		buf_add(text, "\"%s\" is not an option", shown);
}

/* `optopt` tells what it was: 0 for a long option that is none, else which one. */
static void tell_refused(const struct walk *walk, int why, struct buf *text)
{
	enum option_id id = optopt >= LONG_BASE ? (enum option_id)(optopt - LONG_BASE)
						: option_of_letter(optopt);
	const struct option_help *help = id < OPTION_IDS ? option_help(id) : NULL;

	if (why == -ENODATA && help != NULL)
		buf_add(text, "--%s lacks its value: --%s %s", help->name, help->name, help->value);
	else if (optopt == 0)
		tell_unknown_long(walk, walk->argv[optind - 1], text);
	else if (optopt >= LONG_BASE && help != NULL)
		buf_add(text, "--%s takes no value", help->name);
	else
		tell_unknown_letter(walk, optopt, text);
}

static int refuse(const struct walk *walk, const char *text, struct error *err)
{
	return error_set(err, EINVAL, "%s\nsee croute help%s%s", text,
			 walk->command != NULL ? " " : "",
			 walk->command != NULL ? walk->command->name : "");
}

static int refuse_option(const struct walk *walk, int why, struct error *err)
{
	char space[256];
	struct buf text = BUF_OVER(space);

	tell_refused(walk, why, &text);
	return refuse(walk, space, err);
}

static int refuse_command(const struct walk *walk, const char *word, struct error *err)
{
	const char *nearest = command_nearest(walk->commands, word);
	char shown[OPTION_WORD_MAX];
	char space[256];
	struct buf text = BUF_OVER(space);

	buf_add(&text, "\"%s\" is not a command", option_word(word, shown));
	if (nearest != NULL)
		buf_add(&text, "; did you mean \"%s\"?", nearest);
	return refuse(walk, space, err);
}

/*
 * The first walk only looks for the command word, which decides what options there are. Returns
 * where the word stands; 0 when there is none and need not be.
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
		return refuse(walk, "a command is missing", err);
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

/* After the command word, options and words may be mixed. */
static int take_rest(struct walk *walk, int word, struct options *options, struct error *err)
{
	char shown[OPTION_WORD_MAX];
	char space[256];
	struct buf text = BUF_OVER(space);
	int status;

	walk->argc -= word;
	walk->argv += word;
	walk_begin(walk, "", OPTIONS_COMMON | walk->command->accepts);
	status = take_options(walk, options, err);
	if (status < 0 || options->help)
		return status;
	if (optind < walk->argc && walk->command->argument != NULL)
		options->argument = walk->argv[optind++];
	if (options->argument == NULL && walk->command->needs_argument) {
		buf_add(&text, "%s lacks its %s", walk->command->name, walk->command->argument);
		return refuse(walk, space, err);
	}
	if (optind >= walk->argc)
		return 0;
	buf_add(&text, "\"%s\" is one word too many", option_word(walk->argv[optind], shown));
	return refuse(walk, space, err);
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
