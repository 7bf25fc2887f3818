/* test_route.c - route rows are normal and comparable as bytes. */
/* SPDX-License-Identifier: MIT */
#include "croute/model/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

static struct prefix prefix(const char *string)
{
	struct prefix out = {0};

	assert_int_equal(prefix_parse(text_of(string), true, &out), 0);
	return out;
}

static struct route route(const char *to, const char *via, uint32_t oif)
{
	struct route row = {.table = RT_TABLE_MAIN, .oif = oif, .type = RTN_UNICAST};
	struct prefix dst = prefix(to);

	route_set_dst(&row, &dst);
	if (via != NULL) {
		struct prefix gateway = prefix(via);

		route_set_gateway(&row, &gateway.ip);
	}
	return row;
}

static void gives_back_what_was_set(void **state)
{
	struct route row = route("fd10:244:1::/64", "fd00::12", 3);
	struct prefix dst = prefix("fd10:244:1::/64");
	struct ip gateway = prefix("fd00::12").ip, src = prefix("fd00::11").ip;
	struct prefix got = route_prefix(&row);
	struct ip got_gateway = route_gateway(&row), got_src;

	(void)state;
	assert_true(prefix_same(&got, &dst));
	assert_true(ip_same(&got_gateway, &gateway));
	got_src = route_src(&row);
	assert_false(ip_is_set(&got_src));
	route_set_src(&row, &src);
	got_src = route_src(&row);
	assert_true(ip_same(&got_src, &src));
}

static void a_route_without_gateway_says_so(void **state)
{
	struct route row = route("10.0.0.0/8", NULL, 3);
	struct ip gateway = route_gateway(&row);

	(void)state;
	assert_false(ip_is_set(&gateway));
}

static void an_all_zero_gateway_is_a_gateway(void **state)
{
	struct route with = route("10.0.0.0/8", "0.0.0.0", 3);
	struct route without = route("10.0.0.0/8", NULL, 3);
	struct ip gateway = route_gateway(&with);

	(void)state;
	assert_true(ip_is_set(&gateway));
	assert_memory_not_equal(&with, &without, sizeof(with));
}

static void equal_routes_are_equal_bytes(void **state)
{
	struct route a, b;

	(void)state;
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	a = route("10.244.1.0/24", "10.0.0.11", 3);
	b = route("10.244.1.0/24", "10.0.0.11", 3);
	assert_memory_equal(&a, &b, sizeof(a));
	b = route("10.244.1.0/24", "10.0.0.12", 3);
	assert_memory_equal(&a, &b, ROUTE_KEY_SIZE);
	assert_memory_not_equal(&a, &b, sizeof(a));
}

static void the_key_is_the_kernels(void **state)
{
	struct route a = route("10.244.1.0/24", "10.0.0.11", 3), b = a;

	(void)state;
	b.oif = 4;
	b.protocol = 67;
	b.mtu = 1400;
	b.type = RTN_BLACKHOLE;
	assert_memory_equal(&a, &b, ROUTE_KEY_SIZE);
	b.metric = 1;
	assert_memory_not_equal(&a, &b, ROUTE_KEY_SIZE);
	b = a;
	b.tos = 4;
	assert_memory_not_equal(&a, &b, ROUTE_KEY_SIZE);
	b = a;
	b.table = 100;
	assert_memory_not_equal(&a, &b, ROUTE_KEY_SIZE);
	b = a;
	b.dst_len = 25;
	assert_memory_not_equal(&a, &b, ROUTE_KEY_SIZE);
}

static void tells_whether_two_routes_lead_the_same_way(void **state)
{
	struct route a = route("10.244.1.0/24", "10.0.0.11", 3);
	struct route b = route("10.244.0.0/16", "10.0.0.11", 3);

	(void)state;
	b.metric = 7;
	b.protocol = RTPROT_BOOT;
	assert_true(route_same_way(&a, &b));
	b.oif = 4;
	assert_false(route_same_way(&a, &b));
	b = route("10.244.0.0/16", "10.0.0.12", 3);
	assert_false(route_same_way(&a, &b));
	b = route("10.244.0.0/16", NULL, 3);
	assert_false(route_same_way(&a, &b));
	b = route("10.244.0.0/16", "10.0.0.11", 3);
	b.type = RTN_BLACKHOLE;
	assert_false(route_same_way(&a, &b));
}

static void a_route_of_several_next_hops_never_leads_the_same_way(void **state)
{
	struct route a = route("10.244.1.0/24", "10.0.0.11", 3);
	struct route b = a;

	(void)state;
	b.flags = ROUTE_ODD;
	assert_false(route_same_way(&a, &b));
	assert_false(route_same_way(&b, &a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_what_was_set),
		cmocka_unit_test(a_route_without_gateway_says_so),
		cmocka_unit_test(an_all_zero_gateway_is_a_gateway),
		cmocka_unit_test(equal_routes_are_equal_bytes),
		cmocka_unit_test(the_key_is_the_kernels),
		cmocka_unit_test(tells_whether_two_routes_lead_the_same_way),
		cmocka_unit_test(a_route_of_several_next_hops_never_leads_the_same_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
