/* fuzz_host.c - any bytes as rt_tables, settings of the kernel and lists of mounts. */
/* SPDX-License-Identifier: MIT */
/* covers: src/edge/host/host.c src/edge/host/facts.c src/model/mount.c */
#include "croute/edge/host/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "croute/edge/host/facts.h"
#include "croute/model/mount.h"

/* Each gets a part of the bytes; a NUL ends one. */
static const char *const files[] = {
	"etc/iproute2/rt_tables",
	"etc/iproute2/rt_tables.d/a.conf",
	"proc/sys/net/ipv4/ip_forward",
	"proc/sys/net/ipv4/conf/eth0/rp_filter",
	"proc/self/status",
	"proc/self/mountinfo",
	"proc/1/comm",
	"etc/drop-in.conf",
};

#define SYSCTL 2 /* the third */

static char root[] = "/tmp/croute-fuzz-XXXXXX";
static int folder = -1;

/* The kernel takes its time to end a watch. */
int inotify_init1(int flags)
{
	(void)flags;
	errno = EMFILE;
	return -1;
}

static void clean_up(void)
{
	static const char *const folders[] = {
		"etc/iproute2/rt_tables.d",
		"etc/iproute2",
		"etc",
		"proc/sys/net/ipv4/conf/eth0",
		"proc/sys/net/ipv4/conf",
		"proc/sys/net/ipv4",
		"proc/sys/net",
		"proc/sys",
		"proc/self",
		"proc/1",
		"proc",
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		(void)unlinkat(folder, files[i], 0);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		(void)unlinkat(folder, folders[i], AT_REMOVEDIR);
	(void)rmdir(root);
}

static void put(const char *name, const uint8_t *data, size_t len)
{
	char path[64];
	int fd;

	for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		(void)snprintf(path, sizeof(path), "%.*s", (int)(slash - name), name);
		(void)mkdirat(folder, path, 0700);
	}
	fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, data, len) != (ssize_t)len || close(fd) < 0)
		abort();
}

static void check_tables(void)
{
	struct host_tables tables = {.count = 0};

	host_tables_read(root, &tables);
	for (uint32_t i = 0; i < tables.count; i++) {
		const struct table_name *row = &host_tables_rows(&tables)[i];

		if (row->name[0] == '\0' || strlen(row->name) >= sizeof(row->name))
			abort();
	}
	if (tables.count < 3)
		abort();
	host_tables_release(&tables);
}

static void check_mounts(void)
{
	struct host_text mounts = {.status = 0};
	struct mount mount;
	char line[4096];
	struct buf out = BUF_OVER(line);

	(void)host_text_read(root, "/proc/self/mountinfo", &mounts);
	if (mount_find(host_text_of(&mounts), "/etc/croute", true, &mount) ||
	    mount_find(host_text_of(&mounts), "/a b", false, &mount))
		mount_describe(&mount, &out);
	host_text_release(&mounts);
}

static void check_settings(void)
{
	struct host_facts facts = {.link_count = 1, .links = {{.name = "eth0"}}};
	char name[128];

	host_facts_read(root, &facts);
	if (facts.forwarding[0] < HOST_UNKNOWN || facts.links[0].rp_filter < HOST_UNKNOWN)
		abort();
	/* These have no root of their own. */
	(void)snprintf(name, sizeof(name), "../..%s/%s", root, files[SYSCTL]);
	if (host_sysctl_number(name) > 1000000 || host_sysctl_keep(name, "1") < 0)
		abort();
}

static void check_programs(void)
{
	static const char *const drop_ins[] = {"/etc/nothing.conf", "/etc/drop-in.conf", NULL};
	struct host_drop_in drop_in = {.path = ""};
	struct host_name name;

	if (host_process_find(root, "flanneld") > 1 || host_name_read(&name, NULL) < 0)
		abort();
	host_drop_in_read(root, drop_ins, &drop_in);
	if (drop_in.text.status == 0 && host_text_of(&drop_in.text).len == 0)
		abort();
	host_text_release(&drop_in.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = data + size;

	if (folder < 0) {
		if (mkdtemp(root) == NULL)
			abort();
		folder = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		(void)atexit(clean_up);
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const uint8_t *zero = memchr(data, '\0', (size_t)(end - data));
		size_t len = (size_t)((zero != NULL ? zero : end) - data);

		put(files[i], data, len);
		data += zero != NULL ? len + 1 : len;
	}
	check_tables();
	check_mounts();
	check_settings();
	check_programs();
	return 0;
}
