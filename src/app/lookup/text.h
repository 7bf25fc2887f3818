/* text.h - the answer of a lookup in words, and in JSON. */
#ifndef CROUTE_CORE_LOOKUP_TEXT_H
#define CROUTE_CORE_LOOKUP_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "app/lookup/lookup.h"
#include "croute/base/buf.h"

/*
 * The i-th line, `next hop   10.0.0.12 dev eth1`, without line end. A line that does not apply is
 * left empty. False past the last.
 */
bool lookup_add_line(struct buf *out, const struct lookup *lookup, uint32_t i);

/* What the verdict says, and of what, in words; one word of it for programs: "more-specific". */
void lookup_add_reason(struct buf *out, const struct lookup *lookup);
const char *lookup_verdict_word(enum lookup_verdict verdict);

/* Parts that text and JSON share. */

/* A row of the kernel: `10.244.2.0/24 via 10.0.0.12 dev eth1 proto 67 metric 68026`. */
void lookup_add_route(struct buf *out, const struct lookup *lookup, const struct route *route);

/* `100: from 10.244.1.0/24 lookup 100`. */
void lookup_add_rule(struct buf *out, const struct rule *rule);

/* NUD_* as ip-neighbour(8) names them, in small letters; "none" for no entry. */
const char *lookup_state_word(uint16_t state);

/* The row of the kernel on the key of the wanted one; NULL: none. */
const struct route *lookup_present(const struct lookup *lookup);

/* The name of the address's node, or of the node that it is the address of; NULL: neither. */
const char *lookup_node(const struct lookup *lookup);

struct json_t;

/* The whole answer as one object, the caller's. NULL without memory. */
struct json_t *lookup_json(const struct lookup *lookup);

#endif
