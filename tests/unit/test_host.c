/* test_host.c - what the host tells of itself. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/host/host.h"

#include "croute/edge/host/clock.h"

#include "folder.h"

static int64_t number_of(const struct host_tables *tables, const char *name)
{
	for (uint32_t i = 0; i < tables->count; i++) {
		if (strcmp(host_tables_rows(tables)[i].name, name) == 0)
			return host_tables_rows(tables)[i].number;
	}
	return -1;
}

static void knows_the_kernels_tables_without_any_file(void **state)
{
	struct host_tables tables = {.count = 0};

	(void)state;
	host_tables_read("./nowhere", &tables);
	assert_int_equal(tables.count, 3);
	assert_int_equal(number_of(&tables, "main"), 254);
	assert_int_equal(number_of(&tables, "local"), 255);
	assert_int_equal(number_of(&tables, "default"), 253);
	host_tables_release(&tables);
}

static void reads_names_of_tables_as_ip_does(void **state)
{
	struct host_tables tables = {.count = 0};

	(void)state;
	put_folder("etc");
	put_folder("etc/iproute2");
	put_folder("etc/iproute2/rt_tables.d");
	put("etc/iproute2/rt_tables", "#\n# reserved\n255\tlocal\n 100 blue # colour\r\n"
				      "0x1f5 hex\nword 7\n4294967296 big\n12\n");
	put("etc/iproute2/rt_tables.d/more.conf", "200 more");
	put("etc/iproute2/rt_tables.d/more.txt", "201 other\n");
	put_folder("usr");
	put_folder("usr/share");
	put_folder("usr/share/iproute2");
	put("usr/share/iproute2/rt_tables", "300 shared\n101 blue\n");
	host_tables_read("./", &tables);
	assert_int_equal(number_of(&tables, "blue"), 100);
	assert_int_equal(number_of(&tables, "hex"), 501);
	assert_int_equal(number_of(&tables, "more"), 200);
	assert_int_equal(number_of(&tables, "shared"), 300);
	assert_int_equal(number_of(&tables, "main"), 254);
	assert_int_equal(number_of(&tables, "other"), -1);
	assert_int_equal(number_of(&tables, "word"), -1);
	assert_int_equal(number_of(&tables, "big"), -1);
	host_tables_release(&tables);
}

static void has_a_name_up_to_the_first_dot(void **state)
{
	struct host_name name;

	(void)state;
	assert_int_equal(host_name_read(&name, NULL), 0);
	assert_memory_equal(name.full, name.brief, strlen(name.brief));
	assert_null(strchr(name.brief, '.'));
}

static void reads_a_setting_as_a_number(void **state)
{
	(void)state;
	assert_in_range(host_sysctl_number("net/ipv4/conf/lo/forwarding"), 0, 1);
	assert_int_equal(host_sysctl_number("net/ipv4/conf/no.such/forwarding"), -1);
}

static void clocks_go_forward(void **state)
{
	int64_t before = host_now_ms();

	(void)state;
	assert_true(host_now_ms() >= before);
	assert_true(host_wall_ms() > INT64_C(1600000000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_folder(knows_the_kernels_tables_without_any_file),
		test_in_folder(reads_names_of_tables_as_ip_does),
		test_in_folder(has_a_name_up_to_the_first_dot),
		test_in_folder(reads_a_setting_as_a_number),
		test_in_folder(clocks_go_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
