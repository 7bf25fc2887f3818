/* json_field.c - plain structs to JSON objects and back, by a table of their fields. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/report/json_field.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "croute/base/time.h"
#include "croute/core/parse/value.h"
#include "croute/model/ip.h"
#include "croute/model/mac.h"

#define TIME_LEN 24 /* of 2026-11-23T03:00:00.123Z */
#define TIME_DOT 19

/* Between JSON_FIELD_MOST and 0; enums and flags are numbers, too. */
static int64_t number_at(const struct json_field *field, const void *at)
{
	uint16_t u16;
	uint32_t u32;
	int64_t i64;

	switch (field->size) {
	case sizeof(uint8_t):
		return *(const uint8_t *)at;
	case sizeof(u16):
		return memcpy(&u16, at, sizeof(u16)), u16;
	case sizeof(u32):
		return memcpy(&u32, at, sizeof(u32)), u32;
	default:
		memcpy(&i64, at, sizeof(i64));
		return i64 < 0 ? 0 : i64 < JSON_FIELD_MOST ? i64 : JSON_FIELD_MOST;
	}
}

static void set_number(const struct json_field *field, void *at, int64_t number)
{
	uint8_t u8 = (uint8_t)number;
	uint16_t u16 = (uint16_t)number;
	uint32_t u32 = (uint32_t)number;
	const void *from = field->size == sizeof(u8)	? (const void *)&u8
			   : field->size == sizeof(u16) ? (const void *)&u16
			   : field->size == sizeof(u32) ? (const void *)&u32
							: (const void *)&number;

	memcpy(at, from, field->size);
}

/* What stands in JSON as a string; NULL for null. `space` is for those that are made. */
static const char *text_at(const struct json_field *field, const void *at,
			   char space[TIME_TEXT_MAX + IP_TEXT_MAX])
{
	int64_t number;
	struct mac mac;
	struct ip ip;

	switch (field->kind) {
	case JSON_FIELD_TIME:
		number = number_at(field, at);
		return number != 0 ? time_format_ms(number, space) : NULL;
	case JSON_FIELD_WORD:
		number = number_at(field, at);
		return number < field->word_count ? field->words[number] : NULL;
	case JSON_FIELD_MAC:
		memcpy(&mac, at, sizeof(mac));
		return mac_is_set(&mac) ? mac_format(&mac, space) : NULL;
	case JSON_FIELD_IP:
		memcpy(&ip, at, sizeof(ip));
		return ip_is_set(&ip) ? ip_format(&ip, space) : NULL;
	case JSON_FIELD_TEXT:
	case JSON_FIELD_FLAG:
	case JSON_FIELD_NUMBER:
		break;
	}
	return *(const char *)at != '\0' ? at : NULL;
}

void json_field_put(struct json *json, const struct json_fields *fields, const void *base)
{
	for (size_t i = 0; i < fields->count; i++) {
		const struct json_field *field = &fields->list[i];
		const void *at = (const char *)base + field->offset;
		bool is_number = field->kind == JSON_FIELD_NUMBER || field->kind == JSON_FIELD_FLAG;
		int64_t number = is_number ? number_at(field, at) : 0;
		char space[TIME_TEXT_MAX + IP_TEXT_MAX];
		const char *text = is_number ? NULL : text_at(field, at, space);

		if (fields->sparse && number == 0 && text == NULL)
			continue;
		if (field->kind == JSON_FIELD_FLAG)
			json_put_flag(json, field->key, number != 0);
		else if (is_number)
			json_put_number(json, field->key, number);
		else
			json_put_text(json, field->key, text);
	}
}

/* NULL when it was taken, else what is wrong with it. All of these. */

static const char *take_flag(const struct json_field *field, const json_t *value, void *at)
{
	if (!json_is_boolean(value))
		return "is neither true nor false";
	set_number(field, at, json_is_true(value));
	return NULL;
}

