/* test_import_shards.c - which file a node stands in, and how many files there are. */
/* SPDX-License-Identifier: MIT */
#include "app/import/text.h"

#include <errno.h>

#include "listing.h"

/* Written down, since other versions must put it into the same file. */
static void a_name_stands_where_it_always_stood(void **state)
{
	(void)state;
	assert_int_equal(import_text_shard("worker-1", 1), 0);
	assert_int_equal(import_text_shard("worker-1", 512), 296);
	assert_int_equal(import_text_shard("worker-2", 512), 273);
}

static void more_files_divide_each_file(void **state)
{
	char name[20];

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "worker-%u", i);
		assert_int_equal(import_text_shard(name, 16) & 7, import_text_shard(name, 8));
	}
}

static void names_spread_evenly(void **state)
{
	unsigned counts[16] = {0};
	char name[20];

	(void)state;
	for (unsigned i = 0; i < 16000; i++) {
		(void)snprintf(name, sizeof(name), "worker-%u", i);
		counts[import_text_shard(name, 16)]++;
	}
	for (size_t i = 0; i < 16; i++)
		assert_in_range(counts[i], 850, 1150);
}

static void the_least_number_that_fits_is_taken(void **state)
{
	struct listing listing;
	struct error err;
	uint32_t count = 7;

	(void)state;
	listing_read(&listing, LIST(NODE("worker-1", "10.0.0.1", "10.1.1.0/24") "," NODE(
				       "worker-2", "10.0.0.2", "10.1.2.0/24")));
	assert_int_equal(import_text_shards(&listing.import, 100, 4096, &count, &err), 0);
	assert_int_equal(count, 1);
	assert_int_equal(import_text_shards(&listing.import, 100, 100 + 65, &count, &err), 0);
	assert_int_equal(count, 2);
	assert_int_equal(import_text_shards(&listing.import, 100, 100 + 10, &count, &err), -E2BIG);
	assert_int_equal(count, 2);
	listing_drop(&listing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_stands_where_it_always_stood),
		cmocka_unit_test(more_files_divide_each_file),
		cmocka_unit_test(names_spread_evenly),
		cmocka_unit_test(the_least_number_that_fits_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
