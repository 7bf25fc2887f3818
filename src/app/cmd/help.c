/* help.c - the help texts, made from the tables of commands and options. */
/* SPDX-License-Identifier: MIT */
#include "app/cmd/help.h"

#include <stdio.h>

#include "croute/app/cli/command.h"
#include "croute/app/cli/options.h"
#include "croute/app/print/print.h"

#define OPTION_COLUMN 28 /* where what an option does begins */

void help_print_all(const struct command *const *commands, FILE *stream)
{
	(void)fputs("croute keeps this host's kernel pod routes equal to a YAML file.\n\n"
		    "usage: croute COMMAND [OPTION]...\n\n",
		    stream);
	for (; *commands != NULL; commands++)
		(void)fprintf(stream, "  %-10s %s\n", (*commands)->name, (*commands)->summary);
	(void)fputs("\ncroute help COMMAND prints the options of a command.\n"
		    "Exit codes: 0 done, 1 failed, 2 pending, 3 file invalid, 4 held, 64 usage.\n"
		    "example: croute -c nodes.yaml reconcile --dry-run\n",
		    stream);
}

static void print_option(const struct option_help *help, FILE *stream)
{
	struct buf line = BUF_LOCAL(128);

	if (help->letter != 0)
		buf_add(&line, "  -%c, --%s", help->letter, help->name);
	else
		buf_add(&line, "      --%s", help->name);
	if (help->value != NULL)
		buf_add(&line, " %s", help->value);
	buf_pad(&line, OPTION_COLUMN, 2);
	buf_add(&line, "%s", help->text);
	(void)fprintf(stream, "%s\n", line.data);
}

static void print_options(uint32_t set, FILE *stream)
{
	for (unsigned id = 0; id < OPTION_IDS; id++) {
		if ((set & OPTION_BIT(id)) != 0)
			print_option(option_help((enum option_id)id), stream);
	}
}

void help_print(const struct command *command, FILE *stream)
{
	(void)fprintf(stream, "usage: croute %s [OPTION]...", command->name);
	if (command->argument != NULL)
		(void)fprintf(stream, command->needs_argument ? " %s" : " [%s%s]",
			      command->argument, command->many ? "..." : "");
	(void)fprintf(stream, "\n\n%s\n", command->summary);
	if (command->detail != NULL)
		(void)fprintf(stream, "%s\n", command->detail);
	(void)fputs("\n", stream);
	print_options(command->accepts, stream);
	print_options(OPTIONS_COMMON, stream);
	(void)fprintf(stream, "\nexample: %s\n", command->example);
}

static int refuse(const struct options *options)
{
	const char *nearest = command_nearest(options->commands, options->argument);
	char shown[OPTION_WORD_MAX];
	struct buf text = BUF_LOCAL(256);

	buf_add(&text, "\"%s\" is not a command", option_word(options->argument, shown));
	if (nearest != NULL)
		buf_add(&text, "; did you mean \"%s\"?", nearest);
	print_problem(text.data, options);
	return EXIT_USAGE;
}

static int run(const struct options *options)
{
	const struct command *command;

	if (options->complete != SHELL_NONE) {
		complete_print(options->commands, options->complete, stdout);
		return EXIT_DONE;
	}
	if (options->argument == NULL) {
		help_print_all(options->commands, stdout);
		return EXIT_DONE;
	}
	command = command_find(options->commands, options->argument);
	if (command == NULL)
		return refuse(options);
	help_print(command, stdout);
	return EXIT_DONE;
}

const struct command command_help = {
	.name = "help",
	.argument = "COMMAND",
	.summary = "list the commands, or describe one",
	.detail = "--complete prints what a shell completes command lines with.",
	.example = "croute help reconcile",
	.accepts = OPTION_BIT(OPTION_COMPLETE),
	.run = run,
};
