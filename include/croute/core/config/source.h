/* source.h - what each file says of itself under `source`. */
#pragma once

#include "croute/core/config/places.h"

/* Around the reading of one file: forget what the one before said; keep what this one said. */
void source_begin(struct places *places);
void source_end(struct places *places);

/* After the last file: whether every source.nodes is the number of nodes of its file, or of all. */
void source_check_counts(const struct places *places);
