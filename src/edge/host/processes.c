/* processes.c - looking through /proc for a program. */
#include "croute/edge/host/processes.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "croute/base/buf.h"

#define COMM_MAX 32 /* TASK_COMM_LEN is 16 */
#define FIRST_PID_NAMESPACE "pid:[4026531836]"

static void close_fd(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}
#define CLEANUP_FD __attribute__((cleanup(close_fd)))

static void close_dir(DIR **dir)
{
	if (*dir != NULL)
		(void)closedir(*dir);
}
#define CLEANUP_DIR __attribute__((cleanup(close_dir)))

/* It may end while it is looked at. */
static bool is_called(int proc, const char *pid, const char *name)
{
	char space[NAME_MAX + 8];
	struct buf path = BUF_OVER(space);
	char comm[COMM_MAX];
	CLEANUP_FD int fd = -1;
	ssize_t got;

	buf_add(&path, "%s/comm", pid);
	fd = openat(proc, space, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, comm, sizeof(comm) - 1);
	comm[got > 0 ? got : 0] = '\0';
	comm[strcspn(comm, "\n")] = '\0';
	return strcmp(comm, name) == 0;
}

uint32_t host_process_find(const char *root, const char *name)
{
	char space[PATH_MAX];
	struct buf path = BUF_OVER(space);
	CLEANUP_DIR DIR *proc = NULL;
	const struct dirent *entry;

	buf_add(&path, "%s/proc", root);
	proc = opendir(space);
	while (proc != NULL && (entry = readdir(proc)) != NULL) {
		uint64_t pid;

		if (text_to_u64(text_of(entry->d_name), UINT32_MAX, &pid) == 0 &&
		    is_called(dirfd(proc), entry->d_name, name))
			return (uint32_t)pid;
	}
	return 0;
}

bool host_process_hidden(const char *root)
{
	char space[PATH_MAX];
	struct buf path = BUF_OVER(space);
	char target[64];
	ssize_t len;

	buf_add(&path, "%s/proc/self/ns/pid", root);
	len = readlink(space, target, sizeof(target) - 1);
	target[len > 0 ? len : 0] = '\0';
	return strcmp(target, FIRST_PID_NAMESPACE) != 0;
}
