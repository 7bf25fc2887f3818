/* fields.h - the answer of a lookup in lines, and in JSON. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "app/lookup/lookup.h"
#include "croute/base/buf.h"
#include "croute/base/json.h"

/*
 * The i-th line, `next hop   10.0.0.12 dev eth1`, without line end. A line that does not apply is
 * left empty. False past the last.
 */
bool lookup_add_line(struct buf *out, const struct lookup *lookup, uint32_t i);

/* All of it, into an object that is open. */
void lookup_put_json(struct json *json, const struct lookup *lookup);
