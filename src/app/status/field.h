/* field.h - plain structs to JSON objects and back, by a table of their fields. */
#ifndef CROUTE_APP_STATUS_FIELD_H
#define CROUTE_APP_STATUS_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "croute/base/buf.h"
#include "croute/base/error.h"

struct json_t;

#define STATUS_FIELD_MS_MOST INT64_C(253402300799999) /* the end of the year 9999 */

/* What a field is in the struct, and in JSON. */
enum status_kind {
	STATUS_KIND_TEXT,   /* char[size]; null when empty */
	STATUS_KIND_FLAG,   /* bool */
	STATUS_KIND_NUMBER, /* uint32_t */
	STATUS_KIND_SPAN,   /* 64 bits, from 0 to STATUS_FIELD_MS_MOST */
	STATUS_KIND_TIME,   /* int64_t, milliseconds since 1970; RFC 3339 in UTC, null when 0 */
	STATUS_KIND_WORD,   /* an enum; one of `words` */
};

struct status_field {
	const char *key;
	enum status_kind kind;
	size_t offset;		  /* in the struct */
	size_t size;		  /* of a text with its NUL; of a word, how many there are */
	const char *const *words; /* by number */
	bool needed;		  /* reading fails without it; others stay as they are */
};

/* The fields of one JSON object. */
struct status_fields {
	const char *name; /* of the object, for errors; NULL for the outermost one */
	const struct status_field *list;
	size_t count;
};

/*
 * Writing is appending to a buf, without memory of its own: the agent does it at every pass. A
 * value of an object goes behind its key, one of an array behind a NULL key; braces are the
 * caller's.
 */
void status_field_key(struct buf *out, const char *key);

/* A string. What is no UTF-8, or would drive a terminal, is made safe. */
void status_field_text(struct buf *out, const char *text);

/* All fields of the struct at `base`. */
void status_field_put(struct buf *out, const struct status_fields *fields, const void *base);

/* Fill the struct at `base` from an object. 0, or -EINVAL with `err`. */
int status_field_take(const struct json_t *object, const struct status_fields *fields, void *base,
		      struct error *err);

#endif
