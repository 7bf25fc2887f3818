/* test_plan_peers.c - the plan over all kinds: a peer is told and counted once. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/plan/plan.h"

#include "peers.h"

#include <errno.h>

#define BOTH PEERS_HEAD PEERS_TWO PEERS_THREE

static void assert_counts(const struct world *world, uint32_t add, uint32_t change, uint32_t remove,
			  uint32_t parts)
{
	struct plan_summary s = plan_summarize(&world->picture);

	assert_int_equal(s.add, add);
	assert_int_equal(s.change, change);
	assert_int_equal(s.remove, remove);
	assert_int_equal(s.parts, parts);
	assert_int_equal(s.add + s.change + s.unchanged,
			 desired_route_count(&world->picture.desired));
}

/* A host that has all that BOTH asks for; a test spoils it. */
static void open_settled(struct world *world)
{
	peers_open(world, BOTH);
	peers_settle(world);
}

static void a_settled_host_has_nothing_to_do(void **state)
{
	struct world world;

	(void)state;
	open_settled(&world);
	world_plan(&world);
	assert_int_equal(plan_change_count(&world.picture.plan), 0);
	assert_counts(&world, 0, 0, 0, 0);
	world_close(&world);
}

static void what_a_peer_needs_is_made_before_its_route(void **state)
{
	struct world world;
	uint8_t last = 0;

	(void)state;
	peers_open(&world, BOTH);
	world_plan(&world);
	assert_int_equal(peers_count(&world, CHANGE_FDB, CHANGE_ADD), 3);
	assert_int_equal(peers_count(&world, CHANGE_NEIGH, CHANGE_ADD), 4);
	assert_int_equal(peers_count(&world, CHANGE_ROUTE, CHANGE_ADD), 4);
	for (uint32_t i = 0; i < plan_change_count(&world.picture.plan); i++) {
		assert_true(plan_change_at(&world.picture.plan, i)->kind >= last);
		last = plan_change_at(&world.picture.plan, i)->kind;
	}
	assert_counts(&world, 4, 0, 0, 7);
	world_close(&world);
}

static void a_changed_mac_is_one_change(void **state)
{
	struct world world;

	(void)state;
	peers_open_after(&world,
			 PEERS_HEAD "  - {name: worker-4, address: 10.0.0.14,"
				    " podCIDRs: 10.244.4.0/24, vtepMAC: '02:00:00:00:00:01'}\n",
			 PEERS_HEAD "  - {name: worker-4, address: 10.0.0.14,"
				    " podCIDRs: 10.244.4.0/24, vtepMAC: '02:00:00:00:00:02'}\n");
	assert_int_equal(peers_count(&world, CHANGE_FDB, CHANGE_ADD), 1);
	assert_int_equal(peers_count(&world, CHANGE_FDB, CHANGE_DELETE), 1);
	assert_int_equal(peers_count(&world, CHANGE_NEIGH, CHANGE_REPLACE), 1);
	assert_int_equal(plan_change_count(&world.picture.plan), 3);
	assert_counts(&world, 0, 1, 0, 2);
	world_close(&world);
}

static void a_changed_address_is_one_atomic_change(void **state)
{
	struct world world;

	(void)state;
	peers_open_after(&world,
			 PEERS_HEAD "  - {name: worker-4, address: 10.0.0.14,"
				    " podCIDRs: [10.244.4.0/24, 10.244.5.0/24]}\n",
			 PEERS_HEAD "  - {name: worker-4, address: 10.0.0.15,"
				    " podCIDRs: [10.244.4.0/24, 10.244.5.0/24]}\n");
	assert_int_equal(world_only_change(&world)->kind, CHANGE_FDB);
	assert_int_equal(world_only_change(&world)->action, CHANGE_REPLACE);
	assert_counts(&world, 0, 1, 0, 0);
	world_close(&world);
}

