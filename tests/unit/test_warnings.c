/* test_warnings.c - what is not wrong in a plan, but may hurt traffic. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/report/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static struct config backend(enum backend_type type, bool direct_routing)
{
	struct config config = {.backend = type};

	config.vxlan.direct_routing = direct_routing;
	return config;
}

static void a_jump_between_host_gw_and_vxlan_is_told(void **state)
{
	struct config plain = backend(BACKEND_HOST_GW, false);
	struct config tunnel = backend(BACKEND_VXLAN, false);

	(void)state;
	assert_non_null(strstr(warnings_between(&plain, &tunnel), "host-gw to vxlan"));
	assert_non_null(strstr(warnings_between(&tunnel, &plain), "vxlan to host-gw"));
}

static void each_of_the_two_steps_is_silent(void **state)
{
	struct config plain = backend(BACKEND_HOST_GW, false);
	struct config direct = backend(BACKEND_VXLAN, true);
	struct config tunnel = backend(BACKEND_VXLAN, false);

	(void)state;
	assert_null(warnings_between(&plain, &direct));
	assert_null(warnings_between(&direct, &tunnel));
	assert_null(warnings_between(&tunnel, &direct));
	assert_null(warnings_between(&direct, &plain));
}

static void nothing_is_said_of_what_stays_or_leaves(void **state)
{
	struct config plain = backend(BACKEND_HOST_GW, false);
	struct config tunnel = backend(BACKEND_VXLAN, false);
	struct config none = backend(BACKEND_NONE, false);

	(void)state;
	assert_null(warnings_between(&plain, &plain));
	assert_null(warnings_between(&tunnel, &tunnel));
	assert_null(warnings_between(&tunnel, &none));
	assert_null(warnings_between(&none, &tunnel));
}

static void the_warnings_of_a_pass_come_one_by_one(void **state)
{
	struct config tunnel = backend(BACKEND_VXLAN, false);
	struct picture picture;

	(void)state;
	picture_init(&picture);
	picture.config = &tunnel;
	picture.notes = NOTE_CHANGED_MAC | NOTE_CUT_MTU | NOTE_STRICT_RP;
	assert_non_null(strstr(warnings_at(&picture, 0), "VTEP MAC of this host"));
	assert_non_null(strstr(warnings_at(&picture, 1), "backend.vxlan.mtu"));
	assert_non_null(strstr(warnings_at(&picture, 2), "rp_filter"));
	assert_null(warnings_at(&picture, 3));
	picture_release(&picture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_jump_between_host_gw_and_vxlan_is_told),
		cmocka_unit_test(each_of_the_two_steps_is_silent),
		cmocka_unit_test(nothing_is_said_of_what_stays_or_leaves),
		cmocka_unit_test(the_warnings_of_a_pass_come_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
