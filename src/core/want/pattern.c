/* pattern.c - anchored PCRE2 matching within limits. */
/* SPDX-License-Identifier: MIT */
#include "core/want/pattern.h"

#include <stdint.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define STEPS_MOST 100000 /* of matching: an interface name needs a few dozen */
#define HEAP_MOST 256	  /* KiB */

static bool run(const pcre2_code *code, const char *name)
{
	pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	int status = PCRE2_ERROR_NOMEMORY;

	if (data != NULL && context != NULL) {
		(void)pcre2_set_match_limit(context, STEPS_MOST);
		(void)pcre2_set_heap_limit(context, HEAP_MOST);
		status = pcre2_match(code, (PCRE2_SPTR)name, PCRE2_ZERO_TERMINATED, 0, 0, data,
				     context);
	}
	pcre2_match_context_free(context);
	pcre2_match_data_free(data);
	return status >= 0;
}

static bool matches(const char *pattern, const char *name, uint32_t options)
{
	int code_error;
	PCRE2_SIZE offset;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, options,
					 &code_error, &offset, NULL);
	bool matched = code != NULL && run(code, name);

	pcre2_code_free(code);
	return matched;
}

bool pattern_matches_whole(const char *pattern, const char *name)
{
	return matches(pattern, name, PCRE2_ANCHORED | PCRE2_ENDANCHORED);
}

bool pattern_matches_part(const char *pattern, const char *name)
{
	return matches(pattern, name, 0);
}
