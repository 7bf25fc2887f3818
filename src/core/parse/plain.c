/* plain.c - one entry of the file after another, from its lines to its items. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/parse/plain.h"

#include <stdio.h>
#include <string.h>

#define DEPTH_MOST 8   /* of one entry; with what stands around it less than YAML_DEPTH_MOST */
#define WORD_MOST 512  /* bytes; libyaml takes no key of more than 1,024 */
#define INDENT_MOST 60 /* of a top-level list, so that PLAIN_PREFIX suffices */
#define NO_LINE (-1)   /* as an indent: blank, a comment, or the end */

struct walk {
	struct plain *plain;
	struct yaml_item *next; /* the one to come */
	const char *at;
	const char *end;
	const char *begin; /* of the present line */
	uint32_t line;
	struct origin place; /* of the line */
	int32_t indent;	     /* of the present line */
	unsigned depth;
};

static bool read_value(struct walk *walk);
static bool read_block_value(struct walk *walk, int32_t indent);

void plain_begin(struct plain *plain, struct stream *stream)
{
	plain->stream = stream;
	plain->line = 1;
	plain->list = NO_LINE;
}

static inline bool push(struct walk *walk, enum yaml_kind kind, struct text text, bool plain)
{
	struct origin at = walk->place;

	if (walk->next == walk->plain->items + PLAIN_ITEMS)
		return false;
	at.column = (uint32_t)(walk->at - walk->begin + 1) & 0x7ffffff;
	*walk->next++ = (struct yaml_item){
		.kind = kind,
		.plain = plain,
		.visible = true,
		.text = text,
		.at = at,
	};
	return true;
}

static inline bool push_mark(struct walk *walk, enum yaml_kind kind)
{
	return push(walk, kind, (struct text){.at = ""}, false);
}

static bool is_printable(char c)
{
	return c >= 0x20 && c < 0x7f;
}

/* Of ASCII: b may begin a word and go on in it, w only goes on, ! stands in quotes alone; a blank
 * is for what ends them or has a meaning in them. */
static const char classes[256] = "                                " /* control characters */
				 "!! !!w! !!!w!wbbbbbbbbbbbbw!!!!!" /* from the blank on */
				 "!bbbbbbbbbbbbbbbbbbbbbbbbbb! !!b" /* from @ */
				 "!bbbbbbbbbbbbbbbbbbbbbbbbbb!!!! ";

static char class_of(char c)
{
	return classes[(unsigned char)c];
}

static bool begins_word(char c)
{
	return class_of(c) == 'b';
}

static bool begins_text(char c)
{
	return begins_word(c) || c == '"' || c == '\'';
}

/* Within a line: its line feed, or the NUL behind the last one, is like no other character. */
static bool at_char(const struct walk *walk, char c)
{
	return *walk->at == c;
}

static bool at_line_end(const struct walk *walk)
{
	return *walk->at == '\n' || *walk->at == '\0';
}

static void skip_blanks(struct walk *walk)
{
	while (at_char(walk, ' '))
		walk->at++;
}

/* Behind a comment of plain characters that begins at `at`; `at` itself when it has others. */
static const char *skip_comment(const char *at, const char *end)
{
	const char *next = at;

	while (next < end && is_printable(*next))
		next++;
	return next == end || *next == '\n' ? next : at;
}

/* Over blanks and a comment to the end of the line; false when something else stands there. */
static bool end_line(struct walk *walk)
{
	const char *before = walk->at;

	skip_blanks(walk);
	if (at_char(walk, '#') && walk->at > before)
		walk->at = skip_comment(walk->at, walk->end);
	return at_line_end(walk);
}

/* Blanks before the first character of a line; NO_LINE when it has none but a comment's. */
static int32_t indent_of(const char *line, const char *end)
{
	const char *at = line;

	while (at < end && *at == ' ')
		at++;
	if (at < end && *at == '#')
		at = skip_comment(at, end);
	return at == end || *at == '\n' ? NO_LINE : (int32_t)(at - line);
}

