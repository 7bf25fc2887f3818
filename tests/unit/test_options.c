/* test_options.c - the command line. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MOST 24

static const struct command reconcile = {
	.name = "reconcile",
	.accepts = OPTION_BIT(OPTION_DRY_RUN) | OPTION_BIT(OPTION_EXIT_CODE) |
		   OPTION_BIT(OPTION_ALLOW_DELETE) | OPTION_BIT(OPTION_AGAINST)};
static const struct command validate = {
	.name = "validate", .argument = "PATH", .accepts = OPTION_BIT(OPTION_REPLACE)};
static const struct command lookup = {
	.name = "lookup", .argument = "ADDRESS", .needs_argument = true};
static const struct command import = {.name = "import",
				      .accepts = OPTION_BIT(OPTION_SPLIT) |
						 OPTION_BIT(OPTION_SERIAL) |
						 OPTION_BIT(OPTION_GENERATED_AT)};
static const struct command flush = {.name = "flush", .accepts = OPTION_BIT(OPTION_PROTOCOL)};
static const struct command version = {.name = "version"};
static const struct command help = {.name = "help", .argument = "COMMAND"};
static const struct command *const commands[] = {&reconcile, &validate, &lookup, &import,
						 &flush,     &version,	&help,	 NULL};

/* A command line, cut at blanks; lives until the next one is read. */
struct line {
	char text[256];
	char *words[WORDS_MOST + 1];
	struct options_input input;
};

static void line_of(struct line *line, const char *text)
{
	char *rest = NULL;

	(void)strncpy(line->text, text, sizeof(line->text) - 1);
	line->text[sizeof(line->text) - 1] = '\0';
	line->input = (struct options_input){.commands = commands, .argv = line->words};
	for (char *word = strtok_r(line->text, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest)) {
		assert_true(line->input.argc < WORDS_MOST);
		line->words[line->input.argc++] = word;
	}
	line->words[line->input.argc] = NULL;
}

static struct options accept_line(struct line *line, const char *text)
{
	struct options options;
	struct error err = {.text = ""};

