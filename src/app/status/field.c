/* field.c - plain structs to JSON objects and back, by a table of their fields. */
#include "app/status/field.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <time.h>

#include "croute/core/parse/value.h"

#define TEXT_MOST 4096 /* the largest text, with its NUL */
#define TIME_LEN 24    /* of 2026-11-23T03:00:00.123Z */
#define TIME_DOT 19

/* What stands before a value: a comma unless it is the first, and its name. */
void status_field_key(struct buf *out, const char *key)
{
	char last = out->len > 0 ? out->data[out->len - 1] : '{';

	if (last != '{' && last != '[')
		buf_add_text(out, text_of(","));
	if (key != NULL)
		buf_add(out, "\"%s\":", key);
}

void status_field_text(struct buf *out, const char *text)
{
	char space[TEXT_MOST];
	struct buf safe = BUF_OVER(space);

	buf_add_safe(&safe, text_of(text));
	buf_add_text(out, text_of("\""));
	for (size_t i = 0; i < safe.len; i++) {
		if (space[i] == '"' || space[i] == '\\')
			buf_add_text(out, text_of("\\"));
		buf_add_text(out, (struct text){.at = &space[i], .len = 1});
	}
	buf_add_text(out, text_of("\""));
}

static int64_t span_at(const void *at)
{
	int64_t value;

	memcpy(&value, at, sizeof(value));
	if (value < 0)
		return 0;
	return value < STATUS_FIELD_MS_MOST ? value : STATUS_FIELD_MS_MOST;
}

static void put_time(struct buf *out, int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	if (ms == 0 || gmtime_r(&seconds, &tm) == NULL)
		buf_add_text(out, text_of("null"));
	else
		buf_add(out, "\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\"", tm.tm_year + 1900,
			tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
			(int)(ms % 1000));
}

static uint32_t number_at(const void *at)
{
	uint32_t number;

	memcpy(&number, at, sizeof(number));
	return number;
}

static void put_word(struct buf *out, const struct status_field *field, const void *at)
{
	uint32_t number = number_at(at);

	if (number < field->size)
		status_field_text(out, field->words[number]);
	else
		buf_add_text(out, text_of("null"));
}

static void put_value(struct buf *out, const struct status_field *field, const void *at)
{
	switch (field->kind) {
	case STATUS_KIND_TEXT:
		if (*(const char *)at != '\0')
			status_field_text(out, at);
		else
			buf_add_text(out, text_of("null"));
		break;
	case STATUS_KIND_FLAG:
		buf_add_text(out, text_of(*(const bool *)at ? "true" : "false"));
		break;
	case STATUS_KIND_NUMBER:
		buf_add(out, "%" PRIu32, number_at(at));
		break;
	case STATUS_KIND_SPAN:
		buf_add(out, "%" PRId64, span_at(at));
		break;
	case STATUS_KIND_TIME:
		put_time(out, span_at(at));
		break;
	case STATUS_KIND_WORD:
		put_word(out, field, at);
		break;
	}
}

void status_field_put(struct buf *out, const struct status_fields *fields, const void *base)
{
	for (size_t i = 0; i < fields->count; i++) {
		const struct status_field *field = &fields->list[i];

		status_field_key(out, field->key);
		put_value(out, field, (const char *)base + field->offset);
	}
}

static int refuse(const struct status_fields *fields, const struct status_field *field,
		  const char *why, struct error *err)
{
	return error_set(err, EINVAL, "\"%s%s%s\" %s", fields->name != NULL ? fields->name : "",
			 fields->name != NULL ? "." : "", field->key, why);
}

/* NULL when it was taken, else what is wrong with it. All of these. */

static const char *take_text(const struct status_field *field, const json_t *value, void *at)
{
	if (json_is_null(value))
		return memset(at, 0, field->size), NULL;
	if (!json_is_string(value))
		return "is no string";
	if (json_string_length(value) >= field->size)
		return "is too long";
	memset(at, 0, field->size);
	memcpy(at, json_string_value(value), json_string_length(value));
	return NULL;
}

static const char *take_flag(const json_t *value, void *at)
{
	bool flag = json_is_true(value);

	if (!json_is_boolean(value))
		return "is neither true nor false";
	memcpy(at, &flag, sizeof(flag));
	return NULL;
}

static const char *take_integer(const json_t *value, int64_t most, int64_t *out)
{
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value))
		return "is no whole number";
	if (number < 0 || number > most)
		return "is out of range";
	*out = number;
	return NULL;
}

static const char *take_number(const json_t *value, void *at)
{
	int64_t number = 0;
	const char *why = take_integer(value, UINT32_MAX, &number);
	uint32_t small = (uint32_t)number;

	if (why == NULL)
		memcpy(at, &small, sizeof(small));
	return why;
}

static const char *take_span(const json_t *value, void *at)
{
	int64_t number = 0;
	const char *why = take_integer(value, STATUS_FIELD_MS_MOST, &number);

	if (why == NULL)
		memcpy(at, &number, sizeof(number));
	return why;
}

/* The milliseconds of a time of the very form that put_time writes, or -1. */
static int64_t fraction_of(const char *text, size_t len)
{
	struct text digits = {.at = text + TIME_DOT + 1, .len = 3};
	uint64_t ms;

	if (len != TIME_LEN || text[TIME_DOT] != '.' || text[TIME_LEN - 1] != 'Z' ||
	    text_to_u64(digits, 999, &ms) < 0)
		return -1;
	return (int64_t)ms;
}

static const char *take_time(const json_t *value, void *at)
{
	const char *text = json_string_value(value);
	uint64_t seconds = 0;
	int64_t ms = 0;

	if (!json_is_string(value) && !json_is_null(value))
		return "is no time";
	if (text != NULL) {
		ms = fraction_of(text, json_string_length(value));
		if (ms < 0 || value_time(text_of(text), &seconds, NULL) < 0)
			return "is no time as 2026-11-23T03:00:00.000Z";
		ms += (int64_t)seconds * 1000;
	}
	memcpy(at, &ms, sizeof(ms));
	return NULL;
}

static const char *take_word(const struct status_field *field, const json_t *value, void *at)
{
	const char *text = json_string_value(value);

	if (text == NULL)
		return "is no string";
	for (unsigned i = 0; i < field->size; i++) {
		if (strcmp(text, field->words[i]) != 0)
			continue;
		memcpy(at, &i, sizeof(i));
		return NULL;
	}
	return "is a word that this croute does not know";
}

static const char *take(const struct status_field *field, const json_t *value, void *at)
{
	switch (field->kind) {
	case STATUS_KIND_TEXT:
		return take_text(field, value, at);
	case STATUS_KIND_FLAG:
		return take_flag(value, at);
	case STATUS_KIND_NUMBER:
		return take_number(value, at);
	case STATUS_KIND_SPAN:
		return take_span(value, at);
	case STATUS_KIND_TIME:
		return take_time(value, at);
	case STATUS_KIND_WORD:
		return take_word(field, value, at);
	}
	return "is of no kind";
}

int status_field_take(const json_t *object, const struct status_fields *fields, void *base,
		      struct error *err)
{
	for (size_t i = 0; i < fields->count; i++) {
		const struct status_field *field = &fields->list[i];
		const json_t *value = json_object_get(object, field->key);
		const char *why = NULL;

		if (value != NULL)
			why = take(field, value, (char *)base + field->offset);
		else if (field->needed)
			why = "is missing";
		if (why != NULL)
			return refuse(fields, field, why, err);
	}
	return 0;
}
