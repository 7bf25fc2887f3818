/* test_report_peers.c - a peer is one line; its parts are behind -v. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/report/report.h"

#include "peers.h"

#include <errno.h>

#define FOUR(address, rest)                                                                        \
	"  - {name: worker-4, address: " address ", podCIDRs: 10.244.4.0/24" rest "}\n"
#define MAC_A ", vtepMAC: '02:00:00:00:00:0a'"
#define MAC_B ", vtepMAC: '02:00:00:00:00:0b'"

/* What is told, line by line. */
struct told {
	char text[32][REPORT_LINE_MAX];
	uint32_t count;
};

static void tell(const struct report *report, struct told *told)
{
	world_summarize(report);
	told->count = 0;
	for (uint32_t i = 0; i < plan_change_count(&report->picture->plan); i++) {
		const struct change *change = plan_change_at(&report->picture->plan, i);
		struct buf buf = BUF_OVER(told->text[told->count]);

		if (!report_tells(report, change))
			continue;
		report_change(&buf, report, change);
		told->count++;
	}
}

/* The lines of a plan; `parts` as -v sets it. */
static void assert_told(struct world *world, bool parts, const char *const lines[])
{
	struct report report = world_report(world);
	struct told told;
	uint32_t count = 0;

	report.parts = parts;
	tell(&report, &told);
	for (; lines[count] != NULL; count++) {
		assert_true(count < told.count);
		assert_string_equal(told.text[count], lines[count]);
	}
	assert_int_equal(told.count, count);
}

#define ASSERT_TOLD(world, parts, ...)                                                             \
	assert_told(world, parts, (const char *const[]){__VA_ARGS__, NULL})

static void a_new_peer_is_one_line(void **state)
{
	struct world world;

	(void)state;
	peers_open(&world, PEERS_HEAD PEERS_TWO);
	world_plan(&world);
	ASSERT_TOLD(&world, false,
		    "+ peer worker-2 10.0.0.12 mac " PEERS_MAC_2 " subnet 10.244.2.0/24  "
		    "nodes.yaml:5:5",
		    "+ peer worker-2 fd00::12 mac " PEERS_MAC6_2 " subnet fd10:244:2::/64  "
		    "nodes.yaml:5:5");
	world_close(&world);
}

static void its_parts_are_told_on_request(void **state)
{
	struct world world;

	(void)state;
	peers_open(&world, PEERS_HEAD FOUR("10.0.0.14", MAC_A));
	world_plan(&world);
	ASSERT_TOLD(&world, true,
		    "+ fdb 02:00:00:00:00:0a dst 10.0.0.14 dev croute.1  worker-4  nodes.yaml:5:5",
		    "+ neighbour 10.244.4.0 lladdr 02:00:00:00:00:0a dev croute.1  worker-4  "
		    "nodes.yaml:5:5",
		    "+ peer worker-4 10.0.0.14 mac 02:00:00:00:00:0a subnet 10.244.4.0/24  "
		    "nodes.yaml:5:5");
	world_close(&world);
}

static void a_changed_mac_is_one_line_with_the_one_that_was(void **state)
{
	struct world world;

	(void)state;
	peers_open_after(&world, PEERS_HEAD FOUR("10.0.0.14", MAC_A),
			 PEERS_HEAD FOUR("10.0.0.14", MAC_B));
	ASSERT_TOLD(&world, false,
		    "~ peer worker-4 10.0.0.14 mac 02:00:00:00:00:0b subnet 10.244.4.0/24  "
		    "nodes.yaml:5:5   was 10.244.4.0 lladdr 02:00:00:00:00:0a dev croute.1");
	world_close(&world);
}

static void a_changed_address_is_one_line_with_the_one_that_was(void **state)
{
	struct world world;

	(void)state;
	peers_open_after(&world, PEERS_HEAD FOUR("10.0.0.14", MAC_A),
			 PEERS_HEAD FOUR("10.0.0.99", MAC_A));
	ASSERT_TOLD(&world, false,
		    "~ peer worker-4 10.0.0.99 mac 02:00:00:00:00:0a subnet 10.244.4.0/24  "
		    "nodes.yaml:5:5   was 02:00:00:00:00:0a dst 10.0.0.14 dev croute.1");
	world_close(&world);
}

