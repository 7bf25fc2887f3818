/* test_lookup.c - the file's answer about an address against the kernel's. */
/* SPDX-License-Identifier: MIT */
#include "app/lookup/lookup.h"

#include "question.h"

#include <errno.h>
#include <jansson.h>
#include <linux/neighbour.h>

static void agrees_when_the_kernel_uses_our_route(void **state)
{
	struct question question;

	(void)state;
	question_begin(&question, "10.244.2.7", NULL);
	question_answer(&question, QUESTION_OURS_WITH_METRIC);
	question.lookup.kernel.hop.state = NUD_REACHABLE;
	question_assert_verdict(&question, LOOKUP_AGREES);
	assert_true(lookup_agrees(&question.lookup));
	question_assert_reason(&question, "the kernel does what the file says; croute reach "
					  "10.244.2.7 tells whether packets arrive");
	question_end(&question);
}

static void an_absent_or_stale_neighbour_is_unknown_not_wrong(void **state)
{
	static const uint16_t states[] = {0, NUD_STALE, NUD_INCOMPLETE};
	struct question question;
	char text[LOOKUP_LINE_MAX] = "";
	struct buf buf = BUF_OVER(text);

	(void)state;
	question_begin(&question, "10.244.2.7", NULL);
	question_answer(&question, QUESTION_OURS_WITH_METRIC);
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		question.lookup.kernel.hop.state = states[i];
		question_assert_verdict(&question, LOOKUP_AGREES);
		buf = BUF_OVER(text);
		lookup_add_reason(&buf, &question.lookup);
		assert_non_null(strstr(text, "unknown"));
	}
	question_end(&question);
}

static void what_was_measured_takes_the_place_of_what_is_unknown(void **state)
{
	struct reach_sample sample = {.count = 2};
	struct question question;

	(void)state;
	question_begin(&question, "10.244.2.7", NULL);
	question_answer(&question, QUESTION_OURS_WITH_METRIC);
	question_assert_verdict(&question, LOOKUP_AGREES);
	sample.peers[0].family = AF_INET6;
	sample.peers[1] = (struct reach_sampled){.family = AF_INET, .size = 1500};
	sample.peers[1].path[REACH_NODE].kind = REACH_ANSWERS;
	question.lookup.sample = &sample;
	question_assert_reason(&question,
			       "the kernel does what the file says; measured: worker-2 answers, "
			       "its pods' side is unknown; croute reach 10.244.2.7 tells whether "
			       "its node forwards them to the pod");
	sample.peers[1].path[REACH_FULL].kind = REACH_ANSWERS;
	question_assert_reason(&question,
			       "the kernel does what the file says; measured: packets of pods "
			       "arrive at worker-2, of 1500 bytes too; croute reach 10.244.2.7 "
			       "tells whether its node forwards them to the pod");
	sample.peers[1] = (struct reach_sampled){.family = AF_INET,
						 .lost = {"the cause", "the command", "the fix"}};
	question_assert_reason(&question, "the kernel does what the file says; measured: the "
					  "cause; check: the command; fix: the fix");
	question_end(&question);
}

static void a_failed_neighbour_is_a_failed_gateway(void **state)
{
	struct question question;

	(void)state;
	question_begin(&question, "10.244.2.7", NULL);
	question_answer(&question, QUESTION_OURS_WITH_METRIC);
	question.lookup.kernel.hop.state = NUD_FAILED;
	question_assert_verdict(&question, LOOKUP_GATEWAY_FAILED);
	assert_false(lookup_agrees(&question.lookup));
	question_assert_reason(&question, "gateway failed: 10.0.0.12 does not answer on eth1");
	question_end(&question);
}

static void a_link_without_carrier_is_told_before_its_neighbours(void **state)
{
	struct question question;
	struct link *eth1;

	(void)state;
	question_begin(&question, "10.244.2.7", NULL);
	question_answer(&question, QUESTION_OURS_WITH_METRIC);
	eth1 = rows_at(&question.world.picture.links.links, 1);
	eth1->flags &= ~(uint32_t)IFF_RUNNING;
	question.lookup.kernel.hop.state = NUD_FAILED;
	question_assert_verdict(&question, LOOKUP_NO_CARRIER);
	question_assert_reason(&question, "no carrier on eth1");
	question_end(&question);
}

static void a_missing_route_is_told_whatever_the_kernel_does_instead(void **state)
{
	struct question question = {0};

	(void)state;
	world_open(&question.world, QUESTION_FILE);
	question_place(&question, "10.244.2.7");
	question_answer(&question, "0.0.0.0/0 via 10.0.0.1 proto 3");
	question_assert_verdict(&question, LOOKUP_MISSING);
	question_assert_reason(&question,
			       "the route is missing; croute reconcile adds it, or says why not");
	question_end(&question);
}

