/* fuzz_options.c - any bytes as a command line: refused in words, or within what is promised. */
/* SPDX-License-Identifier: MIT */
/* covers: src/app/cli/option.c src/app/cli/parse.c src/app/cli/command.c */
#include "croute/app/cli/options.h"

#include <stdlib.h>
#include <string.h>

#define WORDS_MOST 32

static const struct command *const commands[] = COMMANDS;

static void check_words(const char *text)
{
	if (text[0] == '\0')
		abort();
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < 0x20 && *text != '\n')
			abort();
	}
}

static void check(const struct options *options)
{
	const struct command *command = options->command;

	if (command == NULL || (command->needs_argument && !options->help &&
				options->argument == NULL && options->argument_count == 0))
		abort();
	if (options->protocol > 255 || options->config == NULL)
		abort();
}

/* Moves `rest` to the next command line: its words, which end with a line, and a blank line. */
static void take_words(char **rest, const char *end, struct options_input *input)
{
	for (; *rest < end && **rest != '\0'; *rest += strlen(*rest) + 1) {
		if (input->argc < WORDS_MOST)
			input->argv[input->argc++] = *rest;
	}
	*rest += 1;
}

static void parse(char **rest, const char *end)
{
	static char name[] = "croute";
	char *words[WORDS_MOST + 1] = {name};
	struct options_input input = {.argc = 1, .argv = words, .commands = commands};
	struct options options;
	struct error err = {0};

	take_words(rest, end, &input);
	if (parse_options(&input, &options, &err) == 0)
		check(&options);
	else if (err.code != 0)
		check_words(err.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1);
	char *rest = copy;

	if (copy == NULL)
		abort();
	for (size_t i = 0; i < size; i++)
		copy[i] = data[i] == '\n' ? '\0' : (char)data[i];
	copy[size] = '\0';
	do
		parse(&rest, copy + size);
	while (rest < copy + size);
	free(copy);
	return 0;
}