static void a_lost_neighbour_is_one_change(void **state)
{
	struct world world;

	(void)state;
	open_settled(&world);
	peers_lose(&world, CHANGE_NEIGH);
	world_plan(&world);
	assert_int_equal(world_only_change(&world)->kind, CHANGE_NEIGH);
	assert_int_equal(world_only_change(&world)->action, CHANGE_ADD);
	assert_true(plan_leads(&world.picture, world_only_change(&world)));
	assert_counts(&world, 0, 1, 0, 0);
	world_close(&world);
}

static void a_lost_forwarding_entry_is_one_change(void **state)
{
	struct world world;

	(void)state;
	open_settled(&world);
	peers_lose(&world, CHANGE_FDB);
	world_plan(&world);
	assert_int_equal(world_only_change(&world)->kind, CHANGE_FDB);
	assert_counts(&world, 0, 1, 0, 0);
	world_close(&world);
}

static void all_that_a_peer_lost_is_one_change(void **state)
{
	struct world world;

	(void)state;
	peers_open(&world, PEERS_HEAD "  - {name: worker-4, address: 10.0.0.14,"
				      " podCIDRs: 10.244.4.0/24}\n");
	peers_settle(&world);
	peers_lose(&world, CHANGE_FDB);
	peers_lose(&world, CHANGE_NEIGH);
	world_plan(&world);
	assert_counts(&world, 0, 1, 0, 1);
	peers_lose(&world, CHANGE_ROUTE);
	world_plan(&world);
	assert_counts(&world, 1, 0, 0, 2);
	world_close(&world);
}

static void a_neighbour_that_is_not_permanent_is_replaced(void **state)
{
	struct world world;

	(void)state;
	open_settled(&world);
	peers_neigh(&world, 1)->state = NUD_STALE;
	world_plan(&world);
	assert_int_equal(world_only_change(&world)->kind, CHANGE_NEIGH);
	assert_int_equal(world_only_change(&world)->action, CHANGE_REPLACE);
	world_close(&world);
}

static void a_forwarding_entry_to_another_host_is_replaced(void **state)
{
	struct world world;

	(void)state;
	open_settled(&world);
	peers_fdb(&world, 0)->dst.bytes[3] = 99;
	world_plan(&world);
	assert_int_equal(world_only_change(&world)->kind, CHANGE_FDB);
	assert_int_equal(world_only_change(&world)->action, CHANGE_REPLACE);
	world_close(&world);
}

static void a_forwarding_entry_with_a_vni_of_its_own_is_replaced(void **state)
{
	struct world world;

	(void)state;
	open_settled(&world);
	peers_fdb(&world, 0)->odd = 1;
	world_plan(&world);
	assert_int_equal(world_only_change(&world)->action, CHANGE_REPLACE);
	world_close(&world);
}

static void an_extra_forwarding_entry_is_removed_but_not_counted(void **state)
{
	struct world world;

	(void)state;
	open_settled(&world);
	peers_put_fdb(&world, "02:00:00:00:00:99", "10.0.0.99");
	world_plan(&world);
	assert_int_equal(world_only_change(&world)->kind, CHANGE_FDB);
	assert_int_equal(world_only_change(&world)->action, CHANGE_DELETE);
	assert_false(plan_leads(&world.picture, world_only_change(&world)));
	assert_counts(&world, 0, 0, 0, 1);
	world_close(&world);
}

static void every_row_of_the_all_zero_mac_is_removed(void **state)
{
	struct world world;

	(void)state;
	open_settled(&world);
	peers_put_fdb(&world, "00:00:00:00:00:00", "10.0.0.98");
	peers_put_fdb(&world, "00:00:00:00:00:00", "10.0.0.99");
	world_plan(&world);
	assert_int_equal(plan_change_count(&world.picture.plan), 2);
	assert_int_equal(peers_count(&world, CHANGE_FDB, CHANGE_DELETE), 2);
	world_close(&world);
}

