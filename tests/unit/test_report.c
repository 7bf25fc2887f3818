/* test_report.c - plan lines as SPEC 3 shows them. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/report/report.h"

#include "world.h"

#include <errno.h>

/* The entries of worker-2, -3, -5 and -6 begin in lines 14, 17, 20 and 23. */
#define NODES                                                                                      \
	"version: 1\n"                                                                             \
	"podNetwork: [10.244.0.0/16]\n"                                                            \
	"backend:\n"                                                                               \
	"  type: host-gw\n"                                                                        \
	"kernel:\n"                                                                                \
	"  protocol: 67\n"                                                                         \
	"  metric: 67000\n"                                                                        \
	"guard:\n"                                                                                 \
	"  maxDelete: 30%\n"                                                                       \
	"nodes:\n"                                                                                 \
	"  - name: worker-1\n    address: 10.0.0.11\n    podCIDRs: 10.244.1.0/24\n"                \
	"  - name: worker-2\n    address: 10.0.0.12\n    podCIDRs: 10.244.2.0/24\n"                \
	"  - name: worker-3\n    address: 10.0.0.13\n    podCIDRs: 10.244.3.0/24\n"                \
	"  - name: worker-5\n    address: 10.0.0.15\n    podCIDRs: 10.244.5.0/24\n"                \
	"  - name: worker-6\n    address: 10.0.0.16\n    podCIDRs: 10.244.6.0/24\n"

struct lines {
	char text[32][REPORT_LINE_MAX];
	uint32_t count;
};

static void take_lines(const struct report *report, struct lines *lines)
{
	struct buf buf;

	lines->count = 0;
	for (uint32_t i = 0; i < plan_change_count(&report->picture->plan); i++) {
		buf = BUF_OVER(lines->text[lines->count++]);
		report_change(&buf, report, plan_change_at(&report->picture->plan, i));
	}
	for (uint32_t i = 0; i < desired_unmet_count(&report->picture->desired); i++) {
		buf = BUF_OVER(lines->text[lines->count++]);
		report_unmet(&buf, report, desired_unmet_at(&report->picture->desired, i));
	}
}

static void assert_summary(const struct report *report, const char *wanted)
{
	char text[REPORT_LINE_MAX];
	struct buf buf = BUF_OVER(text);

	world_summarize(report);
	report_summary(&buf, report);
	assert_string_equal(text, wanted);
}

/* The lines of a dry run, or of a real pass. */
static struct report pass(struct world *world, const char *yaml, const char *const rows[])
{
	*world = (struct world){0};
	world_open(world, yaml);
	for (; *rows != NULL; rows++)
		world_put(world, *rows);
	world_pass(world);
	return world_report(world);
}

#define PASS(world, yaml, ...) pass(world, yaml, (const char *const[]){__VA_ARGS__, NULL})

/* The host of the example in SPEC 3. */
static struct report example(struct world *world)
{
	return PASS(world, NODES, "10.244.3.0/24 via 10.0.0.99 metric 68027",
		    "10.244.9.0/24 via 10.0.0.19 metric 68033",
		    "10.244.5.0/24 via 10.0.0.1 proto 4 metric 68029",
		    "10.244.6.0/24 dev 3 proto 2", "10.244.6.0/24 via 10.0.0.16 metric 68030");
}

static void says_what_the_contract_shows(void **state)
{
	static const char *const wanted[] = {
		"+ route 10.244.2.0/24 via 10.0.0.12 dev eth1        worker-2  nodes.yaml:14:5",
		"~ route 10.244.3.0/24 via 10.0.0.13 dev eth1        worker-3  nodes.yaml:17:5   "
		"was via 10.0.0.99",
		"x route 10.244.5.0/24 via 10.0.0.15 dev eth1        conflict: 10.244.5.0/24 via "
		"10.0.0.1 proto static metric 68029",
		"s route 10.244.6.0/24 via 10.0.0.16 dev eth1        shadowed by 10.244.6.0/24 dev "
		"cni0 proto kernel metric 0",
		"- route 10.244.9.0/24 via 10.0.0.19 dev eth1        not in the file",
	};
	struct world world;
	struct report report = example(&world);
	struct lines lines;

	(void)state;
	take_lines(&report, &lines);
	assert_int_equal(lines.count, 5);
	for (uint32_t i = 0; i < 5; i++)
		assert_string_equal(lines.text[i], wanted[i]);
	assert_summary(&report, "Plan: 1 to add, 1 to change, 1 to delete, 0 held, 1 in conflict, "
				"1 shadowed, 1 unchanged.");
	world_close(&world);
}

