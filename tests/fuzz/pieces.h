/* pieces.h - the fuzzer's bytes as a file that is read piece by piece. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "croute/core/config/config.h"
#include "croute/core/decode/decode.h"

struct pieces {
	const uint8_t *data;
	size_t size;
	size_t given;
	size_t most; /* bytes of a piece; SIZE_MAX: all at once */
};

/* As stream_read_fn wants it, the source being a struct pieces. */
static inline int pieces_read(void *source, unsigned char *buffer, size_t size, size_t *got,
			      struct error *err)
{
	struct pieces *pieces = source;
	size_t left = pieces->size - pieces->given;

	(void)err;
	if (size > pieces->most)
		size = pieces->most;
	*got = size < left ? size : left;
	memcpy(buffer, pieces->data + pieces->given, *got);
	pieces->given += *got;
	return 0;
}

static inline const struct table_name *pieces_tables(void *context, uint32_t *count)
{
	static const struct table_name tables[] = {{"red", 7}};

	(void)context;
	*count = 1;
	return tables;
}

/* The file that the pieces make. */
static inline void pieces_decode(struct pieces *pieces, struct config *config, struct diags *diags)
{
	static const struct config_host host = {.tables = pieces_tables};
	struct places *places = places_new(&host, config, diags);
	struct error err;

	if (places == NULL)
		abort();
	decode_defaults(config);
	if (decode_read(places, 0, pieces_read, pieces, &err) < 0)
		abort();
	decode_finish(places);
	places_free(places);
}

/* One that must be without errors. */
static inline void pieces_decode_good(const char *text, size_t len, struct config *config,
				      struct diags *diags)
{
	struct pieces pieces = {.data = (const uint8_t *)text, .size = len, .most = SIZE_MAX};

	pieces_decode(&pieces, config, diags);
	if (diags->errors > 0)
		abort();
}
