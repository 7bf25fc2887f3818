/* reason.h - why a lookup found what it found. */
#ifndef CROUTE_APP_LOOKUP_REASON_H
#define CROUTE_APP_LOOKUP_REASON_H

#include "app/lookup/lookup.h"
#include "croute/base/buf.h"

/* What the verdict says, and of what, in words; one word of it for programs: "more-specific". */
void lookup_add_reason(struct buf *out, const struct lookup *lookup);
const char *lookup_verdict_word(enum lookup_verdict verdict);

#endif
