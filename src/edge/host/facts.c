/* facts.c - settings of a host, the programs on it, and their files. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/host/facts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "croute/base/buf.h"
#include "croute/edge/host/fd.h"
#include "croute/edge/host/processes.h"

#define PIECE 4096

/* Where a file of the host is seen from here. */
static const char *path_of(const char *root, const char *name, char out[PATH_MAX])
{
	struct buf path = {.data = out, .size = PATH_MAX};

	buf_add(&path, "%s%s", root, name);
	return out;
}

static int append(int fd, struct host_text *out)
{
	ssize_t got;

	out->bytes.limit = HOST_TEXT_MOST;
	do {
		char *piece = arena_push(&out->bytes, PIECE);

		if (piece == NULL)
			return -EFBIG;
		got = read(fd, piece, PIECE);
		arena_pop(&out->bytes, PIECE - (got > 0 ? (size_t)got : 0));
	} while (got > 0 || (got < 0 && errno == EINTR));
	return got < 0 ? -errno : 0;
}

int host_text_read(const char *root, const char *path, struct host_text *out)
{
	char space[PATH_MAX];
	CLEANUP_FD int fd = fd_open_regular(AT_FDCWD, path_of(root, path, space));
	char *end;

	out->status = fd < 0 ? fd : append(fd, out);
	end = out->status == 0 ? arena_push(&out->bytes, 1) : NULL;
	if (end != NULL)
		*end = '\n';
	return out->status;
}

void host_drop_in_read(const char *root, const char *const *paths, struct host_drop_in *out)
{
	char space[PATH_MAX];
	struct stat stat_of;

	out->text.status = -ENOENT;
	for (; *paths != NULL && out->text.status == -ENOENT; paths++) {
		if (stat(path_of(root, *paths, space), &stat_of) < 0)
			continue;
		(void)snprintf(out->path, sizeof(out->path), "%s", *paths);
		out->written = stat_of.st_mtime;
		out->placed = stat_of.st_ctime;
		(void)host_text_read(root, *paths, &out->text);
	}
}

/* It may exit meanwhile. */
static bool is_called(int proc, const char *pid, const char *name)
{
	char comm[HOST_COMM_MAX];

	host_process_read_comm(proc, pid, comm);
	return strcmp(comm, name) == 0;
}

uint32_t host_process_find(const char *root, const char *name)
{
	char space[PATH_MAX];
	CLEANUP_DIR DIR *proc = opendir(path_of(root, "/proc", space));
	const struct dirent *entry;

	while (proc != NULL && (entry = readdir(proc)) != NULL) {
		uint64_t pid;

		if (text_to_u64(text_of(entry->d_name), UINT32_MAX, &pid) == 0 &&
		    is_called(dirfd(proc), entry->d_name, name))
			return (uint32_t)pid;
	}
	return 0;
}

/* The beginning of a file; false when it cannot be read. */
static bool read_start(const char *root, const char *name, char *out, size_t size)
{
	char space[PATH_MAX];

	return fd_read_start(AT_FDCWD, path_of(root, name, space), out, size) > 0;
}

/* A number of /proc/sys. Larger ones count as INT_MAX. */
static int setting(const char *root, const char *name)
{
	struct buf path = BUF_LOCAL(PATH_MAX);
	char text[32];
	uint64_t number;

	buf_add(&path, "/proc/sys/%s", name);
	if (!read_start(root, path.data, text, sizeof(text)))
		return HOST_UNKNOWN;
	text[strcspn(text, "\n")] = '\0';
	if (text_to_u64(text_of(text), UINT64_MAX, &number) < 0)
		return HOST_UNKNOWN;
	return number > INT_MAX ? INT_MAX : (int)number;
}

static int link_setting(const char *root, int family, const char *link, const char *name)
{
	struct buf path = BUF_LOCAL(PATH_MAX);

	buf_add(&path, "net/ipv%d/conf/%s/%s", family, link, name);
	return setting(root, path.data);
}

