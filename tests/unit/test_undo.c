/* test_undo.c - the rows that were there are wanted again, and nothing else is touched. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/confirm/undo.h"

#include "world.h"

#include <linux/neighbour.h>

#include "vxlan_link.h"

#define OURS 70
#define OTHER 80

/* What was there, what is there, and the way back. */
struct way {
	struct undo undo;
	struct links now;
	struct picture picture;
	struct undo_result result;
};

static void way_open(struct way *way)
{
	*way = (struct way){0};
	undo_init(&way->undo, 67);
	links_init(&way->now);
	picture_init(&way->picture);
}

static void way_close(struct way *way)
{
	picture_release(&way->picture);
	links_release(&way->now);
	undo_release(&way->undo);
}

static void was(struct way *way, const char *words)
{
	struct route route = world_route(words);

	assert_int_equal(rows_add(&way->undo.before.state.rows[CHANGE_ROUTE], &route), 0);
	snapshot_sort(&way->undo.before);
}

/* From what was to a plan, with these routes there now. */
static void plan_back(struct way *way, const char *const now[])
{
	assert_int_equal(undo_want(&way->undo, &way->now, &way->picture.desired), 0);
	assert_int_equal(
		foreign_begin(&way->picture.foreign, desired_route_count(&way->picture.desired)),
		0);
	for (; *now != NULL; now++) {
		struct route route = world_route(*now);

		if (undo_weigh(&way->undo, &way->picture, &route))
			assert_int_equal(rows_add(&way->picture.have.rows[CHANGE_ROUTE], &route),
					 0);
	}
	state_settle(&way->picture.have);
	assert_int_equal(plan_build(&way->picture), 0);
	undo_refuse_odd(&way->picture);
}
#define NOW(...) ((const char *const[]){__VA_ARGS__, NULL})

static enum change_action action_at(const struct way *way, uint32_t i)
{
	assert_true(i < plan_change_count(&way->picture.plan));
	return (enum change_action)plan_change_at(&way->picture.plan, i)->action;
}

static void what_went_comes_back_and_what_came_goes(void **state)
{
	struct way way;

	(void)state;
	way_open(&way);
	was(&way, "10.244.2.0/24 via 10.0.0.12 metric 68026 proto 67");
	was(&way, "10.244.3.0/24 via 10.0.0.13 metric 68027 proto 67");
	was(&way, "10.244.4.0/24 via 10.0.0.14 metric 68028 proto 67");
	plan_back(&way, NOW("10.244.2.0/24 via 10.0.0.12 metric 68026 proto 67",
			    "10.244.3.0/24 via 10.0.0.33 metric 68027 proto 67",
			    "10.244.5.0/24 via 10.0.0.15 metric 68029 proto 67"));
	assert_int_equal(plan_change_count(&way.picture.plan), 3);
	assert_int_equal(action_at(&way, 0), CHANGE_REPLACE);
	assert_int_equal(action_at(&way, 1), CHANGE_ADD);
	assert_int_equal(action_at(&way, 2), CHANGE_DELETE);
	way_close(&way);
}

static void what_is_as_it_was_needs_nothing(void **state)
{
	struct way way;

	(void)state;
	way_open(&way);
	was(&way, "10.244.2.0/24 via 10.0.0.12 metric 68026 proto 67");
	was(&way, "10.244.2.0/24 via 10.0.0.12 proto 3");
	plan_back(&way, NOW("10.244.2.0/24 via 10.0.0.12 metric 68026 proto 67",
			    "10.244.2.0/24 via 10.0.0.12 proto 3"));
	assert_int_equal(plan_change_count(&way.picture.plan), 0);
	way_close(&way);
}

static void a_foreign_route_that_was_removed_comes_back_as_it_was(void **state)
{
	struct route flannels = world_route("10.244.2.0/24 via 10.0.0.12 proto 3");
	struct way way;

	(void)state;
	way_open(&way);
	was(&way, "10.244.2.0/24 via 10.0.0.12 proto 3");
	plan_back(&way, NOW("10.244.2.0/24 via 10.0.0.12 metric 68026 proto 67"));
	assert_int_equal(plan_change_count(&way.picture.plan), 2);
	assert_int_equal(action_at(&way, 0), CHANGE_ADD);
	assert_memory_equal(
		desired_route_at(&way.picture.desired, plan_change_at(&way.picture.plan, 0)->want),
		&flannels, sizeof(flannels));
	assert_int_equal(action_at(&way, 1), CHANGE_DELETE);
	way_close(&way);
}

