/* test_snapshot_lookup.c - which way a packet goes by the routes of a snapshot. */
/* SPDX-License-Identifier: MIT */
#include "croute/model/snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/rtnetlink.h>

static struct ip ip_of(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(text_of(text), &ip), 0);
	return ip;
}

/* A route of a look-up: where to, how well it ranks, and over which link it can be told. */
static void add(struct snapshot *snapshot, const char *to, uint8_t len, struct route route)
{
	struct ip ip = ip_of(to);
	struct prefix prefix = prefix_of(&ip, len);

	route.type = RTN_UNICAST;
	route_set_dst(&route, &prefix);
	assert_int_equal(rows_add(&snapshot->state.rows[CHANGE_ROUTE], &route), 0);
}

static uint32_t lookup(const struct snapshot *snapshot, const char *to)
{
	const struct route *route = snapshot_lookup(snapshot, &(struct flow){.dst = ip_of(to)});

	return route == NULL ? 0 : route->oif;
}

static void the_longest_prefix_wins_then_the_lowest_metric(void **state)
{
	struct snapshot snapshot;

	(void)state;
	snapshot_init(&snapshot);
	assert_int_equal(lookup(&snapshot, "10.0.0.1"), 0);
	add(&snapshot, "0.0.0.0", 0, (struct route){.table = RT_TABLE_MAIN, .oif = 1});
	add(&snapshot, "10.0.0.0", 8,
	    (struct route){.table = RT_TABLE_MAIN, .metric = 9, .oif = 2});
	add(&snapshot, "10.0.0.0", 8,
	    (struct route){.table = RT_TABLE_MAIN, .metric = 5, .oif = 3});
	add(&snapshot, "10.0.0.0", 8,
	    (struct route){.table = RT_TABLE_MAIN, .metric = 7, .oif = 4});
	add(&snapshot, "10.0.1.0", 24,
	    (struct route){.table = RT_TABLE_MAIN, .metric = 99, .oif = 5});
	add(&snapshot, "fd00::", 8, (struct route){.table = RT_TABLE_MAIN, .oif = 6});
	snapshot_sort(&snapshot);
	assert_int_equal(lookup(&snapshot, "192.0.2.1"), 1);
	assert_int_equal(lookup(&snapshot, "10.0.0.1"), 3);
	assert_int_equal(lookup(&snapshot, "10.0.1.1"), 5);
	assert_int_equal(lookup(&snapshot, "fd00::1"), 6);
	assert_int_equal(lookup(&snapshot, "fe00::1"), 0);
	snapshot_release(&snapshot);
}

static void other_tables_and_tos_are_no_way(void **state)
{
	struct snapshot snapshot;

	(void)state;
	snapshot_init(&snapshot);
	add(&snapshot, "10.0.0.0", 24, (struct route){.table = 77, .oif = 1});
	add(&snapshot, "10.0.0.0", 24, (struct route){.table = RT_TABLE_MAIN, .tos = 8, .oif = 2});
	assert_int_equal(lookup(&snapshot, "10.0.0.1"), 0);
	add(&snapshot, "10.0.0.0", 8, (struct route){.table = RT_TABLE_DEFAULT, .oif = 3});
	assert_int_equal(lookup(&snapshot, "10.0.0.1"), 3);
	snapshot_release(&snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_prefix_wins_then_the_lowest_metric),
		cmocka_unit_test(other_tables_and_tos_are_no_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
