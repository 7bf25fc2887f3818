/* json.h - JSON that is written piece by piece, without memory of its size. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes the next piece of text. 0, or non-zero to stop. */
typedef int json_write_fn(void *context, const char *text, size_t len);

/* Where the text goes; begin with the first two. */
struct json {
	json_write_fn *write;
	void *context;
	int status; /* the first that was not 0; nothing is written after it */
	bool comma;
	const char *space; /* blanks that go before the next value, behind its comma */
	size_t used;
	char piece[512];
};

/* A value of an object goes behind its key, one of an array behind a NULL key. */
void json_open(struct json *json, const char *key, char bracket);
void json_close(struct json *json, char bracket);
void json_put_null(struct json *json, const char *key);
void json_put_flag(struct json *json, const char *key, bool flag);
void json_put_number(struct json *json, const char *key, int64_t number);

/* A string, NULL is null. What is not UTF-8, or would drive a terminal, is made safe (buf.h). */
void json_put_text(struct json *json, const char *key, const char *text);

/* A string of several lines. */
void json_put_lines(struct json *json, const char *key, const char *text);

/* The line end. 0, or what `write` returned. */
int json_end(struct json *json);

/* To write to a struct buf: -ENOSPC for what is cut. */
int json_write_buf(void *buf, const char *text, size_t len);
