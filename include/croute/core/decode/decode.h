/* decode.h - the files of one generation, read and checked into a struct config. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

#include "croute/base/error.h"
#include "croute/core/config/places.h"
#include "croute/core/parse/stream.h"

/* Set `config` to the defaults of SPEC 2, whatever it holds. */
void decode_defaults(struct config *config);
/* The same in the memory that it has: it is zeroes, or what config_empty left. */
void decode_begin(struct config *config);

/*
 * Read one file as a stream. `file` is its number in the origins; `places` carries what a later
 * file needs to know of earlier ones. Returns 0, or -errno with `err` when the bytes themselves
 * could not be read.
 */
int decode_read(struct places *places, uint16_t file, stream_read_fn *read, void *source,
		struct error *err);

/*
 * After the last file: what can only be known of the whole (duplicates, overlaps, counts, protect,
 * podNetwork). Sorts podcidrs.
 */
void decode_finish(struct places *places);