static void a_held_deletion_says_how_much_would_go(void **state)
{
	static const char *const rows[] = {
		"10.244.7.0/24 via 10.0.0.17 metric 68031",
		"10.244.8.0/24 via 10.0.0.18 metric 68032",
		"10.244.9.0/24 via 10.0.0.19 metric 68033",
		"10.244.10.0/24 via 10.0.0.20 metric 68034",
		NULL,
	};
	struct world world;
	struct report report = pass(&world, NODES, rows);
	struct lines lines;

	(void)state;
	assert_true(world.picture.guard.held);
	world.picture.guard.leaving = 12;
	world.picture.guard.owned = 20;
	take_lines(&report, &lines);
	assert_string_equal(lines.text[4],
			    "! route 10.244.7.0/24 via 10.0.0.17 dev eth1        held: 12 of 20 "
			    "destinations would go, over guard.maxDelete 30%");
	assert_summary(&report, "Plan: 4 to add, 0 to change, 0 to delete, 4 held, 0 in conflict, "
				"0 shadowed, 0 unchanged.");
	world.config.guard.max_delete = 2;
	world.config.guard.max_delete_is_percent = false;
	take_lines(&report, &lines);
	assert_non_null(strstr(lines.text[4], "over guard.maxDelete 2"));
	assert_null(strstr(lines.text[4], "%"));
	world_close(&world);
}

static void a_real_pass_ends_each_line_in_what_happened(void **state)
{
	static const char *const wanted[] = {
		"+ route 10.244.2.0/24 via 10.0.0.12 dev eth1        worker-2  nodes.yaml:14:5   "
		"failed: Nexthop has invalid gateway",
		"~ route 10.244.3.0/24 via 10.0.0.13 dev eth1        worker-3  nodes.yaml:17:5   "
		"was via 10.0.0.99   changed",
		"x route 10.244.5.0/24 via 10.0.0.15 dev eth1        conflict: 10.244.5.0/24 via "
		"10.0.0.1 proto static metric 68029",
		"s route 10.244.6.0/24 via 10.0.0.16 dev eth1        shadowed by 10.244.6.0/24 dev "
		"cni0 proto kernel metric 0",
		"- route 10.244.9.0/24 via 10.0.0.19 dev eth1        not in the file   deleted",
	};
	struct world world;
	struct report report = example(&world);
	struct lines lines;

	(void)state;
	report.applied = true;
	plan_set_failed(&world.picture.plan, 0, ENETUNREACH, "Nexthop has invalid gateway");
	plan_change_at(&world.picture.plan, 1)->result = CHANGE_APPLIED;
	plan_change_at(&world.picture.plan, 4)->result = CHANGE_APPLIED;
	take_lines(&report, &lines);
	for (uint32_t i = 0; i < 5; i++)
		assert_string_equal(lines.text[i], wanted[i]);
	assert_summary(&report, "Applied: 0 added, 1 changed, 1 deleted, 0 held, 1 in conflict, "
				"1 shadowed, 1 failed, 1 unchanged.");
	world_close(&world);
}

