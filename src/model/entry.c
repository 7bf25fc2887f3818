/* entry.c - which files of a configuration directory are read. */
/* SPDX-License-Identifier: MIT */
#include "croute/model/entry.h"

static bool ends_in(struct text name, const char *suffix)
{
	struct text wanted = text_of(suffix);

	if (name.len <= wanted.len)
		return false;
	name.at += name.len - wanted.len;
	name.len = wanted.len;
	return text_same(name, wanted);
}

bool entry_is_read(struct text name)
{
	if (text_starts(name, "."))
		return false;
	return ends_in(name, ".yaml") || ends_in(name, ".yml") || ends_in(name, ".json");
}
