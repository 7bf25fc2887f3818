/* host_facts.c - settings of a host, as far as they could be read. */
/* SPDX-License-Identifier: MIT */
#include "croute/model/host_facts.h"

#include <string.h>

const struct host_link *host_facts_link(const struct host_facts *facts, const char *name)
{
	for (uint32_t i = 0; i < facts->link_count; i++) {
		if (strcmp(facts->links[i].name, name) == 0)
			return &facts->links[i];
	}
	return NULL;
}

struct text host_text_of(const struct host_text *text)
{
	return (struct text){.at = (const char *)text->bytes.base, .len = text->bytes.used};
}

void host_text_release(struct host_text *text)
{
	arena_release(&text->bytes);
	*text = (struct host_text){.status = 0};
}