static void read_links(const char *root, struct host_facts *out)
{
	for (uint32_t i = 0; i < out->link_count; i++) {
		struct host_link *link = &out->links[i];

		link->forwarding = link_setting(root, 4, link->name, "forwarding");
		link->rp_filter = link_setting(root, 4, link->name, "rp_filter");
		link->ignores_linkdown[0] = link_setting(root, 4, link->name,
							 "ignore_routes_with_linkdown");
		link->ignores_linkdown[1] = link_setting(root, 6, link->name,
							 "ignore_routes_with_linkdown");
	}
}

/* CapEff of proc_pid_status(5), in hexadecimal. */
static int64_t read_capabilities(const char *root)
{
	char text[4096];
	const char *line;
	char *end;
	unsigned long long set;

	if (!read_start(root, "/proc/self/status", text, sizeof(text)))
		return HOST_UNKNOWN;
	line = strstr(text, "\nCapEff:");
	if (line == NULL)
		return HOST_UNKNOWN;
	set = strtoull(line + 8, &end, 16);
	return *end == '\n' ? (int64_t)set : HOST_UNKNOWN;
}

/* Whether a program has left its mark. The folder of systemd-networkd is made at every boot, the
 * file in it only by the program. */
static bool exists(const char *root, const char *name)
{
	char space[PATH_MAX];

	return access(path_of(root, name, space), F_OK) == 0;
}

/* Only trying shows whether this user's share is used up. */
static int try_inotify(void)
{
	CLEANUP_FD int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	return fd < 0 || inotify_add_watch(fd, "/", IN_DELETE_SELF) < 0 ? errno : 0;
}

/* PID 1 makes this link when it starts the unit (systemd, src/core/unit.c). */
static int64_t networkd_since(const char *root)
{
	static const char unit[] = "/run/systemd/units/invocation:systemd-networkd.service";
	char space[PATH_MAX];
	struct stat link;

	return lstat(path_of(root, unit, space), &link) == 0 ? link.st_mtime : 0;
}

static void read_settings(const char *root, struct host_facts *out)
{
	const struct {
		const char *name;
		int *to;
	} settings[] = {
		{"net/ipv4/ip_forward", &out->forwarding[0]},
		{"net/ipv6/conf/all/forwarding", &out->forwarding[1]},
		{"net/ipv4/conf/all/rp_filter", &out->rp_filter_all},
		{"net/ipv4/fib_multipath_hash_policy", &out->hash_policy[0]},
		{"net/ipv6/fib_multipath_hash_policy", &out->hash_policy[1]},
		{"net/ipv4/neigh/default/gc_thresh2", &out->gc_thresh2[0]},
		{"net/ipv4/neigh/default/gc_thresh3", &out->gc_thresh3[0]},
		{"net/ipv6/neigh/default/gc_thresh2", &out->gc_thresh2[1]},
		{"net/ipv6/neigh/default/gc_thresh3", &out->gc_thresh3[1]},
		{"net/bridge/bridge-nf-call-iptables", &out->bridge_nf},
		{"fs/inotify/max_user_instances", &out->inotify_instances[0]},
		{"user/max_inotify_instances", &out->inotify_instances[1]},
		{"fs/inotify/max_user_watches", &out->inotify_watches[0]},
		{"user/max_inotify_watches", &out->inotify_watches[1]},
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		*settings[i].to = setting(root, settings[i].name);
}

static void read_release(struct host_facts *out)
{
	struct utsname names;

	out->release[0] = '\0';
	if (uname(&names) == 0)
		(void)snprintf(out->release, sizeof(out->release), "%.64s", names.release);
}

void host_facts_read(const char *root, struct host_facts *out)
{
	read_release(out);
	out->is_root = geteuid() == 0;
	out->capabilities = read_capabilities(root);
	read_settings(root, out);
	out->inotify_errno = try_inotify();
	out->is_container = host_process_hidden(root);
	out->networkd_since = networkd_since(root);
	out->networkd = exists(root, "/run/systemd/netif/state");
	out->network_manager = exists(root, "/run/NetworkManager");
	read_links(root, out);
}