	line_of(line, text);
	if (parse_options(&line->input, &options, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return options;
}

static void refuse_line(const char *text, const char *words)
{
	struct line line;
	struct options options = {.verbose = true};
	struct error err = {.text = ""};

	line_of(&line, text);
	assert_int_equal(parse_options(&line.input, &options, &err), -EINVAL);
	assert_true(options.verbose);
	assert_string_equal(err.text, words);
}

static void has_the_defaults_of_the_contract(void **state)
{
	struct line line;
	struct options options = accept_line(&line, "croute reconcile");

	(void)state;
	assert_string_equal(options.command->name, "reconcile");
	assert_string_equal(options.config, "/etc/croute");
	assert_null(options.node);
	assert_null(options.against);
	assert_int_equal(options.output, OUTPUT_TEXT);
	assert_int_equal(options.color, COLOR_AUTO);
	assert_int_equal(options.log_level, LOG_LEVEL_INFO);
	assert_int_equal(options.log_format, LOG_FORMAT_TEXT);
	assert_false(options.dry_run || options.exit_code || options.allow_delete);
}

static void options_may_stand_before_and_after_the_command(void **state)
{
	struct line line;
	struct options options;

	(void)state;
	options = accept_line(&line, "croute -c x --dry-run reconcile -v --node n1 -o json");
	assert_string_equal(options.config, "x");
	assert_string_equal(options.node, "n1");
	assert_true(options.dry_run && options.verbose);
	assert_int_equal(options.output, OUTPUT_JSON);
	options = accept_line(&line, "croute reconcile --config=x --color always");
	assert_string_equal(options.config, "x");
	assert_int_equal(options.color, COLOR_ALWAYS);
}

static void also_where_the_environment_asks_for_posix_order(void **state)
{
	struct line line;
	struct options options;

	(void)state;
	assert_int_equal(setenv("POSIXLY_CORRECT", "1", 1), 0);
	options = accept_line(&line, "croute -v reconcile --dry-run");
	assert_int_equal(unsetenv("POSIXLY_CORRECT"), 0);
	assert_true(options.dry_run && options.verbose);
}

static void long_options_may_be_shortened(void **state)
{
	struct line line;
	struct options options = accept_line(&line, "croute reconcile --dry --allow --con x");

	(void)state;
	assert_true(options.dry_run && options.allow_delete);
	assert_string_equal(options.config, "x");
	refuse_line("croute reconcile --a",
		    "\"--a\" is ambiguous: it may be --allow-delete, --against\n"
		    "see croute help reconcile");
}

static void a_later_option_wins(void **state)
{
	struct line line;
	struct options options = accept_line(&line, "croute -c a reconcile -c b");

	(void)state;
	assert_string_equal(options.config, "b");
}

static void the_environment_stands_behind_the_options(void **state)
{
	struct line line;
	struct options options;

	(void)state;
	line_of(&line, "croute reconcile");
	line.input.croute_config = "/from/env";
	line.input.node_name = "n2";
	line.input.no_color = "1";
	line.input.journal = true;
	assert_int_equal(parse_options(&line.input, &options, NULL), 0);
	assert_string_equal(options.config, "/from/env");
	assert_string_equal(options.node, "n2");
	assert_int_equal(options.color, COLOR_NEVER);
	assert_int_equal(options.log_format, LOG_FORMAT_JOURNAL);
	line_of(&line, "croute reconcile -c x --color always --log-format json --log-level debug");
	line.input.croute_config = "/from/env";
	line.input.node_name = "";
	line.input.no_color = "1";
	assert_int_equal(parse_options(&line.input, &options, NULL), 0);
	assert_string_equal(options.config, "x");
	assert_null(options.node);
	assert_int_equal(options.color, COLOR_ALWAYS);
	assert_int_equal(options.log_format, LOG_FORMAT_JSON);
	assert_int_equal(options.log_level, LOG_LEVEL_DEBUG);
}

static void a_wrong_word_suggests_the_nearest(void **state)
{
	(void)state;
	refuse_line("croute reconcil", "\"reconcil\" is not a command; did you mean "
				       "\"reconcile\"?\nsee croute help");
	refuse_line("croute bogus", "\"bogus\" is not a command\nsee croute help");
	refuse_line("croute reconcile --dryrun", "\"--dryrun\" is not an option of reconcile; did "
						 "you mean \"--dry-run\"?\nsee croute help "
						 "reconcile");
	refuse_line("croute --nod x reconcile --colour=never",
		    "\"--colour=never\" is not an option of reconcile; did you mean \"--color\"?\n"
		    "see croute help reconcile");
}

static void words_of_other_tools_are_understood(void **state)
{
	static const char *const cases[][2] = {
		{"apply", "reconcile"},
		{"plan", "reconcile --dry-run"},
		{"diff", "reconcile --dry-run"},
		{"list", "status"},
		{"show", "status"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char line[64];
		char words[128];

		(void)snprintf(line, sizeof(line), "croute %s", cases[i][0]);
		(void)snprintf(words, sizeof(words),
			       "\"%s\" is not a command; did you mean \"%s\"?\nsee croute help",
			       cases[i][0], cases[i][1]);
		refuse_line(line, words);
	}
}

static void a_file_as_a_bare_word_is_pointed_to_its_option(void **state)
{
	static const char *const files[] = {"nodes.yaml", "a.yml", "x.json", "./nodes",
					    "/etc/croute"};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char line[64];
		char words[160];

		(void)snprintf(line, sizeof(line), "croute %s", files[i]);
		(void)snprintf(words, sizeof(words),
			       "\"%s\" is not a command; a file is given with -c: croute reconcile "
			       "-c %s\nsee croute help",
			       files[i], files[i]);
		refuse_line(line, words);
	}
}

static void without_a_command_it_is_told_apart(void **state)
{
	static const char *const lines[] = {"croute", "croute -v", "croute -c x"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct line line;
		struct options options;
		struct error err;

		line_of(&line, lines[i]);
		assert_int_equal(parse_options(&line.input, &options, &err), -ENOENT);
		assert_string_equal(err.text, "no command given");
	}
}

static void an_option_of_another_command_is_refused(void **state)
{
	(void)state;
	refuse_line("croute --dry-run validate",
		    "\"--dry-run\" is not an option of validate\nsee croute help validate");
	refuse_line("croute reconcile --protocol 67",
		    "\"--protocol\" is not an option of reconcile\nsee croute help reconcile");
}

static void other_mistakes_are_told(void **state)
{
	(void)state;
	refuse_line("croute reconcile -c",
		    "--config needs a value: --config PATH\nsee croute help reconcile");
	refuse_line("croute reconcile --dry-run=yes",
		    "--dry-run takes no value\nsee croute help reconcile");
	refuse_line("croute reconcile -x",
		    "\"-x\" is not an option of reconcile\nsee croute help reconcile");
	refuse_line("croute reconcile -o yaml",
		    "--output is text or json, not \"yaml\"\nsee croute help reconcile");
	refuse_line("croute reconcile file",
		    "unexpected argument \"file\"; the file is given with -c\n"
		    "see croute help reconcile");
	refuse_line("croute validate a b", "unexpected argument \"b\"\nsee croute help validate");
	refuse_line("croute lookup", "lookup needs its ADDRESS\nsee croute help lookup");
	refuse_line("croute reconcile --config=", "--config is empty\nsee croute help reconcile");
}

static void a_users_word_cannot_drive_a_terminal(void **state)
{
	(void)state;
	refuse_line("croute \033[2J", "\"?[2J\" is not a command\nsee croute help");
}

static void replacements_are_gathered(void **state)
{
	struct line line;
	struct options options =
		accept_line(&line, "croute validate --replace a.yaml=x d --replace b.yaml=y=z");

	(void)state;
	assert_string_equal(options.argument, "d");
	assert_string_equal(options.replace[0].name, "a.yaml");
	assert_string_equal(options.replace[0].path, "x");
	assert_string_equal(options.replace[1].name, "b.yaml");
	assert_string_equal(options.replace[1].path, "y=z");
	assert_null(options.replace[2].name);
	refuse_line("croute validate --replace a.yaml",
		    "--replace is NAME=FILE, not \"a.yaml\"\nsee croute help validate");
}

static void a_protocol_of_the_kernels_own_is_refused(void **state)
{
	struct line line;

	(void)state;
	assert_int_equal(accept_line(&line, "croute flush --protocol 68").protocol, 68);
	refuse_line("croute flush --protocol 2",
		    "--protocol is a number from 19 to 255, not \"2\"\nsee croute help flush");
	refuse_line("croute flush --protocol 256",
		    "--protocol is a number from 19 to 255, not \"256\"\nsee croute help flush");
}

static int set_one(enum option_id id, const char *value, struct options *options)
{
	static char word[64];
	struct error err;

	(void)snprintf(word, sizeof(word), "%s", value);
	return option_set(id, word, options, &err);
}

static void sizes_are_taken_with_a_unit(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes; /* 0: refused */
	} cases[] = {
		{"900KiB", 921600},  {"900Ki", 921600}, {"1MiB", 1048576},
		{"64MiB", 67108864}, {"4096", 4096},	{"4095", 0},
		{"65MiB", 0},	     {"900KB", 0},	{"", 0},
		{"KiB", 0},	     {"-1KiB", 0},	{"99999999999999999999", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct options options = {.import.split = 0};

		assert_int_equal(set_one(OPTION_SPLIT, cases[i].text, &options),
				 cases[i].bytes > 0 ? 0 : -EINVAL);
		assert_int_equal(options.import.split, cases[i].bytes);
	}
}

static void times_are_taken_in_any_zone_or_now(void **state)
{
	struct options options = {.import.split = 0};

	(void)state;
	assert_int_equal(set_one(OPTION_GENERATED_AT, "2026-11-23T04:00:00+01:00", &options), 0);
	assert_int_equal(options.import.generated_at, 1795402800);
	assert_int_equal(set_one(OPTION_GENERATED_AT, "tomorrow", &options), -EINVAL);
	assert_int_equal(set_one(OPTION_GENERATED_AT, "now", &options), 0);
	assert_true(options.import.generated_now);
}

static void serials_may_be_any_number(void **state)
{
	struct options options = {.import.split = 0};

	(void)state;
	assert_int_equal(set_one(OPTION_SERIAL, "-1", &options), -EINVAL);
	assert_false(options.import.has_serial);
	assert_int_equal(set_one(OPTION_SERIAL, "0", &options), 0);
	assert_true(options.import.has_serial);
}

static void help_works_everywhere(void **state)
{
	struct line line;
	struct options options;

	(void)state;
	options = accept_line(&line, "croute -h");
	assert_true(options.help);
	assert_string_equal(options.command->name, "help");
	options = accept_line(&line, "croute -h reconcile");
	assert_true(options.help);
	assert_string_equal(options.command->name, "reconcile");
	options = accept_line(&line, "croute reconcile too many words --help");
	assert_true(options.help);
	options = accept_line(&line, "croute help reconcile");
	assert_false(options.help);
	assert_string_equal(options.argument, "reconcile");
}

static void version_may_be_an_option_in_place_of_a_command(void **state)
{
	struct line line;
	struct options options = accept_line(&line, "croute -V");

	(void)state;
	assert_string_equal(options.command->name, "version");
	options = accept_line(&line, "croute --version -v");
	assert_string_equal(options.command->name, "version");
	assert_true(options.verbose);
	assert_false(options.help);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_the_defaults_of_the_contract),
		cmocka_unit_test(options_may_stand_before_and_after_the_command),
		cmocka_unit_test(also_where_the_environment_asks_for_posix_order),
		cmocka_unit_test(long_options_may_be_shortened),
		cmocka_unit_test(a_later_option_wins),
		cmocka_unit_test(the_environment_stands_behind_the_options),
		cmocka_unit_test(a_wrong_word_suggests_the_nearest),
		cmocka_unit_test(words_of_other_tools_are_understood),
		cmocka_unit_test(a_file_as_a_bare_word_is_pointed_to_its_option),
		cmocka_unit_test(without_a_command_it_is_told_apart),
		cmocka_unit_test(sizes_are_taken_with_a_unit),
		cmocka_unit_test(times_are_taken_in_any_zone_or_now),
		cmocka_unit_test(serials_may_be_any_number),
		cmocka_unit_test(an_option_of_another_command_is_refused),
		cmocka_unit_test(other_mistakes_are_told),
		cmocka_unit_test(a_users_word_cannot_drive_a_terminal),
		cmocka_unit_test(replacements_are_gathered),
		cmocka_unit_test(a_protocol_of_the_kernels_own_is_refused),
		cmocka_unit_test(help_works_everywhere),
		cmocka_unit_test(version_may_be_an_option_in_place_of_a_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
