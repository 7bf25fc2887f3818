/* test_tunnel.c - a peer's route, neighbour and forwarding entry. */
/* SPDX-License-Identifier: MIT */
#include "peers.h"

static const struct neigh *want_neigh(const struct world *world, uint32_t i)
{
	assert_true(i < world->picture.desired.want.rows[CHANGE_NEIGH].count);
	return rows_at(&world->picture.desired.want.rows[CHANGE_NEIGH], i);
}

static const struct fdb *want_fdb(const struct world *world, uint32_t i)
{
	assert_true(i < world->picture.desired.want.rows[CHANGE_FDB].count);
	return rows_at(&world->picture.desired.want.rows[CHANGE_FDB], i);
}

/* The forwarding entry for a MAC. */
static const struct fdb *fdb_of(const struct world *world, uint32_t link, const char *mac)
{
	struct fdb like = {.link = link, .mac = peers_mac(mac)};
	uint32_t found = rows_find(&world->picture.desired.want.rows[CHANGE_FDB], &like);

	assert_int_not_equal(found, ROWS_NOT_FOUND);
	return want_fdb(world, found);
}

static const struct neigh *neigh_of(const struct world *world, uint32_t link, const char *ip)
{
	struct neigh like = {.link = link, .ip = world_prefix(ip).ip};
	uint32_t found = rows_find(&world->picture.desired.want.rows[CHANGE_NEIGH], &like);

	assert_int_not_equal(found, ROWS_NOT_FOUND);
	return want_neigh(world, found);
}

static void the_route_is_onlink_via_the_network_address(void **state)
{
	struct world world;
	struct route wanted = world_route("10.244.2.0/24 via 10.244.2.0 dev 70 metric 68026");

	(void)state;
	wanted.flags = ROUTE_ONLINK;
	peers_open(&world, PEERS_HEAD PEERS_TWO);
	assert_int_equal(desired_route_count(&world.picture.desired), 2);
	assert_same_route(world_want(&world, 0), &wanted);
	wanted = world_route("fd10:244:2::/64 via fd10:244:2:: dev 71 metric 67000");
	wanted.flags = ROUTE_ONLINK;
	assert_same_route(world_want(&world, 1), &wanted);
	world_close(&world);
}

static void every_podcidr_has_a_permanent_neighbour(void **state)
{
	struct mac mac = peers_mac(PEERS_MAC_3);
	struct world world;

	(void)state;
	peers_open(&world, PEERS_HEAD PEERS_THREE);
	assert_int_equal(world.picture.desired.want.rows[CHANGE_NEIGH].count, 2);
	assert_true(mac_same(&neigh_of(&world, PEERS_DEVICE, "10.244.3.0")->mac, &mac));
	assert_true(mac_same(&neigh_of(&world, PEERS_DEVICE, "10.245.3.0")->mac, &mac));
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(want_neigh(&world, i)->state, NUD_PERMANENT);
	world_close(&world);
}

static void a_node_has_one_forwarding_entry_a_family(void **state)
{
	struct ip ipv4 = world_prefix("10.0.0.12").ip;
	struct ip ipv6 = world_prefix("fd00::12").ip;
	struct world world;
	const struct fdb *fdb;

	(void)state;
	peers_open(&world, PEERS_HEAD PEERS_TWO PEERS_THREE);
	assert_int_equal(world.picture.desired.want.rows[CHANGE_FDB].count, 3);
	fdb = fdb_of(&world, PEERS_DEVICE, PEERS_MAC_2);
	assert_true(ip_same(&fdb->dst, &ipv4));
	assert_int_equal(fdb->state, NUD_PERMANENT);
	assert_int_equal(fdb->odd, 0);
	fdb = fdb_of(&world, PEERS_DEVICE_V6, PEERS_MAC6_2);
	assert_true(ip_same(&fdb->dst, &ipv6));
	world_close(&world);
}

