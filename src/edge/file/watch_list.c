/* watch_list.c - what is looked out for in the file system. */
#include "croute/edge/file/watch_list.h"

#include <string.h>

#include "croute/base/buf.h"
#include "croute/model/entry.h"

#define PATHS_MOST ((size_t)1 << 20) /* bytes of all paths */

bool spot_is_about(const struct spot *spot, const char *entry)
{
	if (spot->kind == SPOT_ENTRIES)
		return entry_is_read(text_of(entry)) || strcmp(entry, ENTRY_GENERATION) == 0;
	return strcmp(spot->name, entry) == 0;
}

struct spot *spots_at(const struct spots *spots, uint32_t i)
{
	return (struct spot *)(void *)spots->list.base + i;
}

const char *spots_path(const struct spots *spots, const struct spot *spot)
{
	return (const char *)spots->paths.base + spot->path;
}

static uint32_t keep_path(struct spots *spots, const char *path)
{
	uint32_t at = (uint32_t)spots->paths.used;
	size_t size = strlen(path) + 1;
	char *copy = arena_push(&spots->paths, size);

	if (copy == NULL)
		return 0;
	memcpy(copy, path, size);
	return at;
}

/* The empty path comes first: it is what a spot has that found no room for its own. */
void spots_begin(struct spots *spots)
{
	spots->list.limit = sizeof(struct spot) * SPOTS_MOST;
	spots->paths.limit = PATHS_MOST;
	arena_reset(&spots->paths);
	(void)keep_path(spots, "");
	for (uint32_t i = 0; i < spots->count; i++) {
		spots_at(spots, i)->seen = false;
		spots_at(spots, i)->path = 0;
	}
}

static struct spot *find(const struct spots *spots, int wd, enum spot_kind kind, const char *name)
{
	for (uint32_t i = 0; i < spots->count; i++) {
		struct spot *spot = spots_at(spots, i);

		if (spot->wd == wd && spot->kind == kind && strcmp(spot->name, name) == 0)
			return spot;
	}
	return NULL;
}

struct spot *spots_note(struct spots *spots, int wd, enum spot_kind kind, const char *name)
{
	struct spot *spot = find(spots, wd, kind, name);
	struct buf buf;

	if (spot == NULL) {
		spot = arena_push(&spots->list, sizeof(*spot));
		if (spot == NULL)
			return NULL;
		spots->count++;
		spot->wd = wd;
		spot->kind = kind;
		buf = BUF_OVER(spot->name);
		buf_add(&buf, "%s", name);
	}
	spot->seen = true;
	return spot;
}

void spots_set_path(struct spots *spots, struct spot *spot, const char *path)
{
	spot->path = keep_path(spots, path);
}

static bool is_used(const struct spots *spots, int wd)
{
	for (uint32_t i = 0; i < spots->count; i++) {
		if (spots_at(spots, i)->wd == wd)
			return true;
	}
	return false;
}

bool spots_drop_unseen(struct spots *spots, int *wd)
{
	uint32_t i = 0;

	while (i < spots->count && spots_at(spots, i)->seen)
		i++;
	if (i == spots->count)
		return false;
	*wd = spots_at(spots, i)->wd;
	*spots_at(spots, i) = *spots_at(spots, --spots->count);
	arena_pop(&spots->list, sizeof(struct spot));
	if (is_used(spots, *wd))
		*wd = -1;
	return true;
}

struct spot *spots_find_file(const struct spots *spots, const char *path)
{
	for (uint32_t i = 0; i < spots->count; i++) {
		struct spot *spot = spots_at(spots, i);

		if (spot->kind == SPOT_FILE && strcmp(spots_path(spots, spot), path) == 0)
			return spot;
	}
	return NULL;
}

void spots_release(struct spots *spots)
{
	arena_release(&spots->list);
	arena_release(&spots->paths);
	spots->count = 0;
}