static void a_node_without_an_address_of_the_family_is_not_reached(void **state)
{
	struct question question;

	(void)state;
	question_begin(&question, "fd10:244:0:2::7", NULL);
	question_assert_verdict(&question, LOOKUP_NO_ADDRESS);
	question_end(&question);
}

static void without_an_interface_nothing_is_judged(void **state)
{
	struct question question = {0};

	(void)state;
	world_open(&question.world, QUESTION_FILE);
	question.world.picture.family[0].link = (struct selected){0};
	question_place(&question, "10.244.2.7");
	question_answer(&question, "0.0.0.0/0 via 10.0.0.1 proto 3");
	question_assert_verdict(&question, LOOKUP_NO_INTERFACE);
	question_end(&question);
}

static void an_entry_that_cannot_be_right_here_says_why(void **state)
{
	struct question question = {0};

	(void)state;
	world_open(&question.world, QUESTION_FILE);
	world_add_address(&question.world, WORLD_ETH1, "10.0.0.12/24");
	question_place(&question, "10.244.2.7");
	question_assert_verdict(&question, LOOKUP_UNMET);
	question_assert_reason(&question,
			       "the address of this peer is on this host, traffic would loop");
	question_end(&question);
}

static void the_own_podcidr_is_local(void **state)
{
	struct question question;

	(void)state;
	question_begin(&question, "10.244.1.7", NULL);
	question_answer(&question, "10.244.1.0/24 dev 3 proto 2");
	question_assert_verdict(&question, LOOKUP_LOCAL);
	question_assert_reason(&question, "local, 10.244.1.0/24 is this node's own");
	question_answer(&question, "0.0.0.0/0 via 10.0.0.1 proto 3");
	question_assert_verdict(&question, LOOKUP_LOCAL);
	question_assert_reason(&question,
			       "local, 10.244.1.0/24 is this node's own; no link of this host "
			       "holds it yet");
	question_answer(&question, "10.244.1.0/28 via 10.0.0.9 proto 3");
	question_assert_verdict(&question, LOOKUP_ELSEWHERE);
	question_end(&question);
}

static void an_address_of_nobody_has_nothing_to_agree_with(void **state)
{
	struct question question;

	(void)state;
	question_begin(&question, "8.8.8.8", NULL);
	question_refuse(&question, ENETUNREACH);
	question_assert_verdict(&question, LOOKUP_UNOWNED);
	assert_true(lookup_agrees(&question.lookup));
	assert_null(lookup_node(&question.lookup));
	question_end(&question);
}

static void an_address_in_the_pod_network_that_no_node_has_is_wrong(void **state)
{
	struct question question = {0};

	(void)state;
	world_open(&question.world,
		   "version: 1\npodNetwork: [10.244.0.0/16, 10.0.0.0/24]\nnodes:\n"
		   "- {name: worker-1, address: 10.0.0.11, podCIDRs: 10.244.1.0/24}\n"
		   "- {name: worker-2, address: 10.0.0.12, podCIDRs: 10.244.2.0/24}\n");
	question_place(&question, "10.244.7.7");
	question_answer(&question, "0.0.0.0/0 via 10.0.0.1 proto 3");
	question_assert_verdict(&question, LOOKUP_NO_NODE);
	assert_false(lookup_agrees(&question.lookup));
	question_end(&question);
	question = (struct question){0};
	world_open(&question.world, "version: 1\npodNetwork: [10.244.0.0/16, 10.0.0.0/24]\nnodes:\n"
				    "- {name: worker-1, address: 10.0.0.11, "
				    "podCIDRs: 10.244.1.0/24}\n"
				    "- {name: worker-2, address: 10.0.0.12, "
				    "podCIDRs: 10.244.2.0/24}\n");
	question_place(&question, "10.0.0.12"); /* a node's own */
	question_answer(&question, "10.0.0.0/24 dev 2 proto 2");
	question_assert_verdict(&question, LOOKUP_UNOWNED);
	question_end(&question);
}

static void a_route_of_a_lost_node_is_held_or_left_over(void **state)
{
	struct question question;

	(void)state;
	question_begin(&question, "10.244.9.7", "10.244.9.0/24 via 10.0.0.19 metric 68033");
	question_answer(&question, "10.244.9.0/24 via 10.0.0.19 metric 68033");
	question_assert_verdict(&question, LOOKUP_LEFT_OVER);
	for (uint32_t i = 0; i < plan_change_count(&question.world.picture.plan); i++)
		plan_change_at(&question.world.picture.plan, i)->result = CHANGE_HELD;
	question_assert_verdict(&question, LOOKUP_HELD);
	question_assert_reason(&question,
			       "not in the file, but its deletion is held by the guard: croute "
			       "release: 10.244.9.0/24 via 10.0.0.19 dev eth1 metric 68033 proto "
			       "67");
	question_end(&question);
}

