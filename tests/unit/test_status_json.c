/* test_status_json.c - the status file, written by an agent or by anybody. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/status/status.h"

#include "agent_status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define HEAD "\"version\":1,\"pid\":1,\"ready\":true,\"hostUptimeMs\":1,\"resyncMs\":60000"
#define WRITTEN "\"writtenAt\":\"2026-11-23T03:00:00.000Z\""

static void assert_refused(const char *bytes, const char *why)
{
	struct status status = {.pid = 77};
	struct error err = {0};

	assert_int_equal(status_json_read(bytes, strlen(bytes), &status, &err), -EINVAL);
	if (strstr(err.text, why) == NULL)
		fail_msg("\"%s\" is not in: %s", why, err.text);
	assert_int_equal(status.pid, 77);
}

/* Every text full of what takes most room. */
static struct status full_status(void)
{
	struct status status = status_made();
	char line[STATUS_TEXT_MAX];

	memset(line, '"', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	memset(status.config.path, '"', sizeof(status.config.path) - 1);
	memset(status.node, '\\', sizeof(status.node) - 1);
	memcpy(status.waiting, line, sizeof(line));
	memcpy(status.reason, line, sizeof(line));
	memcpy(status.error, line, sizeof(line));
	memcpy(status.config.error, line, sizeof(line));
	memcpy(status.guard.text, line, sizeof(line));
	for (int i = 0; i < STATUS_PROBLEMS_MOST + 1; i++)
		status_add_problem(&status, STATUS_TROUBLE_PRIVILEGE, NOW, line);
	return status;
}

static void assert_comes_back(const struct status *status)
{
	char bytes[STATUS_FILE_MOST];
	int len = status_json_write(status, bytes, sizeof(bytes));
	char again[STATUS_FILE_MOST];
	struct status back;
	struct error err = {0};

	assert_true(len > 0);
	assert_int_equal(bytes[len - 1], '\n');
	memset(&back, 0xa5, sizeof(back));
	if (status_json_read(bytes, (size_t)len, &back, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(status_json_write(&back, again, sizeof(again)), len);
	assert_memory_equal(again, bytes, (size_t)len);
	assert_int_equal(back.pid, status->pid);
	assert_int_equal(back.pass.at_ms, status->pass.at_ms);
	assert_int_equal(back.config.serial, status->config.serial);
	assert_int_equal(back.problem_count, status->problem_count);
}

static void what_was_written_is_read_back(void **state)
{
	struct status status = status_made();

	(void)state;
	assert_comes_back(&status);
	add_two_conflicts(&status);
	status.stopped = true;
	status.guard = (struct status_guard){
		.held = 12, .since_ms = NOW - 1, .release_ms = NOW + 1, .text = "12 of 20"};
	status.interfaces[1] = (struct status_interface){
		.name = "eth2", .index = 4, .mtu = 9000, .address = {"fd00::12"}};
	assert_comes_back(&status);
	status = (struct status){.pid = 1, .written_ms = 1000, .resync_ms = 100};
	assert_comes_back(&status);
}

static void the_fullest_status_fits_and_is_read_back(void **state)
{
	struct status status = full_status();

	(void)state;
	assert_comes_back(&status);
}

static void the_greatest_serial_survives(void **state)
{
	struct status status = status_made();

	(void)state;
	status.config.serial = UINT64_MAX;
	assert_comes_back(&status);
	status.config.serial = INT64_MAX;
	assert_comes_back(&status);
	status.config.serial = 0;
	assert_comes_back(&status);
}

static void a_buffer_too_small_is_told_and_not_overrun(void **state)
{
	struct status status = status_made();
	char bytes[STATUS_FILE_MOST];
	int len = status_json_write(&status, bytes, sizeof(bytes));
	char *exact = malloc((size_t)len + 1);

	(void)state;
	assert_non_null(exact);
	assert_int_equal(status_json_write(&status, exact, (size_t)len + 1), len);
	assert_int_equal(status_json_write(&status, exact, (size_t)len), -ENOSPC);
	assert_int_equal(status_json_write(&status, exact, 10), -ENOSPC);
	free(exact); /* the test's */
}

static void bytes_that_are_no_text_do_not_spoil_the_file(void **state)
{
	struct status status = status_made();
	char bytes[STATUS_FILE_MOST];
	struct status back;
	int len;

	(void)state;
	memcpy(status.node, "a\xff\033", 4);
	len = status_json_write(&status, bytes, sizeof(bytes));
	assert_true(len > 0);
	assert_int_equal(status_json_read(bytes, (size_t)len, &back, NULL), 0);
	assert_string_equal(back.node, "a??");
}

static void the_least_status_is_enough_and_unknown_keys_are_passed_over(void **state)
{
	const char *bytes = "{" HEAD "," WRITTEN ",\"new\":[{\"x\":null}],\"routes\":{\"y\":1}}";
	struct status status;

	(void)state;
	assert_int_equal(status_json_read(bytes, strlen(bytes), &status, NULL), 0);
	assert_int_equal(status.written_ms, NOW);
	assert_true(status.ready);
	assert_string_equal(status.node, "");
}

static void a_file_of_something_else_is_refused(void **state)
{
	(void)state;
	assert_refused("", "not JSON");
	assert_refused("{", "not JSON");
	assert_refused("[1]", "not a croute status file");
	assert_refused("{}", "not a croute status file");
	assert_refused("{\"version\":2}", "another form");
	assert_refused("{\"version\":1,\"version\":1}", "not JSON");
	assert_refused("{\"version\":1}", "\"pid\" is missing");
	assert_refused("{" HEAD "}", "\"writtenAt\" is missing");
}

static void every_type_is_checked(void **state)
{
	static const struct {
		const char *piece;
		const char *why;
	} rows[] = {
		{"\"node\":1", "\"node\" is not a string"},
		{"\"node\":\"a\\u0000b\"", "not JSON"},
		{"\"stopped\":0", "\"stopped\" is neither true nor false"},
		{"\"peers\":-1", "\"peers\" is out of range"},
		{"\"peers\":4294967296", "\"peers\" is out of range"},
		{"\"peers\":1.5", "\"peers\" is not a whole number"},
		{"\"startedAt\":1", "\"startedAt\" is not a string"},
		{"\"startedAt\":\"2026-11-23T03:00:00Z\"", "\"startedAt\" is not a time"},
		{"\"startedAt\":\"2026-11-31T03:00:00.000Z\"", "\"startedAt\" is not a time"},
		{"\"startedAt\":\"2026-11-23T03:00:00.-12Z\"", "\"startedAt\" is not a time"},
		{"\"config\":[]", "\"config\" is not an object"},
		{"\"config\":{\"since\":{}}", "\"config.since\" is not a string"},
		{"\"config\":{\"serial\":-1}", "\"config.serial\" is not a whole number"},
		{"\"config\":{\"serial\":\"x\"}", "\"config.serial\" is not a whole number"},
		{"\"lastPass\":{\"result\":\"good\"}", "\"lastPass.result\" is a word"},
		{"\"lastPass\":{\"durationUs\":9223372036854775807}", "out of range"},
		{"\"interface\":1", "\"interface\" is not an interface"},
		{"\"interface\":{\"address\":[1]}", "not an address"},
		{"\"interface\":{\"address\":[\"a\",\"b\",\"c\"]}", "not an interface"},
		{"\"interface\":{\"name\":\"0123456789abcdef\",\"address\":[]}", "too long"},
		{"\"problems\":{}", "\"problems\" is not a list"},
		{"\"problems\":[1]", "\"problems.kind\""},
		{"\"problems\":[{\"kind\":\"odd\"}]", "\"problems.kind\""},
		{"\"problems\":[{\"kind\":\"file\",\"text\":7}]",
		 "\"problems.text\" is not a string"},
	};
	char bytes[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(bytes, sizeof(bytes), "{" HEAD "," WRITTEN ",%s}", rows[i].piece);
		assert_refused(bytes, rows[i].why);
	}
}

static void a_text_may_be_as_long_as_its_place(void **state)
{
	char node[STATUS_NODE_MAX + 1];
	char bytes[1024];
	struct status status;

	(void)state;
	memset(node, 'n', sizeof(node));
	node[STATUS_NODE_MAX - 1] = '\0';
	(void)snprintf(bytes, sizeof(bytes), "{" HEAD "," WRITTEN ",\"node\":\"%s\"}", node);
	assert_int_equal(status_json_read(bytes, strlen(bytes), &status, NULL), 0);
	assert_string_equal(status.node, node);
	node[STATUS_NODE_MAX - 1] = 'n';
	node[STATUS_NODE_MAX] = '\0';
	(void)snprintf(bytes, sizeof(bytes), "{" HEAD "," WRITTEN ",\"node\":\"%s\"}", node);
	assert_refused(bytes, "\"node\" is too long");
}

static void too_many_problems_are_refused(void **state)
{
	char bytes[4096] = "{" HEAD "," WRITTEN ",\"problems\":[{\"kind\":\"file\"}";
	struct buf buf = {.data = bytes, .size = sizeof(bytes), .len = strlen(bytes)};

	(void)state;
	for (int i = 0; i < STATUS_PROBLEMS_MOST; i++)
		buf_add(&buf, ",{\"kind\":\"file\"}");
	buf_add(&buf, "]}");
	assert_refused(bytes, "not a list of at most 20");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read_back),
		cmocka_unit_test(the_fullest_status_fits_and_is_read_back),
		cmocka_unit_test(the_greatest_serial_survives),
		cmocka_unit_test(a_buffer_too_small_is_told_and_not_overrun),
		cmocka_unit_test(bytes_that_are_no_text_do_not_spoil_the_file),
		cmocka_unit_test(the_least_status_is_enough_and_unknown_keys_are_passed_over),
		cmocka_unit_test(a_file_of_something_else_is_refused),
		cmocka_unit_test(every_type_is_checked),
		cmocka_unit_test(a_text_may_be_as_long_as_its_place),
		cmocka_unit_test(too_many_problems_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
