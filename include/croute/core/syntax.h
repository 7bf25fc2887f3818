/* syntax.h - libyaml's complaints in users' words. */
#ifndef CROUTE_CORE_SYNTAX_H
#define CROUTE_CORE_SYNTAX_H

#include <yaml.h>

#include "croute/base/text.h"
#include "croute/core/stream.h"

#define SYNTAX_TEXT_MAX 300

/* What is wrong at parser->problem_mark; NUL-terminated in `out`, which is returned. The line's own
 * text, where the stream still has it, is searched for an unquoted IPv6 address. */
const char *syntax_explain(const yaml_parser_t *parser, const struct stream *stream,
			   char out[SYNTAX_TEXT_MAX]);

/* The IPv6 address ending in a colon that stands unquoted in `line`, as `fd00::`; empty when there
 * is none. YAML takes its last colon for the mark of a key. */
struct text syntax_find_ipv6(struct text line);

#endif
