/* test_lookup_blame.c - which route or rule is to blame when the kernel goes another way. */
/* SPDX-License-Identifier: MIT */
#include "question.h"

#include <errno.h>

static void names_a_more_specific_route(void **state)
{
	struct question question;

	(void)state;
	question_begin(&question, "10.244.2.7", "10.244.2.0/28 via 10.0.0.9 proto 4");
	question_answer(&question, "10.244.2.0/28 via 10.0.0.9 proto 4");
	question_assert_verdict(&question, LOOKUP_MORE_SPECIFIC);
	question_assert_reason(&question,
			       "another route is more specific: 10.244.2.0/28 via 10.0.0.9 dev "
			       "eth1 proto static");
	question_end(&question);
}

static void names_a_route_of_lower_metric(void **state)
{
	struct question question;

	(void)state;
	question_begin(&question, "10.244.2.7", "10.244.2.0/24 via 10.0.0.9 metric 5 proto 4");
	question_answer(&question, "10.244.2.0/24 via 10.0.0.9 metric 5 proto 4");
	question_assert_verdict(&question, LOOKUP_SHADOWED);
	question_end(&question);
}

static void a_route_that_leads_the_same_way_does_no_harm(void **state)
{
	struct question question;

	(void)state;
	question_begin(&question, "10.244.2.7", "10.244.2.0/24 via 10.0.0.12 metric 5 proto 3");
	question_answer(&question, "10.244.2.0/24 via 10.0.0.12 metric 5 proto 3");
	question_assert_verdict(&question, LOOKUP_AGREES);
	question_end(&question);
}

static void names_the_policy_rule(void **state)
{
	static const struct rule outside = {
		.priority = 90,
		.table = 77,
		.family = AF_INET,
		.action = RULE_LOOKUP,
		.dst = {.ip = {.bytes = {10, 99}, .family = AF_INET}, .len = 16}};
	static const struct rule to = {
		.priority = 100,
		.table = 77,
		.family = AF_INET,
		.action = RULE_LOOKUP,
		.dst = {.ip = {.bytes = {10, 244}, .family = AF_INET}, .len = 16}};
	struct question question;

	(void)state;
	question_begin(&question, "10.244.2.7", NULL);
	question_answer(&question, "0.0.0.0/0 via 10.0.0.9 table 77 proto 3");
	question_add_rule(&question, &outside);
	question_add_rule(&question, &to);
	question_assert_verdict(&question, LOOKUP_POLICY_RULE);
	assert_int_equal(question.lookup.rule->priority, 100);
	question_assert_reason(&question,
			       "a policy rule leads elsewhere: 100: to 10.244.0.0/16 lookup 77: "
			       "default via 10.0.0.9 dev eth1 table 77 proto boot");
	question_end(&question);
}

static void the_kernels_own_rules_are_no_matter(void **state)
{
	struct rule rule = {
		.priority = 32766, .table = 254, .family = AF_INET, .action = RULE_LOOKUP};
	struct question question;

	(void)state;
	question_begin(&question, "10.244.2.7", NULL);
	assert_false(lookup_rule_matters(&question.lookup, &rule));
	rule.priority = 5;
	assert_true(lookup_rule_matters(&question.lookup, &rule));
	rule.dst = world_prefix("10.9.0.0/16");
	assert_false(lookup_rule_matters(&question.lookup, &rule));
	rule.inverted = true;
	assert_true(lookup_rule_matters(&question.lookup, &rule));
	question_end(&question);
}

static void a_refusal_is_traced_to_the_route_that_swallows(void **state)
{
	struct question question;

	(void)state;
	question_begin(&question, "10.244.2.7", NULL);
	question_refuse(&question, EINVAL);
	question_add_route(&question, QUESTION_OURS_WITH_METRIC);
	question_add_route(&question, "10.244.2.0/28 type 6 dev 0 proto 4");
	question_assert_verdict(&question, LOOKUP_MORE_SPECIFIC);
	assert_int_equal(question.lookup.culprit->type, RTN_BLACKHOLE);
	question_end(&question);
}

static void a_refusal_is_traced_to_the_rule_that_refuses(void **state)
{
	static const struct rule rule = {
		.priority = 100, .family = AF_INET, .action = RULE_PROHIBIT};
	struct question question;

	(void)state;
	question_begin(&question, "10.244.2.7", NULL);
	question_refuse(&question, EACCES);
	question_add_route(&question, QUESTION_OURS_WITH_METRIC);
	question_add_rule(&question, &rule);
	question_assert_verdict(&question, LOOKUP_POLICY_RULE);
	question_assert_reason(&question, "a policy rule leads elsewhere: 100: prohibit");
	question_end(&question);
}

