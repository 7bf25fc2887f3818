/* test_rows.c - rows sort and compare as bytes. */
/* SPDX-License-Identifier: MIT */
#include "croute/model/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

struct row {
	uint8_t key[4];
	uint8_t value[4];
};

static void add(struct rows *rows, uint32_t key, uint32_t value)
{
	struct row row = {.key = {(uint8_t)(key >> 24), (uint8_t)(key >> 16), (uint8_t)(key >> 8),
				  (uint8_t)key},
			  .value = {(uint8_t)(value >> 24), (uint8_t)(value >> 16),
				    (uint8_t)(value >> 8), (uint8_t)value}};

	assert_int_equal(rows_add(rows, &row), 0);
}

static void assert_sorted(const struct rows *rows)
{
	for (uint32_t i = 1; i < rows->count; i++)
		assert_true(memcmp(rows_at(rows, i - 1), rows_at(rows, i), rows->size) <= 0);
}

static void keeps_copies_in_the_order_they_came(void **state)
{
	struct rows rows;

	(void)state;
	rows_init(&rows, sizeof(struct row), 4, 10);
	add(&rows, 5, 1);
	add(&rows, 3, 2);
	assert_int_equal(rows.count, 2);
	assert_memory_equal(rows_at(&rows, 0), "\0\0\0\5\0\0\0\1", 8);
	assert_memory_equal(rows_at(&rows, 1), "\0\0\0\3\0\0\0\2", 8);
	rows_release(&rows);
}

static void refuses_a_row_past_the_limit(void **state)
{
	struct row row = {0};
	struct rows rows;
	uint32_t most = 4096; /* whole pages, so that rounding up adds nothing */

	(void)state;
	rows_init(&rows, sizeof(row), 4, most);
	for (uint32_t i = 0; i < most; i++)
		assert_int_equal(rows_add(&rows, &row), 0);
	assert_int_equal(rows_add(&rows, &row), -ENOSPC);
	assert_int_equal(rows.count, most);
	rows_release(&rows);
}

/* Of every sought row and with every guess, as a walk from the front finds it. */
static void seeks_from_any_guess(void **state)
{
	static const uint32_t keys[] = {2, 2, 4, 6, 6, 6, 9};
	struct rows rows;

	(void)state;
	rows_init(&rows, sizeof(struct row), 4, 10);
	for (uint32_t i = 0; i < 7; i++)
		add(&rows, keys[i], i % 2);
	rows_sort(&rows);
	for (uint8_t key = 0; key < 11; key++) {
		for (uint32_t guess = 0; guess < 9; guess++) {
			struct row row = {.key = {0, 0, 0, key}};
			uint32_t wanted = 0;

			while (wanted < 7 && memcmp(rows_at(&rows, wanted), &row, 4) < 0)
				wanted++;
			assert_int_equal(rows_seek(&rows, &row, 4, guess), wanted);
		}
		assert_int_equal(
			rows_seek(&rows, &(struct row){.key = {0, 0, 0, key}}, 4, ROWS_NOT_FOUND),
			rows_seek(&rows, &(struct row){.key = {0, 0, 0, key}}, 4, 0));
	}
	rows_reset(&rows);
	assert_int_equal(rows_seek(&rows, "\0\0\0\1", 4, 0), 0);
	rows_release(&rows);
}

static void compares_keys_and_nothing_else(void **state)
{
	struct rows a, b;

	(void)state;
	rows_init(&a, sizeof(struct row), 4, 10);
	rows_init(&b, sizeof(struct row), 4, 10);
	add(&a, 7, 1);
	add(&b, 7, 2);
	add(&b, 0x80000000, 1);
	assert_int_equal(rows_compare_keys(&a, 0, &b, 0), 0);
	assert_true(rows_compare_keys(&a, 0, &b, 1) < 0);
	assert_true(rows_compare_keys(&b, 1, &a, 0) > 0);
	rows_release(&a);
	rows_release(&b);
}

static void sorts_by_all_bytes_whatever_the_order(void **state)
{
	struct rows rows;
	uint32_t seed = 67;

	(void)state;
	rows_init(&rows, sizeof(struct row), 4, 20000);
	for (uint32_t count = 0; count < 70; count++) {
		rows_reset(&rows);
		for (uint32_t i = 0; i < count; i++) {
			seed = seed * 1103515245U + 12345U;
			add(&rows, seed >> 29, seed >> 16 & 3U);
		}
		rows_sort(&rows);
		assert_int_equal(rows.count, count);
		assert_sorted(&rows);
	}
	rows_release(&rows);
}

