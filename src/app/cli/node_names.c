/* node_names.c - given names first, the host's own otherwise. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/cli/node_names.h"

#include <string.h>

void names_find(const struct options *options, struct names *out)
{
	*out = (struct names){0};
	if (options->node != NULL) {
		out->list.name[out->list.count++] = options->node;
		return;
	}
	if (host_name_read(&out->host, NULL) < 0)
		return;
	out->list.name[out->list.count++] = out->host.full;
	if (strcmp(out->host.full, out->host.brief) != 0)
		out->list.name[out->list.count++] = out->host.brief;
}
