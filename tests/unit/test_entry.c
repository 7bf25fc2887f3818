/* test_entry.c - which entries of a directory count. */
/* SPDX-License-Identifier: MIT */
#include "croute/model/entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void yaml_yml_and_json_are_read(void **state)
{
	(void)state;
	assert_true(entry_is_read(text_of("nodes.yaml")));
	assert_true(entry_is_read(text_of("a.b.yml")));
	assert_true(entry_is_read(text_of("x.json")));
}

static void other_and_hidden_names_are_not(void **state)
{
	static const char *const names[] = {"",	     "yaml",	".yaml",      ".nodes.yaml",
					    "a.YML", "a.yaml~", "a.yaml.bak", "..data"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (entry_is_read(text_of(names[i])))
			fail_msg("%s is read", names[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(yaml_yml_and_json_are_read),
		cmocka_unit_test(other_and_hidden_names_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
