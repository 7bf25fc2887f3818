/* value.c - numbers, flags, durations, times and names as the file writes them. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/parse/value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "croute/base/buf.h"
#include "croute/model/link.h"

int value_refuse(struct text text, struct error *err, const char *what, ...)
{
	char quoted[VALUE_QUOTE_MAX];
	struct buf words = BUF_LOCAL(sizeof(err->text));
	va_list args;

	va_start(args, what);
	buf_add_args(&words, what, args);
	va_end(args);
	return error_set(err, EINVAL, "%s %s", value_quote(text, quoted), words.data);
}

int value_number(struct text text, uint64_t least, uint64_t most, uint64_t *out, struct error *err)
{
	uint64_t value = 0;
	int code = text_to_u64(text, most, &value);

	if (code == -EINVAL || (text.len > 1 && text.at[0] == '0'))
		return value_refuse(text, err,
				    "is not a number; write one from %" PRIu64 " to %" PRIu64,
				    least, most);
	if (code < 0 || value < least)
		return error_set(err, EINVAL, "%.*s is out of range; write %" PRIu64 " to %" PRIu64,
				 text.len < 40 ? (int)text.len : 40, text.at, least, most);
	*out = value;
	return 0;
}

int value_flag(struct text text, bool *out, struct error *err)
{
	static const char *const words[] = {"true", "yes", "on", "false", "no", "off"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (text.len != strlen(words[i]) || strncasecmp(text.at, words[i], text.len) != 0)
			continue;
		*out = i < 3;
		return 0;
	}
	return value_refuse(text, err, "is neither true nor false");
}

/* Milliseconds of one unit, 0 for what is none. */
static uint64_t unit_of(struct text text)
{
	if (text_is(text, "ms"))
		return 1;
	if (text_is(text, "s"))
		return 1000;
	if (text_is(text, "m"))
		return 60000;
	return text_is(text, "h") ? 3600000 : 0;
}

int value_duration(struct text text, uint64_t *out, struct error *err)
{
	struct text digits = {.at = text.at, .len = 0};
	struct text unit;
	uint64_t count;

	while (digits.len < text.len && isdigit((unsigned char)text.at[digits.len]))
		digits.len++;
	unit = (struct text){.at = text.at + digits.len, .len = text.len - digits.len};
	if (text_is(text, "0"))
		unit = text_of("s");
	if (digits.len > 0 && unit.len == 0)
		return value_refuse(text, err, "is not a duration; did you mean %.*ss?",
				    (int)digits.len, digits.at);
	if (unit_of(unit) == 0 || text_to_u64(digits, UINT32_MAX, &count) < 0)
		return value_refuse(text, err,
				    "is not a duration; write it as 500ms, 10s, 5m or 1h");
	*out = count * unit_of(unit);
	return 0;
}

/* 0.3 of all is 30%. */
static int refuse_share(struct text text, struct error *err)
{
	struct text places = {.at = text.at + 2, .len = text.len - 2};
	uint64_t value;

	if (text_starts(text, "0.") && places.len <= 2 && text_to_u64(places, 99, &value) == 0)
		return value_refuse(text, err, "is not a percentage; did you mean %u%%?",
				    (unsigned)value * (places.len == 1 ? 10 : 1));
	return value_refuse(text, err, "is neither a percentage (0%% to 100%%) nor a number");
}

int value_share(struct text text, uint32_t *out, bool *is_percent, struct error *err)
{
	bool percent = text.len > 0 && text.at[text.len - 1] == '%';
	struct text digits = {.at = text.at, .len = text.len - percent};
	uint64_t value;

	if (text_to_u64(digits, percent ? 100 : UINT32_MAX, &value) < 0)
		return refuse_share(text, err);
	*out = (uint32_t)value;
	*is_percent = percent;
	return 0;
}

/* Take what has the shape, in which d is a digit, off the text. Where it stood, NULL: not there. */
static const char *take_shape(struct text *text, const char *shape)
{
	const char *at = text->at;
	size_t len = strlen(shape);

	for (size_t i = 0; i < len; i++) {
		unsigned char c = i < text->len ? (unsigned char)at[i] : 0;

		if (shape[i] == 'd' ? !isdigit(c) : toupper(c) != shape[i])
			return NULL;
	}
	text->at += len;
	text->len -= len;
	return at;
}

