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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Words end with a line or a NUL. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *words[WORDS_MOST + 1] = {NULL};
	struct options_input input = {.argv = words, .commands = commands};
	struct options options;
	struct error err = {0};
	char *copy = malloc(size + 1);
	char *rest = copy;
	int status;

	if (copy == NULL)
		abort();
	for (size_t i = 0; i < size; i++)
		copy[i] = data[i] == '\n' ? '\0' : (char)data[i];
	copy[size] = '\0';
	for (; rest < copy + size && input.argc < WORDS_MOST; rest += strlen(rest) + 1)
		words[input.argc++] = rest;
	status = parse_options(&input, &options, &err);
	if (status == 0)
		check(&options);
	else if (err.code != 0)
		check_words(err.text);
	free(copy);
	return 0;
}
