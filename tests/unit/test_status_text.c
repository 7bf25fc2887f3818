/* test_status_text.c - what a person reads, and how old it is. */
/* SPDX-License-Identifier: MIT */
#include "app/status/text.h"

#include "agent_status.h"

#include <ctype.h>

static char page[STATUS_TEXT_PAGE];

static const char *text_at(const struct status *status, enum status_state how, int64_t now)
{
	struct status_view view = {.state = how, .now_ms = now};
	struct buf out = BUF_OVER(page);

	status_text(status, &view, &out);
	return page;
}

static void assert_has(const char *text, const char *wanted)
{
	if (strstr(text, wanted) == NULL)
		fail_msg("not in it: %s\n%s", wanted, text);
}

static void assert_lacks(const char *text, const char *unwanted)
{
	if (strstr(text, unwanted) != NULL)
		fail_msg("in it: %s\n%s", unwanted, text);
}

static void a_ready_agent_is_told_in_a_few_lines(void **state)
{
	struct status status = status_made();

	(void)state;
	assert_string_equal(
		text_at(&status, STATUS_READY, NOW),
		"● croute on worker-1 is ready: 117 of 119 routes in place\n"
		"      Agent: process 4242, croute 0.1.0, started 3 days ago, last wrote 12 s ago\n"
		"       File: /etc/croute, valid for 3 h, serial 42, made 3 h ago\n"
		"  Interface: eth1, index 3, 10.0.0.11 and fd00::11, MTU 1500\n"
		"    Backend: host-gw, 119 peers\n"
		"     Routes: 119 wanted, 117 in place, 2 in conflict\n"
		"  Last pass: 12 s ago, 0.8 ms, resync: 2 added, 1 changed, 0 deleted\n");
}

static void probed_peers_are_counted(void **state)
{
	struct status status = status_made();

	(void)state;
	assert_lacks(text_at(&status, STATUS_READY, NOW), "Reach");
	status.reach = (struct status_reach){.answers = 116, .unknown = 2, .lost = 1};
	assert_has(text_at(&status, STATUS_READY, NOW),
		   "      Reach: 116 answer, 2 unknown, 1 lost\n");
}

static void problems_come_last_each_kind_with_its_advice_once(void **state)
{
	struct status status = status_made();
	const char *text;

	(void)state;
	add_two_conflicts(&status);
	status_add_problem(&status, STATUS_TROUBLE_LISTEN, NOW - 130000, "port 9667 is taken");
	status.problems_more = 2;
	text = text_at(&status, STATUS_READY, NOW);
	assert_has(text, "is ready, with 5 problems: 117 of 119 routes in place\n");
	assert_has(text,
		   "\nProblems:\n"
		   "  conflict for 5 min: route 10.244.5.0/24 via 10.0.0.15 dev eth1: taken\n"
		   "  conflict for 4 min: route 10.244.6.0/24 via 10.0.0.16 dev eth1: taken\n"
		   "    to do: remove the other program's route, or take the entry out of the "
		   "file\n"
		   "  listen for 2 min: port 9667 is taken\n"
		   "    to do: free the port or change agent.listen; the routes stay\n"
		   "  and 2 more\n");
}

static void a_dead_agent_is_the_first_line(void **state)
{
	struct status status = status_made();
	const char *text = text_at(&status, STATUS_DEAD, NOW + 5 * MINUTE);
	const char *first = "× croute on worker-1 is dead: process 4242, last heard of 5 min ago";

	(void)state;
	assert_memory_equal(text, first, strlen(first));
	assert_has(text, "The routes stay as they are, and nothing repairs them. Start it: ");
	assert_has(text, "Its last report:\n");
}

static void another_holder_of_the_lock_is_named(void **state)
{
	struct status status = status_made();
	struct status_view view = {.state = STATUS_DEAD, .now_ms = NOW, .other = 5151};
	struct buf out = BUF_OVER(page);

	(void)state;
	status_text(&status, &view, &out);
	assert_has(page, "The lock is held by process 5151, which has not written here.\n");
	assert_lacks(page, "Start it");
}

static void a_silent_and_a_stopped_one_differ_from_a_dead_one(void **state)
{
	struct status status = status_made();

	(void)state;
	assert_has(text_at(&status, STATUS_SILENT, NOW + 9 * MINUTE),
		   "is silent: process 4242 lives, but last wrote 9 min ago\n");
	assert_has(text_at(&status, STATUS_STOPPED, NOW + 300 * MINUTE),
		   "is stopped, it last wrote 5 h ago\n");
}

static void an_unready_one_says_why(void **state)
{
	struct status status = status_made();
	const char *text;

	(void)state;
	memcpy(status.reason, "because", 8);
	memcpy(status.config.error, "nodes.yaml:3:1: bad", 20);
	status.config.valid = false;
	status.config.stale = true;
	text = text_at(&status, STATUS_NOT_READY, NOW);
	assert_has(text, "○ croute on worker-1 is not ready: because\n");
	assert_has(text, "/etc/croute, invalid for 3 h, serial 42, made 3 h ago, stale\n"
			 "             nodes.yaml:3:1: bad\n"
			 "             none of it is applied; to do: fix the file; ");
}

static void a_file_not_read_yet_is_told(void **state)
{
	struct status status = status_made();
	const char *text;

	(void)state;
	status.config = (struct status_config){.path = "/etc/croute"};
	status.backend[0] = '\0';
	text = text_at(&status, STATUS_NOT_READY, NOW);
	assert_has(text, "       File: /etc/croute, not read yet\n  Interface: ");
	assert_lacks(text, "Backend");
}

