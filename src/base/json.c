/* json.c - brackets, commas, keys and values. */
/* SPDX-License-Identifier: MIT */
#include "croute/base/json.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "croute/base/buf.h"

static void flush(struct json *json)
{
	if (json->status == 0 && json->used > 0)
		json->status = json->write(json->context, json->piece, json->used);
	json->used = 0;
}

static void put(struct json *json, struct text text)
{
	while (text.len > 0) {
		size_t room = sizeof(json->piece) - json->used;
		size_t len = text.len < room ? text.len : room;

		memcpy(json->piece + json->used, text.at, len);
		json->used += len;
		text.at += len;
		text.len -= len;
		if (json->used == sizeof(json->piece))
			flush(json);
	}
}

static void begin_value(struct json *json, const char *key)
{
	if (json->comma)
		put(json, text_of(","));
	if (json->space != NULL)
		put(json, text_of(json->space));
	json->space = NULL;
	json->comma = true;
	if (key == NULL)
		return;
	put(json, text_of("\""));
	put(json, text_of(key));
	put(json, text_of("\":"));
}

static void put_word(struct json *json, const char *key, const char *word)
{
	begin_value(json, key);
	put(json, text_of(word));
}

void json_open(struct json *json, const char *key, char bracket)
{
	begin_value(json, key);
	put(json, (struct text){.at = &bracket, .len = 1});
	json->comma = false;
}

void json_close(struct json *json, char bracket)
{
	put(json, (struct text){.at = &bracket, .len = 1});
	json->comma = true;
}

void json_put_null(struct json *json, const char *key)
{
	put_word(json, key, "null");
}

void json_put_flag(struct json *json, const char *key, bool flag)
{
	put_word(json, key, flag ? "true" : "false");
}

void json_put_number(struct json *json, const char *key, int64_t number)
{
	struct buf digits = BUF_LOCAL(24);

	buf_add(&digits, "%" PRId64, number);
	put_word(json, key, digits.data);
}

static void put_escaped(struct json *json, struct text text)
{
	while (text.len > 0) {
		struct text piece = buf_next_safe(&text);

		if (piece.at[0] == '"' || piece.at[0] == '\\')
			put(json, text_of("\\"));
		put(json, piece);
	}
}

void json_put_text(struct json *json, const char *key, const char *text)
{
	if (text == NULL) {
		json_put_null(json, key);
		return;
	}
	put_word(json, key, "\"");
	put_escaped(json, text_of(text));
	put(json, text_of("\""));
}

void json_put_lines(struct json *json, const char *key, const char *text)
{
	struct text rest = text_of(text);

	put_word(json, key, "\"");
	while (rest.len > 0) {
		put_escaped(json, text_next_line(&rest));
		put(json, text_of(rest.len > 0 ? "\\n" : ""));
	}
	put(json, text_of("\""));
}

int json_end(struct json *json)
{
	put(json, text_of("\n"));
	flush(json);
	return json->status;
}

int json_write_buf(void *buf, const char *text, size_t len)
{
	struct buf *out = buf;
	size_t room = out->size - 1 - out->len;

	buf_add_text(out, (struct text){.at = text, .len = len});
	return len > room ? -ENOSPC : 0;
}
