/* field.c - rows to JSON objects and back, field by field. */
#include "app/snapshot/field.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "croute/base/buf.h"
#include "croute/model/ip.h"
#include "croute/model/mac.h"

static uint32_t number_at(const struct snapshot_field *field, const uint8_t *at)
{
	uint16_t u16;
	uint32_t u32;

	if (field->type == SNAPSHOT_U8)
		return *at;
	if (field->type == SNAPSHOT_U16) {
		memcpy(&u16, at, sizeof(u16));
		return u16;
	}
	memcpy(&u32, at, sizeof(u32));
	return u32;
}

#define TEXT_MOST 64 /* of a name or alias, made safe */

/* Names of devices may be any bytes, and JSON is UTF-8. */
static json_t *text_value(const char *text)
{
	char safe[TEXT_MOST];
	struct buf buf = BUF_OVER(safe);

	safe[0] = '\0';
	buf_add_safe(&buf, text_of(text));
	return json_string(safe);
}

/* NULL for what is zero or empty, which is not written. */
static json_t *value_of(const struct snapshot_field *field, const void *row)
{
	const uint8_t *at = (const uint8_t *)row + field->offset;
	char text[IP_TEXT_MAX];
	struct mac mac;
	struct ip ip;

	switch (field->type) {
	case SNAPSHOT_TEXT:
		return *at != '\0' ? text_value((const char *)at) : NULL;
	case SNAPSHOT_MAC:
		memcpy(&mac, at, sizeof(mac));
		return mac_is_set(&mac) ? json_string(mac_format(&mac, text)) : NULL;
	case SNAPSHOT_IP:
		memcpy(&ip, at, sizeof(ip));
		return ip_is_set(&ip) ? json_string(ip_format(&ip, text)) : NULL;
	case SNAPSHOT_U8:
	case SNAPSHOT_U16:
	case SNAPSHOT_U32:
		return number_at(field, at) != 0 ? json_integer(number_at(field, at)) : NULL;
	}
	return NULL;
}

json_t *snapshot_field_object(const struct snapshot_field *fields, const void *row)
{
	json_t *object = json_object();

	for (; fields->key != NULL && object != NULL; fields++) {
		json_t *value = value_of(fields, row);

		if (value != NULL)
			(void)json_object_set_new(object, fields->key, value);
	}
	return object;
}

static int refuse(const struct snapshot_field *field, const char *what, struct error *err)
{
	return error_set(err, EINVAL, "\"%s\" is not %s", field->key, what);
}

static int read_number(const struct snapshot_field *field, const json_t *value, uint8_t *at,
		       struct error *err)
{
	static const json_int_t most[] = {[SNAPSHOT_U8] = UINT8_MAX,
					  [SNAPSHOT_U16] = UINT16_MAX,
					  [SNAPSHOT_U32] = UINT32_MAX};
	json_int_t number = json_integer_value(value);
	uint16_t u16 = (uint16_t)number;
	uint32_t u32 = (uint32_t)number;

	if (!json_is_integer(value) || number < 0 || number > most[field->type])
		return refuse(field, "a number in its range", err);
	if (field->type == SNAPSHOT_U8)
		*at = (uint8_t)number;
	else if (field->type == SNAPSHOT_U16)
		memcpy(at, &u16, sizeof(u16));
	else
		memcpy(at, &u32, sizeof(u32));
	return 0;
}

/* The kernel has routes to IPv4-mapped destinations, though croute never makes one: so this is not
 * for ip_parse, which refuses them. */
static int read_ip(const char *text, struct ip *out)
{
	struct ip ip = {.family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET};

	if (inet_pton(ip.family, text, ip.bytes) != 1)
		return -EINVAL;
	*out = ip;
	return 0;
}

static int read_text(const struct snapshot_field *field, const char *text, uint8_t *at,
		     struct error *err)
{
	struct mac mac;
	struct ip ip;

	if (field->type == SNAPSHOT_TEXT) {
		if (strlen(text) >= field->size)
			return refuse(field, "short enough", err);
		memcpy(at, text, strlen(text) + 1);
		return 0;
	}
	if (field->type == SNAPSHOT_MAC) {
		if (mac_parse(text_of(text), &mac) < 0)
			return refuse(field, "a MAC", err);
		memcpy(at, &mac, sizeof(mac));
		return 0;
	}
	if (read_ip(text, &ip) < 0)
		return refuse(field, "an address", err);
	memcpy(at, &ip, sizeof(ip));
	return 0;
}

int snapshot_field_read(const struct snapshot_field *fields, const json_t *object, void *row,
			struct error *err)
{
	int status = 0;

	for (; fields->key != NULL && status == 0; fields++) {
		const json_t *value = json_object_get(object, fields->key);
		uint8_t *at = (uint8_t *)row + fields->offset;

		if (value == NULL)
			continue;
		if (fields->type == SNAPSHOT_U8 || fields->type == SNAPSHOT_U16 ||
		    fields->type == SNAPSHOT_U32)
			status = read_number(fields, value, at, err);
		else if (json_is_string(value))
			status = read_text(fields, json_string_value(value), at, err);
		else
			status = refuse(fields, "a string", err);
	}
	return status;
}