static void programs_are_told_the_same(void **state)
{
	struct question question;
	const char *verdict = NULL;
	const char *node = NULL;
	int agrees = -1;
	json_t *object;
	char space[8192] = "";
	struct buf buf = BUF_OVER(space);
	struct json json = {.write = json_write_buf, .context = &buf};

	(void)state;
	question_begin(&question, "10.244.2.7", NULL);
	question_answer(&question, "10.244.2.0/28 via 10.0.0.9 proto 4");
	lookup_judge(&question.lookup);
	json_open(&json, NULL, '{');
	lookup_put_json(&json, &question.lookup);
	json_close(&json, '}');
	assert_int_equal(json_end(&json), 0);
	object = json_loads(space, 0, NULL);
	assert_non_null(object);
	assert_int_equal(json_unpack(object, "{s:s, s:s, s:b}", "verdict", &verdict, "node", &node,
				     "agrees", &agrees),
			 0);
	assert_string_equal(verdict, "more-specific");
	assert_string_equal(node, "worker-2");
	assert_int_equal(agrees, 0);
	json_decref(object);
	question_end(&question);
}

static void every_verdict_has_words(void **state)
{
	struct question question;

	(void)state;
	question_begin(&question, "10.244.2.7", NULL);
	question_answer(&question, QUESTION_OURS_WITH_METRIC);
	lookup_judge(&question.lookup);
	for (int verdict = 0; verdict < LOOKUP_VERDICTS; verdict++) {
		char text[LOOKUP_LINE_MAX] = "";
		struct buf buf = BUF_OVER(text);

		if (verdict == LOOKUP_UNMET)
			continue;
		question.lookup.verdict = (enum lookup_verdict)verdict;
		lookup_add_reason(&buf, &question.lookup);
		assert_true(buf.len > 10);
		assert_non_null(lookup_verdict_word((enum lookup_verdict)verdict));
	}
	question_end(&question);
}

/* A rule for all is no harm while no pod is here yet. */
static void a_rule_leads_away_from_pods_that_are_here(void **state)
{
	static const struct rule rule = {
		.priority = 9, .table = 77, .family = AF_INET, .action = RULE_LOOKUP};
	struct question question;

	(void)state;
	question_begin(&question, "10.244.1.7", NULL);
	question_answer(&question, "0.0.0.0/0 via 10.0.0.9 table 77 proto 3");
	question_add_rule(&question, &rule);
	question_assert_verdict(&question, LOOKUP_LOCAL);
	question.lookup.kernel.door = world_route("10.244.1.0/24 dev 3 proto 2");
	question_assert_verdict(&question, LOOKUP_ELSEWHERE);
	question_end(&question);
}

static void a_static_route_to_the_podcidr_is_not_the_pod_route(void **state)
{
	struct question question = {0};

	(void)state;
	world_open(&question.world,
		   "version: 1\nkernel: {table: 100}\n"
		   "routes:\n- {to: 10.244.2.0/24, via: 10.0.0.99, metric: 5, table: 100}\n"
		   "nodes:\n- {name: worker-1, address: 10.0.0.11, podCIDRs: 10.244.1.0/24}\n"
		   "- {name: worker-2, address: 10.0.0.12, podCIDRs: 10.244.2.0/24}\n");
	question_place(&question, "10.244.2.7");
	assert_int_equal(desired_route_count(&question.world.picture.desired), 2);
	assert_non_null(question.lookup.want);
	assert_int_equal(question.lookup.want->metric, 68026);
	question_end(&question);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_when_the_kernel_uses_our_route),
		cmocka_unit_test(an_absent_or_stale_neighbour_is_unknown_not_wrong),
		cmocka_unit_test(what_was_measured_takes_the_place_of_what_is_unknown),
		cmocka_unit_test(a_failed_neighbour_is_a_failed_gateway),
		cmocka_unit_test(a_link_without_carrier_is_told_before_its_neighbours),
		cmocka_unit_test(a_missing_route_is_told_whatever_the_kernel_does_instead),
		cmocka_unit_test(a_node_without_an_address_of_the_family_is_not_reached),
		cmocka_unit_test(without_an_interface_nothing_is_judged),
		cmocka_unit_test(an_entry_that_cannot_be_right_here_says_why),
		cmocka_unit_test(the_own_podcidr_is_local),
		cmocka_unit_test(an_address_of_nobody_has_nothing_to_agree_with),
		cmocka_unit_test(an_address_in_the_pod_network_that_no_node_has_is_wrong),
		cmocka_unit_test(a_route_of_a_lost_node_is_held_or_left_over),
		cmocka_unit_test(programs_are_told_the_same),
		cmocka_unit_test(every_verdict_has_words),
		cmocka_unit_test(a_rule_leads_away_from_pods_that_are_here),
		cmocka_unit_test(a_static_route_to_the_podcidr_is_not_the_pod_route),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
