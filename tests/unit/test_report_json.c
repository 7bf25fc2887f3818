/* test_report_json.c - the JSON object of SPEC 3. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/report/report.h"

#include "peers.h"

#include <errno.h>
#include <jansson.h>

/* worker-2's entry begins in line 4, worker-3's in line 5. */
#define NODES                                                                                      \
	"version: 1\n"                                                                             \
	"nodes:\n"                                                                                 \
	"  - {name: worker-1, address: [10.0.0.11, 'fd00::11'], podCIDRs: 10.244.1.0/24}\n"        \
	"  - {name: worker-2, address: 10.0.0.12, podCIDRs: 10.244.2.0/24}\n"                      \
	"  - {name: worker-3, address: 10.0.0.13, podCIDRs: 10.244.3.0/24}\n"

/* What was written, and after how many pieces the writer gives up. */
struct page {
	char text[16384];
	size_t len;
	int pieces;
};

static int take_piece(void *context, const char *text, size_t len)
{
	struct page *page = context;

	if (page->pieces > 0 && --page->pieces == 0)
		return -EPIPE;
	assert_true(page->len + len < sizeof(page->text));
	memcpy(page->text + page->len, text, len);
	page->len += len;
	return 0;
}

static json_t *json_of(const struct report *report)
{
	struct page page = {.len = 0};
	json_error_t error;
	json_t *object;

	world_summarize(report);
	assert_int_equal(report_json(report, take_piece, &page), 0);
	assert_int_equal(page.text[page.len - 1], '\n');
	object = json_loadb(page.text, page.len, JSON_REJECT_DUPLICATES, &error);
	if (object == NULL)
		fail_msg("%s: %s", error.text, page.text);
	return object;
}

static void assert_json(const json_t *value, const char *wanted)
{
	char *got = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	assert_non_null(got);
	assert_string_equal(got, wanted);
	free(got); /* jansson's */
}

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

static const json_t *change_at(const json_t *object, size_t i)
{
	return json_array_get(json_object_get(object, "changes"), i);
}

static void is_one_object_of_version_node_interface_changes_summary(void **state)
{
	struct world world;
	struct report report = PASS(&world, NODES, "10.244.2.0/24 via 10.0.0.12 metric 68026",
				    "10.244.3.0/24 via 10.0.0.13 metric 68027");
	json_t *object = json_of(&report);

	(void)state;
	assert_json(object,
		    "{\"version\":1,\"node\":\"worker-1\",\"interface\":{\"name\":\"eth1\","
		    "\"index\":2,\"address\":[\"10.0.0.11\",\"fd00::11\"],\"mtu\":1500},"
		    "\"changes\":[],\"summary\":{\"add\":0,\"change\":0,\"delete\":0,\"held\":0,"
		    "\"conflict\":0,\"shadowed\":0,\"failed\":0,\"pending\":0,\"unchanged\":2}}");
	json_decref(object);
	world_close(&world);
}

static void each_change_has_its_action_text_node_cause_and_result(void **state)
{
	struct world world;
	struct report report = PASS(&world, NODES, "10.244.3.0/24 via 10.0.0.99 metric 68027",
				    "10.244.9.0/24 via 10.0.0.19 metric 68033");
	json_t *object = json_of(&report);

	(void)state;
	assert_json(change_at(object, 0),
		    "{\"action\":\"add\",\"kind\":\"route\","
		    "\"text\":\"10.244.2.0/24 via 10.0.0.12 dev eth1\","
		    "\"destination\":\"10.244.2.0/24\",\"via\":\"10.0.0.12\",\"dev\":\"eth1\","
		    "\"metric\":68026,\"table\":254,\"type\":\"unicast\",\"node\":\"worker-2\","
		    "\"cause\":\"nodes.yaml:4:5\",\"result\":\"planned\"}");
	assert_json(change_at(object, 1),
		    "{\"action\":\"change\",\"kind\":\"route\","
		    "\"text\":\"10.244.3.0/24 via 10.0.0.13 dev eth1\","
		    "\"destination\":\"10.244.3.0/24\",\"via\":\"10.0.0.13\",\"dev\":\"eth1\","
		    "\"metric\":68027,\"table\":254,\"type\":\"unicast\","
		    "\"was\":{\"via\":\"10.0.0.99\"},\"node\":\"worker-3\","
		    "\"cause\":\"nodes.yaml:5:5\",\"result\":\"planned\"}");
	assert_json(change_at(object, 2),
		    "{\"action\":\"delete\",\"kind\":\"route\","
		    "\"text\":\"10.244.9.0/24 via 10.0.0.19 dev eth1\","
		    "\"destination\":\"10.244.9.0/24\",\"via\":\"10.0.0.19\",\"dev\":\"eth1\","
		    "\"metric\":68033,\"table\":254,\"type\":\"unicast\",\"node\":null,"
		    "\"cause\":\"not in the file\",\"result\":\"planned\"}");
	json_decref(object);
	world_close(&world);
}