static void our_route_may_be_there_and_not_used(void **state)
{
	struct question question;

	(void)state;
	question_begin(&question, "10.244.2.7", NULL);
	question_answer(&question, "0.0.0.0/0 via 10.0.0.1 proto 3");
	question_assert_verdict(&question, LOOKUP_PASSED_OVER);
	question_refuse(&question, ENETUNREACH);
	question_add_route(&question, QUESTION_OURS_WITH_METRIC);
	question_assert_verdict(&question, LOOKUP_PASSED_OVER);
	question_end(&question);
}

static void a_redirect_is_told_from_the_route(void **state)
{
	struct question question;

	(void)state;
	question_begin(&question, "10.244.2.7", NULL);
	question_answer(&question, QUESTION_OURS_WITH_METRIC);
	question.lookup.kernel.own.path = world_route("10.244.2.7/32 via 10.0.0.99");
	question_assert_verdict(&question, LOOKUP_REDIRECTED);
	question_end(&question);
}

static void a_conflict_names_the_route_on_the_key(void **state)
{
	struct question question = {0};

	(void)state;
	world_open(&question.world, QUESTION_FILE);
	world_put(&question.world, "10.244.2.0/24 via 10.0.0.9 metric 68026 proto 4");
	question_place(&question, "10.244.2.7");
	question_answer(&question, "10.244.2.0/24 via 10.0.0.9 metric 68026 proto 4");
	question_assert_verdict(&question, LOOKUP_CONFLICT);
	assert_int_equal(question.lookup.culprit->protocol, RTPROT_STATIC);
	question_end(&question);
}

static void this_host_may_bear_the_address_itself(void **state)
{
	struct question question;

	(void)state;
	question_begin(&question, "10.244.2.7", NULL);
	question_answer(&question, "10.244.2.7/32 type 2 table 255 dev 1 proto 2");
	question_assert_verdict(&question, LOOKUP_HERE);
	question_end(&question);
}

static const struct rule from_pods = {
	.priority = 99,
	.table = 77,
	.family = AF_INET,
	.action = RULE_LOOKUP,
	.src = {.ip = {.bytes = {10, 244, 1}, .family = AF_INET}, .len = 24}};

static void a_rule_for_packets_of_pods_is_found(void **state)
{
	struct question question;

	(void)state;
	question_begin(&question, "10.244.2.7", NULL);
	question_answer(&question, QUESTION_OURS_WITH_METRIC);
	question_add_rule(&question, &from_pods);
	question_answer_pods(&question, QUESTION_OURS_WITH_METRIC, 0);
	question_assert_verdict(&question, LOOKUP_AGREES);
	question_answer_pods(&question, "0.0.0.0/0 via 10.0.0.9 table 77 proto 3", 0);
	question_assert_verdict(&question, LOOKUP_POLICY_RULE);
	question_assert_reason(&question,
			       "for a packet of a pod a policy rule leads elsewhere: 99: from "
			       "10.244.1.0/24 lookup 77: default via 10.0.0.9 dev eth1 table 77 "
			       "proto boot");
	/* A row that swallows is not named by the kernel. */
	question_answer_pods(&question, NULL, EINVAL);
	question_add_route(&question, QUESTION_OURS_WITH_METRIC);
	question_add_route(&question, "0.0.0.0/0 type 6 dev 0 table 77 proto 3");
	question_assert_verdict(&question, LOOKUP_POLICY_RULE);
	assert_int_equal(question.lookup.culprit->type, RTN_BLACKHOLE);
	question_end(&question);
}

static void a_throw_leads_on_to_the_next_rule(void **state)
{
	struct question question;

	(void)state;
	question_begin(&question, "10.244.2.7", NULL);
	question_answer(&question, QUESTION_OURS_WITH_METRIC);
	question_add_rule(&question, &from_pods);
	question_add_route(&question, QUESTION_OURS_WITH_METRIC);
	question_add_route(&question, "0.0.0.0/0 type 9 dev 0 table 77 proto 3");
	question_answer_pods(&question, NULL, EXDEV);
	question_assert_verdict(&question, LOOKUP_REFUSED);
	question_end(&question);
}

