/* test_status.c - when an agent is ready, and when it is believed to live. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/plan/guard.h"

#include "agent_status.h"

static struct status settled(struct status status)
{
	status_set_ready(&status);
	assert_int_equal(status.ready, status.reason[0] == '\0');
	return status;
}

static void assert_unready(struct status status, const char *reason)
{
	status = settled(status);
	assert_false(status.ready);
	assert_string_equal(status.reason, reason);
}

static void one_bad_peer_leaves_it_ready(void **state)
{
	struct status status = status_made();

	(void)state;
	status.ready = false;
	status.routes.failed = 1;
	status.routes.held = 12;
	assert_true(settled(status).ready);
	status.routes = (struct status_routes){.desired = 0};
	assert_true(settled(status).ready);
}

static void an_invalid_file_is_not_ready_and_says_where(void **state)
{
	struct status status = status_made();

	(void)state;
	status.config.valid = false;
	set(status.config.error, "nodes.yaml:3:1: \"x\" is not a key of the file");
	assert_unready(status, "invalid config: nodes.yaml:3:1: \"x\" is not a key of the file");
}

static void a_file_not_read_yet_is_not_called_bad(void **state)
{
	struct status status = status_made();

	(void)state;
	status.config.valid = false;
	assert_unready(status, "the file has not been read yet");
}

static void what_is_waited_for_is_told(void **state)
{
	struct status status = status_made();

	(void)state;
	set(status.waiting, "another croute holds the lock");
	assert_unready(status, "waiting: another croute holds the lock");
}

static void a_pass_over_the_present_file_must_have_ended(void **state)
{
	struct status status = status_made();

	(void)state;
	status.pass.of_present_file = false;
	assert_unready(status, "no pass over the present file has ended yet");
	status.pass = (struct status_pass){.result = STATUS_NO_PASS};
	assert_unready(status, "no pass over the present file has ended yet");
	status.pass = (struct status_pass){.result = STATUS_FAILED, .of_present_file = true};
	set(status.error, "no buffer space");
	assert_unready(status, "the last pass failed: no buffer space");
}

static void nothing_installed_at_all_is_not_ready(void **state)
{
	struct status status = status_made();

	(void)state;
	status.routes = (struct status_routes){.desired = 3, .conflict = 1, .failed = 2};
	assert_unready(status, "no route at all could be installed: 2 failed, 1 in conflict, "
			       "0 pending");
}

static void a_blackhole_of_its_own_makes_no_node_ready(void **state)
{
	struct status status = status_made();

	(void)state;
	status.routes = (struct status_routes){.desired = 3, .installed = 1, .failed = 2, .own = 1};
	assert_unready(status, "no route at all could be installed: 2 failed, 0 in conflict, "
			       "0 pending");
	status.routes = (struct status_routes){.desired = 1, .installed = 1, .own = 1};
	status_set_ready(&status);
	assert_true(status.ready);
}

static void the_probe_is_told_why_and_what_else_is_wrong(void **state)
{
	struct status status = status_made();
	char space[4096];
	struct buf out = BUF_OVER(space);

	(void)state;
	status_ready_text(&status, &out);
	assert_string_equal(space, "ready\n2 in conflict\n");
	status.waiting[0] = 'x';
	status_set_ready(&status);
	add_two_conflicts(&status);
	status_add_problem(&status, STATUS_TROUBLE_HELD, 1, "12 of 20 destinations would go");
	status.problems_more = 7;
	status.routes.held = 12;
	out = BUF_OVER(space);
	status_ready_text(&status, &out);
	assert_string_equal(space,
			    "not ready: waiting: x\n2 in conflict\n12 held by the guard\n"
			    "conflict: route 10.244.5.0/24 via 10.0.0.15 dev eth1: taken\n"
			    "conflict: route 10.244.6.0/24 via 10.0.0.16 dev eth1: taken\n"
			    "held: 12 of 20 destinations would go; to release: " GUARD_RELEASE
			    "\nand 7 more\n");
}

static void problems_beyond_twenty_are_counted(void **state)
{
	struct status status = {.pid = 1};

	(void)state;
	for (int i = 0; i < 25; i++)
		status_add_problem(&status, STATUS_TROUBLE_REFUSED, 1, "a");
	assert_int_equal(status.problem_count, STATUS_PROBLEMS_MOST);
	assert_int_equal(status.problems_more, 5);
}

static void a_problem_line_has_no_wide_gaps_and_no_control_characters(void **state)
{
	struct status status = {.pid = 1};

	(void)state;
	status_add_problem(&status, STATUS_TROUBLE_REFUSED, 1, "x route        why\033[2J \n end ");
	assert_string_equal(status.problems[0].text, "x route  why?[2J ? end ");
}

static void what_stays_wrong_keeps_its_time(void **state)
{
	struct status before = status_made();
	struct status status = status_made();

	(void)state;
	status_add_problem(&before, STATUS_TROUBLE_CONFLICT, 100, "old");
	status_add_problem(&before, STATUS_TROUBLE_SHADOWED, 200, "other");
	status_add_problem(&status, STATUS_TROUBLE_CONFLICT, 900, "old");
	status_add_problem(&status, STATUS_TROUBLE_CONFLICT, 900, "other");
	status_add_problem(&status, STATUS_TROUBLE_HELD, 900, "3 of 4");
	before.guard = (struct status_guard){.held = 2, .since_ms = 300};
	status.guard = (struct status_guard){.held = 3, .since_ms = 900};
	before.config.since_ms = 400;
	status_keep_times(&status, &before);
	assert_int_equal(status.problems[0].since_ms, 100);
	assert_int_equal(status.problems[1].since_ms, 900);
	assert_int_equal(status.guard.since_ms, 300);
	assert_int_equal(status.problems[2].since_ms, 300);
	assert_int_equal(status.config.since_ms, 400);
	before.guard.held = 0;
	before.config.valid = false;
	status.guard.since_ms = 900;
	status_keep_times(&status, &before);
	assert_int_equal(status.guard.since_ms, 900);
	assert_int_equal(status.config.since_ms, status.written_ms);
}

static struct selected selected_of(uint32_t index, const char *name, const char *address)
{
	struct selected out = {.index = index, .mtu = 1500};

	memcpy(out.name, name, strlen(name));
	assert_int_equal(ip_parse(text_of(address), &out.address), 0);
	return out;
}

static void the_second_interface_stands_where_the_families_differ(void **state)
{
	struct family family[FAMILIES] = {{.link = selected_of(3, "eth1", "10.0.0.11")},
					  {.link = selected_of(3, "eth1", "fd00::11")}};
	struct status status = status_made();

	(void)state;
	status_set_interfaces(&status, family);
	assert_string_equal(status.interfaces[0].address[1], "fd00::11");
	assert_string_equal(status.interfaces[1].name, "");
	family[1].link = selected_of(4, "eth2", "fd00::12");
	status_set_interfaces(&status, family);
	assert_string_equal(status.interfaces[0].address[1], "");
	assert_string_equal(status.interfaces[1].name, "eth2");
	assert_string_equal(status.interfaces[1].address[0], "fd00::12");
	family[0].link.index = 0;
	status_set_interfaces(&status, family);
	assert_string_equal(status.interfaces[0].name, "eth2");
	assert_string_equal(status.interfaces[1].name, "");
	family[1].link.index = 0;
	status_set_interfaces(&status, family);
	assert_string_equal(status.interfaces[0].name, "");
}

static void it_is_silent_from_the_third_resync_on(void **state)
{
	struct status status = status_made();

	(void)state;
	assert_int_equal(status_judge(&status, true, status.written_ms + 179999), STATUS_READY);
	assert_int_equal(status_judge(&status, true, status.written_ms + 180000), STATUS_SILENT);
	assert_int_equal(status_judge(&status, true, status.written_ms - 1), STATUS_SILENT);
	status.ready = false;
	assert_int_equal(status_judge(&status, true, status.written_ms), STATUS_NOT_READY);
}

static void a_dead_agent_is_dead_however_ready_it_was(void **state)
{
	struct status status = status_made();

	(void)state;
	assert_int_equal(status_judge(&status, false, NOW), STATUS_DEAD);
	status.stopped = true;
	assert_int_equal(status_judge(&status, false, NOW), STATUS_STOPPED);
}

static void setting_the_clock_makes_no_status_old(void **state)
{
	struct status status = status_made();
	const int64_t day = 24 * 60 * MINUTE;

	(void)state;
	assert_int_equal(status_now(&status, NOW - day, 112000), NOW);
	assert_int_equal(status_now(&status, NOW + day, 112000), NOW);
	assert_int_equal(status_now(&status, NOW, 5), NOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_bad_peer_leaves_it_ready),
		cmocka_unit_test(an_invalid_file_is_not_ready_and_says_where),
		cmocka_unit_test(a_file_not_read_yet_is_not_called_bad),
		cmocka_unit_test(what_is_waited_for_is_told),
		cmocka_unit_test(a_pass_over_the_present_file_must_have_ended),
		cmocka_unit_test(nothing_installed_at_all_is_not_ready),
		cmocka_unit_test(a_blackhole_of_its_own_makes_no_node_ready),
		cmocka_unit_test(the_probe_is_told_why_and_what_else_is_wrong),
		cmocka_unit_test(problems_beyond_twenty_are_counted),
		cmocka_unit_test(a_problem_line_has_no_wide_gaps_and_no_control_characters),
		cmocka_unit_test(what_stays_wrong_keeps_its_time),
		cmocka_unit_test(the_second_interface_stands_where_the_families_differ),
		cmocka_unit_test(it_is_silent_from_the_third_resync_on),
		cmocka_unit_test(a_dead_agent_is_dead_however_ready_it_was),
		cmocka_unit_test(setting_the_clock_makes_no_status_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
