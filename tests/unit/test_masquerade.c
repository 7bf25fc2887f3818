/* test_masquerade.c - the rules that a file asks for, and patience with who removes them. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/want/masquerade.h"

#include "config_case.h"

#include <errno.h>

#define CONFIG                                                                                     \
	"podNetwork: [10.244.0.0/16, 'fd10:244::/48']\n"                                           \
	"agent: {masquerade: true}\n"                                                              \
	"nodes:\n"                                                                                 \
	"- {name: a, address: [10.0.0.1, 'fd00::1'],"                                              \
	" podCIDRs: [10.244.1.0/24, 'fd10:244:0:1::/64']}\n"                                       \
	"- {name: b, address: 10.0.0.2, podCIDRs: [10.244.2.0/24]}\n"

/* Rules, one word each: chain, side, prefix, verdict. */
static const char *say(const struct masquerade_rule *rule, char out[96])
{
	static const char *const sides[] = {"any", "from", "to"};
	static const char *const verdicts[] = {"goto", "return", "hide"};
	char prefix[PREFIX_TEXT_MAX] = "";

	if (rule->side != MASQUERADE_ANY)
		(void)prefix_format(&rule->prefix, prefix);
	(void)snprintf(out, 96, "%d %s %s %s", (int)rule->chain, sides[rule->side], prefix,
		       verdicts[rule->verdict]);
	return out;
}

static void assert_rules(const char *yaml, int64_t node, const char *const *wanted, uint32_t count)
{
	struct arena rules = {.limit = MASQUERADE_BYTES_MOST};
	struct case_result r;
	char text[96];

	case_load(&r, yaml);
	assert_int_equal(r.diags.errors, 0);
	assert_int_equal(masquerade_build(&r.config, (uint32_t)node, &rules), 0);
	assert_int_equal(masquerade_count(&rules), count);
	for (uint32_t i = 0; i < count; i++)
		assert_string_equal(say(masquerade_at(&rules, i), text), wanted[i]);
	arena_release(&rules);
	case_free(&r);
}

static void both_families_come_in_the_order_in_which_they_are_tried(void **state)
{
	static const char *const wanted[] = {
		"0 from 10.244.0.0/16 goto",
		"0 from fd10:244::/48 goto",
		"0 to 10.244.1.0/24 return",
		"0 to fd10:244:0:1::/64 return",
		"0 to 10.244.0.0/16 hide",
		"0 to fd10:244::/48 hide",
		"1 to 10.244.0.0/16 return",
		"1 to fd10:244::/48 return",
		"1 to 224.0.0.0/4 return",
		"1 to ff00::/8 return",
		"1 any  hide",
	};

	(void)state;
	assert_rules("version: 1\n" CONFIG, 0, wanted, 11);
}

static void a_host_that_is_no_node_has_no_pods_of_its_own(void **state)
{
	static const char *const wanted[] = {
		"0 from 10.244.0.0/16 goto",
		"0 from fd10:244::/48 goto",
		"0 to 10.244.0.0/16 hide",
		"0 to fd10:244::/48 hide",
		"1 to 10.244.0.0/16 return",
		"1 to fd10:244::/48 return",
		"1 to 224.0.0.0/4 return",
		"1 to ff00::/8 return",
		"1 any  hide",
	};

	(void)state;
	assert_rules("version: 1\n" CONFIG, CONFIG_NOT_FOUND, wanted, 9);
}

static void another_node_means_other_pods(void **state)
{
	static const char *const wanted[] = {
		"0 from 10.244.0.0/16 goto",
		"0 to 10.244.2.0/24 return",
		"0 to 10.244.0.0/16 hide",
		"1 to 10.244.0.0/16 return",
		"1 to 224.0.0.0/4 return",
		"1 to ff00::/8 return",
		"1 any  hide",
	};

	(void)state;
	assert_rules("version: 1\npodNetwork: 10.244.0.0/16\nagent: {masquerade: true}\nnodes:\n"
		     "- {name: a, address: 10.0.0.1, podCIDRs: [10.244.1.0/24]}\n"
		     "- {name: b, address: 10.0.0.2, podCIDRs: [10.244.2.0/24]}\n",
		     1, wanted, 7);
}

static void more_rules_than_there_is_room_for_are_refused(void **state)
{
	struct arena rules = {.limit = 4096};
	struct case_result r;
	int status = 0;

	(void)state;
	case_load(&r, "version: 1\n" CONFIG);
	for (int i = 0; i < 100 && status == 0; i++)
		status = masquerade_build(&r.config, 0, &rules);
	assert_int_equal(status, -ENOMEM);
	arena_release(&rules);
	case_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_families_come_in_the_order_in_which_they_are_tried),
		cmocka_unit_test(a_host_that_is_no_node_has_no_pods_of_its_own),
		cmocka_unit_test(another_node_means_other_pods),
		cmocka_unit_test(more_rules_than_there_is_room_for_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