static void assert_result(const struct report *report, const char *result, const char *error)
{
	json_t *object = json_of(report);
	const json_t *change = change_at(object, 0);

	assert_string_equal(json_string_value(json_object_get(change, "result")), result);
	if (error == NULL)
		assert_null(json_object_get(change, "error"));
	else
		assert_string_equal(json_string_value(json_object_get(change, "error")), error);
	json_decref(object);
}

static void results_are_told_with_their_reason(void **state)
{
	struct world world;
	struct report report = PASS(&world, NODES, NULL);

	(void)state;
	plan_change_at(&world.picture.plan, 0)->result = CHANGE_APPLIED;
	assert_result(&report, "applied", NULL);
	plan_set_failed(&world.picture.plan, 0, ENETUNREACH, "Nexthop has invalid gateway");
	assert_result(&report, "failed", "Nexthop has invalid gateway");
	world_close(&world);
	report = PASS(&world, NODES, "10.244.2.0/24 via 10.0.0.1 proto 4 metric 68026");
	assert_result(&report, "conflict",
		      "conflict: 10.244.2.0/24 via 10.0.0.1 proto static metric 68026");
	world_close(&world);
	report = PASS(&world, NODES, "10.244.2.0/24 dev 3 proto 2");
	assert_result(&report, "shadowed",
		      "shadowed by 10.244.2.0/24 dev cni0 proto kernel metric 0");
	world_close(&world);
}

static void a_held_deletion_says_so(void **state)
{
	struct world world;
	struct report report = PASS(&world, NODES, "10.1.0.0/24 metric 1", "10.2.0.0/24 metric 1",
				    "10.3.0.0/24 metric 1", "10.4.0.0/24 metric 1");
	json_t *object = json_of(&report);

	(void)state;
	assert_json(change_at(object, 0),
		    "{\"action\":\"delete\",\"kind\":\"route\",\"text\":\"10.1.0.0/24 dev eth1 "
		    "metric 1\",\"destination\":\"10.1.0.0/24\",\"dev\":\"eth1\",\"metric\":1,"
		    "\"table\":254,\"type\":\"unicast\",\"node\":null,\"cause\":\"not in the "
		    "file\",\"result\":\"held\","
		    "\"error\":\"held: 4 of 4 destinations would go, over guard.maxDelete 30%\"}");
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(object, "summary"), "held")), 4);
	json_decref(object);
	world_close(&world);
}

static void a_static_route_has_all_its_fields(void **state)
{
	struct world world;
	struct report report = PASS(
		&world,
		NODES "routes:\n  - {to: 10.96.0.0/12, via: 10.0.0.1, from: 10.0.0.11, metric: 50, "
		      "table: 100, mtu: 1400}\n  - {to: 10.97.0.0/16, type: blackhole}\n",
		"10.96.0.0/12 via 10.0.0.1 metric 50 table 100");
	json_t *object = json_of(&report);
	const json_t *change = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < json_array_size(json_object_get(object, "changes")); i++) {
		const char *to =
			json_string_value(json_object_get(change_at(object, i), "destination"));

		if (strcmp(to, "10.96.0.0/12") == 0)
			change = change_at(object, i);
		if (strcmp(to, "10.97.0.0/16") == 0)
			assert_json(json_object_get(change_at(object, i), "type"), "\"blackhole\"");
	}
	assert_json(json_object_get(change, "via"), "\"10.0.0.1\"");
	assert_json(json_object_get(change, "dev"), "\"eth1\"");
	assert_json(json_object_get(change, "metric"), "50");
	assert_json(json_object_get(change, "table"), "100");
	assert_json(json_object_get(change, "type"), "\"unicast\"");
	assert_json(json_object_get(change, "source"), "\"10.0.0.11\"");
	assert_json(json_object_get(change, "mtu"), "1400");
	json_decref(object);
	world_close(&world);
}

