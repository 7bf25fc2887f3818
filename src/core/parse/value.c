/* value.c - numbers, flags, durations, times and names as the file writes them. */
#include "croute/core/parse/value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "croute/base/buf.h"
#include "croute/model/link.h"

int value_number(struct text text, uint64_t least, uint64_t most, uint64_t *out, struct error *err)
{
	char quoted[VALUE_QUOTE_MAX];
	uint64_t value = 0;
	int code = text_to_u64(text, most, &value);

	if (code == -EINVAL || (text.len > 1 && text.at[0] == '0'))
		return error_set(err, EINVAL,
				 "%s is not a number; write one from %" PRIu64 " to %" PRIu64,
				 value_quote(text, quoted), least, most);
	if (code < 0 || value < least)
		return error_set(err, ERANGE, "%.*s is out of range; write %" PRIu64 " to %" PRIu64,
				 text.len < 40 ? (int)text.len : 40, text.at, least, most);
	*out = value;
	return 0;
}

static bool is_word(struct text text, const char *word)
{
	return text.len == strlen(word) && strncasecmp(text.at, word, text.len) == 0;
}

int value_flag(struct text text, bool *out, struct error *err)
{
	char quoted[VALUE_QUOTE_MAX];
	bool yes = is_word(text, "true") || is_word(text, "yes") || is_word(text, "on");

	if (!yes && !is_word(text, "false") && !is_word(text, "no") && !is_word(text, "off"))
		return error_set(err, EINVAL, "%s is neither true nor false",
				 value_quote(text, quoted));
	*out = yes;
	return 0;
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
	char quoted[VALUE_QUOTE_MAX];
	struct text digits = {.at = text.at, .len = 0};
	struct text unit;
	uint64_t count;

	while (digits.len < text.len && isdigit((unsigned char)text.at[digits.len]))
		digits.len++;
	unit = (struct text){.at = text.at + digits.len, .len = text.len - digits.len};
	if (text_is(text, "0"))
		unit = text_of("s");
	if (digits.len > 0 && unit.len == 0)
		return error_set(err, EINVAL, "%s is not a duration; did you mean %.*ss?",
				 value_quote(text, quoted), (int)digits.len, digits.at);
	if (unit_of(unit) == 0 || text_to_u64(digits, UINT32_MAX, &count) < 0)
		return error_set(err, EINVAL,
				 "%s is not a duration; write it as 500ms, 10s, 5m or 1h",
				 value_quote(text, quoted));
	*out = count * unit_of(unit);
	return 0;
}

