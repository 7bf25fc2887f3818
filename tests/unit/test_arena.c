/* test_arena.c - arenas hold what is pushed in place and give memory back. */
/* SPDX-License-Identifier: MIT */
#include "croute/base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MIB ((size_t)1024 * 1024)

/* How many pages of the first `size` bytes are in memory. */
static size_t resident(const struct arena *arena, size_t size)
{
	static unsigned char pages[4096];
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t count = size / page;
	size_t in = 0;

	assert_true(count <= sizeof(pages));
	assert_int_equal(mincore(arena->base, count * page, pages), 0);
	for (size_t i = 0; i < count; i++)
		in += pages[i] & 1U;
	return in;
}

static void what_lies_in_it_never_moves(void **state)
{
	struct arena arena = {.limit = 4 * MIB};
	char *first = arena_push(&arena, 64);
	char *last = first;

	(void)state;
	assert_non_null(first);
	memset(first, 'a', 64);
	for (size_t i = 1; i < 4 * MIB / 64; i++) {
		char *next = arena_push(&arena, 64);

		assert_ptr_equal(next, last + 64);
		last = next;
	}
	assert_ptr_equal(arena.base, first);
	assert_int_equal(first[63], 'a');
	arena_release(&arena);
}

static void refuses_what_is_past_the_limit(void **state)
{
	struct arena arena = {.limit = 8192};

	(void)state;
	assert_non_null(arena_push(&arena, 8000));
	assert_null(arena_push(&arena, 193));
	assert_null(arena_push(&arena, SIZE_MAX));
	assert_int_equal(arena.used, 8000);
	assert_non_null(arena_push(&arena, 192));
	assert_null(arena_push(&arena, 1));
	arena_release(&arena);
}

static void an_arena_without_a_limit_holds_nothing(void **state)
{
	struct arena arena = {0};

	(void)state;
	assert_null(arena_push(&arena, 1));
	arena_reset(&arena);
	arena_release(&arena);
}

static void what_is_pushed_again_is_zero(void **state)
{
	static const char zero[100];
	struct arena arena = {.limit = MIB};
	char *thing = arena_push(&arena, 100);

	(void)state;
	memset(thing, 'x', 100);
	arena_pop(&arena, 100);
	assert_int_equal(arena.used, 0);
	assert_ptr_equal(arena_push(&arena, 100), thing);
	assert_memory_equal(thing, zero, 100);
	memset(thing, 'x', 100);
	arena_reset(&arena);
	assert_ptr_equal(arena_push(&arena, 100), thing);
	assert_memory_equal(thing, zero, 100);
	arena_release(&arena);
}

static void a_pop_takes_only_the_last(void **state)
{
	struct arena arena = {.limit = MIB};
	char *first = arena_push(&arena, 10);
	char *second = arena_push(&arena, 10);

	(void)state;
	memset(first, 'a', 10);
	arena_pop(&arena, 10);
	assert_ptr_equal(arena_push(&arena, 10), second);
	assert_int_equal(first[9], 'a');
	arena_pop(&arena, 1000);
	assert_int_equal(arena.used, 0);
	arena_release(&arena);
}

static void only_what_is_used_is_in_memory(void **state)
{
	struct arena arena = {.limit = 8 * MIB};

	(void)state;
	assert_non_null(arena_push(&arena, 4096));
	assert_true(resident(&arena, 8 * MIB) <= 2);
	for (size_t i = 1; i < 256; i++)
		assert_non_null(arena_push(&arena, 4096));
	assert_true(resident(&arena, 8 * MIB) >= 256);
	assert_true(resident(&arena, 8 * MIB) < 300);
	arena_release(&arena);
}

static void a_reset_gives_the_pages_back_and_keeps_the_range(void **state)
{
	struct arena arena = {.limit = 8 * MIB};
	uint8_t *base;

	(void)state;
	assert_non_null(arena_push(&arena, 8 * MIB));
	base = arena.base;
	assert_true(resident(&arena, 8 * MIB) >= 2048);
	arena_reset(&arena);
	assert_int_equal(arena.used, 0);
	assert_int_equal(resident(&arena, 8 * MIB), 0);
	assert_non_null(arena_push(&arena, 8 * MIB));
	assert_ptr_equal(arena.base, base);
	arena_release(&arena);
}

static void a_trim_leaves_what_is_used_since_the_last_reset(void **state)
{
	struct arena arena = {.limit = 8 * MIB};

	(void)state;
	assert_non_null(arena_push(&arena, MIB));
	arena_trim(&arena);
	assert_int_equal(resident(&arena, 8 * MIB), 256);
	arena_reset(&arena);
	assert_non_null(arena_push(&arena, 4096 + 1));
	arena_trim(&arena);
	assert_int_equal(resident(&arena, 8 * MIB), 2);
	arena_release(&arena);
	arena_trim(&arena);
}

static void a_release_gives_everything_back(void **state)
{
	struct arena arena = {.limit = MIB};
	unsigned char page;
	void *base;

	(void)state;
	assert_non_null(arena_push(&arena, MIB));
	base = arena.base;
	arena_release(&arena);
	assert_null(arena.base);
	assert_int_equal(mincore(base, 1, &page), -1); /* ENOMEM: nothing is mapped there */
	assert_non_null(arena_push(&arena, MIB));
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_lies_in_it_never_moves),
		cmocka_unit_test(refuses_what_is_past_the_limit),
		cmocka_unit_test(an_arena_without_a_limit_holds_nothing),
		cmocka_unit_test(what_is_pushed_again_is_zero),
		cmocka_unit_test(a_pop_takes_only_the_last),
		cmocka_unit_test(only_what_is_used_is_in_memory),
		cmocka_unit_test(a_reset_gives_the_pages_back_and_keeps_the_range),
		cmocka_unit_test(a_trim_leaves_what_is_used_since_the_last_reset),
		cmocka_unit_test(a_release_gives_everything_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
