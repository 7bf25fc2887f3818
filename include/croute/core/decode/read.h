/* read.h - the files of one generation, read and checked into a struct config. */
#ifndef CROUTE_CORE_DECODE_READ_H
#define CROUTE_CORE_DECODE_READ_H

#include <stdint.h>

#include "croute/base/diag.h"
#include "croute/base/error.h"
#include "croute/core/config/config.h"
#include "croute/core/parse/stream.h"

/* State between the files of one generation (config/places.h). */
struct config_reader;

/* Set `config` to the defaults of SPEC 2. */
void config_begin(struct config *config);

/*
 * A reader for one generation, NULL without memory. It fills `config`, and whatever is wrong with
 * the files goes to `diags`; these and `host` are borrowed and outlive it.
 */
struct config_reader *config_reader_new(const struct config_host *host, struct config *config,
					struct diags *diags);
void config_reader_free(struct config_reader *reader);

/*
 * Read one file as a stream. `file` is its number in the origins; `reader` carries what a later
 * file needs to know of earlier ones. Returns 0, or -errno with `err` when the bytes themselves
 * could not be had.
 */
int config_read(struct config_reader *reader, uint16_t file, stream_read_fn *read, void *source,
		struct error *err);

/*
 * After the last file: what can only be known of the whole (duplicates, overlaps, counts, protect,
 * podNetwork). Sorts podcidrs.
 */
void config_finish(struct config_reader *reader);

#endif
