/* node.h - a pass of worker-1 over a file, and the report of it. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/app/pass/load.h"
#include "croute/app/pass/pass.h"
#include "croute/app/print/print.h"
#include "pieces.h"

static inline void node_load(const char *text, struct loaded *loaded)
{
	pieces_decode_good(text, strlen(text), &loaded->config, &loaded->diags);
}

static inline const char *node_file_name(const void *files, uint16_t file)
{
	(void)files, (void)file;
	return "nodes.yaml";
}

/* Whether the pass came to an end. */
static inline bool node_pass(struct pass *pass, const struct loaded *loaded, struct report *report)
{
	const struct node_names names = {.name = {"worker-1"}, .count = 1};
	const struct pass_request request = {
		.config = &loaded->config, .names = &names, .dry_run = true, .look_around = true};

	if (pass_run(pass, &request, NULL) < 0)
		return false;
	*report = outcome_report(pass, loaded);
	report->file_name = node_file_name;
	return true;
}

/* No line drives a terminal. */
static inline void node_check_line(const struct buf *line)
{
	for (size_t i = 0; i < line->len; i++) {
		if ((unsigned char)line->data[i] < 0x20 || line->data[i] == 0x7f)
			abort();
	}
}

static inline int node_drop(void *context, const char *text, size_t len)
{
	(void)context, (void)text, (void)len;
	return 0;
}