/* From the end of a line to the first character of the next one that holds something. */
static void next_line(struct walk *walk)
{
	walk->indent = NO_LINE;
	while (walk->at < walk->end && walk->indent == NO_LINE) {
		walk->begin = ++walk->at;
		walk->line++;
		walk->indent = indent_of(walk->at, walk->end);
		if (walk->indent == NO_LINE) {
			const char *next = memchr(walk->at, '\n', (size_t)(walk->end - walk->at));

			walk->at = next != NULL ? next : walk->end;
		}
	}
	walk->place = origin_at(walk->plain->stream->file, walk->line, 0);
	walk->at += walk->indent == NO_LINE ? 0 : walk->indent;
}

static bool read_quoted(struct walk *walk)
{
	char quote = *walk->at;
	const char *first = walk->at + 1;
	const char *last = first;
	struct text text = {.at = first};

	while (class_of(*last) > ' ' || ((*last == '"' || *last == '\'') && *last != quote))
		last++;
	text.len = (size_t)(last - first);
	if (*last != quote || text.len > WORD_MOST || (last + 1 < walk->end && last[1] == quote))
		return false;
	if (!push(walk, YAML_VALUE, text, false))
		return false;
	walk->at = last + 1;
	return true;
}

/* A colon belongs to the word when another character of one follows. */
static bool read_word(struct walk *walk)
{
	const char *last = walk->at;
	struct text text = {.at = walk->at};

	while (class_of(*last) > '!')
		last++;
	last -= last[-1] == ':';
	text.len = (size_t)(last - walk->at);
	if (text.len > WORD_MOST || !push(walk, YAML_VALUE, text, true))
		return false;
	walk->at = last;
	return true;
}

static bool read_text(struct walk *walk)
{
	if (begins_word(*walk->at))
		return read_word(walk);
	return begins_text(*walk->at) && read_quoted(walk);
}

/* The colon behind a key, with the blank behind it. */
static bool take_colon(struct walk *walk)
{
	if (!at_char(walk, ':'))
		return false;
	walk->at++;
	return at_line_end(walk) || *walk->at == ' ';
}

/* `key: value` in brackets. */
static bool read_pair(struct walk *walk)
{
	if (!read_text(walk) || !take_colon(walk))
		return false;
	skip_blanks(walk);
	return read_value(walk);
}

/* From the bracket that opens to the one that closes. */
static bool read_brackets(struct walk *walk)
{
	bool is_list = *walk->at == '[';
	char close = is_list ? ']' : '}';
	bool more;

	if (++walk->depth > DEPTH_MOST || !push_mark(walk, is_list ? YAML_LIST : YAML_MAP))
		return false;
	walk->at++;
	skip_blanks(walk);
	for (more = !at_char(walk, close); more;) {
		if (!(is_list ? read_value(walk) : read_pair(walk)))
			return false;
		skip_blanks(walk);
		more = at_char(walk, ',');
		walk->at += more;
		skip_blanks(walk);
	}
	if (!at_char(walk, close))
		return false;
	walk->at++;
	walk->depth--;
	return push_mark(walk, is_list ? YAML_LIST_END : YAML_MAP_END);
}

/* A value that ends in its line. */
static bool read_value(struct walk *walk)
{
	return at_char(walk, '[') || at_char(walk, '{') ? read_brackets(walk) : read_text(walk);
}

static bool begins_item(const char *at, const char *end)
{
	return end - at > 1 && at[0] == '-' && at[1] == ' ';
}

/* A key of a block mapping at `indent`, its value, and on to the next line. */
static bool read_entry(struct walk *walk, int32_t indent)
{
	if (!read_text(walk) || !take_colon(walk))
		return false;
	if (end_line(walk))
		return read_block_value(walk, indent);
	skip_blanks(walk);
	if (!read_value(walk) || !end_line(walk))
		return false;
	next_line(walk);
	return true;
}

static bool read_block_map(struct walk *walk, int32_t indent)
{
	if (++walk->depth > DEPTH_MOST || !push_mark(walk, YAML_MAP))
		return false;
	do {
		if (!read_entry(walk, indent))
			return false;
	} while (walk->indent == indent);
	walk->depth--;
	return walk->indent < indent && push_mark(walk, YAML_MAP_END);
}

