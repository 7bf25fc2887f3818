/* pattern.h - regular expressions that match a whole name or a part of it. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

/*
 * PCRE2 (pcre2pattern(3)) with limits on matching steps and heap, no JIT; what exceeds them, or
 * does not compile, matches nothing. pattern_matches_whole is anchored at both ends, as in
 * Prometheus relabelling; pattern_matches_part is a search, for telling users where the two differ.
 */
bool pattern_matches_whole(const char *pattern, const char *name);
bool pattern_matches_part(const char *pattern, const char *name);
