/* test_host_facts.c - settings of a host below another root. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/host/facts.h"

#include "folder.h"

#include <errno.h>
#include <stdbool.h>

#include "croute/base/buf.h"

/* A file with all directories on its way. */
static void put_deep(const char *path, const char *text)
{
	char part[PATH_MAX];

	for (size_t i = 1; path[i] != '\0'; i++) {
		if (path[i] != '/')
			continue;
		(void)snprintf(part, sizeof(part), "%.*s", (int)i, path);
		assert_true(mkdir(part, 0755) == 0 || errno == EEXIST);
	}
	put(path, text);
}

static void reads_settings_below_its_root(void **state)
{
	struct host_facts facts = {.links = {{.name = "eth0.100"}}, .link_count = 1};

	(void)state;
	put_deep("proc/sys/net/ipv4/ip_forward", "1\n");
	put_deep("proc/sys/net/ipv6/conf/all/forwarding", "0\n");
	put_deep("proc/sys/net/ipv4/conf/all/rp_filter", "2\n");
	put_deep("proc/sys/net/ipv4/conf/eth0.100/rp_filter", "1\n");
	put_deep("proc/sys/net/ipv4/neigh/default/gc_thresh3", "99999999999\n");
	put_deep("proc/sys/fs/inotify/max_user_watches", "odd\n");
	put_deep("proc/self/status", "Name:\tx\nCapEff:\t0000000000001000\nSeccomp:\t0\n");
	put_deep("run/systemd/netif/state", "");
	host_facts_read(".", &facts);
	assert_int_equal(facts.forwarding[0], 1);
	assert_int_equal(facts.forwarding[1], 0);
	assert_int_equal(facts.rp_filter_all, 2);
	assert_int_equal(facts.links[0].rp_filter, 1);
	assert_int_equal(facts.links[0].forwarding, HOST_UNKNOWN);
	assert_int_equal(facts.gc_thresh3[0], INT_MAX);
	assert_int_equal(facts.gc_thresh3[1], HOST_UNKNOWN);
	assert_int_equal(facts.inotify_watches[0], HOST_UNKNOWN);
	assert_int_equal(facts.capabilities, 0x1000);
	assert_true(facts.networkd);
	assert_false(facts.network_manager);
	assert_true(strlen(facts.release) > 0);
}

static void what_is_not_there_is_unknown(void **state)
{
	struct host_facts facts = {.link_count = 0};

	(void)state;
	host_facts_read("./nowhere", &facts);
	assert_int_equal(facts.forwarding[0], HOST_UNKNOWN);
	assert_int_equal(facts.capabilities, HOST_UNKNOWN);
	assert_int_equal(facts.bridge_nf, HOST_UNKNOWN);
	assert_false(facts.networkd);
}

static void finds_the_drop_in_that_wins(void **state)
{
	static const char *const paths[] = {"/etc/p/10.conf", "/run/p/10.conf", "/usr/p/10.conf",
					    NULL};
	struct host_drop_in found = {.written = 0};

	(void)state;
	host_drop_in_read(".", paths, &found);
	assert_int_equal(found.text.status, -ENOENT);
	put_deep("usr/p/10.conf", "usr");
	put_deep("run/p/10.conf", "run");
	host_drop_in_read(".", paths, &found);
	assert_int_equal(found.text.status, 0);
	assert_string_equal(found.path, "/run/p/10.conf");
	assert_int_equal(host_text_of(&found.text).len, 4);
	assert_true(found.written > 0 && found.placed >= found.written);
	host_text_release(&found.text);
	assert_int_equal(mkdir("etc", 0755), 0);
	assert_int_equal(mkdir("etc/p", 0755), 0);
	assert_int_equal(symlink("/dev/null", "etc/p/10.conf"), 0);
	host_drop_in_read(".", paths, &found);
	assert_int_equal(found.text.status, -EINVAL); /* switched off */
	assert_int_equal(unlink("etc/p/10.conf"), 0);
	assert_int_equal(mkfifo("etc/p/10.conf", 0600), 0);
	host_drop_in_read(".", paths, &found);
	assert_int_equal(found.text.status, -EINVAL);
	host_text_release(&found.text);
}

static void knows_since_when_networkd_runs(void **state)
{
	struct host_facts facts = {.link_count = 0};

	(void)state;
	host_facts_read(".", &facts);
	assert_int_equal(facts.networkd_since, 0);
	put_deep("run/systemd/units/x", "");
	assert_int_equal(symlink("0123", "run/systemd/units/invocation:systemd-networkd.service"),
			 0);
	host_facts_read(".", &facts);
	assert_true(facts.networkd_since > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_folder(reads_settings_below_its_root),
		test_in_folder(what_is_not_there_is_unknown),
		test_in_folder(finds_the_drop_in_that_wins),
		test_in_folder(knows_since_when_networkd_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