static void a_lost_part_is_a_change_of_the_peer(void **state)
{
	struct world world;
	struct report report;
	struct told told;

	(void)state;
	peers_open(&world, PEERS_HEAD FOUR("10.0.0.14", MAC_A));
	peers_settle(&world);
	peers_lose(&world, CHANGE_NEIGH);
	world_plan(&world);
	ASSERT_TOLD(&world, false,
		    "~ peer worker-4 10.0.0.14 mac 02:00:00:00:00:0a subnet 10.244.4.0/24  "
		    "nodes.yaml:5:5");
	report = world_report(&world);
	report.applied = true;
	plan_change_at(&world.picture.plan, 0)->result = CHANGE_APPLIED;
	tell(&report, &told);
	assert_non_null(strstr(told.text[0], "nodes.yaml:5:5   changed"));
	world_close(&world);
}

static void a_peer_that_goes_shows_what_is_left_of_it(void **state)
{
	struct world world;

	(void)state;
	peers_open_after(&world, PEERS_HEAD PEERS_TWO FOUR("10.0.0.14", MAC_A),
			 PEERS_HEAD PEERS_TWO);
	ASSERT_TOLD(&world, false,
		    "- peer 10.0.0.14 mac 02:00:00:00:00:0a subnet 10.244.4.0/24  not in the file");
	ASSERT_TOLD(&world, true,
		    "- fdb 02:00:00:00:00:0a dst 10.0.0.14 dev croute.1  not in the file",
		    "- neighbour 10.244.4.0 lladdr 02:00:00:00:00:0a dev croute.1  not in the file",
		    "- peer 10.0.0.14 mac 02:00:00:00:00:0a subnet 10.244.4.0/24  not in the file");
	world_close(&world);
}

static void an_extra_entry_is_told_where_nothing_else_is(void **state)
{
	struct world world;

	(void)state;
	peers_open(&world, PEERS_HEAD FOUR("10.0.0.14", MAC_A));
	peers_settle(&world);
	peers_put_fdb(&world, "02:00:00:00:00:99", "10.0.0.99");
	world_plan(&world);
	ASSERT_TOLD(&world, false,
		    "- fdb 02:00:00:00:00:99 dst 10.0.0.99 dev croute.1  not in the file");
	peers_lose(&world, CHANGE_ROUTE);
	world_plan(&world);
	ASSERT_TOLD(&world, false,
		    "+ peer worker-4 10.0.0.14 mac 02:00:00:00:00:0a subnet 10.244.4.0/24  "
		    "nodes.yaml:5:5");
	world_close(&world);
}

static void a_refused_part_is_always_told_with_its_reason(void **state)
{
	char text[REPORT_LINE_MAX];
	struct buf buf = BUF_OVER(text);
	struct report report;
	struct world world;
	struct told told;

	(void)state;
	peers_open(&world, PEERS_HEAD FOUR("10.0.0.14", MAC_A));
	world_plan(&world);
	plan_set_failed(&world.picture.plan, 0, EPERM, "Operation not permitted");
	report = world_report(&world);
	tell(&report, &told);
	assert_int_equal(told.count, 2);
	report_refusal(&buf, &report, plan_change_at(&world.picture.plan, 0));
	assert_string_equal(text, "nodes.yaml:5:5: error: fdb 02:00:00:00:00:0a dst 10.0.0.14 dev "
				  "croute.1: the kernel says \"Operation not permitted\" (EPERM)");
	world_close(&world);
}

/* `to: 10.9.0.1/32, via: 10.9.0.1, onLink: true` is how a gateway outside every subnet is reached.
 */
static void a_static_route_of_that_shape_is_no_peer(void **state)
{
	struct world world;

	(void)state;
	peers_open(&world,
		   PEERS_HEAD "routes:\n"
			      "  - {to: 10.9.0.1, via: 10.9.0.1, dev: eth1, onLink: true}\n");
	world_plan(&world);
	ASSERT_TOLD(&world, false,
		    "+ route 10.9.0.1/32 via 10.9.0.1 dev eth1 onlink    nodes.yaml:6:5");
	peers_settle(&world);
	desired_reset(&world.picture.desired);
	world_plan(&world);
	ASSERT_TOLD(&world, false,
		    "- route 10.9.0.1/32 via 10.9.0.1 dev eth1 onlink    not in the file");
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_peer_is_one_line),
		cmocka_unit_test(its_parts_are_told_on_request),
		cmocka_unit_test(a_changed_mac_is_one_line_with_the_one_that_was),
		cmocka_unit_test(a_changed_address_is_one_line_with_the_one_that_was),
		cmocka_unit_test(a_lost_part_is_a_change_of_the_peer),
		cmocka_unit_test(a_peer_that_goes_shows_what_is_left_of_it),
		cmocka_unit_test(an_extra_entry_is_told_where_nothing_else_is),
		cmocka_unit_test(a_refused_part_is_always_told_with_its_reason),
		cmocka_unit_test(a_static_route_of_that_shape_is_no_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
