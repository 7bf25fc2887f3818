/* rows.c - byte rows: append, sort in place. */
/* SPDX-License-Identifier: MIT */
#include "croute/model/rows.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define ROW_MAX 128 /* bytes of the largest row */
#define FEW 16	    /* rows that are sorted fastest one by one */

void rows_init(struct rows *rows, uint32_t size, uint32_t key_size, uint32_t most)
{
	*rows = (struct rows){.size = size, .key_size = key_size};
	rows->arena.limit = (size_t)size * most;
}

int rows_add(struct rows *rows, const void *row)
{
	if (arena_put(&rows->arena, row, rows->size) == NULL)
		return rows->arena.exhausted ? -ENOMEM : -ENOSPC;
	rows->count++;
	return 0;
}

/* As memcmp(3), whose call costs more than its work here: most rows differ in their first words. */
static inline int compare(const uint8_t *a, const uint8_t *b, size_t size)
{
	for (; size >= sizeof(uint64_t); size -= sizeof(uint64_t)) {
		uint64_t x;
		uint64_t y;

		memcpy(&x, a, sizeof(x));
		memcpy(&y, b, sizeof(y));
		if (x != y)
			return be64toh(x) < be64toh(y) ? -1 : 1;
		a += sizeof(x);
		b += sizeof(y);
	}
	return size > 0 ? memcmp(a, b, size) : 0;
}

int rows_compare_keys(const struct rows *a, uint32_t i, const struct rows *b, uint32_t j)
{
	return compare(rows_at(a, i), rows_at(b, j), a->key_size);
}

uint32_t rows_seek(const struct rows *rows, const void *row, size_t size, uint32_t near)
{
	uint32_t low = 0;
	uint32_t high = rows->count;

	if (near > 0 && near <= high && compare(rows_at(rows, near - 1), row, size) >= 0) {
		high = near - 1;
	} else if (near <= high) {
		if (near == high || compare(rows_at(rows, near), row, size) >= 0)
			return near;
		low = near + 1;
	}
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (compare(rows_at(rows, middle), row, size) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t rows_find(const struct rows *rows, const void *key)
{
	uint32_t i = rows_seek(rows, key, rows->key_size, ROWS_NOT_FOUND);

	if (i == rows->count || compare(rows_at(rows, i), key, rows->key_size) != 0)
		return ROWS_NOT_FOUND;
	return i;
}

static bool is_less(const struct rows *rows, uint32_t i, uint32_t j)
{
	return compare(rows_at(rows, i), rows_at(rows, j), rows->size) < 0;
}

static void swap(const struct rows *rows, uint32_t i, uint32_t j)
{
	uint8_t kept[ROW_MAX];

	memcpy(kept, rows_at(rows, i), rows->size);
	memcpy(rows_at(rows, i), rows_at(rows, j), rows->size);
	memcpy(rows_at(rows, j), kept, rows->size);
}

static void sift_down(const struct rows *rows, uint32_t root, uint32_t count)
{
	uint32_t child;

	while ((child = 2 * root + 1) < count) {
		if (child + 1 < count && is_less(rows, child, child + 1))
			child++;
		if (!is_less(rows, root, child))
			return;
		swap(rows, root, child);
		root = child;
	}
}

/* `once`: and no row is there twice. */
static bool is_sorted(const struct rows *rows, bool once)
{
	for (uint32_t i = 1; i < rows->count; i++) {
		if (once ? !is_less(rows, i - 1, i) : is_less(rows, i, i - 1))
			return false;
	}
	return true;
}

static void heap_sort(const struct rows *rows)
{
	for (uint32_t i = rows->count / 2; i-- > 0;)
		sift_down(rows, i, rows->count);
	for (uint32_t end = rows->count; end-- > 1;) {
		swap(rows, 0, end);
		sift_down(rows, 0, end);
	}
}

static void insertion_sort(const struct rows *rows)
{
	for (uint32_t i = 1; i < rows->count; i++) {
		for (uint32_t j = i; j > 0 && is_less(rows, j, j - 1); j--)
			swap(rows, j, j - 1);
	}
}

/* The median of the first, the middle and the last comes to stand in the middle. */
static void order_three(const struct rows *rows, uint32_t middle, uint32_t last)
{
	if (is_less(rows, middle, 0))
		swap(rows, middle, 0);
	if (is_less(rows, last, middle))
		swap(rows, last, middle);
	if (is_less(rows, middle, 0))
		swap(rows, middle, 0);
}

/* After this none of the first rows, whose number is returned, is greater than any of the others.
 */
static uint32_t split(const struct rows *rows)
{
	uint32_t i = 0;
	uint32_t j = rows->count - 1;
	uint8_t pivot[ROW_MAX];

	order_three(rows, j / 2, j);
	memcpy(pivot, rows_at(rows, j / 2), rows->size);
	for (;;) {
		while (compare(rows_at(rows, i), pivot, rows->size) < 0)
			i++;
		while (compare(rows_at(rows, j), pivot, rows->size) > 0)
			j--;
		if (i >= j)
			return j + 1;
		swap(rows, i++, j--);
	}
}

/* The rows from `first` on, as many as `count`, as rows of their own. */
static struct rows part_of(const struct rows *rows, uint32_t first, uint32_t count)
{
	struct rows part = *rows;

	part.arena.base = rows_at(rows, first);
	part.count = count;
	return part;
}

/* Quick, and never worse than a heap: what splits badly `depth` times goes there. */
static void sort_part(struct rows rows, unsigned depth)
{
	while (rows.count > FEW) {
		uint32_t left = split(&rows);
		bool left_is_less = left < rows.count - left;
		struct rows lower = part_of(&rows, 0, left);
		struct rows upper = part_of(&rows, left, rows.count - left);

		if (depth-- == 0) {
			heap_sort(&rows);
			return;
		}
		sort_part(left_is_less ? lower : upper, depth);
		rows = left_is_less ? upper : lower;
	}
	insertion_sort(&rows);
}

/* Not qsort(3): glibc's allocates for rows of this size, and a pass must not allocate. */
void rows_sort(struct rows *rows)
{
	unsigned depth = 0;

	if (is_sorted(rows, false))
		return;
	for (uint32_t count = rows->count; count > 0; count /= 2)
		depth += 2;
	sort_part(*rows, depth);
}

void rows_settle(struct rows *rows)
{
	uint32_t kept = 0;

	if (is_sorted(rows, true)) /* as most dumps are */
		return;
	rows_sort(rows);
	for (uint32_t i = 0; i < rows->count; i++) {
		if (i > 0 && memcmp(rows_at(rows, i), rows_at(rows, kept - 1), rows->size) == 0)
			continue;
		if (i != kept)
			memcpy(rows_at(rows, kept), rows_at(rows, i), rows->size);
		kept++;
	}
	arena_pop(&rows->arena, (size_t)(rows->count - kept) * rows->size);
	rows->count = kept;
}

void rows_reset(struct rows *rows)
{
	arena_reset(&rows->arena);
	rows->count = 0;
}

void rows_release(struct rows *rows)
{
	arena_release(&rows->arena);
	rows->count = 0;
}