static void a_row_that_came_twice_is_one(void **state)
{
	static const uint32_t order[] = {3, 1, 2, 1, 3, 3, 1};
	struct rows rows;

	(void)state;
	rows_init(&rows, sizeof(struct row), 4, 20);
	rows_settle(&rows);
	assert_int_equal(rows.count, 0);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		add(&rows, order[i], 9);
	add(&rows, 2, 8); /* another row of the same key */
	rows_settle(&rows);
	assert_int_equal(rows.count, 4);
	assert_sorted(&rows);
	add(&rows, 7, 7); /* there is room behind */
	assert_int_equal(rows.count, 5);
	assert_int_equal(rows_find(&rows, rows_at(&rows, 4)), 4);
	rows_release(&rows);
}

/* What quick sorts are slow at, or fail at: all alike, two values, up and down, and an order that
 * has the median of three be the second least again and again. */
static uint32_t awkward(uint32_t shape, uint32_t i, uint32_t count)
{
	switch (shape) {
	case 0:
		return 7;
	case 1:
		return i & 1;
	case 2:
		return i < count / 2 ? i : count - i;
	case 3:
		return count - i;
	default:
		return i < count / 2 ? (i % 2 == 0 ? i + 1 : count / 2 + i) : (i - count / 2) * 2;
	}
}

static void sorts_what_splits_badly(void **state)
{
	struct rows rows;

	(void)state;
	rows_init(&rows, sizeof(struct row), 4, 20000);
	for (uint32_t shape = 0; shape < 5; shape++) {
		uint64_t sum = 0;

		rows_reset(&rows);
		for (uint32_t i = 0; i < 20000; i++)
			add(&rows, awkward(shape, i, 20000), 0);
		for (uint32_t i = 0; i < 20000; i++)
			sum += awkward(shape, i, 20000);
		rows_sort(&rows);
		assert_sorted(&rows);
		for (uint32_t i = 0; i < rows.count; i++) {
			const uint8_t *key = ((const struct row *)rows_at(&rows, i))->key;

			sum -= (uint32_t)key[2] << 8 | key[3];
		}
		assert_int_equal(sum, 0);
	}
	rows_release(&rows);
}

static void sorting_loses_and_invents_no_row(void **state)
{
	struct rows rows;

	(void)state;
	rows_init(&rows, sizeof(struct row), 4, 20000);
	for (uint32_t i = 0; i < 10000; i++)
		add(&rows, i * 7919 % 10000, i);
	rows_sort(&rows);
	for (uint32_t i = 0; i < rows.count; i++) {
		const uint8_t *key = ((const struct row *)rows_at(&rows, i))->key;

		assert_int_equal((uint32_t)key[2] << 8 | key[3], i);
	}
	rows_release(&rows);
}

static void sorting_allocates_nothing(void **state)
{
	struct rows rows;
	struct mallinfo2 before;

	(void)state;
	rows_init(&rows, sizeof(struct row), 4, 20000);
	for (uint32_t i = 20000; i > 0; i--)
		add(&rows, i, 0);
	before = mallinfo2();
	rows_sort(&rows);
	assert_int_equal(mallinfo2().uordblks, before.uordblks);
	assert_int_equal(mallinfo2().hblkhd, before.hblkhd);
	rows_release(&rows);
}

static void is_empty_and_usable_after_reset_and_release(void **state)
{
	struct rows rows;

	(void)state;
	rows_init(&rows, sizeof(struct row), 4, 10);
	rows_sort(&rows);
	rows_reset(&rows);
	add(&rows, 1, 1);
	rows_reset(&rows);
	assert_int_equal(rows.count, 0);
	add(&rows, 2, 2);
	rows_release(&rows);
	assert_int_equal(rows.count, 0);
	add(&rows, 3, 3);
	assert_memory_equal(rows_at(&rows, 0), "\0\0\0\3\0\0\0\3", 8);
	rows_release(&rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_copies_in_the_order_they_came),
		cmocka_unit_test(refuses_a_row_past_the_limit),
		cmocka_unit_test(seeks_from_any_guess),
		cmocka_unit_test(compares_keys_and_nothing_else),
		cmocka_unit_test(sorts_by_all_bytes_whatever_the_order),
		cmocka_unit_test(a_row_that_came_twice_is_one),
		cmocka_unit_test(sorts_what_splits_badly),
		cmocka_unit_test(sorting_loses_and_invents_no_row),
		cmocka_unit_test(sorting_allocates_nothing),
		cmocka_unit_test(is_empty_and_usable_after_reset_and_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