/* An item of a list whose dashes stand at `indent`, and on to the next line. */
static bool read_item(struct walk *walk, int32_t indent)
{
	struct walk before;

	walk->at++;
	skip_blanks(walk);
	before = *walk;
	if (!read_value(walk))
		return false;
	if (at_char(walk, ':')) {
		*walk = before;
		return read_block_map(walk, (int32_t)(walk->at - walk->begin));
	}
	if (!end_line(walk))
		return false;
	next_line(walk);
	return walk->indent <= indent;
}

static bool read_block_list(struct walk *walk, int32_t indent)
{
	if (++walk->depth > DEPTH_MOST || !push_mark(walk, YAML_LIST))
		return false;
	do {
		if (!read_item(walk, indent))
			return false;
	} while (walk->indent == indent && begins_item(walk->at, walk->end));
	walk->depth--;
	return walk->indent <= indent && push_mark(walk, YAML_LIST_END);
}

/* The value of a key of a mapping at `indent`, which stands in the lines below. */
static bool read_block_value(struct walk *walk, int32_t indent)
{
	next_line(walk);
	if (walk->indent >= indent && begins_item(walk->at, walk->end))
		return read_block_list(walk, walk->indent);
	return walk->indent > indent && read_block_map(walk, walk->indent);
}

/* More of the stream behind what is there; false when it is unavailable, or has no room. */
static bool fill(struct plain *plain)
{
	size_t left = plain->end - plain->at;
	size_t got = 0;

	if (left > PLAIN_BYTES - STREAM_CHUNK)
		return false;
	memmove(plain->data, plain->data + plain->at, left);
	plain->at = 0;
	plain->end = left;
	if (!stream_read(plain->stream, (unsigned char *)plain->data + left, STREAM_CHUNK, &got))
		return false;
	plain->end += got;
	plain->data[plain->end] = '\0'; /* as a line feed, it ends words and quotes */
	plain->last = got == 0;
	return true;
}

/* Where the line ends that begins `from` bytes behind plain->at: behind its line feed. */
static bool find_line_end(struct plain *plain, size_t from, size_t *out)
{
	if (from == 0 && plain->line_len > 0) {
		*out = plain->line_len;
		return true;
	}
	for (size_t seen = from;;) {
		size_t left = plain->end - plain->at;
		const char *data = plain->data + plain->at;
		const char *feed = memchr(data + seen, '\n', left - seen);

		*out = feed != NULL ? (size_t)(feed - data) + 1 : left;
		if (feed != NULL || plain->last)
			return true;
		seen = left;
		if (!fill(plain))
			return false;
	}
}

/* Over blank lines and comments; at the end of the file the indent is NO_LINE. */
static bool skip_empty_lines(struct plain *plain, int32_t *indent)
{
	bool known = plain->line_len > 0;
	size_t len;

	for (; find_line_end(plain, 0, &len); known = false) {
		const char *line = plain->data + plain->at;
		bool dashes = plain->opened == 0 && !plain->dashes && len == 4 &&
			      memcmp(line, "---\n", 4) == 0;

		*indent = known ? plain->line_indent : indent_of(line, line + len);
		if (len == 0 || (*indent != NO_LINE && !dashes))
			return true;
		plain->dashes |= dashes;
		plain->at += len;
		plain->line_len = 0;
		plain->line++;
	}
	return false;
}

/* The bytes of the entry at plain->at: to the next line that is indented no more, or, below a key
 * of the file that stands alone, to the first item of its list, which `opens` then says. */
static bool measure_entry(struct plain *plain, int32_t indent, size_t *len, bool *opens)
{
	size_t next;
	size_t first;

	if (!find_line_end(plain, 0, &first))
		return false;
	for (*len = first;; *len = next) {
		const char *line;
		int32_t other;

		if (!find_line_end(plain, *len, &next))
			return false;
		line = plain->data + plain->at + *len;
		other = indent_of(line, plain->data + plain->at + next);
		plain->line_len = next - *len; /* once the entry is read */
		plain->line_indent = other;
		if (next == *len)
			return true;
		if (other == NO_LINE)
			continue;
		*opens = first > 1 && plain->list == NO_LINE &&
			 begins_item(line + other, plain->data + plain->at + next) &&
			 plain->data[plain->at + first - 2] == ':';
		if (*opens || other <= indent)
			return is_printable(line[other]) && line[other] != '#';
		first = 0;
	}
}

