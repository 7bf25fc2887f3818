/* fingerprint.c - telling one state of the files from another without reading them. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/file/fingerprint.h"

#include <errno.h>
#include <sys/stat.h>

#include "croute/base/hash.h"

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

struct fingerprint fingerprint_take(const struct file_set *set)
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

bool fingerprint_equal(const struct fingerprint *a, const struct fingerprint *b)
{
	return a->code == b->code && a->files == b->files && a->sum == b->sum;
}