static void setbacks_stand_among_the_changes(void **state)
{
	struct world world;
	struct report report = PASS(&world, NODES "routes:\n  - {to: 10.96.0.0/12, dev: eth9}\n",
				    NULL);
	json_t *object = json_of(&report);

	(void)state;
	assert_json(change_at(object, 2),
		    "{\"action\":\"add\",\"kind\":\"route\",\"text\":\"10.96.0.0/12\","
		    "\"destination\":\"10.96.0.0/12\",\"table\":254,\"type\":\"unicast\","
		    "\"node\":null,\"cause\":\"nodes.yaml:7:5\",\"result\":\"pending\","
		    "\"error\":\"waits for interface eth9\"}");
	json_decref(object);
	world_close(&world);
}

static void families_on_different_links_are_told_apart(void **state)
{
	struct world world;
	struct report report = PASS(&world, NODES, NULL);
	json_t *object;

	(void)state;
	world.picture.family[1].link.index = WORLD_ETH3;
	(void)snprintf(world.picture.family[1].link.name, sizeof(world.picture.family[1].link.name),
		       "eth3");
	object = json_of(&report);
	assert_json(json_object_get(object, "interface"),
		    "{\"name\":\"eth1\",\"index\":2,\"address\":[\"10.0.0.11\"],\"mtu\":1500}");
	assert_json(json_object_get(object, "interface6"),
		    "{\"name\":\"eth3\",\"index\":5,\"address\":[\"fd00::11\"],\"mtu\":1500}");
	json_decref(object);
	world.picture.family[0].link.index = 0;
	object = json_of(&report);
	assert_json(json_object_get(json_object_get(object, "interface"), "name"), "\"eth3\"");
	assert_null(json_object_get(object, "interface6"));
	json_decref(object);
	world_close(&world);
}

static void no_interface_and_no_node_are_null(void **state)
{
	struct world world;
	struct report report = PASS(&world, NODES, NULL);
	json_t *object;

	(void)state;
	world.picture.family[0].link = (struct selected){0};
	world.picture.family[1].link = (struct selected){0};
	report.node = NULL;
	object = json_of(&report);
	assert_true(json_is_null(json_object_get(object, "interface")));
	assert_true(json_is_null(json_object_get(object, "node")));
	json_decref(object);
	world_close(&world);
}

static void names_that_are_no_text_do_not_break_it(void **state)
{
	struct world world = {0};
	struct report report;
	json_t *object;

	(void)state;
	world_open(&world, NODES);
	world.file = "\xff\xfe.yaml";
	(void)snprintf(((struct link *)rows_at(&world.picture.links.links, 1))->name, LINK_NAME_MAX,
		       "eth\xff");
	(void)snprintf(world.picture.family[0].link.name, sizeof(world.picture.family[0].link.name),
		       "eth\xff");
	world_pass(&world);
	report = world_report(&world);
	object = json_of(&report);
	assert_json(json_object_get(change_at(object, 0), "cause"), "\"??.yaml:4:5\"");
	assert_json(json_object_get(json_object_get(object, "interface"), "name"), "\"eth?\"");
	json_decref(object);
	world_close(&world);
}

static void a_peer_is_one_change_and_its_parts_come_on_request(void **state)
{
	struct world world;
	struct report report;
	json_t *object;

	(void)state;
	peers_open(&world, PEERS_HEAD "  - {name: worker-4, address: 10.0.0.14,"
				      " podCIDRs: 10.244.4.0/24, vtepMAC: '02:00:00:00:00:0a'}\n");
	world_plan(&world);
	report = world_report(&world);
	object = json_of(&report);
	assert_int_equal(json_array_size(json_object_get(object, "changes")), 1);
	assert_json(change_at(object, 0),
		    "{\"action\":\"add\",\"kind\":\"peer\",\"text\":\"worker-4 10.0.0.14 mac "
		    "02:00:00:00:00:0a subnet "
		    "10.244.4.0/24\",\"destination\":\"10.244.4.0/"
		    "24\",\"address\":\"10.0.0.14\",\"mac\":\"02:00:00:00:00:0a\",\"device\":"
		    "\"croute.1\",\"node\":\"worker-4\","
		    "\"cause\":\"nodes.yaml:5:5\",\"result\":\"planned\"}");
	json_decref(object);
	report.parts = true;
	object = json_of(&report);
	assert_json(json_object_get(change_at(object, 0), "kind"), "\"fdb\"");
	assert_json(json_object_get(change_at(object, 1), "kind"), "\"neighbour\"");
	json_decref(object);
	world_close(&world);
}

static void a_peer_that_lost_a_part_is_a_change(void **state)
{
	struct world world;
	struct report report;
	json_t *object;

	(void)state;
	peers_open(&world, PEERS_HEAD PEERS_THREE);
	peers_settle(&world);
	peers_lose(&world, CHANGE_FDB);
	world_plan(&world);
	report = world_report(&world);
	object = json_of(&report);
	assert_json(json_object_get(change_at(object, 0), "action"), "\"change\"");
	assert_json(json_object_get(change_at(object, 0), "kind"), "\"peer\"");
	json_decref(object);
	world_close(&world);
}