/* The table of an l3mdev rule is that of the VRF which the link is, or is a port of. */
static void a_vrf_leads_to_its_own_table(void **state)
{
	static const struct rule rule = {.action = RULE_LOOKUP, .l3mdev = true};
	struct question question;
	const struct lookup *lookup = &question.lookup;
	const struct flow *pods = &lookup->kernel.pods.flow;
	struct link *link;

	(void)state;
	question_begin(&question, "10.244.2.7", NULL);
	question_answer(&question, QUESTION_OURS_WITH_METRIC);
	question_answer_pods(&question, QUESTION_OURS_WITH_METRIC, 0);
	assert_int_equal(lookup_rule_fits(lookup, &rule, pods), LOOKUP_FITS_NOT);
	link = (struct link *)(uintptr_t)links_find_index(&lookup->report->picture->links,
							  pods->iif);
	link->vrf_table = 77;
	assert_int_equal(lookup_rule_fits(lookup, &rule, pods), LOOKUP_FITS);
	assert_int_equal(lookup_rule_fits(lookup, &rule, &lookup->kernel.own.flow),
			 LOOKUP_FITS_NOT);
	assert_int_equal(lookup_rule_table(lookup, &rule, pods), 77);
	question.lookup.kernel.own.flow.vrf = pods->iif;
	assert_int_equal(lookup_rule_table(lookup, &rule, &lookup->kernel.own.flow), 77);
	question_end(&question);
}

static void a_rule_fits_as_the_kernel_has_it(void **state)
{
	static const struct {
		struct rule rule;
		enum lookup_fit own;
		enum lookup_fit pods;
	} cases[] = {
		{{.priority = 1}, LOOKUP_FITS, LOOKUP_FITS},
		{{.iif = "lo"}, LOOKUP_FITS, LOOKUP_FITS_NOT},
		{{.iif = "cni0"}, LOOKUP_FITS_NOT, LOOKUP_FITS},
		{{.oif = "eth1"}, LOOKUP_FITS_NOT, LOOKUP_FITS_NOT},
		{{.mark = 1, .mask = 1}, LOOKUP_FITS_NOT, LOOKUP_FITS_NOT},
		{{.mark = 0, .mask = 1}, LOOKUP_FITS, LOOKUP_FITS},
		{{.mark = 1, .mask = 1, .inverted = true}, LOOKUP_FITS, LOOKUP_FITS},
		{{.l3mdev = true}, LOOKUP_FITS_NOT, LOOKUP_FITS_NOT},
		{{.odd = true}, LOOKUP_MAY_FIT, LOOKUP_MAY_FIT},
		{{.odd = true, .iif = "cni0"}, LOOKUP_FITS_NOT, LOOKUP_MAY_FIT},
		{{.odd = true, .iif = "cni0", .inverted = true}, LOOKUP_MAY_FIT, LOOKUP_MAY_FIT},
	};
	struct question question;
	const struct lookup_kernel *kernel = &question.lookup.kernel;

	(void)state;
	question_begin(&question, "10.244.2.7", NULL);
	question_answer(&question, QUESTION_OURS_WITH_METRIC);
	question_answer_pods(&question, QUESTION_OURS_WITH_METRIC, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
			lookup_rule_fits(&question.lookup, &cases[i].rule, &kernel->own.flow),
			cases[i].own);
		assert_int_equal(
			lookup_rule_fits(&question.lookup, &cases[i].rule, &kernel->pods.flow),
			cases[i].pods);
	}
	question_end(&question);
}

/* A peer behind the tunnel, whose parts are all right. */
static void the_tunnels_packets_leave_by_the_links_of_the_file(void **state)
{
	const struct neigh neigh = {.state = 0};
	const struct fdb fdb = {.link = 0};
	struct question question;
	struct lookup_answer *outer = &question.lookup.kernel.outer;
	struct route *want;

	(void)state;
	question_begin(&question, "10.244.2.7", NULL);
	want = (struct route *)(uintptr_t)question.lookup.want;
	*want = world_route("10.244.2.0/24 via 10.244.2.0 metric 68026");
	want->flags = ROUTE_ONLINK;
	question_answer(&question, "10.244.2.0/24 via 10.244.2.0 metric 68026");
	question.lookup.neigh = question.lookup.want_neigh = &neigh;
	question.lookup.fdb = question.lookup.want_fdb = &fdb;
	*outer = (struct lookup_answer){.flow = {.dst = question.lookup.peer},
					.match = world_route("10.0.0.0/24 dev 2 proto 2"),
					.path = world_route("10.0.0.12/32 dev 2")};
	question_assert_verdict(&question, LOOKUP_AGREES);
	outer->match = world_route("10.0.0.12/32 dev 4 proto 3");
	outer->path = outer->match;
	question_assert_verdict(&question, LOOKUP_OTHER_LINK);
	question_assert_reason(&question, "the tunnel's packets leave by eth2, not by eth1: "
					  "10.0.0.12/32 dev eth2 proto boot");
	outer->match = outer->path = (struct route){0};
	question_add_route(&question, "10.0.0.12/32 type 6 dev 0 proto 4");
	question_assert_verdict(&question, LOOKUP_NO_WAY);
	assert_int_equal(question.lookup.culprit->type, RTN_BLACKHOLE);
	question_end(&question);
}