static void a_line_that_was_not_reached_says_so(void **state)
{
	struct world world;
	struct report report = PASS(&world, NODES, NULL);
	struct lines lines;

	(void)state;
	report.applied = true;
	plan_change_at(&world.picture.plan, 0)->result = CHANGE_APPLIED;
	take_lines(&report, &lines);
	assert_string_equal(
		lines.text[0],
		"+ route 10.244.2.0/24 via 10.0.0.12 dev eth1        worker-2  nodes.yaml:14:5   "
		"added");
	assert_string_equal(
		lines.text[1],
		"+ route 10.244.3.0/24 via 10.0.0.13 dev eth1        worker-3  nodes.yaml:17:5   "
		"not tried");
	world_close(&world);
}

static void a_static_route_tells_all_that_is_not_plain(void **state)
{
	struct world world;
	struct report report = PASS(&world,
				    NODES "routes:\n"
					  "  - {to: 10.96.0.0/12, via: 10.0.0.1, from: 10.0.0.11,"
					  " metric: 50, table: 100, mtu: 1400, onLink: true}\n"
					  "  - {to: 192.0.2.0/24, type: blackhole}\n"
					  "  - {to: default, via: 10.0.0.1, metric: 9}\n",
				    NULL);
	struct lines lines;
	bool found[3] = {false};

	(void)state;
	take_lines(&report, &lines);
	for (uint32_t i = 0; i < lines.count; i++) {
		found[0] |= strcmp(lines.text[i],
				   "+ route 10.96.0.0/12 via 10.0.0.1 dev eth1 table 100 metric 50 "
				   "src 10.0.0.11 mtu 1400 onlink  nodes.yaml:27:5") == 0;
		found[1] |= strcmp(lines.text[i],
				   "+ route blackhole 192.0.2.0/24                      "
				   "nodes.yaml:28:5") == 0;
		found[2] |= strcmp(lines.text[i],
				   "+ route default via 10.0.0.1 dev eth1 metric 9      "
				   "nodes.yaml:29:5") == 0;
	}
	assert_true(found[0]);
	assert_true(found[1]);
	assert_true(found[2]);
	world_close(&world);
}

static void unmet_entries_say_what_they_wait_for(void **state)
{
	static const char *const wanted[] = {
		". route 10.96.0.0/12                                nodes.yaml:27:5   pending: "
		"waits for interface eth9",
		"= route 10.112.0.0/12 via 10.0.0.11                 nodes.yaml:28:5   not needed: "
		"this host itself is the gateway",
		"x route blackhole 10.0.0.12/32                      nodes.yaml:29:5   failed: it "
		"would take over the way to worker-2 at 10.0.0.12",
	};
	struct world world;
	struct report report = PASS(&world,
				    NODES "routes:\n"
					  "  - {to: 10.96.0.0/12, dev: eth9}\n"
					  "  - {to: 10.112.0.0/12, via: 10.0.0.11}\n"
					  "  - {to: 10.0.0.12, type: blackhole}\n",
				    NULL);
	struct lines lines;

	(void)state;
	take_lines(&report, &lines);
	assert_int_equal(lines.count, 7);
	for (uint32_t i = 0; i < 3; i++)
		assert_string_equal(lines.text[4 + i], wanted[i]);
	assert_summary(&report, "Plan: 4 to add, 0 to change, 0 to delete, 0 held, 0 in conflict, "
				"0 shadowed, 1 failed, 1 pending, 0 unchanged.");
	world_close(&world);
}

static void a_change_tells_each_part_that_was_otherwise(void **state)
{
	struct world world;
	struct report report = PASS(&world, NODES,
				    "10.244.2.0/24 dev 3 src 10.0.0.11 mtu 1400 metric 68026",
				    "10.244.3.0/24 dev 0 type 6 metric 68027",
				    "10.244.5.0/24 via 10.0.0.15 dev 77 metric 68029");
	struct lines lines;

	(void)state;
	take_lines(&report, &lines);
	assert_non_null(strstr(lines.text[0], "   was dev cni0 src 10.0.0.11 mtu 1400"));
	assert_non_null(strstr(lines.text[1], "   was blackhole"));
	assert_non_null(strstr(lines.text[2], "   was dev if77"));
	world_close(&world);
}

