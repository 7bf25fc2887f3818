/* syntax.h - libyaml's complaints in users' words. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <yaml.h>

#include "croute/base/text.h"
#include "croute/core/parse/stream.h"

#define SYNTAX_TEXT_MAX 300

/* What is wrong at parser->problem_mark; NUL-terminated in `out`, which is returned. The line's own
 * text, where the stream still has it, is searched for an unquoted IPv6 address. */
const char *syntax_explain(const yaml_parser_t *parser, const struct stream *stream,
			   char out[SYNTAX_TEXT_MAX]);

/* The IPv6 address ending in a colon, as `fd00::`, with which `line` ends; empty when it does not.
 * YAML takes that colon for the mark of a key unless it is quoted. */
struct text syntax_ipv6_at_end(struct text line);
