/* self.c - the resources that this process uses. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/host/self.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "croute/base/text.h"
#include "croute/edge/host/clock.h"
#include "croute/edge/host/fd.h"

#define STAT_START 22 /* starttime, proc_pid_stat(5) */
#define STAT_COMMAND 2

/* The n-th word, from 1, as a number; 0 when it is none. */
static uint64_t word_number(const char *text, int n)
{
	struct text word = {.len = 0};
	uint64_t number = 0;

	for (int i = 0; i < n; i++) {
		text += word.len;
		text += strspn(text, " \n");
		word = (struct text){.at = text, .len = strcspn(text, " \n")};
	}
	(void)text_to_u64(word, UINT64_MAX, &number);
	return number;
}

static void read_memory(struct process *process)
{
	char text[256];
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	(void)fd_read_start(AT_FDCWD, "/proc/self/statm", text, sizeof(text));
	process->virtual_bytes = word_number(text, 1) * page;
	process->resident_bytes = word_number(text, 2) * page;
}

/* The command may hold blanks and parentheses, so words are counted from its end. */
static void read_start(struct process *process)
{
	char text[1024];
	const char *rest;
	uint64_t ticks;
	int64_t age;

	(void)fd_read_start(AT_FDCWD, "/proc/self/stat", text, sizeof(text));
	rest = strrchr(text, ')');
	ticks = rest == NULL ? 0 : word_number(rest + 1, STAT_START - STAT_COMMAND);
	if (ticks == 0)
		return;
	age = host_clock_ms(CLOCK_BOOTTIME) -
	      (int64_t)(ticks * 1000 / (uint64_t)sysconf(_SC_CLK_TCK));
	process->started_ms = (uint64_t)(host_clock_ms(CLOCK_REALTIME) - age);
}

/* Entries of /proc/self/fd, without `.`, `..` and the descriptor that reads them. opendir(3) would
 * allocate. All may be in use. */
static uint64_t count_fds(uint64_t limit)
{
	CLEANUP_FD int fd = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_Alignas(struct dirent64) char space[2048];
	uint64_t count = 0;
	ssize_t got;

	if (fd < 0)
		return errno == EMFILE ? limit : 0;
	got = getdents64(fd, space, sizeof(space));
	while (got > 0) {
		for (ssize_t at = 0; at < got;) {
			const struct dirent64 *entry = (const void *)(space + at);

			count++;
			at += entry->d_reclen;
		}
		got = getdents64(fd, space, sizeof(space));
	}
	return count > 3 ? count - 3 : 0;
}

static uint64_t limit_of(rlim_t limit)
{
	return limit == RLIM_INFINITY ? UINT64_MAX : limit;
}

void self_read(struct process *process)
{
	struct rlimit files = {0};
	struct rlimit space = {0};

	(void)getrlimit(RLIMIT_NOFILE, &files);
	(void)getrlimit(RLIMIT_AS, &space);
	process->cpu_ms = (uint64_t)host_clock_ms(CLOCK_PROCESS_CPUTIME_ID);
	process->max_fds = limit_of(files.rlim_cur);
	process->open_fds = count_fds(process->max_fds);
	process->virtual_max_bytes = limit_of(space.rlim_cur);
	read_memory(process);
	if (process->started_ms == 0)
		read_start(process);
}