static void a_hold_says_how_to_release_it_and_when_it_ends(void **state)
{
	struct status status = status_made();
	const char *text;

	(void)state;
	status.guard = (struct status_guard){.held = 12,
					     .since_ms = NOW - 5 * MINUTE,
					     .release_ms = NOW + 10 * MINUTE,
					     .text = "12 of 20 destinations would go"};
	status_add_problem(&status, STATUS_TROUBLE_HELD, status.guard.since_ms, status.guard.text);
	text = text_at(&status, STATUS_READY, NOW);
	assert_has(text, " in place, 12 deletions held\n");
	assert_has(text,
		   "  held for 5 min: 12 of 20 destinations would go\n"
		   "    to do: restore the nodes in the file, raise guard.maxDelete in it, or "
		   "run croute release (");
	assert_has(text, "    released by itself: in 10 min\n");
	status.guard.release_ms = 0;
	assert_lacks(text_at(&status, STATUS_READY, NOW), "by itself");
}

static void a_first_pass_that_has_not_been_is_told(void **state)
{
	struct status status = status_made();

	(void)state;
	status.pass = (struct status_pass){.result = STATUS_NO_PASS};
	assert_has(text_at(&status, STATUS_NOT_READY, NOW), "  Last pass: none yet\n");
	status.pass = (struct status_pass){.result = STATUS_FAILED, .at_ms = NOW};
	memcpy(status.error, "no buffer space", 16);
	assert_has(text_at(&status, STATUS_NOT_READY, NOW),
		   "  Last pass: just now, 0.0 ms: failed: no buffer space\n");
}

static void ages_are_told_in_words(void **state)
{
	static const struct {
		int64_t ms;
		const char *words;
	} rows[] = {
		{0, "started just now, "},
		{999, "started just now, "},
		{1000, "started 1 s ago, "},
		{119999, "started 119 s ago, "},
		{-120000, "started in 2 min, "},
		{120000, "started 2 min ago, "},
		{7199999, "started 119 min ago, "},
		{7200000, "started 2 h ago, "},
		{172799999, "started 47 h ago, "},
		{172800000, "started 2 days ago, "},
		{INT64_C(31536000000), "started 365 days ago, "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct status status = status_made();

		status.started_ms = NOW - rows[i].ms;
		assert_has(text_at(&status, STATUS_READY, NOW), rows[i].words);
	}
}

static void the_colour_tells_the_state_and_ends_with_the_line(void **state)
{
	static const char *const colours[] = {
		[STATUS_READY] = "\033[1;32m●\033[0m",	[STATUS_NOT_READY] = "\033[1;33m○\033[0m",
		[STATUS_SILENT] = "\033[1;31m×\033[0m", [STATUS_DEAD] = "\033[1;31m×\033[0m",
		[STATUS_STOPPED] = "\033[1m○\033[0m",
	};
	struct status status = status_made();

	(void)state;
	for (unsigned how = STATUS_READY; how <= STATUS_STOPPED; how++) {
		struct status_view view = {
			.state = (enum status_state)how, .now_ms = NOW, .colour = true};
		struct buf out = BUF_OVER(page);

		status_text(&status, &view, &out);
		assert_memory_equal(page, colours[how], strlen(colours[how]));
		assert_memory_equal(strchr(page, '\n') - 4, "\033[0m", 4);
		assert_null(strchr(strchr(page, '\n'), '\033'));
	}
}

static void nothing_in_a_status_can_drive_a_terminal(void **state)
{
	struct status status = status_made();
	const char *text;

	(void)state;
	memcpy(status.node, "\033[2J\n", 6);
	memcpy(status.config.path, "\r\n", 3);
	memcpy(status.interfaces[0].name, "\a", 2);
	memcpy(status.pass.reason, "\x9b", 2);
	text = text_at(&status, STATUS_READY, NOW);
	for (; *text != '\0'; text++)
		assert_true(*text == '\n' || !iscntrl((unsigned char)*text));
	assert_has(page, "croute on ?[2J? is ready");
}

static void the_fullest_page_fits(void **state)
{
	struct status status = status_made();
	char line[STATUS_TEXT_MAX];

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	memset(status.config.path, 'x', sizeof(status.config.path) - 1);
	memset(status.node, 'x', sizeof(status.node) - 1);
	memcpy(status.guard.text, line, sizeof(line));
	memcpy(status.config.error, line, sizeof(line));
	status.guard.held = 1;
	status.config.valid = false;
	for (unsigned i = 0; i < STATUS_PROBLEMS_MOST; i++)
		status_add_problem(&status, i % 2 != 0 ? STATUS_TROUBLE_HELD : STATUS_TROUBLE_FILE,
				   1, line);
	status.problems_more = 1;
	assert_has(text_at(&status, STATUS_READY, NOW), "  and 1 more\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ready_agent_is_told_in_a_few_lines),
		cmocka_unit_test(probed_peers_are_counted),
		cmocka_unit_test(problems_come_last_each_kind_with_its_advice_once),
		cmocka_unit_test(a_dead_agent_is_the_first_line),
		cmocka_unit_test(another_holder_of_the_lock_is_named),
		cmocka_unit_test(a_silent_and_a_stopped_one_differ_from_a_dead_one),
		cmocka_unit_test(an_unready_one_says_why),
		cmocka_unit_test(a_file_not_read_yet_is_told),
		cmocka_unit_test(a_hold_says_how_to_release_it_and_when_it_ends),
		cmocka_unit_test(a_first_pass_that_has_not_been_is_told),
		cmocka_unit_test(ages_are_told_in_words),
		cmocka_unit_test(the_colour_tells_the_state_and_ends_with_the_line),
		cmocka_unit_test(nothing_in_a_status_can_drive_a_terminal),
		cmocka_unit_test(the_fullest_page_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
