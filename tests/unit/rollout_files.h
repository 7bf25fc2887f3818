/* rollout_files.h - files in memory and the counts that come of them. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "app/rollout/count.h"
#include "croute/core/decode/decode.h"

/* A file in memory. */
struct page {
	const char *text;
	size_t done;
};

static inline int read_page(void *source, unsigned char *buffer, size_t size, size_t *got,
			    struct error *err)
{
	struct page *page = source;
	size_t left = strlen(page->text + page->done);

	(void)err;
	*got = left < size ? left : size;
	memcpy(buffer, page->text + page->done, *got);
	page->done += *got;
	return 0;
}

/* Whether the file is valid; `config` is to be released either way. */
static inline bool parse(struct config *config, const char *text)
{
	const struct config_host host = {.tables = NULL};
	struct page page = {.text = text};
	struct diags diags = {.count = 0};
	struct places *places = places_new(&host, config, &diags);
	struct error err;

	assert_non_null(places);
	decode_defaults(config);
	assert_int_equal(decode_read(places, 0, read_page, &page, &err), 0);
	decode_finish(places);
	places_free(places);
	return diags.errors == 0;
}

static inline void assert_counts(const struct arena *counts, uint32_t i, struct rollout_counts want)
{
	struct rollout_counts got = ((const struct rollout_counts *)(const void *)counts->base)[i];

	assert_int_equal(got.add, want.add);
	assert_int_equal(got.change, want.change);
	assert_int_equal(got.remove, want.remove);
	assert_int_equal(got.unchanged, want.unchanged);
}
