/* field.h - fields of a snapshot's rows: one table for writing and reading. */
#ifndef CROUTE_APP_SNAPSHOT_FIELD_H
#define CROUTE_APP_SNAPSHOT_FIELD_H

#include <stddef.h>
#include <stdint.h>

#include "croute/base/error.h"

struct json_t;

enum snapshot_type {
	SNAPSHOT_U8,
	SNAPSHOT_U16,
	SNAPSHOT_U32,
	SNAPSHOT_TEXT, /* a char array of `size` bytes */
	SNAPSHOT_MAC,  /* struct mac */
	SNAPSHOT_IP,   /* struct ip */
};

/* One field: its key in JSON, and where it lies in the row. Zero and "" are left out. */
struct snapshot_field {
	const char *key;
	enum snapshot_type type;
	size_t offset;
	size_t size;
};

/* Tables end in a field without a key. */

/* A row as an object, NULL without memory; the caller's. */
struct json_t *snapshot_field_object(const struct snapshot_field *fields, const void *row);

/* Fill `row` (zeroed) from an object. 0, or -EINVAL with `err` naming the key. Unknown keys are
 * passed over. */
int snapshot_field_read(const struct snapshot_field *fields, const struct json_t *object, void *row,
			struct error *err);

#endif
