/* processes.c - looking through /proc for a program. */
#include "croute/edge/host/processes.h"

#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "croute/base/buf.h"
#include "croute/edge/host/fd.h"

#define COMM_MAX 32 /* TASK_COMM_LEN is 16 */
#define FIRST_PID_NAMESPACE "pid:[4026531836]"

/* It may end while it is looked at. */
static bool is_called(int proc, const char *pid, const char *name)
{
	char space[NAME_MAX + 8];
	struct buf path = BUF_OVER(space);
	char comm[COMM_MAX];

	buf_add(&path, "%s/comm", pid);
	(void)fd_read_start(proc, space, comm, sizeof(comm));
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
