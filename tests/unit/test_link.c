/* test_link.c - links are found by index, name and address. */
/* SPDX-License-Identifier: MIT */
#include "croute/model/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <net/if.h>
#include <stdio.h>

static struct links links;

static void add_link(uint32_t index, const char *name, uint32_t flags)
{
	struct link link = {.index = index, .flags = flags};

	(void)snprintf(link.name, sizeof(link.name), "%s", name);
	assert_int_equal(rows_add(&links.links, &link), 0);
}

static void add_address(uint32_t index, const char *string, uint8_t len)
{
	struct link_address address = {.link = index, .len = len};

	assert_int_equal(ip_parse(text_of(string), &address.ip), 0);
	assert_int_equal(rows_add(&links.addresses, &address), 0);
}

static int fill(void **state)
{
	(void)state;
	links_init(&links);
	add_link(1, "lo", IFF_UP | IFF_LOOPBACK);
	add_link(7, "eth1", IFF_UP);
	add_link(9, "eth10", 0);
	add_address(7, "10.0.0.11", 24);
	add_address(9, "10.0.1.11", 24);
	add_address(1, "127.0.0.1", 8);
	add_address(7, "fd00::11", 64);
	rows_sort(&links.addresses);
	return 0;
}

static int empty(void **state)
{
	(void)state;
	links_release(&links);
	return 0;
}

static const struct link *holder(const char *string)
{
	struct ip ip;

	assert_int_equal(ip_parse(text_of(string), &ip), 0);
	return links_find_holder(&links, &ip);
}

static void finds_by_index_and_by_whole_name(void **state)
{
	(void)state;
	assert_string_equal(links_find_index(&links, 9)->name, "eth10");
	assert_null(links_find_index(&links, 2));
	assert_int_equal(links_find_name(&links, "eth1")->index, 7);
	assert_null(links_find_name(&links, "eth"));
	assert_null(links_find_name(&links, ""));
}

static void finds_the_link_that_bears_an_address(void **state)
{
	(void)state;
	assert_int_equal(holder("10.0.0.11")->index, 7);
	assert_int_equal(holder("10.0.1.11")->index, 9);
	assert_int_equal(holder("127.0.0.1")->index, 1);
	assert_int_equal(holder("fd00::11")->index, 7);
	assert_null(holder("10.0.0.12"));
	assert_null(holder("10.0.0.1"));
	assert_null(holder("fd00::"));
}

static void knows_which_links_are_up(void **state)
{
	(void)state;
	assert_true(link_is_up(links_find_index(&links, 7)));
	assert_false(link_is_up(links_find_index(&links, 9)));
}

static void finds_nothing_when_there_is_nothing(void **state)
{
	(void)state;
	links_reset(&links);
	assert_null(links_find_index(&links, 1));
	assert_null(links_find_name(&links, "lo"));
	assert_null(holder("127.0.0.1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(finds_by_index_and_by_whole_name, fill, empty),
		cmocka_unit_test_setup_teardown(finds_the_link_that_bears_an_address, fill, empty),
		cmocka_unit_test_setup_teardown(knows_which_links_are_up, fill, empty),
		cmocka_unit_test_setup_teardown(finds_nothing_when_there_is_nothing, fill, empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
