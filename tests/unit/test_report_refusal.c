/* test_report_refusal.c - the kernel's words, and how many routes stand anyway. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/report/report.h"

#include "peers.h"

#include <errno.h>

#define HEAD                                                                                       \
	"version: 1\n"                                                                             \
	"nodes:\n"                                                                                 \
	"  - {name: worker-1, address: 10.0.0.11, podCIDRs: 10.244.1.0/24}\n"
/* In line 4. */
#define TWO "  - {name: worker-2, address: 10.0.0.12, podCIDRs: 10.244.2.0/24}\n"
#define THREE "  - {name: worker-3, address: 10.0.0.13, podCIDRs: 10.244.3.0/24}\n"
#define FIVE "  - {name: worker-5, address: 10.0.0.15, podCIDRs: 10.244.5.0/24}\n"

/* The change of a kind and action that is the first of its kind in a plan. */
static uint32_t find(const struct world *world, enum change_kind kind, enum change_action action)
{
	for (uint32_t i = 0; i < plan_change_count(&world->picture.plan); i++) {
		const struct change *change = plan_change_at(&world->picture.plan, i);

		if (change->kind == kind && change->action == action)
			return i;
	}
	fail_msg("there is no such change");
	return 0;
}

/* The kernel refuses the i-th change and takes all others. */
static void refuse(struct world *world, uint32_t i)
{
	for (uint32_t j = 0; j < plan_change_count(&world->picture.plan); j++) {
		struct change *change = plan_change_at(&world->picture.plan, j);

		if (change->result == CHANGE_PLANNED)
			change->result = CHANGE_APPLIED;
	}
	plan_set_failed(&world->picture.plan, i, ENETUNREACH, "Nexthop has invalid gateway");
}

static void assert_words(struct world *world, uint32_t i, const char *words)
{
	struct report report = world_report(world);
	char text[REPORT_LINE_MAX];
	struct buf buf = BUF_OVER(text);

	report_refusal(&buf, &report, plan_change_at(&world->picture.plan, i));
	if (strstr(text, words) == NULL)
		fail_msg("not \"%s\": %s", words, text);
}

/* `rows` are in the kernel; the first change of that kind is refused. */
static void refuse_route(const char *yaml, const char *const rows[], enum change_action action,
			 const char *words)
{
	struct world world = {0};
	uint32_t i;

	world_open(&world, yaml);
	for (; *rows != NULL; rows++)
		world_put_pod(&world, *rows);
	world_pass(&world);
	i = find(&world, CHANGE_ROUTE, action);
	refuse(&world, i);
	assert_words(&world, i, words);
	world_close(&world);
}

#define KERNEL(...) ((const char *const[]){__VA_ARGS__, NULL})
#define SAYS "the kernel says \"Nexthop has invalid gateway\" (ENETUNREACH)"
#define ROUTE_2 "10.244.2.0/24 via 10.0.0.12"
#define ROUTE_3 "10.244.3.0/24 via 10.0.0.13"
#define ROUTE_9 "10.244.9.0/24 via 10.0.0.19"

static void reads_like_a_compiler_error(void **state)
{
	(void)state;
	refuse_route(HEAD TWO THREE FIVE, KERNEL(ROUTE_3), CHANGE_ADD,
		     "nodes.yaml:4:5: error: route " ROUTE_2 " dev eth1: " SAYS
		     "; the other 2 routes are in place");
}

static void one_other_route_is_not_many(void **state)
{
	(void)state;
	refuse_route(HEAD TWO THREE, KERNEL(ROUTE_3), CHANGE_ADD,
		     SAYS "; the other route is in place");
}

static void a_gateway_that_is_not_on_the_link_is_named(void **state)
{
	(void)state;
	refuse_route(HEAD "  - {name: worker-7, address: 10.9.0.17, podCIDRs: 10.244.7.0/24}\n",
		     KERNEL(NULL), CHANGE_ADD,
		     SAYS ": 10.9.0.17 is not on the link; use backend vxlan, or via or offLink: "
			  "router");
	refuse_route(HEAD "routes:\n  - {to: 10.50.0.0/16, via: 10.9.0.1, dev: eth1}\n",
		     KERNEL(NULL), CHANGE_ADD, SAYS ": 10.9.0.1 is not on the link");
}

static void without_others_there_is_nothing_to_say_of_them(void **state)
{
	struct world world = {0};
	struct report report;
	char text[REPORT_LINE_MAX];
	struct buf buf = BUF_OVER(text);

	(void)state;
	world_open(&world, HEAD TWO);
	world_pass(&world);
	refuse(&world, 0);
	report = world_report(&world);
	report_refusal(&buf, &report, plan_change_at(&world.picture.plan, 0));
	assert_null(strstr(text, "in place"));
	world_close(&world);
}

/* What was to go and did not is in place, however few others the file asks for. */
static void routes_that_stay_are_in_place(void **state)
{
	struct world world = {0};

	(void)state;
	world_open(&world, HEAD TWO THREE);
	world_put_pod(&world, ROUTE_9);
	world_put_pod(&world, "10.244.8.0/24 via 10.0.0.18");
	world_put_pod(&world, "10.244.7.0/24 via 10.0.0.17");
	world_pass(&world);
	refuse(&world, find(&world, CHANGE_ROUTE, CHANGE_ADD));
	for (uint32_t i = 0; i < plan_change_count(&world.picture.plan); i++) {
		struct change *change = plan_change_at(&world.picture.plan, i);

		if (change->action == CHANGE_DELETE)
			change->result = CHANGE_HELD;
	}
	/* Three that are held, and one that was added. */
	assert_words(&world, find(&world, CHANGE_ROUTE, CHANGE_ADD),
		     SAYS "; the other 4 routes are in place");
	world_close(&world);
}

static void a_wrong_route_is_not_in_place(void **state)
{
	(void)state;
	refuse_route(HEAD TWO THREE, KERNEL("10.244.2.0/24 via 10.0.0.99", ROUTE_3), CHANGE_REPLACE,
		     SAYS "; the other route is in place");
}

static void one_that_could_not_be_deleted_is_not_among_the_others(void **state)
{
	(void)state;
	refuse_route(HEAD TWO, KERNEL(ROUTE_2, ROUTE_9), CHANGE_DELETE,
		     SAYS "; the other route is in place");
}

static void the_route_of_the_same_peer_is_no_other(void **state)
{
	struct world world;
	uint32_t i;

	(void)state;
	peers_open(&world, PEERS_HEAD PEERS_TWO PEERS_THREE);
	world_plan(&world);
	i = find(&world, CHANGE_FDB, CHANGE_ADD);
	refuse(&world, i);
	/* Of worker-3, whose entry it is, the other podCIDR, and both of worker-2. */
	assert_words(&world, i, SAYS "; the other 3 routes are in place");
	plan_set_failed(&world.picture.plan, find(&world, CHANGE_ROUTE, CHANGE_ADD) + 1, ENOMEM,
			"");
	assert_words(&world, i, SAYS "; the other 3 routes are in place");
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_like_a_compiler_error),
		cmocka_unit_test(one_other_route_is_not_many),
		cmocka_unit_test(a_gateway_that_is_not_on_the_link_is_named),
		cmocka_unit_test(without_others_there_is_nothing_to_say_of_them),
		cmocka_unit_test(routes_that_stay_are_in_place),
		cmocka_unit_test(a_wrong_route_is_not_in_place),
		cmocka_unit_test(one_that_could_not_be_deleted_is_not_among_the_others),
		cmocka_unit_test(the_route_of_the_same_peer_is_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
