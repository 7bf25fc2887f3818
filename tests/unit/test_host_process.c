/* test_host_process.c - a program is found below /proc, and what hides others is known. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/host/facts.h"
#include "croute/edge/host/processes.h"

#include "folder.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void make(const char *path)
{
	assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
}

static void finds_a_process_by_its_name(void **state)
{
	(void)state;
	make("proc");
	make("proc/1");
	make("proc/4711");
	make("proc/self");
	make("proc/99");
	put("proc/1/comm", "systemd\n");
	put("proc/self/comm", "flanneld\n"); /* no number */
	put("proc/99/comm", "flanneld-like\n");
	assert_int_equal(host_process_find(".", "flanneld"), 0);
	put("proc/4711/comm", "flanneld\n");
	assert_int_equal(host_process_find(".", "flanneld"), 4711);
	assert_int_equal(host_process_find("./nowhere", "flanneld"), 0);
}

static bool is_container(void)
{
	struct host_facts facts = {.link_count = 0};

	host_facts_read(".", &facts);
	return facts.is_container;
}

static void knows_the_first_namespace(void **state)
{
	(void)state;
	make("proc");
	make("proc/self");
	make("proc/self/ns");
	assert_int_equal(symlink("pid:[4026531836]", "proc/self/ns/pid"), 0);
	assert_false(is_container());
	assert_int_equal(unlink("proc/self/ns/pid"), 0);
	assert_true(is_container());
	assert_int_equal(symlink("pid:[4026532190]", "proc/self/ns/pid"), 0);
	assert_true(is_container());
}

static int open_netlink(uint32_t *port)
{
	struct sockaddr_nl name = {.nl_family = AF_NETLINK};
	socklen_t size = sizeof(name);
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &size), 0);
	*port = name.nl_pid;
	return fd;
}

static void assert_owner(uint32_t port, bool everywhere, const char *wanted)
{
	char space[64] = "";
	struct buf text = BUF_OVER(space);

	assert_int_equal(host_netlink_add_owner(&text, port, everywhere), wanted[0] != '\0');
	assert_string_equal(space, wanted);
}

static void the_owner_of_a_socket_is_found_by_its_descriptors(void **state)
{
	char space[64] = "";
	struct buf self = BUF_OVER(space);
	uint32_t ports[2];
	int fds[2];

	(void)state;
	for (int i = 0; i < 2; i++)
		fds[i] = open_netlink(&ports[i]);
	assert_true(host_process_add(&self, (uint32_t)getpid()));
	assert_int_equal(ports[0], getpid());
	assert_int_not_equal(ports[1], getpid());
	assert_owner(ports[0], false, space);
	assert_owner(ports[1], false, "");
	assert_owner(ports[1], true, space);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(close(fds[i]), 0);
		assert_owner(ports[i], false, "a process that has ended");
	}
}

/* Its number may be that of a process elsewhere. */
static void a_thread_of_the_kernel_owns_none(void **state)
{
	(void)state;
	assert_owner(2, false, "a process that has ended");
}

/* Not waited for, it is there without any descriptor. */
static void one_that_is_ending_is_named(void **state)
{
	siginfo_t info;
	char space[64] = "";
	struct buf name = BUF_OVER(space);
	pid_t child = fork();

	(void)state;
	if (child == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	assert_true(host_process_add(&name, (uint32_t)child));
	assert_owner((uint32_t)child, false, space);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_owner((uint32_t)child, false, "a process that has ended");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(finds_a_process_by_its_name, folder_make,
						folder_drop),
		cmocka_unit_test_setup_teardown(knows_the_first_namespace, folder_make,
						folder_drop),
		cmocka_unit_test(the_owner_of_a_socket_is_found_by_its_descriptors),
		cmocka_unit_test(a_thread_of_the_kernel_owns_none),
		cmocka_unit_test(one_that_is_ending_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