static void a_next_hop_that_another_program_joined_is_a_conflict(void **state)
{
	struct world world;
	struct report report = example(&world);
	struct change *change = plan_change_at(&world.picture.plan, 4);
	char text[REPORT_LINE_MAX] = "";
	struct buf line = BUF_OVER(text);

	(void)state;
	assert_int_equal(change->want, CHANGE_NO_ROW);
	change->result = CHANGE_CONFLICT;
	report_change(&line, &report, change);
	assert_string_equal(text, "x route 10.244.9.0/24 via 10.0.0.19 dev eth1        conflict: "
				  "another program joined this next hop to the route");
	world_close(&world);
}

static void a_surplus_row_says_that_it_is_one(void **state)
{
	struct world world;
	struct report report = PASS(&world, NODES, "10.244.2.0/24 via 10.0.0.12 metric 68026",
				    "10.244.2.0/24 via 10.0.0.99 metric 68026");
	struct lines lines;

	(void)state;
	take_lines(&report, &lines);
	assert_string_equal(lines.text[0], "- route 10.244.2.0/24 via 10.0.0.99 dev eth1        "
					   "surplus on its key");
	world_close(&world);
}

static void a_route_that_leads_the_same_way_is_a_note(void **state)
{
	struct world world;
	struct report report = PASS(&world, NODES, "10.244.2.0/24 via 10.0.0.12 proto 3");
	char text[REPORT_LINE_MAX];
	struct buf buf = BUF_OVER(text);

	(void)state;
	report_note(&buf, &report, 0);
	assert_string_equal(
		text, "= route 10.244.2.0/24 via 10.0.0.12 dev eth1        note: leads the same "
		      "way as 10.244.2.0/24 via 10.0.0.12 proto boot metric 0");
	world_close(&world);
}

static void names_from_outside_cannot_drive_a_terminal(void **state)
{
	struct world world = {0};
	struct report report;
	struct lines lines;

	(void)state;
	world_open(&world, NODES);
	world.file = "no\033[2Jdes.yaml";
	(void)snprintf(((struct link *)rows_at(&world.picture.links.links, 1))->name, LINK_NAME_MAX,
		       "eth\033[1m\xff");
	world_pass(&world);
	report = world_report(&world);
	take_lines(&report, &lines);
	assert_string_equal(lines.text[0], "+ route 10.244.2.0/24 via 10.0.0.12 dev eth?[1m?    "
					   "worker-2  no?[2Jdes.yaml:14:5");
	world_close(&world);
}

static void without_a_file_every_metric_is_told(void **state)
{
	struct world world;
	struct report report = PASS(&world, NODES, "10.244.9.0/24 via 10.0.0.19 metric 68033");
	struct lines lines;

	(void)state;
	desired_reset(&world.picture.desired);
	world.picture.config = NULL;
	assert_int_equal(plan_build(&world.picture), 0);
	take_lines(&report, &lines);
	assert_int_equal(lines.count, 1);
	assert_non_null(
		strstr(lines.text[0], "- route 10.244.9.0/24 via 10.0.0.19 dev eth1 metric 68033"));
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_the_contract_shows),
		cmocka_unit_test(a_held_deletion_says_how_much_would_go),
		cmocka_unit_test(a_real_pass_ends_each_line_in_what_happened),
		cmocka_unit_test(a_line_that_was_not_reached_says_so),
		cmocka_unit_test(a_static_route_tells_all_that_is_not_plain),
		cmocka_unit_test(unmet_entries_say_what_they_wait_for),
		cmocka_unit_test(a_change_tells_each_part_that_was_otherwise),
		cmocka_unit_test(a_next_hop_that_another_program_joined_is_a_conflict),
		cmocka_unit_test(a_surplus_row_says_that_it_is_one),
		cmocka_unit_test(a_route_that_leads_the_same_way_is_a_note),
		cmocka_unit_test(names_from_outside_cannot_drive_a_terminal),
		cmocka_unit_test(without_a_file_every_metric_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
