/* test_log.c - log lines in their three forms. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/host/log.h"

#include "folder.h"

#include <fcntl.h>
#include <jansson.h>
#include <sys/socket.h>

/* What was written to the file since it was emptied. */
static const char *written(int fd)
{
	static char text[4 * LOG_MESSAGE_MAX];
	ssize_t got = pread(fd, text, sizeof(text) - 1, 0);

	assert_true(got >= 0);
	text[got] = '\0';
	assert_int_equal(ftruncate(fd, 0), 0);
	return text;
}

static int open_file(void)
{
	int fd = open("log", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	return fd;
}

static void text_has_time_and_level(void **state)
{
	int fd = open_file();
	struct log log = log_open(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, fd);
	const char *text;

	(void)state;
	log_warn(&log, "%d routes", 3);
	text = written(fd);
	assert_int_equal(strlen(text), strlen("2026-11-23T03:00:00Z warning: 3 routes\n"));
	assert_string_equal(text + 19, "Z warning: 3 routes\n");
	(void)close(fd);
}

/* What is in the pipe. */
static const char *piped(int fd)
{
	static char text[1 << 17];
	ssize_t got = read(fd, text, sizeof(text) - 1);

	assert_true(got >= 0);
	text[got] = '\0';
	return text;
}

/* With `kind` 0 a pipe, else sockets of that type. */
static void open_pair(int kind, int ends[2])
{
	if (kind == 0)
		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	else
		assert_int_equal(socketpair(AF_UNIX, kind, 0, ends), 0);
}

static void a_reader_that_is_stuck_stops_nobody(void **state)
{
	static const int kinds[] = {0, SOCK_STREAM};
	static const char *const words = "<4>3 log lines were dropped: nothing was reading them\n"
					 "<6>read again\n";

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		int ends[2];
		struct log log;

		open_pair(kinds[i], ends);
		log = log_open(LOG_LEVEL_INFO, LOG_FORMAT_JOURNAL, ends[1]);
		while (log.dropped < 3)
			log_info(&log, "%01000d", 7); /* a writer that waits stays here forever */
		assert_int_equal(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
		assert_true(strlen(piped(ends[0])) > 1000);
		log_info(&log, "read again");
		assert_int_equal(log.dropped, 0);
		while (strstr(piped(ends[0]), words) == NULL)
			;
		log_close(&log);
		(void)close(ends[0]);
		(void)close(ends[1]);
	}
}

static void messages_above_the_level_are_dropped(void **state)
{
	int fd = open_file();
	struct log log = log_open(LOG_LEVEL_WARN, LOG_FORMAT_JOURNAL, fd);

	(void)state;
	log_debug(&log, "debug");
	log_info(&log, "info");
	log_warn(&log, "warn");
	log_error(&log, "error");
	assert_string_equal(written(fd), "<4>warn\n<3>error\n");
	(void)close(fd);
}

static void a_message_forges_no_second_line(void **state)
{
	int fd = open_file();
	struct log log = log_open(LOG_LEVEL_DEBUG, LOG_FORMAT_JOURNAL, fd);

	(void)state;
	log_info(&log, "node \"%s\"", "a\n<3>forged\033[2J");
	assert_string_equal(written(fd), "<6>node \"a?<3>forged?[2J\"\n");
	(void)close(fd);
}

static void json_is_one_whole_object_a_line(void **state)
{
	int fd = open_file();
	struct log log = log_open(LOG_LEVEL_DEBUG, LOG_FORMAT_JSON, fd);
	json_t *object;

	(void)state;
	log_debug(&log, "say \"%s\" \\ é %s", "hi", "\x01");
	object = json_loads(written(fd), 0, NULL);
	assert_non_null(object);
	assert_string_equal(json_string_value(json_object_get(object, "level")), "debug");
	assert_string_equal(json_string_value(json_object_get(object, "message")),
			    "say \"hi\" \\ é ?");
	assert_int_equal(json_string_length(json_object_get(object, "time")), 20);
	json_decref(object);
	(void)close(fd);
}

static void a_message_without_end_is_cut_and_stays_whole_json(void **state)
{
	static char endless[3 * LOG_MESSAGE_MAX];
	int fd = open_file();
	struct log log = log_open(LOG_LEVEL_INFO, LOG_FORMAT_JSON, fd);
	json_t *object;

	(void)state;
	memset(endless, '"', sizeof(endless) - 1);
	log_info(&log, "%s", endless);
	object = json_loads(written(fd), 0, NULL);
	assert_non_null(object);
	json_decref(object);
	(void)close(fd);
}

static void knows_the_journal_by_device_and_inode(void **state)
{
	int fd = open_file();
	struct stat stat;
	char stream[64];

	(void)state;
	assert_int_equal(fstat(fd, &stat), 0);
	(void)snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)stat.st_dev,
		       (uintmax_t)stat.st_ino);
	assert_true(log_is_journal(stream, fd));
	assert_false(log_is_journal("1:2", fd));
	assert_false(log_is_journal(NULL, fd));
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_folder(text_has_time_and_level),
		test_in_folder(a_reader_that_is_stuck_stops_nobody),
		test_in_folder(messages_above_the_level_are_dropped),
		test_in_folder(a_message_forges_no_second_line),
		test_in_folder(json_is_one_whole_object_a_line),
		test_in_folder(a_message_without_end_is_cut_and_stays_whole_json),
		test_in_folder(knows_the_journal_by_device_and_inode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
