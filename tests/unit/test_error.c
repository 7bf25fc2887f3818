/* test_error.c - errors are filled on failure and fit their place. */
/* SPDX-License-Identifier: MIT */
#include "croute/base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

static void tells_code_and_words_and_returns_the_negative_code(void **state)
{
	struct error err = {0};

	(void)state;
	assert_int_equal(error_set(&err, ENOENT, "no file \"%s\"", "nodes.yaml"), -ENOENT);
	assert_int_equal(err.code, ENOENT);
	assert_string_equal(err.text, "no file \"nodes.yaml\"");
}

static void nobody_needs_to_listen(void **state)
{
	(void)state;
	assert_int_equal(error_set(NULL, EPERM, "%d", 1), -EPERM);
}

static void cuts_what_is_too_long(void **state)
{
	struct error err = {0};
	char name[600];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(error_set(&err, ENAMETOOLONG, "%s", name), -ENAMETOOLONG);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_code_and_words_and_returns_the_negative_code),
		cmocka_unit_test(nobody_needs_to_listen),
		cmocka_unit_test(cuts_what_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