static void rows_know_their_podcidr_of_the_file(void **state)
{
	struct world world;

	(void)state;
	peers_open(&world, PEERS_HEAD PEERS_TWO PEERS_THREE);
	for (uint32_t i = 0; i < world.picture.desired.want.rows[CHANGE_NEIGH].count; i++) {
		struct desired_cause cause = desired_cause_at(&world.picture.desired, CHANGE_NEIGH,
							      i);

		assert_int_equal(cause.is_static, 0);
		assert_true(ip_same(&config_podcidr_at(&world.config, cause.index)->prefix.ip,
				    &want_neigh(&world, i)->ip));
	}
	for (uint32_t i = 0; i < world.picture.desired.want.rows[CHANGE_FDB].count; i++) {
		struct desired_cause cause = desired_cause_at(&world.picture.desired, CHANGE_FDB,
							      i);
		uint32_t node = config_podcidr_at(&world.config, cause.index)->node;
		struct ip address = config_node_address(config_node_at(&world.config, node),
							want_fdb(&world, i)->dst.family);

		assert_true(ip_same(&address, &want_fdb(&world, i)->dst));
	}
	world_close(&world);
}

static void a_near_peer_has_a_plain_route_and_nothing_else(void **state)
{
	static const uint8_t near[] = {0, DESIRED_ON_LINK_IPV4, 0};
	struct route wanted = world_route("10.244.2.0/24 via 10.0.0.12 metric 68026");
	struct world world;

	(void)state;
	peers_open(&world, PEERS_HEAD PEERS_TWO PEERS_THREE);
	world.on_link = near;
	world_desire(&world);
	assert_same_route(world_want(&world, 0), &wanted);
	assert_true(route_is_tunnelled(world_want(&world, 1)));
	assert_int_equal(world.picture.desired.want.rows[CHANGE_NEIGH].count, 3);
	assert_int_equal(want_fdb(&world, 0)->link, PEERS_DEVICE);
	assert_int_equal(world.picture.desired.want.rows[CHANGE_FDB].count, 2);
	(void)fdb_of(&world, PEERS_DEVICE, PEERS_MAC_3);
	(void)fdb_of(&world, PEERS_DEVICE_V6, PEERS_MAC6_2);
	world_close(&world);
}

static void this_node_is_no_peer_of_itself(void **state)
{
	struct world world;

	(void)state;
	peers_open(&world, PEERS_HEAD);
	for (int kind = 0; kind < CHANGE_KINDS; kind++)
		assert_int_equal(world.picture.desired.want.rows[kind].count, 0);
	world_close(&world);
}

static void a_peer_at_an_address_of_this_host_is_left_out_whole(void **state)
{
	struct world world;

	(void)state;
	peers_open(&world, PEERS_HEAD PEERS_THREE);
	world_add_address(&world, WORLD_CNI0, "10.0.0.13/32");
	world_desire(&world);
	assert_int_equal(desired_unmet_count(&world.picture.desired), 2);
	for (int kind = 0; kind < CHANGE_KINDS; kind++)
		assert_int_equal(world.picture.desired.want.rows[kind].count, 0);
	world_close(&world);
}

static void a_family_without_a_device_is_routed_plain(void **state)
{
	struct route wanted = world_route("fd10:244:2::/64 via fd00::12 metric 67000");
	struct world world;

	(void)state;
	peers_open(&world, PEERS_HEAD PEERS_TWO);
	world.picture.family[1].device = 0;
	world_desire(&world);
	assert_same_route(world_want(&world, 1), &wanted);
	assert_int_equal(world.picture.desired.want.rows[CHANGE_FDB].count, 1);
	world_close(&world);
}

static void building_anew_makes_the_same_rows(void **state)
{
	struct world world;

	(void)state;
	peers_open(&world, PEERS_HEAD PEERS_TWO PEERS_THREE);
	world_desire(&world);
	assert_int_equal(world.picture.desired.want.rows[CHANGE_FDB].count, 3);
	assert_int_equal(world.picture.desired.want.rows[CHANGE_NEIGH].count, 4);
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_route_is_onlink_via_the_network_address),
		cmocka_unit_test(every_podcidr_has_a_permanent_neighbour),
		cmocka_unit_test(a_node_has_one_forwarding_entry_a_family),
		cmocka_unit_test(rows_know_their_podcidr_of_the_file),
		cmocka_unit_test(a_near_peer_has_a_plain_route_and_nothing_else),
		cmocka_unit_test(this_node_is_no_peer_of_itself),
		cmocka_unit_test(a_peer_at_an_address_of_this_host_is_left_out_whole),
		cmocka_unit_test(a_family_without_a_device_is_routed_plain),
		cmocka_unit_test(building_anew_makes_the_same_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
