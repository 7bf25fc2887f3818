/* log.h - what the agent tells, one line a message. */
#ifndef CROUTE_EDGE_HOST_LOG_H
#define CROUTE_EDGE_HOST_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG, LOG_LEVELS };

enum log_format {
	LOG_FORMAT_TEXT,    /* `2026-11-23T03:00:00Z info: …`; on a terminal without the time */
	LOG_FORMAT_JSON,    /* {"time":…,"level":…,"message":…} */
	LOG_FORMAT_JOURNAL, /* `<6>…`, see sd-daemon(3); the journal keeps the time */
	LOG_FORMATS,
};

#define LOG_MESSAGE_MAX 3000 /* bytes of a message; longer ones are cut */

/* Passed around, so that there is no global; the descriptor is the caller's. */
struct log {
	int fd;
	enum log_level level; /* messages above it are dropped */
	enum log_format format;
	bool terminal;
};

struct log log_open(enum log_level level, enum log_format format, int fd);

/*
 * One message, written by one write(2). Control characters in it become `?`, so that text from
 * outside forges no line. A message that cannot be written is dropped: a full disk or a closed pipe
 * must not stop the agent.
 */
void log_error(const struct log *log, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void log_warn(const struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_info(const struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_debug(const struct log *log, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Whether `stream`, the value of $JOURNAL_STREAM or NULL, says that `fd` leads to systemd's
 * journal (systemd.exec(5)). */
bool log_is_journal(const char *stream, int fd);

#endif
