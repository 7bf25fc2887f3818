/* cell.h - one value of the file on its way to its place. */
#ifndef CROUTE_CORE_DECODE_CELL_H
#define CROUTE_CORE_DECODE_CELL_H

#include <stdint.h>

#include "croute/base/error.h"
#include "croute/core/config/places.h"
#include "croute/core/config/schema.h"
#include "croute/core/parse/yaml.h"

/* Borrowed, all of it. */
struct cell {
	struct config_reader *reader;
	const struct schema_key *key;
	const struct yaml_item *item;
	void *target; /* what the key's offset counts from */
	void *place;  /* target + offset */
};

/* 0, or -errno with `err` saying what is wrong with the value; the place then keeps what it had. */
typedef int cell_store_fn(const struct cell *cell, struct error *err);

/* Numbers and flags are not text: YAML tells them apart by the quotes. -EINVAL. */
int cell_refuse_quotes(const struct cell *cell, const char *what, struct error *err);

/* Put a number into a place of the key's size; `version` has none. */
void cell_put_number(const struct cell *cell, uint64_t value);

/* Keep the value's text. 0, or -ENOSPC. */
int cell_put_string(const struct cell *cell, struct error *err);

#endif
