/* options.c - what follows from several options. */
#include "croute/app/cli/options.h"

#include <unistd.h>

bool options_colours(const struct options *options, int fd)
{
	return options->color == COLOR_ALWAYS || (options->color == COLOR_AUTO && isatty(fd) == 1);
}
