/* config_bad.h - a bad file, and the one error that is expected of it. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "config_case.h"

/* A bad text behind NODE_A (three lines), or a whole file. */
struct bad {
	const char *text;
	uint32_t line;
	uint32_t column;
	const char *says;
};

static inline void look_for(const struct case_result *r, const struct bad *bad,
			    enum diag_level level)
{
	char all[8000];

	for (uint32_t i = 0; i < r->diags.count; i++) {
		const struct diag *diag = &r->diags.list[i];

		if (diag->at.line == bad->line && diag->at.column == bad->column &&
		    diag->level == level && strstr(diag->text, bad->says) != NULL)
			return;
	}
	case_print(r, all, sizeof(all));
	fail_msg("%s\nwants %u:%u %s\nand has\n%s", bad->text, bad->line, bad->column, bad->says,
		 all);
}

/* Each alone is the only error of its file. */
static inline void expect_errors(const char *before, const struct bad *bads, size_t count)
{
	struct case_result r;
	char text[2000];

	for (size_t i = 0; i < count; i++) {
		(void)snprintf(text, sizeof(text), "%s%s", before, bads[i].text);
		case_load(&r, text);
		look_for(&r, &bads[i], DIAG_ERROR);
		if (r.diags.errors != 1) {
			case_print(&r, text, sizeof(text));
			fail_msg("%s\nhas more than one error:\n%s", bads[i].text, text);
		}
		case_free(&r);
	}
}
#define EXPECT_ERRORS(before, bads) expect_errors(before, bads, sizeof(bads) / sizeof((bads)[0]))