static void remember_begin(struct walk *walk)
{
	walk->plain->begun[walk->plain->opened++] =
		(yaml_mark_t){.line = walk->line - 1, .column = (size_t)(walk->at - walk->begin)};
}

/* A key of the file and its value; of a list that it opens, the key alone. */
static bool read_top(struct walk *walk, bool opens)
{
	if (walk->plain->opened == 0) {
		remember_begin(walk);
		if (!push_mark(walk, YAML_MAP))
			return false;
	}
	if (!opens)
		return read_entry(walk, 0);
	if (!read_text(walk) || !take_colon(walk) || !end_line(walk))
		return false;
	next_line(walk);
	return true;
}

/* The list begins where its first item does, which is read as the next entry. */
static bool open_list(struct walk *walk)
{
	struct plain *plain = walk->plain;
	const char *line = walk->end;

	plain->list = indent_of(line, plain->data + plain->end);
	walk->begin = line;
	walk->at = line + plain->list;
	remember_begin(walk);
	return plain->list <= INDENT_MOST && push_mark(walk, YAML_LIST);
}

static bool close_list(struct walk *walk)
{
	walk->plain->list = NO_LINE;
	walk->plain->opened--;
	return push_mark(walk, YAML_LIST_END);
}

static bool close_file(struct walk *walk)
{
	if (walk->plain->list != NO_LINE)
		(void)close_list(walk);
	walk->plain->closed = true;
	return push_mark(walk, YAML_MAP_END);
}

/* The entry that begins at the present line, with `indent` blanks in front of it. */
static bool read_lines(struct walk *walk, int32_t indent)
{
	struct plain *plain = walk->plain;
	bool opens = false;
	size_t len;

	if (!measure_entry(plain, indent, &len, &opens))
		return false;
	walk->begin = plain->data + plain->at;
	walk->at = walk->begin + indent;
	walk->end = walk->begin + len;
	if (!(plain->list == NO_LINE ? read_top(walk, opens) : read_item(walk, indent)))
		return false;
	if (walk->indent != NO_LINE || (opens && !open_list(walk)))
		return false;
	plain->at = (size_t)(walk->end - plain->data);
	plain->line = walk->line;
	return true;
}

bool plain_read(struct plain *plain)
{
	struct walk walk = {
		.plain = plain, .next = plain->items, .at = plain->data, .begin = plain->data};
	uint32_t opened = plain->opened;
	int32_t list = plain->list;
	int32_t indent;
	const char *at;
	bool done;

	plain->next = 0;
	plain->count = 0;
	if (!skip_empty_lines(plain, &indent))
		return false;
	walk.line = plain->line;
	walk.place = origin_at(plain->stream->file, plain->line, 0);
	at = plain->data + plain->at;
	if (indent == NO_LINE)
		done = opened > 0 && close_file(&walk);
	else if (list != NO_LINE && indent == 0 && begins_text(*at))
		done = close_list(&walk);
	else if (list == NO_LINE)
		done = indent == 0 && read_lines(&walk, indent);
	else
		done = indent == list && begins_item(at + list, plain->data + plain->end) &&
		       read_lines(&walk, indent);
	if (done) {
		plain->count = (uint32_t)(walk.next - plain->items);
	} else {
		plain->opened = opened;
		plain->list = list;
	}
	return done;
}

struct text plain_hand_over(struct plain *plain, uint32_t *prefix_lines, uint32_t *events)
{
	char prefix[PLAIN_PREFIX] = "";
	size_t left = plain->end - plain->at;
	size_t len;

	*prefix_lines = plain->opened > 0 ? plain->opened : plain->line > 1;
	*events = plain->opened > 0 ? plain->opened + 3 : 0;
	if (plain->opened == 2)
		(void)snprintf(prefix, sizeof(prefix), "x:\n%*s- {}\n", plain->list, "");
	else if (*prefix_lines > 0)
		(void)snprintf(prefix, sizeof(prefix), "%s\n",
			       plain->opened == 1 ? "x: {}"
			       : plain->dashes	  ? "---"
						  : "");
	len = strlen(prefix);
	memmove(plain->data + len, plain->data + plain->at, left);
	memcpy(plain->data, prefix, len);
	return (struct text){.at = plain->data, .len = len + left};
}