static void a_foreign_route_that_was_not_there_is_never_named(void **state)
{
	struct way way;

	(void)state;
	way_open(&way);
	was(&way, "10.244.2.0/24 via 10.0.0.12 proto 3");
	was(&way, "10.244.3.0/24 via 10.0.0.13 metric 68027 proto 67");
	plan_back(&way, NOW("10.244.2.0/24 via 10.0.0.99 proto 3",
			    "10.244.3.0/24 via 10.0.0.99 metric 68027 proto 4",
			    "10.244.9.0/24 via 10.0.0.99 proto 3"));
	assert_int_equal(way.picture.have.rows[CHANGE_ROUTE].count, 0);
	assert_int_equal(plan_change_count(&way.picture.plan), 2);
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(plan_change_at(&way.picture.plan, i)->result, CHANGE_CONFLICT);
	undo_count(&way.result, &way.picture.plan);
	assert_int_equal(way.result.failed, 2);
	way_close(&way);
}

static void what_croute_cannot_write_is_refused(void **state)
{
	struct way way;
	struct route *route;

	(void)state;
	way_open(&way);
	was(&way, "10.244.2.0/24 via 10.0.0.12 metric 68026 proto 67");
	route = rows_at(&way.undo.before.state.rows[CHANGE_ROUTE], 0);
	route->flags |= ROUTE_ODD;
	plan_back(&way, NOW("10.244.2.0/24 via 10.0.0.12 metric 68026 proto 67"));
	assert_int_equal(plan_change_count(&way.picture.plan), 1);
	assert_int_equal(plan_change_at(&way.picture.plan, 0)->result, CHANGE_FAILED);
	way_close(&way);
}

static void add_link(struct links *links, uint32_t index, const char *alias, uint32_t vni)
{
	struct device device = vxlan_device(AF_INET);
	struct link link = vxlan_link(&device, index);

	link.vxlan.vni = vni;
	(void)snprintf(link.alias, sizeof(link.alias), "%s", alias);
	assert_int_equal(rows_add(&links->links, &link), 0);
}

static void devices_are_made_mended_and_removed_in_order(void **state)
{
	struct undo_step steps[UNDO_STEPS_MOST];
	struct link *mended;
	struct way way;

	(void)state;
	way_open(&way);
	add_link(&way.undo.before.links, OURS, "croute", 1);
	add_link(&way.undo.before.links, OURS + 1, "", 7);
	add_link(&way.now, OURS + 1, "croute", 7);
	mended = rows_at(&way.now.links, 0);
	mended->mtu = 1300;
	add_link(&way.now, OURS + 2, "croute", 1); /* instead of the one that is gone */
	add_link(&way.now, OURS + 3, "croute", 9);
	(void)snprintf(((struct link *)rows_at(&way.now.links, 2))->name, LINK_NAME_MAX, "new");
	assert_int_equal(undo_plan_devices(&way.undo, &way.now, steps), 4);
	assert_int_equal(steps[0].action, UNDO_CLEAR);
	assert_int_equal(steps[0].now->index, OURS + 2);
	assert_int_equal(steps[1].action, UNDO_MAKE);
	assert_int_equal(steps[1].before->index, OURS);
	assert_int_equal(steps[2].action, UNDO_MEND);
	assert_int_equal(steps[2].parts, DEVICE_PART_MTU | DEVICE_PART_ALIAS);
	assert_int_equal(steps[3].action, UNDO_REMOVE);
	assert_int_equal(steps[3].now->index, OURS + 3);
	way_close(&way);
}

/* Of then or of now: a record of one kernel may be undone under another look. */
static void what_the_kernel_left_out_is_not_put_back(void **state)
{
	struct undo_step steps[UNDO_STEPS_MOST];
	struct link *links[2];
	struct way way;

	(void)state;
	way_open(&way);
	add_link(&way.undo.before.links, OURS, "croute", 1);
	add_link(&way.now, OURS, "croute", 1);
	links[0] = rows_at(&way.undo.before.links.links, 0);
	links[1] = rows_at(&way.now.links, 0);
	for (int i = 0; i < 2; i++) {
		links[i]->addrgenmode = 0;
		assert_int_equal(undo_plan_devices(&way.undo, &way.now, steps), 1);
		assert_int_equal(steps[0].parts, DEVICE_PART_MODE);
		links[i]->unknown = DEVICE_PART_MODE;
		assert_int_equal(undo_plan_devices(&way.undo, &way.now, steps), 0);
		links[i]->unknown = 0;
		links[i]->addrgenmode = DEVICE_MODE_NONE;
	}
	way_close(&way);
}