static int two_digits(const char *at)
{
	return (at[0] - '0') * 10 + (at[1] - '0');
}

/* `Z`, `+01:00`, … to the end of the text, in seconds east of Greenwich. */
static bool take_offset(struct text *text, int *out)
{
	int sign = text->len > 0 && text->at[0] == '-' ? -1 : 1;
	const char *at;

	*out = 0;
	if (take_shape(text, "Z") != NULL)
		return text->len == 0;
	at = take_shape(text, sign < 0 ? "-dd:dd" : "+dd:dd");
	if (at == NULL || text->len > 0)
		return false;
	*out = sign * (two_digits(at + 1) * 3600 + two_digits(at + 4) * 60);
	return two_digits(at + 1) < 24 && two_digits(at + 4) < 60;
}

static void skip_fraction(struct text *text)
{
	if (take_shape(text, ".d") == NULL)
		return;
	while (take_shape(text, "d") != NULL)
		;
}

static bool is_real_date(const struct tm *asked)
{
	struct tm tm = *asked;

	(void)timegm(&tm); /* puts 31 February into March */
	return asked->tm_hour < 24 && asked->tm_min < 60 && asked->tm_sec < 61 &&
	       asked->tm_year >= 70 && (asked->tm_sec == 60 || tm.tm_mday == asked->tm_mday) &&
	       asked->tm_mon >= 0 && asked->tm_mon < 12 && asked->tm_mday > 0 &&
	       asked->tm_mday < 32;
}

int value_time(struct text text, uint64_t *out, struct error *err)
{
	struct text rest = text;
	const char *at = take_shape(&rest, "dddd-dd-ddTdd:dd:dd");
	int64_t seconds = 0;
	int offset;
	struct tm tm;

	skip_fraction(&rest);
	if (at != NULL && take_offset(&rest, &offset)) {
		tm = (struct tm){.tm_year = two_digits(at) * 100 + two_digits(at + 2) - 1900,
				 .tm_mon = two_digits(at + 5) - 1,
				 .tm_mday = two_digits(at + 8),
				 .tm_hour = two_digits(at + 11),
				 .tm_min = two_digits(at + 14),
				 .tm_sec = two_digits(at + 17)};
		seconds = is_real_date(&tm) ? (int64_t)timegm(&tm) - offset : 0;
	}
	if (seconds <= 0)
		return value_refuse(text, err, "is not a time; write it as 2026-11-23T03:00:00Z");
	*out = (uint64_t)seconds;
	return 0;
}

/* Whether a name can be shown in one line: no blank, no control character. */
static bool is_one_word(struct text text)
{
	bool good = text.len > 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];

		good &= c > ' ' && c != 0x7f;
	}
	return good;
}

int value_device(struct text text, struct error *err)
{
	bool reserved = text_is(text, ".") || text_is(text, "..");

	if (text.len >= LINK_NAME_MAX)
		return value_refuse(text, err,
				    "has %zu characters; an interface has at most %d in its name",
				    text.len, LINK_NAME_MAX - 1);
	if (!is_one_word(text) || reserved || memchr(text.at, '/', text.len) != NULL ||
	    memchr(text.at, ':', text.len) != NULL)
		return value_refuse(text, err, "cannot be the name of an interface");
	return 0;
}

int value_name(struct text text, struct error *err)
{
	if (text.len > VALUE_NAME_MAX)
		return value_refuse(text, err, "has %zu bytes; a node's name has at most %d",
				    text.len, VALUE_NAME_MAX);
	if (text.len == 0)
		return error_set(err, EINVAL, "the name is empty");
	if (!is_one_word(text))
		return value_refuse(
			text, err,
			"cannot be a node's name: it contains a blank or a control character");
	return 0;
}

int value_path(struct text text, struct error *err)
{
	if (text.len >= PATH_MAX || memchr(text.at, '\0', text.len) != NULL)
		return value_refuse(text, err, "cannot be a path");
	return 0;
}

