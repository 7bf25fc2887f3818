/* run.c - what another program says. */
#include "croute/edge/host/run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "croute/base/buf.h"

#define PIECE 4096

const char *const host_run_path[] = {"/usr/sbin", "/usr/bin",	     "/sbin",
				     "/bin",	  "/usr/local/sbin", NULL};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}
#define CLEANUP_FD __attribute__((cleanup(close_fd)))

static const char *find_program(const char *const *path, const char *name, char out[PATH_MAX])
{
	for (uint32_t i = 0; path[i] != NULL; i++) {
		struct buf full = {.data = out, .size = PATH_MAX};

		buf_add(&full, "%s/%s", path[i], name);
		if (access(out, X_OK) == 0)
			return out;
	}
	return NULL;
}

static int64_t now_ms(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int wait_for_bytes(int fd, int64_t deadline)
{
	struct pollfd event = {.fd = fd, .events = POLLIN};
	int64_t left = deadline - now_ms();
	int ready = left <= 0 ? 0 : poll(&event, 1, (int)left);

	if (ready == 0)
		return -ETIME;
	return ready < 0 && errno != EINTR ? -errno : 0;
}

static int read_output(int fd, struct host_text *out)
{
	int64_t deadline = now_ms() + HOST_RUN_MS;
	ssize_t got;

	out->bytes.limit = HOST_RUN_MOST;
	do {
		int status = wait_for_bytes(fd, deadline);
		char *piece = status == 0 ? arena_push(&out->bytes, PIECE) : NULL;

		if (piece == NULL)
			return status < 0 ? status : -EFBIG;
		got = read(fd, piece, PIECE);
		arena_pop(&out->bytes, PIECE - (got > 0 ? (size_t)got : 0));
	} while (got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN)));
	return got < 0 ? -errno : 0;
}

/* Ours are all closed by O_CLOEXEC; SIGPIPE, which croute ignores, is set back for it. */
static int start(const char *program, const char *const *argv, int fd, pid_t *pid)
{
	char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char locale[] = "LC_ALL=C";
	char *const environment[] = {path, locale, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int status;

	(void)sigemptyset(&defaults);
	(void)sigaddset(&defaults, SIGPIPE);
	if (posix_spawnattr_init(&attributes) != 0)
		return -ENOMEM;
	if (posix_spawn_file_actions_init(&actions) != 0) {
		(void)posix_spawnattr_destroy(&attributes);
		return -ENOMEM;
	}
	(void)posix_spawnattr_setsigdefault(&attributes, &defaults);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	(void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	(void)posix_spawn_file_actions_adddup2(&actions, fd, 1);
	(void)posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	/* posix_spawn(3) takes them unchanged, whatever its prototype says. */
	status = posix_spawn(pid, program, &actions, &attributes, (char *const *)argv, environment);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attributes);
	return -status;
}

static int reap(pid_t pid, bool kill_it)
{
	int how = 0;
	pid_t got;

	if (kill_it)
		(void)kill(pid, SIGKILL);
	do {
		got = waitpid(pid, &how, 0);
	} while (got < 0 && errno == EINTR);
	return got == pid && WIFEXITED(how) && WEXITSTATUS(how) == 0 ? 0 : -EPERM;
}

static int run(const char *program, const char *const *argv, struct host_text *out)
{
	int ends[2];
	pid_t pid;
	int status;
	int end;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	CLEANUP_FD int from = ends[0];
	CLEANUP_FD int into = ends[1];

	status = start(program, argv, into, &pid);
	if (status < 0)
		return status;
	close_fd(&into);
	status = read_output(from, out);
	end = reap(pid, status < 0);
	return status < 0 ? status : end;
}

int host_run(const char *const *path, const char *const *argv, struct host_text *out)
{
	char program[PATH_MAX];

	out->status = find_program(path, argv[0], program) == NULL ? -ENOENT
								   : run(program, argv, out);
	return out->status;
}
