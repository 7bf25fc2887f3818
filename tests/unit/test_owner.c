/* test_owner.c - what is croute's is what has its protocol number. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/plan/owner.h"

#include "world.h"

static bool is_ours(const struct route *route, uint32_t protocol)
{
	struct picture picture = {.protocol = protocol};

	return owner_may_change(&picture, route);
}

static void routes_of_the_protocol_are_croutes_whatever_else_they_bear(void **state)
{
	static const char *const words[] = {
		"10.244.2.0/24 via 10.0.0.12 metric 68026",
		"0.0.0.0/0 table 100",
		"fd20::/32 dev 0 type 6",
		"192.0.2.1 tos 8 mtu 1400",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct route route = world_route(words[i]);

		assert_true(is_ours(&route, 67));
		assert_false(is_ours(&route, 68));
	}
}

static void a_route_that_looks_like_ours_is_foreign_all_the_same(void **state)
{
	struct route route = world_route("10.244.2.0/24 via 10.0.0.12 metric 68026");

	(void)state;
	for (unsigned protocol = 0; protocol < 256; protocol++) {
		route.protocol = (uint8_t)protocol;
		assert_int_equal(is_ours(&route, 67), protocol == 67);
	}
}

static void a_number_that_no_route_can_bear_owns_nothing(void **state)
{
	struct route route = world_route("10.244.2.0/24 proto 67");

	(void)state;
	assert_false(is_ours(&route, 256 + 67));
}

static void what_flannel_left_may_be_changed_when_the_file_says_so(void **state)
{
	struct route flannels = world_route("10.244.2.0/24 via 10.0.0.12 proto 3");
	struct route others = world_route("10.244.2.0/24 via 10.0.0.12 proto 4");
	struct route ours = world_route("10.244.2.0/24 via 10.0.0.12 metric 68026");
	struct world world = {0};

	(void)state;
	world_open(&world, "version: 1\npodNetwork: 10.244.0.0/16\nadopt: flannel\nnodes:\n"
			   "- {name: worker-1, address: 10.0.0.11, podCIDRs: 10.244.1.0/24}\n");
	assert_true(owner_may_change(&world.picture, &flannels));
	assert_false(owner_may_change(&world.picture, &others));
	assert_true(owner_may_change(&world.picture, &ours));
	assert_true(is_ours(&ours, 67));
	assert_false(is_ours(&flannels, 67));
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes_of_the_protocol_are_croutes_whatever_else_they_bear),
		cmocka_unit_test(a_route_that_looks_like_ours_is_foreign_all_the_same),
		cmocka_unit_test(a_number_that_no_route_can_bear_owns_nothing),
		cmocka_unit_test(what_flannel_left_may_be_changed_when_the_file_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