static void a_peer_that_is_gone_is_one_deletion(void **state)
{
	struct world world;

	(void)state;
	peers_open_after(&world,
			 PEERS_HEAD PEERS_THREE "  - {name: worker-4, address: 10.0.0.14,"
						" podCIDRs: 10.244.4.0/24}\n",
			 PEERS_HEAD PEERS_THREE);
	for (int kind = 0; kind < CHANGE_KINDS; kind++)
		assert_int_equal(peers_count(&world, (enum change_kind)kind, CHANGE_DELETE), 1);
	assert_counts(&world, 0, 0, 1, 2);
	world_close(&world);
}

static void a_new_subnet_of_a_peer_is_one_addition_and_one_deletion(void **state)
{
	struct world world;

	(void)state;
	peers_open_after(&world,
			 PEERS_HEAD "  - {name: worker-4, address: 10.0.0.14,"
				    " podCIDRs: 10.244.4.0/24}\n",
			 PEERS_HEAD "  - {name: worker-4, address: 10.0.0.14,"
				    " podCIDRs: 10.244.5.0/24}\n");
	assert_int_equal(peers_count(&world, CHANGE_FDB, CHANGE_DELETE), 0);
	assert_counts(&world, 1, 0, 1, 2);
	world_close(&world);
}

static void a_refused_part_is_counted_as_failed(void **state)
{
	struct plan_summary s;
	struct world world;

	(void)state;
	open_settled(&world);
	peers_put_fdb(&world, "02:00:00:00:00:99", "10.0.0.99");
	world_plan(&world);
	plan_set_failed(&world.picture.plan, 0, EOPNOTSUPP, "not on this device");
	s = plan_summarize(&world.picture);
	assert_int_equal(s.failed, 1);
	assert_int_equal(s.parts, 0);
	world_close(&world);
}

static void from_plain_to_tunnel_is_one_replace_a_peer(void **state)
{
	static const uint8_t near[] = {0, DESIRED_ON_LINK_IPV4, DESIRED_ON_LINK_IPV4};
	struct world world;

	(void)state;
	peers_open(&world, BOTH);
	world.on_link = near;
	world_desire(&world);
	peers_settle(&world);
	world.on_link = NULL;
	world_desire(&world);
	world_plan(&world);
	assert_int_equal(peers_count(&world, CHANGE_ROUTE, CHANGE_REPLACE), 3);
	assert_int_equal(peers_count(&world, CHANGE_ROUTE, CHANGE_ADD), 0);
	assert_int_equal(peers_count(&world, CHANGE_ROUTE, CHANGE_DELETE), 0);
	assert_counts(&world, 0, 3, 0, 5);
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_settled_host_has_nothing_to_do),
		cmocka_unit_test(what_a_peer_needs_is_made_before_its_route),
		cmocka_unit_test(a_changed_mac_is_one_change),
		cmocka_unit_test(a_changed_address_is_one_atomic_change),
		cmocka_unit_test(a_lost_neighbour_is_one_change),
		cmocka_unit_test(a_lost_forwarding_entry_is_one_change),
		cmocka_unit_test(all_that_a_peer_lost_is_one_change),
		cmocka_unit_test(a_neighbour_that_is_not_permanent_is_replaced),
		cmocka_unit_test(a_forwarding_entry_to_another_host_is_replaced),
		cmocka_unit_test(a_forwarding_entry_with_a_vni_of_its_own_is_replaced),
		cmocka_unit_test(an_extra_forwarding_entry_is_removed_but_not_counted),
		cmocka_unit_test(every_row_of_the_all_zero_mac_is_removed),
		cmocka_unit_test(a_peer_that_is_gone_is_one_deletion),
		cmocka_unit_test(a_new_subnet_of_a_peer_is_one_addition_and_one_deletion),
		cmocka_unit_test(a_refused_part_is_counted_as_failed),
		cmocka_unit_test(from_plain_to_tunnel_is_one_replace_a_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