static void packets_of_pods_may_be_refused_for_other_reasons(void **state)
{
	struct question question;

	(void)state;
	question_begin(&question, "10.244.2.7", NULL);
	question_answer(&question, QUESTION_OURS_WITH_METRIC);
	question_add_route(&question, QUESTION_OURS_WITH_METRIC);
	question_answer_pods(&question, NULL, EHOSTUNREACH);
	question_assert_verdict(&question, LOOKUP_REFUSED);
	question_assert_reason(&question, "the kernel refuses packets of pods that come in by cni0 "
					  "(EHOSTUNREACH): is forwarding off? croute doctor");
	question_end(&question);
}

static void a_table_that_no_rule_leads_to_is_told(void **state)
{
	struct question question;
	struct rule rule = {.priority = 9, .table = 123, .family = AF_INET, .action = RULE_LOOKUP};

	(void)state;
	question_begin(&question, "10.244.2.7", NULL);
	question_answer(&question, "0.0.0.0/0 via 10.0.0.1 proto 3");
	((struct route *)(uintptr_t)question.lookup.want)->table = 123;
	question_assert_verdict(&question, LOOKUP_NO_RULE);
	question_assert_reason(&question,
			       "no policy rule leads to table 123, where the route is: ip rule add "
			       "priority 32000 lookup 123");
	question_refuse(&question, ENETUNREACH);
	question_assert_verdict(&question, LOOKUP_NO_RULE);
	rule.src = from_pods.src; /* it leads packets of pods there, and no others */
	question_add_rule(&question, &rule);
	question_assert_verdict(&question, LOOKUP_NO_RULE);
	question_end(&question);
}

static void a_gateway_behind_a_router_is_why_a_route_is_missing(void **state)
{
	struct question question = {0};

	(void)state;
	world_open(&question.world,
		   "version: 1\nnodes:\n"
		   "- {name: worker-1, address: 10.0.0.11, podCIDRs: 10.244.1.0/24}\n"
		   "- {name: worker-2, address: 10.9.0.12, podCIDRs: 10.244.2.0/24}\n");
	question_place(&question, "10.244.2.7");
	question_assert_verdict(&question, LOOKUP_OFF_LINK);
	question_assert_reason(&question,
			       "the kernel refuses the route: its gateway 10.9.0.12 is not on the "
			       "link of eth1; use backend vxlan, or via or offLink: router");
	question_add_route(&question, "0.0.0.0/0 via 10.0.0.1 proto 3");
	question_assert_verdict(&question, LOOKUP_OFF_LINK);
	assert_int_equal(question.lookup.culprit->dst_len, 0);
	((struct route *)(uintptr_t)question.lookup.want)->flags = ROUTE_ONLINK;
	question_assert_verdict(&question, LOOKUP_MISSING);
	((struct route *)(uintptr_t)question.lookup.want)->flags = 0;
	question_add_route(&question, "10.9.0.0/24 dev 2 proto 3"); /* now it is on the link */
	question_assert_verdict(&question, LOOKUP_MISSING);
	question_end(&question);
}

static void a_rule_that_passes_over_the_default_route_is_not_to_blame(void **state)
{
	struct rule rule = from_pods;
	struct question question;

	(void)state;
	rule.shortest = 1;
	question_begin(&question, "10.244.2.7", NULL);
	question_answer(&question, QUESTION_OURS_WITH_METRIC);
	question_add_rule(&question, &rule);
	question_add_route(&question, QUESTION_OURS_WITH_METRIC);
	question_add_route(&question, "0.0.0.0/0 type 6 dev 0 table 77 proto 3");
	question_answer_pods(&question, NULL, EXDEV);
	question_assert_verdict(&question, LOOKUP_REFUSED);
	question_answer_pods(&question, "0.0.0.0/0 via 10.0.0.9 table 77 proto 3", 0);
	assert_null(lookup_decider(&question.lookup, &question.lookup.kernel.pods));
	question_end(&question);
}

