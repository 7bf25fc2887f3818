/* log.h - log messages, one line each. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

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
	int own_fd; /* the same pipe or terminal, opened once more; -1: none */
	bool socket, pipe;
	bool cut;	      /* the last line lacks its end */
	uintmax_t dropped;    /* lines that nobody took */
	enum log_level level; /* messages above it are dropped */
	enum log_format format;
	bool terminal;
};

struct log log_open(enum log_level level, enum log_format format, int fd);
void log_close(struct log *log);

/*
 * One message, written by one write(2) that never waits. Control characters in it become `?`, so
 * that text from outside forges no line. A message that cannot be written is dropped: a full disk,
 * a closed pipe or a reader that is stuck must not stop the agent. The next that can be says how
 * many were.
 */
void log_write(struct log *log, enum log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
#define log_error(log, ...) log_write(log, LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(log, ...) log_write(log, LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(log, ...) log_write(log, LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(log, ...) log_write(log, LOG_LEVEL_DEBUG, __VA_ARGS__)

/* Whether `stream`, the value of $JOURNAL_STREAM or NULL, says that `fd` leads to systemd's
 * journal (systemd.exec(5)). */
bool log_is_journal(const char *stream, int fd);
