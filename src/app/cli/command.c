/* command.c - finding a command by its name. */
#include "croute/app/cli/command.h"

#include <string.h>

#include "croute/base/text.h"

const struct command *command_find(const struct command *commands, const char *name)
{
	for (; commands->name != NULL; commands++) {
		if (strcmp(commands->name, name) == 0)
			return commands;
	}
	return NULL;
}

static const char *name_at(const void *commands, size_t i)
{
	return ((const struct command *)commands)[i].name;
}

const char *command_nearest(const struct command *commands, const char *name)
{
	return text_nearest(text_of(name), name_at, commands);
}
