/* test_hand_back.c - croute's pod routes in flannel's own shape, and what waits for them. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/flannel/flannel.h"

#include "croute/model/device.h"
#include "world.h"

#define OURS 70
#define OTHERS 72

#define FILE_OF_ONE                                                                                \
	"version: 1\nnodes:\n"                                                                     \
	"- {name: worker-1, address: 10.0.0.11, podCIDRs: [10.244.1.0/24]}\n"

static void add_device(struct world *world, uint32_t index, const char *name, const char *alias)
{
	struct link *link;

	world_add_link(world, index, name, "vxlan", IFF_UP);
	link = rows_at(&world->picture.links.links, world->picture.links.links.count - 1);
	(void)snprintf(link->alias, sizeof(link->alias), "%s", alias);
}

static void open_host(struct world *world)
{
	*world = (struct world){0};
	world_open(world, FILE_OF_ONE);
	add_device(world, OURS, "flannel.1", DEVICE_ALIAS);
	add_device(world, OTHERS, "vx0", "");
}

static void assert_becomes(struct world *world, struct route own, uint8_t flags, const char *words)
{
	struct route wanted = words != NULL ? world_route(words) : own;
	struct picture *picture = &world->picture;

	own.flags = flags;
	wanted.flags = flags & ROUTE_ONLINK;
	state_reset(&picture->have);
	assert_int_equal(rows_add(&picture->have.rows[CHANGE_ROUTE], &own), 0);
	assert_int_equal(hand_back_want(picture), 0);
	assert_int_equal(desired_route_count(&picture->desired), words != NULL ? 1 : 0);
	if (words != NULL)
		assert_same_route(desired_route_at(&picture->desired, 0), &wanted);
}

static void a_pod_route_becomes_flannels(void **state)
{
	struct world world;

	(void)state;
	open_host(&world);
	assert_becomes(&world, world_route("10.244.2.0/24 via 10.0.0.12 metric 68026"), 0,
		       "10.244.2.0/24 via 10.0.0.12 proto 3");
	assert_becomes(&world, world_route("10.244.2.0/24 via 10.0.0.12 metric 67000"), 0,
		       "10.244.2.0/24 via 10.0.0.12 proto 3");
	assert_becomes(&world, world_route("fd10:244:0:2::/64 via fd00::12 metric 67000"), 0,
		       "fd10:244:0:2::/64 via fd00::12 proto 3 metric 1024");
	assert_becomes(&world, world_route("10.244.2.0/24 via 10.244.2.0 dev 70 metric 68026"),
		       ROUTE_ONLINK, "10.244.2.0/24 via 10.244.2.0 dev 70 proto 3");
	assert_becomes(&world, world_route("fd10:244:0:2::/64 via fd10:244:0:2:: dev 70 metric 5"),
		       ROUTE_ONLINK,
		       "fd10:244:0:2::/64 via fd10:244:0:2:: dev 70 proto 3 metric 1024");
	assert_becomes(&world,
		       world_route("10.244.2.0/24 via 10.0.0.12 metric 68026 src 10.0.0.11"), 0,
		       "10.244.2.0/24 via 10.0.0.12 proto 3");
	world_close(&world);
}

static void a_static_route_becomes_nothing(void **state)
{
	static const char *const words[] = {
		"172.16.0.0/12 via 10.0.0.1",
		"172.16.0.0/12 via 10.0.0.1 metric 66999",
		"0.0.0.0/0 via 10.0.0.1 metric 70000",
		"10.244.2.0/24 via 10.0.0.12 metric 68026 table 100",
		"10.244.2.0/24 via 10.0.0.12 metric 68027 src 10.0.0.11",
		"10.244.2.0/24 via 10.0.0.12 metric 68026 mtu 1400",
		"10.244.2.0/24 metric 68026",
		"10.244.2.0/24 metric 68026 type 6",
		"10.244.2.0/24 via 10.0.0.12 metric 68026 dev 99",
		"10.244.2.0/24 via 10.244.2.0 metric 68026 dev 70",
		"10.244.2.0/24 via 10.0.0.12 metric 68026 dev 70",
	};
	struct world world;

	(void)state;
	open_host(&world);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_becomes(&world, world_route(words[i]), 0, NULL);
	assert_becomes(&world, world_route("10.244.2.0/24 via 10.244.2.0 dev 72 metric 68026"),
		       ROUTE_ONLINK, NULL);
	world_close(&world);
}

static void own_routes(struct world *world)
{
	state_reset(&world->picture.have);
	for (uint32_t i = 0; i < world->kernel.rows[CHANGE_ROUTE].count; i++)
		assert_int_equal(rows_add(&world->picture.have.rows[CHANGE_ROUTE],
					  rows_at(&world->kernel.rows[CHANGE_ROUTE], i)),
				 0);
	state_settle(&world->picture.have);
}

static void of_several_to_one_destination_the_best_is_handed_back(void **state)
{
	struct world world;
	struct route best = world_route("10.244.2.0/24 via 10.0.0.13 proto 3");

	(void)state;
	open_host(&world);
	world_put(&world, "10.244.2.0/24 via 10.0.0.12 metric 68026");
	world_put(&world, "10.244.2.0/24 via 10.0.0.13 metric 67005");
	world_put(&world, "10.244.2.0/24 via 10.0.0.14 metric 70000");
	world_put(&world, "172.16.0.0/12 via 10.0.0.1");
	own_routes(&world);
	assert_int_equal(hand_back_want(&world.picture), 0);
	assert_int_equal(desired_route_count(&world.picture.desired), 1);
	assert_same_route(world_want(&world, 0), &best);
	world_close(&world);
}

static void plan(struct world *world)
{
	own_routes(world);
	assert_int_equal(hand_back_want(&world->picture), 0);
	assert_int_equal(foreign_begin(&world->picture.foreign,
				       desired_route_count(&world->picture.desired)),
			 0);
	assert_int_equal(plan_build(&world->picture), 0);
}

static enum change_result fate(const struct world *world, const char *to)
{
	struct route like = world_route(to);

	for (uint32_t i = 0; i < plan_change_count(&world->picture.plan); i++) {
		const struct change *change = plan_change_at(&world->picture.plan, i);

		if (change->action == CHANGE_DELETE &&
		    memcmp(world_owned(world, change->have), &like, ROUTE_DESTINATION_SIZE) == 0)
			return (enum change_result)change->result;
	}
	return CHANGE_RESULTS;
}

static void ours_goes_only_when_flannels_stands(void **state)
{
	struct world world;

	(void)state;
	open_host(&world);
	world_put(&world, "10.244.2.0/24 via 10.0.0.12 metric 68026");
	world_put(&world, "10.244.3.0/24 via 10.0.0.13 metric 68027");
	world_put(&world, "172.16.0.0/12 via 10.0.0.1");
	plan(&world);
	hand_back_spare(&world.picture, true);
	assert_int_equal(fate(&world, "10.244.2.0/24"), CHANGE_SPARED);
	assert_int_equal(fate(&world, "172.16.0.0/12"), CHANGE_SPARED);
	for (uint32_t i = 0; i < plan_change_count(&world.picture.plan); i++) {
		struct change *change = plan_change_at(&world.picture.plan, i);

		if (change->action == CHANGE_ADD)
			change->result = change->want == 0 ? CHANGE_APPLIED : CHANGE_FAILED;
	}
	hand_back_spare(&world.picture, false);
	assert_int_equal(fate(&world, "10.244.2.0/24"), CHANGE_PLANNED);
	assert_int_equal(fate(&world, "10.244.3.0/24"), CHANGE_SPARED);
	assert_int_equal(fate(&world, "172.16.0.0/12"), CHANGE_PLANNED);
	world_close(&world);
}

static void one_of_flannels_that_is_there_is_as_good(void **state)
{
	struct world world;

	(void)state;
	open_host(&world);
	world_put(&world, "10.244.2.0/24 via 10.0.0.12 metric 68026");
	world_put(&world, "10.244.2.0/24 via 10.0.0.12 proto 3");
	plan(&world);
	assert_int_equal(plan_change_count(&world.picture.plan), 1);
	assert_int_equal(world.picture.plan.unchanged, 1);
	hand_back_spare(&world.picture, false);
	assert_int_equal(fate(&world, "10.244.2.0/24"), CHANGE_PLANNED);
	world_close(&world);
}

static void flannel_knows_its_device_by_its_name(void **state)
{
	struct link link = {.name = "flannel.1", .vxlan = {.vni = 1, .local.family = AF_INET}};

	(void)state;
	assert_true(hand_back_is_flannels(&link));
	link.vxlan.vni = 2;
	assert_false(hand_back_is_flannels(&link));
	link.vxlan = (struct vxlan_params){.vni = 1, .local.family = AF_INET6};
	assert_false(hand_back_is_flannels(&link));
	(void)snprintf(link.name, sizeof(link.name), "flannel-v6.1");
	assert_true(hand_back_is_flannels(&link));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pod_route_becomes_flannels),
		cmocka_unit_test(a_static_route_becomes_nothing),
		cmocka_unit_test(of_several_to_one_destination_the_best_is_handed_back),
		cmocka_unit_test(ours_goes_only_when_flannels_stands),
		cmocka_unit_test(one_of_flannels_that_is_there_is_as_good),
		cmocka_unit_test(flannel_knows_its_device_by_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
