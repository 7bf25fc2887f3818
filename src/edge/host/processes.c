/* processes.c - finds processes by name or netlink socket, in /proc. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/host/processes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "croute/edge/host/fd.h"

#define PF_EXITING 0x4U /* include/linux/sched.h; proc_pid_stat(5) tells it */
#define FIRST_PID_NAMESPACE "pid:[4026531836]"

void host_process_read_comm(int proc, const char *pid, char out[HOST_COMM_MAX])
{
	struct buf path = BUF_LOCAL(NAME_MAX + 8);

	buf_add(&path, "%s/comm", pid);
	(void)fd_read_start(proc, path.data, out, HOST_COMM_MAX);
	out[strcspn(out, "\n")] = '\0';
}

bool host_process_hidden(const char *root)
{
	struct buf path = BUF_LOCAL(PATH_MAX);
	char target[64];
	ssize_t len;

	buf_add(&path, "%s/proc/self/ns/pid", root);
	len = readlink(path.data, target, sizeof(target) - 1);
	target[len > 0 ? len : 0] = '\0';
	return strcmp(target, FIRST_PID_NAMESPACE) != 0;
}

bool host_process_add(struct buf *text, uint32_t pid)
{
	struct buf path = BUF_LOCAL(32);
	char comm[HOST_COMM_MAX];

	buf_add(&path, "/proc/%" PRIu32, pid);
	host_process_read_comm(AT_FDCWD, path.data, comm);
	buf_add(text, "process %" PRIu32, pid);
	if (comm[0] == '\0')
		return false;
	buf_add(text, " (");
	buf_add_safe(text, text_of(comm));
	buf_add(text, ")");
	return true;
}

/* The number in the n-th column, from 0 on; 0 when there is none. */
static uint64_t column(const char *line, unsigned n)
{
	for (line += strspn(line, " "); n > 0; n--) {
		line += strcspn(line, " ");
		line += strspn(line, " ");
	}
	return strtoull(line, NULL, 10);
}

/* The inode of a routing socket of this network namespace; 0: it is closed by now. */
static uint64_t inode_of(uint32_t port)
{
	CLEANUP_FD int fd = open("/proc/self/net/netlink", O_RDONLY | O_CLOEXEC);
	char space[4096];
	size_t used = 0;
	ssize_t len;

	while (fd >= 0 && (len = read(fd, space + used, sizeof(space) - 1 - used)) > 0) {
		char *line = space;
		char *end;

		space[used + (size_t)len] = '\0';
		for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
			/* sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode */
			if (column(line, 2) == port && column(line, 1) == NETLINK_ROUTE)
				return column(line, 9);
		}
		used = strlen(line);
		memmove(space, line, used);
	}
	return 0;
}

/* What the descriptors of a process tell of a socket. */
enum holding { HOLDS, LACKS, ENDED, UNSEEN };

/* One without descriptors is a thread of the kernel, or on its way out. */
static bool is_ending(uint32_t pid)
{
	struct buf path = BUF_LOCAL(512);
	const char *rest;

	buf_add(&path, "/proc/%" PRIu32 "/stat", pid);
	if (fd_read_start(AT_FDCWD, path.data, path.data, path.size) == 0)
		return true;
	rest = strrchr(path.data, ')');
	return rest != NULL && (column(rest + 1, 6) & PF_EXITING) != 0;
}

/* Whether one of a process's descriptors is `socket`. Both are read without memory of the heap, of
 * which a pass takes none. */
static enum holding compare(int fds, const char *name, const char *socket)
{
	char target[64];
	ssize_t len = readlinkat(fds, name, target, sizeof(target) - 1);

	target[len > 0 ? len : 0] = '\0';
	if (len <= 0)
		return UNSEEN;
	return strcmp(target, socket) == 0 ? HOLDS : LACKS;
}

static enum holding look_into(uint32_t pid, uint64_t inode)
{
	char socket[64];
	struct buf text = BUF_OVER(socket);
	CLEANUP_FD int fds = -1;
	_Alignas(struct dirent64) char space[2048];
	enum holding holding = UNSEEN;
	ssize_t len;

	buf_add(&text, "/proc/%" PRIu32 "/fd", pid);
	fds = open(socket, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fds < 0)
		return errno == EACCES ? UNSEEN : ENDED;
	text = BUF_OVER(socket);
	buf_add(&text, "socket:[%" PRIu64 "]", inode);
	while ((len = getdents64(fds, space, sizeof(space))) > 0) {
		const struct dirent64 *entry;

		for (ssize_t at = 0; at < len; at += entry->d_reclen) {
			enum holding one;

			entry = (const struct dirent64 *)(void *)(space + at);
			one = compare(fds, entry->d_name, socket);
			if (one == HOLDS)
				return HOLDS;
			holding = one == LACKS ? LACKS : holding;
		}
	}
	if (holding != UNSEEN)
		return holding;
	return is_ending(pid) ? ENDED : LACKS;
}

static uint32_t find_holder(uint64_t inode)
{
	CLEANUP_DIR DIR *proc = opendir("/proc");
	const struct dirent *entry;
	uint64_t pid;

	while (proc != NULL && (entry = readdir(proc)) != NULL) {
		if (text_to_u64(text_of(entry->d_name), UINT32_MAX, &pid) == 0 &&
		    look_into((uint32_t)pid, inode) == HOLDS)
			return (uint32_t)pid;
	}
	return 0;
}

/* A process that ends gives up its descriptors first, then its sockets, then its number. So one
 * that is ending, or has gone since it was named, had the number when it wrote. */
bool host_netlink_add_owner(struct buf *text, uint32_t port, bool everywhere)
{
	struct buf likely = BUF_LOCAL(64);
	bool seen = host_process_add(&likely, port);
	uint64_t inode = inode_of(port);
	enum holding holding = seen ? look_into(port, inode) : LACKS;
	uint32_t pid;

	if (holding == HOLDS || holding == ENDED ||
	    (holding == UNSEEN && !host_process_hidden(""))) {
		buf_add(text, "%s", likely.data);
		return true;
	}
	if (inode == 0) {
		buf_add(text, "a process that has ended");
		return true;
	}
	pid = everywhere ? find_holder(inode) : 0;
	if (pid != 0)
		(void)host_process_add(text, pid);
	else if (everywhere)
		buf_add(text, "a process in another PID namespace");
	return everywhere;
}