static void a_device_of_others_is_none_of_it(void **state)
{
	struct undo_step steps[UNDO_STEPS_MOST];
	struct neigh neigh = {.link = OTHER, .ip = {.family = AF_INET}, .state = NUD_PERMANENT};
	struct way way;

	(void)state;
	way_open(&way);
	add_link(&way.undo.before.links, OTHER, "", 5);
	add_link(&way.undo.before.links, OTHER + 1, "", 6);
	add_link(&way.now, OTHER, "theirs", 5);
	add_link(&way.now, OTHER + 2, "", 8);
	assert_int_equal(rows_add(&way.undo.before.state.rows[CHANGE_NEIGH], &neigh), 0);
	assert_int_equal(undo_plan_devices(&way.undo, &way.now, steps), 0);
	assert_int_equal(undo_want(&way.undo, &way.now, &way.picture.desired), 0);
	assert_int_equal(way.picture.desired.want.rows[CHANGE_NEIGH].count, 0);
	way_close(&way);
}

/* Two routes of two next hops, which were on one key: the first comes back, whole. */
static void a_route_comes_back_with_all_its_next_hops(void **state)
{
	static const char *const hops[] = {"10.0.0.12", "10.0.0.13", "10.0.0.14", "10.0.0.15"};
	struct route_hops whole;
	struct way way;
	char words[60];

	(void)state;
	way_open(&way);
	for (uint32_t i = 0; i < 4; i++) {
		struct route route;

		(void)snprintf(words, sizeof(words), "10.244.2.0/24 via %s metric 68026", hops[i]);
		route = world_route(words);
		route.hops = 2;
		assert_int_equal(rows_add(&way.undo.before.state.rows[CHANGE_ROUTE], &route), 0);
	}
	plan_back(&way, NOW("10.244.2.0/24 via 10.0.0.12 metric 68026"));
	assert_int_equal(plan_change_count(&way.picture.plan), 1);
	assert_int_equal(action_at(&way, 0), CHANGE_REPLACE);
	whole = picture_hops(&way.picture, plan_change_at(&way.picture.plan, 0));
	assert_int_equal(whole.count, 2);
	assert_int_equal(whole.at[1]->gateway[3], 13);
	way_close(&way);
}

static void an_address_that_differs_is_a_step(void **state)
{
	struct link_address address = {
		.ip = {.family = AF_INET, .bytes = {10, 244, 1}}, .len = 32, .link = OURS};
	struct undo_step steps[UNDO_STEPS_MOST];
	struct way way;

	(void)state;
	way_open(&way);
	add_link(&way.undo.before.links, OURS, "croute", 1);
	add_link(&way.now, OURS, "croute", 1);
	assert_int_equal(undo_plan_devices(&way.undo, &way.now, steps), 0);
	assert_int_equal(rows_add(&way.now.addresses, &address), 0);
	assert_int_equal(undo_plan_devices(&way.undo, &way.now, steps), 1);
	assert_int_equal(steps[0].action, UNDO_MEND);
	assert_int_equal(steps[0].parts, 0);
	assert_false(undo_has_address(&way.undo.before.links, &address));
	assert_true(undo_has_address(&way.now, &address));
	way_close(&way);
}

static void the_result_is_told_in_words(void **state)
{
	struct undo_result result = {.added = 1,
				     .changed = 2,
				     .removed = 1792,
				     .devices = 1,
				     .entries = 3,
				     .tables = 1,
				     .failed = 1};
	struct undo_result nothing = {0};
	char text[256] = "";
	struct buf buf = BUF_OVER(text);

	(void)state;
	undo_describe(&buf, &result);
	assert_string_equal(text, "1 route added again, 2 routes changed back, 1,792 routes "
				  "removed, 1 device put back, 3 neighbour and FDB entries put "
				  "right, 1 nftables table put back, 1 failed");
	buf = BUF_OVER(text);
	undo_describe(&buf, &nothing);
	assert_string_equal(text, "there was nothing to undo");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_went_comes_back_and_what_came_goes),
		cmocka_unit_test(what_is_as_it_was_needs_nothing),
		cmocka_unit_test(a_foreign_route_that_was_removed_comes_back_as_it_was),
		cmocka_unit_test(a_foreign_route_that_was_not_there_is_never_named),
		cmocka_unit_test(what_croute_cannot_write_is_refused),
		cmocka_unit_test(devices_are_made_mended_and_removed_in_order),
		cmocka_unit_test(what_the_kernel_left_out_is_not_put_back),
		cmocka_unit_test(a_device_of_others_is_none_of_it),
		cmocka_unit_test(a_route_comes_back_with_all_its_next_hops),
		cmocka_unit_test(an_address_that_differs_is_a_step),
		cmocka_unit_test(the_result_is_told_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
