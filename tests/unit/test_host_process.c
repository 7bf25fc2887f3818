/* test_host_process.c - a program is found below /proc, and what hides others is known. */
#include "croute/edge/host/facts.h"

#include "folder.h"

#include <errno.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(finds_a_process_by_its_name, folder_make,
						folder_drop),
		cmocka_unit_test_setup_teardown(knows_the_first_namespace, folder_make,
						folder_drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
