/* log.c - messages to a descriptor, one line each. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/host/log.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "croute/base/buf.h"
#include "croute/base/json.h"
#include "croute/base/time.h"
#include "croute/edge/host/clock.h"
#include "croute/edge/host/fd.h"

static const struct {
	const char *name;
	int priority; /* syslog(3) */
} levels[LOG_LEVELS] = {
	[LOG_LEVEL_ERROR] = {"error", 3},
	[LOG_LEVEL_WARN] = {"warning", 4},
	[LOG_LEVEL_INFO] = {"info", 6},
	[LOG_LEVEL_DEBUG] = {"debug", 7},
};

/* Through a description of our own, so that O_NONBLOCK does not reach others that share the pipe or
 * terminal. -1 where there can be none. */
static int open_again(int fd)
{
	struct buf text = BUF_LOCAL(32);

	buf_add(&text, "/proc/self/fd/%d", fd);
	return open(text.data, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

struct log log_open(enum log_level level, enum log_format format, int fd)
{
	struct log log = {.fd = fd,
			  .own_fd = -1,
			  .level = level,
			  .format = format,
			  .terminal = isatty(fd) == 1};
	struct stat stat;

	if (fstat(fd, &stat) < 0)
		return log;
	log.socket = S_ISSOCK(stat.st_mode);
	log.pipe = S_ISFIFO(stat.st_mode);
	if (log.pipe || S_ISCHR(stat.st_mode))
		log.own_fd = open_again(fd);
	return log;
}

void log_close(struct log *log)
{
	fd_drop(&log->own_fd);
}

static void add_json(struct buf *line, const char *level, struct text message)
{
	struct json json = {.write = json_write_buf, .context = line};
	char time[TIME_TEXT_MAX];

	json_open(&json, NULL, '{');
	json_put_text(&json, "time", time_format(host_wall_ms(), time));
	json_put_text(&json, "level", level);
	json_put_text(&json, "message", message.at);
	json_close(&json, '}');
	(void)json_end(&json);
}

static void add_plain(struct buf *line, const struct log *log, const char *level,
		      struct text message)
{
	char time[TIME_TEXT_MAX];

	buf_add(line, "%s%s%s: ", log->terminal ? "" : time_format(host_wall_ms(), time),
		log->terminal ? "" : " ", level);
	buf_add_text(line, message);
	buf_add(line, "\n");
}

/* As much as is taken at once, without waiting for a reader. */
static ssize_t write_some(const struct log *log, const char *bytes, size_t len)
{
	struct pollfd ready = {.fd = log->fd, .events = POLLOUT};

	if (log->socket)
		return send(log->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (log->own_fd >= 0)
		return write(log->own_fd, bytes, len);
	/* A pipe that is writable takes PIPE_BUF bytes (pipe(7)). */
	if (poll(&ready, 1, 0) != 1)
		return -1;
	return write(log->fd, bytes, log->pipe && len > PIPE_BUF ? PIPE_BUF : len);
}

/* A line that is cut short is ended before the next one. */
static bool put_line(struct log *log, const char *bytes, size_t len)
{
	ssize_t written;

	if (log->cut && write_some(log, "\n", 1) != 1)
		return false;
	log->cut = false;
	written = write_some(log, bytes, len);
	log->cut = written > 0 && bytes[written - 1] != '\n';
	return written == (ssize_t)len;
}

static bool write_line(struct log *log, enum log_level level, struct text message)
{
	struct buf line = BUF_LOCAL(2 * LOG_MESSAGE_MAX + 128);

	switch (log->format) {
	case LOG_FORMAT_JSON:
		add_json(&line, levels[level].name, message);
		break;
	case LOG_FORMAT_JOURNAL:
		buf_add(&line, "<%d>", levels[level].priority);
		buf_add_text(&line, message);
		buf_add(&line, "\n");
		break;
	case LOG_FORMAT_TEXT:
	case LOG_FORMATS:
		add_plain(&line, log, levels[level].name, message);
		break;
	}
	return put_line(log, line.data, line.len);
}

/* Lines that nobody took are counted, and reported by the first that somebody takes. */
static bool report_dropped(struct log *log)
{
	struct buf words = BUF_LOCAL(96);

	if (log->dropped == 0)
		return true;
	buf_add(&words, "%ju log lines were dropped: nothing was reading them", log->dropped);
	if (!write_line(log, LOG_LEVEL_WARN, text_of(words.data)))
		return false;
	log->dropped = 0;
	return true;
}

void log_write(struct log *log, enum log_level level, const char *format, ...)
{
	struct buf raw = BUF_LOCAL(LOG_MESSAGE_MAX);
	struct buf safe = BUF_LOCAL(LOG_MESSAGE_MAX);
	va_list args;

	if (level > log->level)
		return;
	va_start(args, format);
	buf_add_args(&raw, format, args);
	va_end(args);
	buf_add_safe(&safe, (struct text){.at = raw.data, .len = raw.len});
	if (!report_dropped(log) ||
	    !write_line(log, level, (struct text){.at = safe.data, .len = safe.len}))
		log->dropped++;
}

bool log_is_journal(const char *stream, int fd)
{
	struct buf text = BUF_LOCAL(48);
	struct stat stat;

	if (stream == NULL || fstat(fd, &stat) < 0)
		return false;
	buf_add(&text, "%ju:%ju", (uintmax_t)stat.st_dev, (uintmax_t)stat.st_ino);
	return text_is(text_of(stream), text.data);
}
