/* test_host_facts.c - settings of a host below another root, and what programs say. */
#include "croute/edge/host/facts.h"

#include "folder.h"

#include <errno.h>
#include <stdbool.h>

#include "croute/base/buf.h"
#include "croute/edge/host/run.h"
#include "croute/edge/host/text.h"

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
	assert_int_equal(facts.inotify_watches, HOST_UNKNOWN);
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

static void later_settings_win_and_hide_those_of_their_name(void **state)
{
	static const char *const dirs[] = {"/etc", "/run", "/usr/lib", NULL};
	const struct host_conf conf = {
		.program = "p", .name = "p.conf", .folder = "p.conf.d", .dirs = dirs};
	struct host_text text = {.status = 0};
	struct text got;

	(void)state;
	assert_int_equal(host_text_read_conf(".", &conf, &text), 0);
	assert_int_equal(host_text_of(&text).len, 0);
	put_deep("run/p/p.conf", "main-run");
	put_deep("usr/lib/p/p.conf", "main-usr");
	put_deep("usr/lib/p/p.conf.d/10-a.conf", "hidden");
	put_deep("etc/p/p.conf.d/10-a.conf", "ten");
	put_deep("etc/p/p.conf.d/30-c.conf", "thirty");
	put_deep("run/p/p.conf.d/20-b.conf", "twenty");
	put_deep("run/p/p.conf.d/note.txt", "note");
	assert_int_equal(host_text_read_conf(".", &conf, &text), 0);
	got = host_text_of(&text);
	assert_int_equal(got.len, strlen("main-run\nten\ntwenty\nthirty\n"));
	assert_memory_equal(got.at, "main-run\nten\ntwenty\nthirty\n", got.len);
	host_text_release(&text);
	assert_int_equal(mkfifo("etc/p/p.conf.d/40.conf", 0600), 0);
	assert_int_equal(host_text_read_conf(".", &conf, &text), -EINVAL);
	host_text_release(&text);
}

static const char *const here[] = {"./bin", NULL};

static void put_program(const char *text)
{
	assert_true(mkdir("bin", 0755) == 0 || errno == EEXIST);
	put("bin/program", text);
	assert_int_equal(chmod("bin/program", 0755), 0);
}

static int run(struct host_text *out)
{
	static const char *const argv[] = {"program", "a b", "$HOME", NULL};

	return host_run(here, argv, out);
}

static void hears_what_a_program_says_without_a_shell(void **state)
{
	struct host_text out = {.status = 0};
	const char *wanted = "a b|$HOME|C|\n";

	(void)state;
	assert_int_equal(setenv("SECRET", "x", 1), 0);
	put_program("#!/bin/sh\necho \"$1|$2|$LC_ALL|$SECRET\"; echo noise >&2\n");
	assert_int_equal(run(&out), 0);
	assert_int_equal(host_text_of(&out).len, strlen(wanted));
	assert_memory_equal(host_text_of(&out).at, wanted, strlen(wanted));
	host_text_release(&out);
}

static void tells_why_a_program_says_nothing(void **state)
{
	struct host_text out = {.status = 0};

	(void)state;
	assert_int_equal(run(&out), -ENOENT);
	put_program("#!/bin/sh\nexit 4\n");
	assert_int_equal(run(&out), -EPERM);
	put_program("#!/bin/sh\nexec cat /dev/zero\n");
	assert_int_equal(run(&out), -EFBIG);
	assert_true(host_text_of(&out).len <= HOST_RUN_MOST);
	host_text_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_folder(reads_settings_below_its_root),
		test_in_folder(what_is_not_there_is_unknown),
		test_in_folder(later_settings_win_and_hide_those_of_their_name),
		test_in_folder(hears_what_a_program_says_without_a_shell),
		test_in_folder(tells_why_a_program_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
