/* log.c - messages to a descriptor, one line each. */
#include "croute/edge/host/log.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "croute/base/buf.h"
#include "croute/base/json.h"
#include "croute/base/time.h"
#include "croute/edge/host/clock.h"

static const struct {
	const char *name;
	int priority; /* syslog(3) */
} levels[LOG_LEVELS] = {
	[LOG_LEVEL_ERROR] = {"error", 3},
	[LOG_LEVEL_WARN] = {"warning", 4},
	[LOG_LEVEL_INFO] = {"info", 6},
	[LOG_LEVEL_DEBUG] = {"debug", 7},
};

struct log log_open(enum log_level level, enum log_format format, int fd)
{
	return (struct log){
		.fd = fd, .level = level, .format = format, .terminal = isatty(fd) == 1};
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

static void write_line(const struct log *log, enum log_level level, struct text message)
{
	char space[2 * LOG_MESSAGE_MAX + 128];
	struct buf line = BUF_OVER(space);
	ssize_t written;

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
	written = write(log->fd, line.data, line.len);
	(void)written;
}

__attribute__((format(printf, 3, 0))) static void log_args(const struct log *log,
							   enum log_level level, const char *format,
							   va_list args)
{
	char raw_space[LOG_MESSAGE_MAX];
	char safe_space[LOG_MESSAGE_MAX];
	struct buf raw = BUF_OVER(raw_space);
	struct buf safe = BUF_OVER(safe_space);

	if (level > log->level)
		return;
	raw_space[0] = '\0';
	safe_space[0] = '\0';
	buf_add_args(&raw, format, args);
	buf_add_safe(&safe, (struct text){.at = raw.data, .len = raw.len});
	write_line(log, level, (struct text){.at = safe.data, .len = safe.len});
}

void log_error(const struct log *log, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_args(log, LOG_LEVEL_ERROR, format, args);
	va_end(args);
}

void log_warn(const struct log *log, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_args(log, LOG_LEVEL_WARN, format, args);
	va_end(args);
}

void log_info(const struct log *log, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_args(log, LOG_LEVEL_INFO, format, args);
	va_end(args);
}

void log_debug(const struct log *log, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_args(log, LOG_LEVEL_DEBUG, format, args);
	va_end(args);
}

bool log_is_journal(const char *stream, int fd)
{
	char own[48];
	struct buf text = BUF_OVER(own);
	struct stat stat;

	if (stream == NULL || fstat(fd, &stat) < 0)
		return false;
	buf_add(&text, "%ju:%ju", (uintmax_t)stat.st_dev, (uintmax_t)stat.st_ino);
	return text_is(text_of(stream), own);
}
