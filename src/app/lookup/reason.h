/* reason.h - why a lookup found what it found. */
#pragma once

#include "app/lookup/lookup.h"
#include "croute/base/buf.h"

/* What the verdict says, and of what, in words; one word of it for programs: "more-specific". */
void lookup_add_reason(struct buf *out, const struct lookup *lookup);
const char *lookup_verdict_word(enum lookup_verdict verdict);

/* A row of the kernel: `10.244.2.0/24 via 10.0.0.12 dev eth1 proto 67 metric 68026`. */
void lookup_add_route(struct buf *out, const struct lookup *lookup, const struct route *route);

/* `100: from 10.244.1.0/24 lookup 100`. */
void lookup_add_rule(struct buf *out, const struct rule *rule);

/* NUD_* as ip-neighbour(8) names them, in small letters; "none" for no entry. */
const char *lookup_state_word(uint16_t state);
