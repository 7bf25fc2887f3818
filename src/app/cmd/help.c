/* help.c - tells of the commands. */
#include "app/cmd/help.h"

#include <stdio.h>

#include "app/cmd/complete.h"
#include "croute/app/cli/help.h"
#include "croute/app/cli/option_word.h"
#include "croute/app/print/diags.h"

static int refuse(const struct options *options)
{
	const char *nearest = command_nearest(options->commands, options->argument);
	char shown[OPTION_WORD_MAX];
	char space[256];
	struct buf text = BUF_OVER(space);

	buf_add(&text, "\"%s\" is not a command", option_word(options->argument, shown));
	if (nearest != NULL)
		buf_add(&text, "; did you mean \"%s\"?", nearest);
	print_problem(space, options);
	return EXIT_USAGE;
}

int cmd_help(const struct options *options)
{
	const struct command *command;

	if (options->complete != SHELL_NONE) {
		complete_print(options->commands, options->complete, stdout);
		return EXIT_DONE;
	}
	if (options->argument == NULL) {
		help_print(options->commands, stdout);
		return EXIT_DONE;
	}
	command = command_find(options->commands, options->argument);
	if (command == NULL)
		return refuse(options);
	help_print_command(command, stdout);
	return EXIT_DONE;
}
