/* test_notify.c - what the service manager is told, through a socket of the test's own. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/host/notify.h"

#include "folder.h"

#include <errno.h>
#include <time.h>

static char told[2 * NOTIFY_MESSAGE_MAX];

/* The manager: a socket bound to `name`, an abstract one when that begins with `@`. */
static int manager(const char *name)
{
	struct sockaddr_un bound = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(bound.sun_path, name, strlen(name));
	if (name[0] == '@')
		bound.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (struct sockaddr *)&bound,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
			 0);
	return fd;
}

/* The next datagram, "" when there is none. */
static const char *hear(int fd)
{
	ssize_t got = recv(fd, told, sizeof(told) - 1, 0);

	told[got > 0 ? got : 0] = '\0';
	return told;
}

static void opened(struct notify *notify, const char *name)
{
	struct error err = {.text = ""};

	if (notify_open(name, notify, &err) < 0)
		fail_msg("%s", err.text);
}

static void tells_state_and_status_through_a_path(void **state)
{
	const struct folder *folder = *state;
	struct notify notify;
	char name[80];
	int fd;

	(void)snprintf(name, sizeof(name), "%s/notify", folder->path);
	fd = manager(name);
	opened(&notify, name);
	assert_int_equal(notify_send(&notify, "READY=1", "118 routes in place"), 0);
	assert_string_equal(hear(fd), "READY=1\nSTATUS=118 routes in place");
	assert_int_equal(notify_send(&notify, "WATCHDOG=1", NULL), 0);
	assert_string_equal(hear(fd), "WATCHDOG=1\n");
	assert_int_equal(notify_send(&notify, NULL, "waiting"), 0);
	assert_string_equal(hear(fd), "STATUS=waiting");
	notify_close(&notify);
	(void)close(fd);
}

static void tells_through_an_abstract_name(void **state)
{
	struct notify notify;
	char name[80];
	int fd;

	(void)state;
	(void)snprintf(name, sizeof(name), "@croute-test-%d", (int)getpid());
	fd = manager(name);
	opened(&notify, name);
	assert_int_equal(notify_send(&notify, "STOPPING=1", NULL), 0);
	assert_string_equal(hear(fd), "STOPPING=1\n");
	notify_close(&notify);
	(void)close(fd);
}

static void a_status_forges_no_state(void **state)
{
	struct notify notify;
	int fd = manager("@croute-test-forge");

	(void)state;
	opened(&notify, "@croute-test-forge");
	assert_int_equal(notify_send(&notify, NULL, "bad file\nREADY=1"), 0);
	assert_string_equal(hear(fd), "STATUS=bad file?READY=1");
	notify_close(&notify);
	(void)close(fd);
}

static void a_reload_bears_the_time_of_the_monotonic_clock(void **state)
{
	struct notify notify;
	struct timespec now;
	long long usec = 0;
	long long most;
	int fd = manager("@croute-test-reload");

	(void)state;
	opened(&notify, "@croute-test-reload");
	assert_int_equal(notify_reloading(&notify, "reading"), 0);
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	most = (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
	assert_true(strncmp(hear(fd), "RELOADING=1\nMONOTONIC_USEC=", 27) == 0);
	assert_int_equal(sscanf(told + 27, "%lld\nSTATUS=reading", &usec), 1);
	assert_non_null(strstr(told, "\nSTATUS=reading"));
	assert_true(usec <= most && usec > most - 60000000);
	notify_close(&notify);
	(void)close(fd);
}

static void is_silent_without_a_socket(void **state)
{
	static const char *const none[] = {NULL, ""};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct notify notify;

		opened(&notify, none[i]);
		assert_int_equal(notify.fd, -1);
		assert_int_equal(notify_send(&notify, "READY=1", NULL), 0);
		assert_int_equal(notify_reloading(&notify, NULL), 0);
		notify_close(&notify);
	}
}

static void refuses_a_socket_that_cannot_be(void **state)
{
	char name[200];
	const char *bad[] = {"relative", "/", "@", "vsock:2:1", name};

	(void)state;
	memset(name, '/', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct notify notify;
		struct error err = {.text = ""};

		assert_true(notify_open(bad[i], &notify, &err) < 0);
		assert_non_null(strstr(err.text, "NOTIFY_SOCKET"));
		assert_int_equal(notify_send(&notify, "READY=1", NULL), 0);
	}
}

static void never_waits_for_a_manager_that_does_not_listen(void **state)
{
	struct notify notify;
	int fd = manager("@croute-test-full");
	int status = 0;

	(void)state;
	opened(&notify, "@croute-test-full");
	for (int i = 0; i < 100000 && status == 0; i++)
		status = notify_send(&notify, "WATCHDOG=1", NULL);
	assert_int_equal(status, -EAGAIN);
	(void)close(fd);
	assert_int_equal(notify_send(&notify, "WATCHDOG=1", NULL), -ECONNREFUSED);
	notify_close(&notify);
}

static void feeds_the_watchdog_in_half_of_its_time(void **state)
{
	(void)state;
	assert_int_equal(notify_watchdog_ms("30000000", "7", 7), 15000);
	assert_int_equal(notify_watchdog_ms("30000000", NULL, 7), 15000);
	assert_int_equal(notify_watchdog_ms("1", NULL, 7), 1);
	assert_int_equal(notify_watchdog_ms(NULL, "7", 7), 0);
	assert_int_equal(notify_watchdog_ms("0", NULL, 7), 0);
	assert_int_equal(notify_watchdog_ms("soon", NULL, 7), 0);
	assert_int_equal(notify_watchdog_ms("-5", NULL, 7), 0);
	assert_int_equal(notify_watchdog_ms("30000000", "8", 7), 0);
	assert_int_equal(notify_watchdog_ms("30000000", "", 7), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_make, folder_drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tells_state_and_status_through_a_path),
		TEST(tells_through_an_abstract_name),
		TEST(a_status_forges_no_state),
		TEST(a_reload_bears_the_time_of_the_monotonic_clock),
		TEST(is_silent_without_a_socket),
		TEST(refuses_a_socket_that_cannot_be),
		TEST(never_waits_for_a_manager_that_does_not_listen),
		TEST(feeds_the_watchdog_in_half_of_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
