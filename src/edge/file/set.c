/* set.c - the opened files of one generation, and what tells it from another. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/file/open.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "croute/base/buf.h"
#include "croute/base/hash.h"

struct file_entry *file_set_at(const struct file_set *set, uint32_t i)
{
	return (struct file_entry *)(void *)set->entries.base + i;
}

struct file_entry *file_set_add(struct file_set *set, const char *name)
{
	struct file_entry *entry = arena_push(&set->entries, sizeof(*entry));
	struct buf buf;

	if (entry == NULL)
		return NULL;
	entry->fd = -1;
	buf = BUF_OVER(entry->name);
	buf_add_text(&buf, text_of(name));
	set->count++;
	return entry;
}

struct file_entry *file_set_find(const struct file_set *set, const char *name)
{
	for (uint32_t i = 0; i < set->count; i++) {
		if (strcmp(file_set_at(set, i)->name, name) == 0)
			return file_set_at(set, i);
	}
	return NULL;
}

/* By insertion: a directory holds few files, and mostly tells them in order. */
void file_set_sort(struct file_set *set)
{
	for (uint32_t i = 1; i < set->count; i++) {
		struct file_entry moving = *file_set_at(set, i);
		uint32_t hole = i;

		for (; hole > 0 && strcmp(file_set_at(set, hole - 1)->name, moving.name) > 0;
		     hole--)
			*file_set_at(set, hole) = *file_set_at(set, hole - 1);
		*file_set_at(set, hole) = moving;
	}
}

bool file_set_same_names(const struct file_set *a, const struct file_set *b)
{
	for (uint32_t i = 0; i < a->count && i < b->count; i++) {
		if (strcmp(file_set_at(a, i)->name, file_set_at(b, i)->name) != 0)
			return false;
	}
	return a->count == b->count;
}

const char *file_set_join(const struct file_set *set, const char *name, char out[PATH_MAX])
{
	struct buf buf = {.data = out, .size = PATH_MAX};
	size_t len = strlen(set->path);

	buf_add_text(&buf, text_of(set->path));
	if (len > 0 && set->path[len - 1] != '/')
		buf_add_text(&buf, text_of("/"));
	buf_add_text(&buf, text_of(name));
	return out;
}

const char *file_set_path(const struct file_set *set, uint32_t i, char out[PATH_MAX])
{
	const struct file_entry *entry = file_set_at(set, i);
	struct buf buf = {.data = out, .size = PATH_MAX};

	if (entry->instead == NULL && set->is_directory)
		return file_set_join(set, entry->name, out);
	buf_add_text(&buf, text_of(entry->instead != NULL ? entry->instead : set->path));
	return out;
}

static void sum_add(uint64_t *sum, uint64_t value)
{
	*sum = hash_bytes(*sum, &value, sizeof(value));
}

static void sum_add_time(uint64_t *sum, const struct timespec *time)
{
	sum_add(sum, (uint64_t)time->tv_sec);
	sum_add(sum, (uint64_t)time->tv_nsec);
}

static void fingerprint_add(struct fingerprint *fingerprint, const struct stat *stat)
{
	int64_t changed = (int64_t)stat->st_mtim.tv_sec * 1000 + stat->st_mtim.tv_nsec / 1000000;

	sum_add(&fingerprint->sum, stat->st_dev);
	sum_add(&fingerprint->sum, stat->st_ino);
	sum_add(&fingerprint->sum, (uint64_t)stat->st_size);
	sum_add_time(&fingerprint->sum, &stat->st_mtim);
	sum_add_time(&fingerprint->sum, &stat->st_ctim);
	if (fingerprint->files++ == 0 || changed > fingerprint->newest_ms)
		fingerprint->newest_ms = changed;
}

struct fingerprint file_fingerprint(const struct file_set *set)
{
	struct fingerprint fingerprint = {.sum = HASH_BEGIN};

	sum_add(&fingerprint.sum, set->device);
	sum_add(&fingerprint.sum, set->inode);
	for (uint32_t i = 0; i < set->count; i++) {
		struct stat stat;

		if (fstat(file_set_at(set, i)->fd, &stat) < 0)
			return (struct fingerprint){.code = errno};
		sum_add(&fingerprint.sum, hash_text(file_set_at(set, i)->name));
		fingerprint_add(&fingerprint, &stat);
	}
	return fingerprint;
}

bool file_fingerprint_equal(const struct fingerprint *a, const struct fingerprint *b)
{
	return a->code == b->code && a->files == b->files && a->sum == b->sum;
}
