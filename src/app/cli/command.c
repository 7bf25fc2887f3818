/* command.c - commands by name. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/cli/command.h"

#include <string.h>

#include "croute/base/text.h"

const struct command *command_find(const struct command *const *commands, const char *name)
{
	while (*commands != NULL && strcmp((*commands)->name, name) != 0)
		commands++;
	return *commands;
}

static const char *name_at(const void *commands, size_t i)
{
	const struct command *command = ((const struct command *const *)commands)[i];

	return command != NULL ? command->name : NULL;
}

const char *command_nearest(const struct command *const *commands, const char *name)
{
	return text_nearest(text_of(name), name_at, commands);
}
