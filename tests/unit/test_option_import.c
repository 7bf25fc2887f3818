/* test_option_import.c - the options of `croute import`, alone and together. */
#include "app/cli/option_import.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "croute/app/cli/options.h"

static void sizes_are_taken_with_a_unit(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes; /* 0: refused */
	} cases[] = {
		{"900KiB", 921600},  {"900Ki", 921600}, {"1MiB", 1048576},
		{"64MiB", 67108864}, {"4096", 4096},	{"4095", 0},
		{"65MiB", 0},	     {"900KB", 0},	{"", 0},
		{"KiB", 0},	     {"-1KiB", 0},	{"99999999999999999999", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct options options = {.import.split = 0};
		struct error err;
		char word[32];

		(void)snprintf(word, sizeof(word), "%s", cases[i].text);
		assert_int_equal(option_import_split(&options, word, &err),
				 cases[i].bytes > 0 ? 0 : -EINVAL);
		assert_int_equal(options.import.split, cases[i].bytes);
	}
}

static void times_are_taken_in_any_zone_or_now(void **state)
{
	struct options options = {.import.split = 0};
	struct error err;
	char now[] = "now";
	char time[] = "2026-11-23T04:00:00+01:00";
	char bad[] = "tomorrow";

	(void)state;
	assert_int_equal(option_import_generated_at(&options, time, &err), 0);
	assert_int_equal(options.import.generated_at, 1795402800);
	assert_int_equal(option_import_generated_at(&options, bad, &err), -EINVAL);
	assert_int_equal(option_import_generated_at(&options, now, &err), 0);
	assert_true(options.import.generated_now);
}

static void serials_may_be_any_number(void **state)
{
	struct options options = {.import.split = 0};
	struct error err;
	char zero[] = "0";
	char minus[] = "-1";

	(void)state;
	assert_int_equal(option_import_serial(&options, minus, &err), -EINVAL);
	assert_false(options.import.has_serial);
	assert_int_equal(option_import_serial(&options, zero, &err), 0);
	assert_true(options.import.has_serial);
}

static void only_some_go_together(void **state)
{
	static const struct {
		struct option_import options;
		const char *says; /* NULL: they do */
	} cases[] = {
		{{.from = IMPORT_FROM_NOTHING}, "needs --from"},
		{{.from = IMPORT_FROM_KUBE_NODES}, NULL},
		{{.from = IMPORT_FROM_KUBE_NODES, .split = 4096}, "go together"},
		{{.from = IMPORT_FROM_KUBE_NODES, .output_dir = "d"}, "go together"},
		{{.from = IMPORT_FROM_KUBE_NODES, .split = 4096, .output_dir = "d"}, NULL},
		{{.from = IMPORT_FROM_FLANNEL}, NULL},
		{{.from = IMPORT_FROM_FLANNEL, .has_serial = true}, "kube-nodes"},
		{{.from = IMPORT_FROM_FLANNEL, .address = IMPORT_INTERNAL}, "kube-nodes"},
		{{.from = IMPORT_FROM_FLANNEL, .split = 4096, .output_dir = "d"}, "kube-nodes"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {.text = ""};
		int status = option_import_check(&cases[i].options, &err);

		assert_int_equal(status, cases[i].says == NULL ? 0 : -EINVAL);
		if (cases[i].says != NULL)
			assert_non_null(strstr(err.text, cases[i].says));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_taken_with_a_unit),
		cmocka_unit_test(times_are_taken_in_any_zone_or_now),
		cmocka_unit_test(serials_may_be_any_number),
		cmocka_unit_test(only_some_go_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
