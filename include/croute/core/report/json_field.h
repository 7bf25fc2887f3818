/* json_field.h - plain structs to JSON objects and back, by a table of their fields. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "croute/base/error.h"
#include "croute/base/json.h"

struct json_t;

#define JSON_FIELD_MOST INT64_C(253402300799999) /* of 64 bits: the end of the year 9999 in ms */

/* What a field is in the struct, and in JSON. */
enum json_field_kind {
	JSON_FIELD_TEXT,   /* char[]; null when empty */
	JSON_FIELD_FLAG,   /* bool */
	JSON_FIELD_NUMBER, /* unsigned, of 8 to 32 bits; or 64, from 0 to JSON_FIELD_MOST */
	JSON_FIELD_TIME,   /* int64_t, milliseconds since 1970; RFC 3339 in UTC, null when 0 */
	JSON_FIELD_WORD,   /* an enum; one of `words` */
	JSON_FIELD_MAC,	   /* struct mac; null when not set */
	JSON_FIELD_IP,	   /* struct ip; null when not set */
};

struct json_field {
	const char *key;
	enum json_field_kind kind;
	size_t offset; /* in the struct */
	size_t size;
	const char *const *words; /* by number */
	uint32_t word_count;
	bool needed; /* reading fails without it; others stay as they are */
};

/* One row of a table; what follows the member sets the other parts. */
#define JSON_FIELD(of_kind, name, of, member, ...)                                                 \
	{                                                                                          \
		.key = (name), .kind = JSON_FIELD_##of_kind, .offset = offsetof(of, member),       \
		.size = sizeof(((of *)NULL)->member), __VA_ARGS__                                  \
	}

/* The fields of one JSON object. */
struct json_fields {
	const char *name; /* of the object, for errors; NULL for the outermost one */
	const struct json_field *list;
	size_t count;
	bool sparse; /* what is zero, empty or null is not written */
};

/* All fields of the struct at `base`; braces are the caller's. */
void json_field_put(struct json *json, const struct json_fields *fields, const void *base);

/* Fill the struct at `base` from an object. Unknown keys are skipped. 0, or -EINVAL with `err`
 * naming the key. */
int json_field_take(const struct json_t *object, const struct json_fields *fields, void *base,
		    struct error *err);
