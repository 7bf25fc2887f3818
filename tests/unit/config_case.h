/* config_case.h - a generation read from texts in memory, for the tests of the file reader. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "croute/core/config/config.h"
#include "croute/core/decode/decode.h"

/* A text that is handed out `chunk` bytes at a time; `fail_at` bytes in, reading fails. */
struct case_text {
	const char *text;
	size_t len;
	size_t chunk;
	size_t given;
	size_t fail_at;
};

static inline int case_read(void *source, unsigned char *buffer, size_t size, size_t *got,
			    struct error *err)
{
	struct case_text *text = source;
	size_t left = text->len - text->given;

	if (text->fail_at > 0 && text->given >= text->fail_at)
		return error_set(err, 5, "the disk is gone");
	if (size > text->chunk)
		size = text->chunk;
	*got = size < left ? size : left;
	memcpy(buffer, text->text + text->given, *got);
	text->given += *got;
	return 0;
}

static inline const char *case_file_name(const void *names, uint16_t file)
{
	(void)names;
	return file == 0 ? "a.yaml" : file == 1 ? "b.yaml" : "c.yaml";
}

/* What came of reading some texts as the files of a directory. */
struct case_result {
	struct config config;
	struct diags diags;
	struct error err;
	int status;
};

static inline const struct table_name *case_tables(void *context, uint32_t *count)
{
	static const struct table_name tables[] = {{"pods", 100}, {"main", 254}};

	(void)context;
	*count = 2;
	return tables;
}

static inline void case_load_text(struct case_result *result, const struct case_text *texts,
				  uint16_t count)
{
	const struct config_host host = {.tables = case_tables, .file_name = case_file_name};
	struct places *places = places_new(&host, &result->config, &result->diags);

	memset(result, 0, sizeof(*result));
	decode_defaults(&result->config);
	for (uint16_t i = 0; i < count && result->status == 0; i++) {
		struct case_text text = texts[i];

		result->status = decode_read(places, i, case_read, &text, &result->err);
	}
	if (result->status == 0)
		decode_finish(places);
	diag_sort(&result->diags);
	places_free(places);
}

static inline void case_load_two(struct case_result *result, const char *first, const char *second)
{
	const struct case_text texts[] = {
		{.text = first, .len = strlen(first), .chunk = 4096},
		{.text = second, .len = strlen(second), .chunk = 4096},
	};

	case_load_text(result, texts, 2);
}

static inline void case_load(struct case_result *result, const char *string)
{
	const struct case_text text = {.text = string, .len = strlen(string), .chunk = 4096};

	case_load_text(result, &text, 1);
}

static inline void case_free(struct case_result *result)
{
	config_release(&result->config);
}

/* All diagnostics as "1:2 error text" lines; for comparing and for showing what went wrong. */
static inline void case_print(const struct case_result *result, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (uint32_t i = 0; i < result->diags.count && len < size; i++) {
		const struct diag *diag = &result->diags.list[i];

		len += (size_t)snprintf(out + len, size - len, "%u:%u:%u %s: %s\n",
					origin_file(diag->at), diag->at.line, diag->at.column,
					diag->level == DIAG_ERROR ? "error" : "warning",
					diag->text);
	}
}

/* Loads a file that has nothing wrong with it. */
static inline void load_good(struct case_result *result, const char *text)
{
	char all[4000];

	case_load(result, text);
	case_print(result, all, sizeof(all));
	assert_int_equal(result->status, 0);
	assert_string_equal(all, "");
}

static inline void is_prefix(const struct prefix *prefix, const char *expected)
{
	char text[PREFIX_TEXT_MAX];

	assert_string_equal(prefix_format(prefix, text), expected);
}

/* A node that stands in many files, at line 3. */
#define NODE_A "version: 1\nnodes:\n- {name: a, address: 10.0.0.1, podCIDRs: 10.1.0.0/24}\n"
