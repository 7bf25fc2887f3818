/* syntax.c - one table from libyaml's messages to croute's. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/parse/syntax.h"

#include <ctype.h>
#include <string.h>

#include "croute/base/buf.h"
#include "croute/core/parse/value.h"
#include "croute/model/ip.h"

/* What libyaml says (0.1 to 0.2.5, scanner.c and parser.c), what croute says. `opened` adds the
 * place where the thing that libyaml was at began. */
struct phrase {
	const char *problem;
	const char *text;
	const char *opened;
};

static const struct phrase phrases[] = {
	{"mapping values are not allowed in this context",
	 "a `key: value` is not allowed here; check the indentation, or quote a value that has a "
	 "colon",
	 NULL},
	{"found unexpected ':'", "a colon is not allowed here; quote the value that contains it",
	 NULL},
	{"did not find expected key",
	 "no key where one is expected; check the indentation, a list item (-) too many, or text "
	 "behind a closed value",
	 "the mapping begins"},
	{"did not find expected '-' indicator",
	 "no list item (-) where one is expected; check the indentation", "the list begins"},
	{"did not find expected ',' or ']'", "',' or ']' is missing here", "the list begins"},
	{"did not find expected ',' or '}'", "',' or '}' is missing here", "the mapping begins"},
	{"could not find expected ':'", "a key without its ':'", "the key stands"},
	{"found unexpected end of stream", "the file ends inside a quoted text", "it begins"},
	{"found unexpected document indicator", "a document mark inside a quoted text",
	 "it begins"},
	{"found unknown escape character",
	 "an unknown escape (\\) in double quotes; single quotes take it as it is", NULL},
	{"did not find expected hexdecimal number",
	 "an escape (\\) in double quotes without its hexadecimal digits", NULL},
	{"block sequence entries are not allowed in this context",
	 "a list item (-) is not allowed here; begin the list on a line of its own", NULL},
	{"mapping keys are not allowed in this context", "a key (?) is not allowed here", NULL},
	{"did not find expected node content", "a value is missing here", NULL},
	{"did not find expected <document start>",
	 "text after the end of the document; a file holds one mapping", NULL},
	{"found incompatible YAML document", "a YAML version that is not 1.1 or 1.2", NULL},
	{"found a tab character where an indentation space is expected",
	 "a tab cannot indent in YAML; use spaces", NULL},
	{"found a tab character that violates indentation",
	 "a tab cannot indent in YAML; use spaces", NULL},
	{"did not find expected alphabetic or numeric character",
	 "a value cannot begin with & or * unless it is quoted", NULL},
};

static const struct phrase *find_phrase(const char *problem)
{
	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		if (strcmp(phrases[i].problem, problem) == 0)
			return &phrases[i];
	}
	return NULL;
}

static bool in_address(char c)
{
	return isxdigit((unsigned char)c) || c == ':' || c == '.';
}

static bool is_ipv6_with_last_colon(struct text run)
{
	struct ip ip;

	return run.len > 1 && run.at[run.len - 1] == ':' && ip_parse(run, &ip) == 0;
}

struct text syntax_ipv6_at_end(struct text line)
{
	struct text run = {.at = line.at + line.len, .len = 0};

	while (run.len < line.len && in_address(run.at[-1])) {
		run.at--;
		run.len++;
	}
	if (!is_ipv6_with_last_colon(run) ||
	    (run.len < line.len && isalnum((unsigned char)run.at[-1])))
		run.len = 0;
	return run;
}

/* The line up to and with the character at libyaml's mark, which counts characters and no byte
 * order mark. What comes behind may not have been read yet. */
static struct text line_to_mark(const struct stream *stream, const yaml_mark_t *mark)
{
	struct text line = stream_line(stream, (uint32_t)mark->line + 1);
	size_t characters = mark->column + 1;
	size_t len = text_starts(line, "\xef\xbb\xbf") ? 3 : 0;

	while (len < line.len && (characters > 0 || ((unsigned char)line.at[len] & 0xc0) == 0x80)) {
		characters -= ((unsigned char)line.at[len] & 0xc0) != 0x80;
		len++;
	}
	return (struct text){.at = line.at, .len = characters == 0 ? len : 0};
}

/* In a list or mapping in brackets the first colon of `::` is the mistake, else the last one. */
static struct text find_ipv6(struct text line, struct text to_mark)
{
	const char *next = line.at + to_mark.len;
	size_t left = line.len - to_mark.len;

	if (to_mark.len > 0 && left > 0 && next[0] == ':' && (left == 1 || !in_address(next[1])))
		to_mark.len++;
	return syntax_ipv6_at_end(to_mark);
}

/* The character at the mark begins no value. */
static void explain_character(struct buf *buf, struct text line)
{
	unsigned char c = line.len > 0 ? (unsigned char)line.at[line.len - 1] : 0;

	if (c == '\t')
		buf_add(buf, "a tab cannot indent in YAML; use spaces");
	else if (isgraph(c))
		buf_add(buf, "a value cannot begin with %c unless it is quoted", c);
	else
		buf_add(buf, "no value can begin here; quote it");
}

static void explain_phrase(struct buf *buf, const yaml_parser_t *parser)
{
	const char *problem = parser->problem != NULL ? parser->problem : "out of memory";
	const struct phrase *phrase = find_phrase(problem);

	if (phrase == NULL) {
		buf_add(buf, "not valid YAML: %s", problem);
		return;
	}
	buf_add(buf, "%s", phrase->text);
	if (phrase->opened != NULL)
		buf_add(buf, " (%s in line %zu, column %zu)", phrase->opened,
			parser->context_mark.line + 1, parser->context_mark.column + 1);
}

/* A no-break space behind a colon is text for YAML, and no end of a key. Of the mark's line only
 * what comes before it is sure to have been read. */
static bool explain_hidden(struct buf *buf, const yaml_parser_t *parser,
			   const struct stream *stream, struct text to_mark)
{
	const size_t lines[] = {parser->context_mark.line, parser->problem_mark.line};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct text line = stream_line(stream, (uint32_t)lines[i] + 1);
		uint32_t character;
		char code[VALUE_CODE_MAX];

		if (lines[i] == parser->problem_mark.line && to_mark.len > 0)
			line = to_mark;
		if (text_starts(line, "\xef\xbb\xbf"))
			line = (struct text){.at = line.at + 3, .len = line.len - 3};
		character = value_hidden(line);
		if (character == 0)
			continue;
		buf_add(buf, "line %zu contains %s; retype it", lines[i] + 1,
			value_code(character, code));
		return true;
	}
	return false;
}

const char *syntax_explain(const yaml_parser_t *parser, const struct stream *stream,
			   char out[SYNTAX_TEXT_MAX])
{
	struct buf buf = {.data = out, .size = SYNTAX_TEXT_MAX};
	struct text line = line_to_mark(stream, &parser->problem_mark);
	struct text ipv6 = find_ipv6(stream_line(stream, (uint32_t)parser->problem_mark.line + 1),
				     line);

	out[0] = '\0';
	if (parser->error == YAML_READER_ERROR || parser->problem == NULL)
		buf_add(&buf, "the file cannot be read as text: %s",
			parser->problem != NULL ? parser->problem : "out of memory");
	else if (ipv6.len > 0)
		buf_add(&buf, "an IPv6 address that ends in a colon must be quoted: '%.*s'",
			(int)ipv6.len, ipv6.at);
	else if (strcmp(parser->problem, "found character that cannot start any token") == 0)
		explain_character(&buf, line);
	else if (!explain_hidden(&buf, parser, stream, line))
		explain_phrase(&buf, parser);
	return out;
}