static const char *take_number(const struct json_field *field, const json_t *value, void *at)
{
	json_int_t number = json_integer_value(value);
	json_int_t most = field->size == sizeof(int64_t) ? JSON_FIELD_MOST
							 : ((json_int_t)1 << (8 * field->size)) - 1;

	if (!json_is_integer(value))
		return "is not a whole number";
	if (number < 0 || number > most)
		return "is out of range";
	set_number(field, at, number);
	return NULL;
}

static const char *take_text(const struct json_field *field, struct text text, void *at)
{
	if (text.len >= field->size)
		return "is too long";
	memset(at, 0, field->size);
	memcpy(at, text.at, text.len);
	return NULL;
}

/* The milliseconds of a time of the very form that is written, or -1. */
static int64_t fraction_of(struct text text)
{
	struct text digits = {.at = text.at + TIME_DOT + 1, .len = 3};
	uint64_t ms;

	if (text.len != TIME_LEN || text.at[TIME_DOT] != '.' || text.at[TIME_LEN - 1] != 'Z' ||
	    text_to_u64(digits, 999, &ms) < 0)
		return -1;
	return (int64_t)ms;
}

static const char *take_time(const struct json_field *field, struct text text, void *at)
{
	uint64_t seconds = 0;
	int64_t ms = fraction_of(text);

	if (ms < 0 || value_time(text, &seconds, NULL) < 0)
		return "is not a time like 2026-11-23T03:00:00.000Z";
	set_number(field, at, (int64_t)seconds * 1000 + ms);
	return NULL;
}

static const char *take_word(const struct json_field *field, struct text text, void *at)
{
	for (unsigned i = 0; i < field->word_count; i++) {
		if (!text_is(text, field->words[i]))
			continue;
		set_number(field, at, i);
		return NULL;
	}
	return "is a word that this croute does not know";
}

static const char *take_mac(struct text text, void *at)
{
	struct mac mac;

	if (mac_parse(text, &mac) < 0)
		return "is not a MAC";
	memcpy(at, &mac, sizeof(mac));
	return NULL;
}

/* The kernel has routes to IPv4-mapped destinations, though croute never makes one: so this is not
 * for ip_parse, which refuses them. */
static const char *take_ip(const char *text, void *at)
{
	struct ip ip = {.family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET};

	if (inet_pton(ip.family, text, ip.bytes) != 1)
		return "is not an address";
	memcpy(at, &ip, sizeof(ip));
	return NULL;
}

static const char *take_string(const struct json_field *field, const char *string, void *at)
{
	struct text text = text_of(string);

	switch (field->kind) {
	case JSON_FIELD_TIME:
		return take_time(field, text, at);
	case JSON_FIELD_WORD:
		return take_word(field, text, at);
	case JSON_FIELD_MAC:
		return take_mac(text, at);
	case JSON_FIELD_IP:
		return take_ip(string, at);
	case JSON_FIELD_TEXT:
	case JSON_FIELD_FLAG:
	case JSON_FIELD_NUMBER:
		break;
	}
	return take_text(field, text, at);
}

static const char *take(const struct json_field *field, const json_t *value, void *at)
{
	if (field->kind == JSON_FIELD_FLAG)
		return take_flag(field, value, at);
	if (field->kind == JSON_FIELD_NUMBER)
		return take_number(field, value, at);
	if (json_is_null(value) && field->kind != JSON_FIELD_WORD)
		return memset(at, 0, field->size), NULL;
	if (!json_is_string(value))
		return "is not a string";
	return take_string(field, json_string_value(value), at);
}

int json_field_take(const json_t *object, const struct json_fields *fields, void *base,
		    struct error *err)
{
	const char *name = fields->name != NULL ? fields->name : "";

	for (size_t i = 0; i < fields->count; i++) {
		const struct json_field *field = &fields->list[i];
		const json_t *value = json_object_get(object, field->key);
		const char *why = NULL;

		if (value != NULL)
			why = take(field, value, (char *)base + field->offset);
		else if (field->needed)
			why = "is missing";
		if (why != NULL)
			return error_set(err, EINVAL, "\"%s%s%s\" %s", name,
					 name[0] != '\0' ? "." : "", field->key, why);
	}
	return 0;
}