static uint32_t next_character(struct text *rest)
{
	unsigned char first = (unsigned char)*rest->at;
	size_t len = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
	uint32_t character = len == 1 ? first : first & (0x7fU >> len);

	len = len < rest->len ? len : rest->len;
	for (size_t i = 1; i < len; i++)
		character = character << 6 | ((unsigned char)rest->at[i] & 0x3f);
	rest->at += len;
	rest->len -= len;
	return character;
}

/* What shows as nothing, or as an ordinary blank (Unicode: Cc, Cf, Zs, Zl, Zp, fillers and
 * variation selectors). */
static const struct {
	uint32_t first;
	uint32_t last;
	const char *name;
} hidden[] = {
	{0x80, 0x9f, "a control character"},
	{0xa0, 0xa0, "a no-break space"},
	{0xad, 0xad, "a soft hyphen"},
	{0x34f, 0x34f, NULL},
	{0x61c, 0x61c, NULL},
	{0x115f, 0x1160, NULL},
	{0x1680, 0x1680, "a space"},
	{0x17b4, 0x17b5, NULL},
	{0x180b, 0x180f, NULL},
	{0x2000, 0x200a, "a space"},
	{0x200b, 0x200b, "a zero-width space"},
	{0x200c, 0x200d, "a zero-width joiner"},
	{0x200e, 0x200f, "a mark of direction"},
	{0x2028, 0x2029, "a line's end"},
	{0x202a, 0x202e, "a mark of direction"},
	{0x202f, 0x202f, "a no-break space"},
	{0x205f, 0x205f, "a space"},
	{0x2060, 0x2060, "a word joiner"},
	{0x2061, 0x206f, NULL},
	{0x3000, 0x3000, "a wide space"},
	{0x3164, 0x3164, NULL},
	{0xfe00, 0xfe0f, NULL},
	{0xfeff, 0xfeff, "a byte order mark"},
	{0xffa0, 0xffa0, NULL},
	{0xfff0, 0xfffb, NULL},
	{0x1bca0, 0x1bca3, NULL},
	{0x1d173, 0x1d17a, NULL},
	{0xe0000, 0xe0fff, NULL},
};

static bool find_hidden(uint32_t character, size_t *out)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		*out = i;
		if (character <= hidden[i].last)
			return character >= hidden[i].first;
	}
	return false;
}

uint32_t value_hidden(struct text text)
{
	size_t i = 0;

	while (text.len > 0) {
		uint32_t character = next_character(&text);

		if (character >= 0x80 && find_hidden(character, &i))
			return character;
	}
	return 0;
}

const char *value_code(uint32_t character, char out[VALUE_CODE_MAX])
{
	struct buf buf = {.data = out, .size = VALUE_CODE_MAX};
	size_t i = 0;
	bool named = find_hidden(character, &i) && hidden[i].name != NULL;

	buf_add(&buf, "U+%04X (%s)", character, named ? hidden[i].name : "it does not show");
	return out;
}

/* U+2018 to U+201F. */
static bool is_curly(struct text text)
{
	return text_starts(text, "\xe2\x80") && text.len > 2 &&
	       ((unsigned char)text.at[2] & 0xf8) == 0x98;
}

int value_visible(struct text text, struct error *err)
{
	struct text end = {.at = text.at + text.len - 3, .len = 3};
	uint32_t character;
	char code[VALUE_CODE_MAX];

	if (text_printable(text) == text.len)
		return 0; /* nearly always */
	character = value_hidden(text);
	if (character != 0)
		return value_refuse(text, err, "contains %s; retype it",
				    value_code(character, code));
	if (is_curly(text) || (text.len > 3 && is_curly(end)))
		return value_refuse(text, err,
				    "is in curly quotes, which YAML does not know; use \" or '");
	return 0;
}

const char *value_quote(struct text text, char out[VALUE_QUOTE_MAX])
{
	struct buf buf = {.data = out, .size = VALUE_QUOTE_MAX};
	bool cut = text.len > VALUE_QUOTE_MAX - 8;

	if (cut)
		text.len = VALUE_QUOTE_MAX - 8;
	while (cut && text.len > 0 && ((unsigned char)text.at[text.len] & 0xc0) == 0x80)
		text.len--;
	buf_add(&buf, "\"");
	buf_add_safe(&buf, text);
	buf_add(&buf, cut ? "…\"" : "\"");
	return out;
}