static void a_route_of_a_type_of_service_is_not_to_blame(void **state)
{
	struct question question;
	struct route route = world_route("10.244.2.0/28 via 10.0.0.9 proto 4");

	(void)state;
	route.tos = 0x10;
	question_begin(&question, "10.244.2.7", NULL);
	question_refuse(&question, EACCES);
	question_add_route(&question, QUESTION_OURS_WITH_METRIC);
	assert_int_equal(rows_add(&question.lookup.kernel.routes, &route), 0);
	question_assert_verdict(&question, LOOKUP_PASSED_OVER);
	question_end(&question);
}

static void a_route_whose_rule_is_asked_first_is_passed_over(void **state)
{
	static const struct rule later = {
		.priority = 32768, .table = 77, .family = AF_INET, .action = RULE_LOOKUP};
	struct question question;

	(void)state;
	question_begin(&question, "10.244.2.7", NULL);
	question_answer(&question, "0.0.0.0/0 via 10.0.0.9 table 77 proto 3");
	question_add_rule(&question, &later);
	question_assert_verdict(&question, LOOKUP_PASSED_OVER);
	question_end(&question);
}

/* As of a host whose own address is on its loopback. */
static void a_tunnel_over_a_link_that_carries_nothing_leaves_by_any(void **state)
{
	const struct neigh neigh = {.state = 0};
	const struct fdb fdb = {.link = 0};
	struct question question;
	struct lookup_answer *outer = &question.lookup.kernel.outer;
	struct route *want;

	(void)state;
	question_begin(&question, "10.244.2.7", NULL);
	want = (struct route *)(uintptr_t)question.lookup.want;
	*want = world_route("10.244.2.0/24 via 10.244.2.0 metric 68026");
	want->flags = ROUTE_ONLINK;
	question_answer(&question, "10.244.2.0/24 via 10.244.2.0 metric 68026");
	question.lookup.neigh = question.lookup.want_neigh = &neigh;
	question.lookup.fdb = question.lookup.want_fdb = &fdb;
	*outer = (struct lookup_answer){.flow = {.dst = question.lookup.peer},
					.match = world_route("10.0.0.0/24 dev 5 proto 2"),
					.path = world_route("10.0.0.12/32 dev 5")};
	question_assert_verdict(&question, LOOKUP_OTHER_LINK);
	question.world.picture.family[0].link.index = WORLD_LOOPBACK;
	question_assert_verdict(&question, LOOKUP_AGREES);
	world_add_link(&question.world, 40, "dummy0", "dummy", IFF_UP);
	question.world.picture.family[0].link.index = 40;
	question_assert_verdict(&question, LOOKUP_AGREES);
	question_end(&question);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_a_more_specific_route),
		cmocka_unit_test(names_a_route_of_lower_metric),
		cmocka_unit_test(a_route_that_leads_the_same_way_does_no_harm),
		cmocka_unit_test(names_the_policy_rule),
		cmocka_unit_test(the_kernels_own_rules_are_no_matter),
		cmocka_unit_test(a_refusal_is_traced_to_the_route_that_swallows),
		cmocka_unit_test(a_refusal_is_traced_to_the_rule_that_refuses),
		cmocka_unit_test(our_route_may_be_there_and_not_used),
		cmocka_unit_test(a_redirect_is_told_from_the_route),
		cmocka_unit_test(a_conflict_names_the_route_on_the_key),
		cmocka_unit_test(this_host_may_bear_the_address_itself),
		cmocka_unit_test(a_rule_for_packets_of_pods_is_found),
		cmocka_unit_test(a_throw_leads_on_to_the_next_rule),
		cmocka_unit_test(a_vrf_leads_to_its_own_table),
		cmocka_unit_test(a_rule_fits_as_the_kernel_has_it),
		cmocka_unit_test(the_tunnels_packets_leave_by_the_links_of_the_file),
		cmocka_unit_test(packets_of_pods_may_be_refused_for_other_reasons),
		cmocka_unit_test(a_table_that_no_rule_leads_to_is_told),
		cmocka_unit_test(a_gateway_behind_a_router_is_why_a_route_is_missing),
		cmocka_unit_test(a_rule_that_passes_over_the_default_route_is_not_to_blame),
		cmocka_unit_test(a_route_of_a_type_of_service_is_not_to_blame),
		cmocka_unit_test(a_route_whose_rule_is_asked_first_is_passed_over),
		cmocka_unit_test(a_tunnel_over_a_link_that_carries_nothing_leaves_by_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