/* 0.3 of all is 30%. */
static int refuse_share(struct text text, struct error *err)
{
	struct text places = {.at = text.at + 2, .len = text.len - 2};
	char quoted[VALUE_QUOTE_MAX];
	uint64_t value;

	(void)value_quote(text, quoted);
	if (text_starts(text, "0.") && places.len <= 2 && text_to_u64(places, 99, &value) == 0)
		return error_set(err, EINVAL, "%s is not a percentage; did you mean %u%%?", quoted,
				 (unsigned)value * (places.len == 1 ? 10 : 1));
	return error_set(err, EINVAL, "%s is neither a percentage (0%% to 100%%) nor a number",
			 quoted);
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

/* The `len` digits at `*at`, which moves behind them and the sign `end` that must follow. */
static bool take_digits(struct text *text, size_t len, char end, int *out)
{
	struct text digits = {.at = text->at, .len = len};
	size_t used = len + (end != '\0');
	uint64_t value;

	if (text->len < used || text_to_u64(digits, 9999, &value) < 0)
		return false;
	if (end != '\0' && toupper((unsigned char)text->at[len]) != end)
		return false;
	text->at += used;
	text->len -= used;
	*out = (int)value;
	return true;
}

/* `Z`, `+01:00`, …, in seconds east of Greenwich. */
static bool take_offset(struct text *text, int *out)
{
	int sign = text->len > 0 && text->at[0] == '-' ? -1 : 1;
	int hours;
	int minutes;

	if (text->len == 1 && (text->at[0] == 'Z' || text->at[0] == 'z')) {
		*out = 0;
		return true;
	}
	if (text->len != 6 || (text->at[0] != '+' && text->at[0] != '-'))
		return false;
	text->at++;
	text->len--;
	if (!take_digits(text, 2, ':', &hours) || !take_digits(text, 2, '\0', &minutes))
		return false;
	*out = sign * (hours * 3600 + minutes * 60);
	return hours < 24 && minutes < 60;
}

static void skip_fraction(struct text *text)
{
	if (text->len < 2 || text->at[0] != '.' || !isdigit((unsigned char)text->at[1]))
		return;
	do {
		text->at++;
		text->len--;
	} while (text->len > 0 && isdigit((unsigned char)text->at[0]));
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

static bool read_time(struct text text, uint64_t *out)
{
	struct tm tm = {0};
	int offset;
	int64_t seconds;

	if (!take_digits(&text, 4, '-', &tm.tm_year) || !take_digits(&text, 2, '-', &tm.tm_mon) ||
	    !take_digits(&text, 2, 'T', &tm.tm_mday) || !take_digits(&text, 2, ':', &tm.tm_hour) ||
	    !take_digits(&text, 2, ':', &tm.tm_min) || !take_digits(&text, 2, '\0', &tm.tm_sec))
		return false;
	skip_fraction(&text);
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	if (!take_offset(&text, &offset) || !is_real_date(&tm))
		return false;
	seconds = (int64_t)timegm(&tm) - offset;
	if (seconds <= 0)
		return false;
	*out = (uint64_t)seconds;
	return true;
}

int value_time(struct text text, uint64_t *out, struct error *err)
{
	char quoted[VALUE_QUOTE_MAX];

	if (!read_time(text, out))
		return error_set(err, EINVAL, "%s is not a time; write it as 2026-11-23T03:00:00Z",
				 value_quote(text, quoted));
	return 0;
}

/* Whether a name can be shown in one line: no blank, no control character. */
static bool is_one_word(struct text text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (c <= ' ' || c == 0x7f)
			return false;
	}
	return text.len > 0;
}

int value_device(struct text text, struct error *err)
{
	char quoted[VALUE_QUOTE_MAX];
	bool reserved = text_is(text, ".") || text_is(text, "..");

	(void)value_quote(text, quoted);
	if (text.len >= LINK_NAME_MAX)
		return error_set(err, EINVAL,
				 "%s has %zu characters; an interface has at most %d in its name",
				 quoted, text.len, LINK_NAME_MAX - 1);
	if (!is_one_word(text) || reserved || memchr(text.at, '/', text.len) != NULL ||
	    memchr(text.at, ':', text.len) != NULL)
		return error_set(err, EINVAL, "%s cannot be the name of an interface", quoted);
	return 0;
}

int value_name(struct text text, struct error *err)
{
	char quoted[VALUE_QUOTE_MAX];

	if (text.len > VALUE_NAME_MAX)
		return error_set(err, EINVAL, "%s has %zu bytes; a node's name has at most %d",
				 value_quote(text, quoted), text.len, VALUE_NAME_MAX);
	if (text.len == 0)
		return error_set(err, EINVAL, "the name is empty");
	if (!is_one_word(text))
		return error_set(
			err, EINVAL,
			"%s cannot be a node's name: it has a blank or a control character",
			value_quote(text, quoted));
	return 0;
}

int value_glob(struct text text, struct error *err)
{
	return value_name(text, err);
}

int value_path(struct text text, struct error *err)
{
	char quoted[VALUE_QUOTE_MAX];

	if (text.len >= PATH_MAX || memchr(text.at, '\0', text.len) != NULL)
		return error_set(err, EINVAL, "%s cannot be a path", value_quote(text, quoted));
	return 0;
}

/* The next character of well-formed UTF-8. */
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
	uint32_t character = value_hidden(text);
	char quoted[VALUE_QUOTE_MAX];
	char code[VALUE_CODE_MAX];

	if (character != 0)
		return error_set(err, EINVAL, "%s contains %s; retype it",
				 value_quote(text, quoted), value_code(character, code));
	if (is_curly(text) || (text.len > 3 && is_curly(end)))
		return error_set(err, EINVAL,
				 "%s has curly quotes, which YAML does not know; "
				 "use \" or '",
				 value_quote(text, quoted));
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
