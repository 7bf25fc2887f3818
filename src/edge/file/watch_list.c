/* watch_list.c - what is watched in the file system. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/file/watch_list.h"

#include <string.h>

#include "croute/base/buf.h"
#include "croute/model/entry.h"

#define PATHS_MOST ((size_t)1 << 20) /* bytes of all paths */

bool watch_entry_is_about(const struct watch_entry *entry, const char *name)
{
	if (entry->kind == WATCH_ENTRIES)
		return entry_is_read(text_of(name)) || strcmp(name, ENTRY_GENERATION) == 0;
	return strcmp(entry->name, name) == 0;
}

struct watch_entry *watch_list_at(const struct watch_list *list, uint32_t i)
{
	return (struct watch_entry *)(void *)list->entries.base + i;
}

const char *watch_list_path(const struct watch_list *list, const struct watch_entry *entry)
{
	return (const char *)list->paths.base + entry->path;
}

static uint32_t keep_path(struct watch_list *list, const char *path)
{
	uint32_t at = (uint32_t)list->paths.used;
	size_t size = strlen(path) + 1;
	char *copy = arena_push(&list->paths, size);

	if (copy == NULL)
		return 0;
	memcpy(copy, path, size);
	return at;
}

/* The empty path comes first: it is what an entry has that found no room for its own. */
void watch_list_begin(struct watch_list *list)
{
	list->entries.limit = sizeof(struct watch_entry) * WATCH_LIST_MOST;
	list->paths.limit = PATHS_MOST;
	arena_reset(&list->paths);
	(void)keep_path(list, "");
	for (uint32_t i = 0; i < list->count; i++) {
		watch_list_at(list, i)->seen = false;
		watch_list_at(list, i)->path = 0;
	}
}

static struct watch_entry *find(const struct watch_list *list, int wd, enum watch_kind kind,
				const char *name)
{
	for (uint32_t i = 0; i < list->count; i++) {
		struct watch_entry *entry = watch_list_at(list, i);

		if (entry->wd == wd && entry->kind == kind && strcmp(entry->name, name) == 0)
			return entry;
	}
	return NULL;
}

struct watch_entry *watch_list_note(struct watch_list *list, int wd, enum watch_kind kind,
				    const char *name)
{
	struct watch_entry *entry = find(list, wd, kind, name);
	struct buf buf;

	if (entry == NULL) {
		entry = arena_push(&list->entries, sizeof(*entry));
		if (entry == NULL)
			return NULL;
		list->count++;
		entry->wd = wd;
		entry->kind = kind;
		buf = BUF_OVER(entry->name);
		buf_add(&buf, "%s", name);
	}
	entry->seen = true;
	return entry;
}

void watch_list_set_path(struct watch_list *list, struct watch_entry *entry, const char *path)
{
	entry->path = keep_path(list, path);
}

static bool is_used(const struct watch_list *list, int wd)
{
	for (uint32_t i = 0; i < list->count; i++) {
		if (watch_list_at(list, i)->wd == wd)
			return true;
	}
	return false;
}

bool watch_list_drop_unseen(struct watch_list *list, int *wd)
{
	uint32_t i = 0;

	while (i < list->count && watch_list_at(list, i)->seen)
		i++;
	if (i == list->count)
		return false;
	*wd = watch_list_at(list, i)->wd;
	*watch_list_at(list, i) = *watch_list_at(list, --list->count);
	arena_pop(&list->entries, sizeof(struct watch_entry));
	if (is_used(list, *wd))
		*wd = -1;
	return true;
}

struct watch_entry *watch_list_find_file(const struct watch_list *list, const char *path)
{
	for (uint32_t i = 0; i < list->count; i++) {
		struct watch_entry *entry = watch_list_at(list, i);

		if (entry->kind == WATCH_FILE && strcmp(watch_list_path(list, entry), path) == 0)
			return entry;
	}
	return NULL;
}

void watch_list_release(struct watch_list *list)
{
	arena_release(&list->entries);
	arena_release(&list->paths);
	list->count = 0;
}