static void a_delayed_deletion_says_what_it_waits_for(void **state)
{
	struct world world;
	struct report report = PASS(&world, NODES, "10.244.9.0/24 via 10.0.0.19 metric 68033");
	uint32_t last = plan_change_count(&world.picture.plan) - 1;
	json_t *object;

	(void)state;
	plan_change_at(&world.picture.plan, last)->result = CHANGE_DELAYED;
	object = json_of(&report);
	assert_json(json_object_get(change_at(object, last), "result"), "\"pending\"");
	assert_json(json_object_get(change_at(object, last), "error"),
		    "\"pending: its node vanished, guard.removeAfter has not passed\"");
	json_decref(object);
	world_close(&world);
}

static void steps_on_devices_come_first(void **state)
{
	struct world world;
	struct report report = PASS(&world, NODES, NULL);
	struct device_change steps[] = {{.todo.action = VTEP_REMOVE,
					 .device.name = "croute.1",
					 .was.vxlan = {.vni = 1, .port = 8472},
					 .result = CHANGE_APPLIED},
					{.todo.action = VTEP_REFUSE,
					 .device.name = "v6",
					 .result = CHANGE_FAILED,
					 .error = "no"}};
	json_t *object;

	(void)state;
	report.steps = steps;
	report.step_count = 2;
	object = json_of(&report);
	assert_json(change_at(object, 0), "{\"action\":\"delete\",\"kind\":\"link\","
					  "\"text\":\"croute.1 vni 1 port 8472\","
					  "\"node\":null,\"cause\":null,\"result\":\"applied\"}");
	assert_json(json_object_get(change_at(object, 1), "error"), "\"no\"");
	assert_json(json_object_get(change_at(object, 1), "action"), "\"add\"");
	json_decref(object);
	world_close(&world);
}

static void the_applied_line_counts_a_failed_device(void **state)
{
	struct world world;
	struct report report = PASS(&world, NODES, NULL);
	struct device_change steps[] = {{.result = CHANGE_FAILED}, {.result = CHANGE_APPLIED}};
	char text[REPORT_LINE_MAX];
	struct buf buf = BUF_OVER(text);

	(void)state;
	report.steps = steps;
	report.step_count = 2;
	report.applied = true;
	report_summary(&buf, &report);
	assert_non_null(strstr(text, " 1 failed, "));
	world_close(&world);
}

static void a_pass_to_confirm_tells_until_when(void **state)
{
	struct world world;
	struct report report = PASS(&world, NODES, NULL);
	json_t *object = json_of(&report);

	(void)state;
	assert_null(json_object_get(object, "confirm"));
	json_decref(object);
	report.until = "2026-11-23T12:03:04Z";
	object = json_of(&report);
	assert_json(json_object_get(object, "confirm"), "{\"until\":\"2026-11-23T12:03:04Z\"}");
	json_decref(object);
	world_close(&world);
}

static void stops_where_the_writer_stops(void **state)
{
	struct world world;
	struct report report = PASS(&world, NODES, NULL);
	struct page page = {.pieces = 1};

	(void)state;
	assert_int_equal(report_json(&report, take_piece, &page), -EPIPE);
	assert_int_equal(page.pieces, 0);
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_one_object_of_version_node_interface_changes_summary),
		cmocka_unit_test(each_change_has_its_action_text_node_cause_and_result),
		cmocka_unit_test(results_are_told_with_their_reason),
		cmocka_unit_test(a_held_deletion_says_so),
		cmocka_unit_test(a_static_route_has_all_its_fields),
		cmocka_unit_test(setbacks_stand_among_the_changes),
		cmocka_unit_test(families_on_different_links_are_told_apart),
		cmocka_unit_test(no_interface_and_no_node_are_null),
		cmocka_unit_test(names_that_are_no_text_do_not_break_it),
		cmocka_unit_test(a_peer_is_one_change_and_its_parts_come_on_request),
		cmocka_unit_test(a_peer_that_lost_a_part_is_a_change),
		cmocka_unit_test(a_delayed_deletion_says_what_it_waits_for),
		cmocka_unit_test(steps_on_devices_come_first),
		cmocka_unit_test(the_applied_line_counts_a_failed_device),
		cmocka_unit_test(a_pass_to_confirm_tells_until_when),
		cmocka_unit_test(stops_where_the_writer_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
