/* fingerprint.c - telling one state of the files from another without reading them. */
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

static void stamp_add(struct stamp *stamp, const struct stat *stat)
{
	int64_t changed = (int64_t)stat->st_mtim.tv_sec * 1000 + stat->st_mtim.tv_nsec / 1000000;

	sum_add(&stamp->sum, stat->st_dev);
	sum_add(&stamp->sum, stat->st_ino);
	sum_add(&stamp->sum, (uint64_t)stat->st_size);
	sum_add_time(&stamp->sum, &stat->st_mtim);
	sum_add_time(&stamp->sum, &stat->st_ctim);
	if (stamp->files++ == 0 || changed > stamp->newest_ms)
		stamp->newest_ms = changed;
}

struct stamp stamp_take(const struct file_set *set)
{
	struct stamp stamp = {.sum = HASH_BEGIN};

	sum_add(&stamp.sum, set->device);
	sum_add(&stamp.sum, set->inode);
	for (uint32_t i = 0; i < set->count; i++) {
		struct stat stat;

		if (fstat(file_set_at(set, i)->fd, &stat) < 0)
			return (struct stamp){.code = errno};
		sum_add(&stamp.sum, hash_text(file_set_at(set, i)->name));
		stamp_add(&stamp, &stat);
	}
	return stamp;
}

bool stamp_same(const struct stamp *a, const struct stamp *b)
{
	return a->code == b->code && a->files == b->files && a->sum == b->sum;
}
