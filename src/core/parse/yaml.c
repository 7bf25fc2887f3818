/* yaml.c - libyaml's events as items, and the parts of YAML that croute refuses. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/parse/yaml.h"

#include <errno.h>
#include <string.h>

#include "croute/core/parse/plain.h"
#include "croute/core/parse/syntax.h"

static int read_handler(void *data, unsigned char *buffer, size_t size, size_t *got)
{
	struct yaml_cursor *yaml = data;
	size_t part = yaml->pending.len < size ? yaml->pending.len : size;

	if (part == 0)
		return stream_read(yaml->stream, buffer, size, got);
	memcpy(buffer, yaml->pending.at, part);
	yaml->pending.at += part;
	yaml->pending.len -= part;
	*got = part;
	return 1;
}

int yaml_begin(struct yaml_cursor *yaml, struct stream *stream, struct diags *diags)
{
	*yaml = (struct yaml_cursor){
		.depth_most = YAML_DEPTH_MOST, .diags = diags, .stream = stream};
	plain_begin(&yaml->plain, stream);
	if (yaml_parser_initialize(&yaml->parser) != 1)
		return -ENOMEM;
	yaml_parser_set_input(&yaml->parser, read_handler, yaml);
	return 0;
}

void yaml_end(struct yaml_cursor *yaml)
{
	yaml_event_delete(&yaml->event);
	yaml_parser_delete(&yaml->parser);
}

void yaml_mark_told(struct yaml_cursor *yaml)
{
	yaml->told = yaml->event.end_mark; /* of a plain item: nothing */
}

void yaml_stop(struct yaml_cursor *yaml)
{
	yaml->ended = true;
	yaml->plain.count = 0;
}

static struct origin origin_of(const struct yaml_cursor *yaml, const yaml_mark_t *mark)
{
	return origin_at(yaml->stream->file, mark->line + 1, mark->column + 1);
}

/* libyaml counts the lines of the prefix, and from it. */
static void place_mark(const struct yaml_cursor *yaml, yaml_mark_t *mark)
{
	if (mark->line >= yaml->prefix_lines)
		mark->line = mark->line - yaml->prefix_lines + yaml->plain.line - 1;
	else if (yaml->plain.opened > 0)
		*mark = yaml->plain.begun[mark->line];
}

static bool is_told(const struct yaml_cursor *yaml, const yaml_mark_t *problem)
{
	return yaml->told.index > 0 && problem->line == yaml->told.line &&
	       problem->column <= yaml->told.column + 1;
}

/* Reading ends here. What the stream refused is told at its own place, the rest by syntax_explain;
 * bytes that could not be had are the caller's to tell. */
static void break_off(struct yaml_cursor *yaml)
{
	struct stream *stream = yaml->stream;
	char text[SYNTAX_TEXT_MAX];

	yaml->broken = true;
	yaml->ended = true;
	place_mark(yaml, &yaml->parser.problem_mark);
	place_mark(yaml, &yaml->parser.context_mark);
	if (yaml->parser.error == YAML_MEMORY_ERROR && stream->io.code == 0)
		error_set(&stream->io, ENOMEM, "out of memory");
	if (stream->io.code != 0)
		return;
	if (is_told(yaml, &yaml->parser.problem_mark))
		return;
	if (yaml->parser.error == YAML_READER_ERROR && stream->problem.code != 0)
		diag_error(yaml->diags, stream_at(stream), "%s", stream->problem.text);
	else
		diag_error(yaml->diags, origin_of(yaml, &yaml->parser.problem_mark), "%s",
			   syntax_explain(&yaml->parser, stream, text));
}

static void refuse(struct yaml_cursor *yaml, const char *what)
{
	diag_error(yaml->diags, origin_of(yaml, &yaml->event.start_mark), "%s", what);
}

static void refuse_marks(struct yaml_cursor *yaml, const yaml_char_t *anchor,
			 const yaml_char_t *tag)
{
	if (anchor != NULL)
		refuse(yaml, "a YAML anchor (&) is not allowed here; write the value out");
	if (tag != NULL)
		refuse(yaml, "a YAML tag (!) is not allowed here; leave it out");
}

static struct yaml_item end_item(const struct yaml_cursor *yaml)
{
	return (struct yaml_item){.kind = YAML_END, .at = stream_at(yaml->stream)};
}

static struct yaml_item make_item(const struct yaml_cursor *yaml, enum yaml_kind kind)
{
	return (struct yaml_item){
		.kind = kind,
		.text = {.at = "", .len = 0},
		.at = origin_of(yaml, &yaml->event.start_mark),
	};
}

static struct yaml_item take_scalar(struct yaml_cursor *yaml)
{
	struct yaml_item item = make_item(yaml, YAML_VALUE);

	refuse_marks(yaml, yaml->event.data.scalar.anchor, yaml->event.data.scalar.tag);
	item.plain = yaml->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	item.text.at = (const char *)yaml->event.data.scalar.value;
	item.text.len = yaml->event.data.scalar.length;
	return item;
}

static struct yaml_item take_alias(struct yaml_cursor *yaml)
{
	struct yaml_item item = make_item(yaml, YAML_VALUE);

	refuse(yaml, "a YAML alias (*) is not allowed here; write the value out");
	item.refused = true;
	return item;
}

static struct yaml_item take_begin(struct yaml_cursor *yaml, enum yaml_kind kind)
{
	if (++yaml->depth > yaml->depth_most) {
		diag_error(yaml->diags, origin_of(yaml, &yaml->event.start_mark),
			   "nested more than %u deep", yaml->depth_most);
		yaml->broken = true;
		yaml->ended = true;
		return end_item(yaml);
	}
	return make_item(yaml, kind);
}

static struct yaml_item take_end(struct yaml_cursor *yaml, enum yaml_kind kind)
{
	yaml->depth--;
	return make_item(yaml, kind);
}

static struct yaml_item take_event(struct yaml_cursor *yaml)
{
	const yaml_event_t *event = &yaml->event;

	switch ((int)event->type) {
	case YAML_SCALAR_EVENT:
		return take_scalar(yaml);
	case YAML_ALIAS_EVENT:
		return take_alias(yaml);
	case YAML_SEQUENCE_START_EVENT:
		refuse_marks(yaml, event->data.sequence_start.anchor,
			     event->data.sequence_start.tag);
		return take_begin(yaml, YAML_LIST);
	case YAML_MAPPING_START_EVENT:
		refuse_marks(yaml, event->data.mapping_start.anchor, event->data.mapping_start.tag);
		return take_begin(yaml, YAML_MAP);
	case YAML_SEQUENCE_END_EVENT:
		return take_end(yaml, YAML_LIST_END);
	case YAML_MAPPING_END_EVENT:
		return take_end(yaml, YAML_MAP_END);
	default:
		return end_item(yaml);
	}
}

/* The next event. False: reading has ended here. */
static bool parse_event(struct yaml_cursor *yaml)
{
	yaml_event_delete(&yaml->event);
	if (yaml_parser_parse(&yaml->parser, &yaml->event) != 1) {
		break_off(yaml);
		return false;
	}
	place_mark(yaml, &yaml->event.start_mark);
	place_mark(yaml, &yaml->event.end_mark);
	return true;
}

/* After the document's end there is only the stream's end. */
static void end_document(struct yaml_cursor *yaml)
{
	yaml->ended = true;
	if (!parse_event(yaml) || yaml->event.type != YAML_DOCUMENT_START_EVENT)
		return;
	refuse(yaml, "a second YAML document begins here; put it into a file of its own");
	yaml->broken = true; /* what the first lacks may stand there */
}

static struct yaml_item next_of_libyaml(struct yaml_cursor *yaml)
{
	while (!yaml->ended && parse_event(yaml)) {
		if (yaml->event.type == YAML_DOCUMENT_END_EVENT)
			end_document(yaml);
		else if (yaml->event.type == YAML_STREAM_END_EVENT)
			yaml->ended = true;
		else if (yaml->event.type == YAML_STREAM_START_EVENT ||
			 yaml->event.type == YAML_DOCUMENT_START_EVENT)
			continue;
		else if (yaml->ahead > 0)
			yaml->ahead--;
		else
			return take_event(yaml);
	}
	return end_item(yaml);
}

struct yaml_item yaml_next_entry(struct yaml_cursor *yaml)
{
	struct plain *plain = &yaml->plain;

	yaml->ended |= plain->closed;
	if (yaml->ended || plain->stopped)
		return next_of_libyaml(yaml);
	if (plain_read(plain))
		return plain->items[plain->next++];
	plain->stopped = true;
	yaml->depth = plain->opened;
	yaml->pending = plain_hand_over(plain, &yaml->prefix_lines, &yaml->ahead);
	return next_of_libyaml(yaml);
}

void yaml_skip(struct yaml_cursor *yaml, const struct yaml_item *item)
{
	struct yaml_item next = *item;
	unsigned inside = 0;

	do {
		inside += next.kind == YAML_LIST || next.kind == YAML_MAP;
		inside -= next.kind == YAML_LIST_END || next.kind == YAML_MAP_END;
		if (inside > 0)
			next = yaml_next(yaml);
	} while (inside > 0 && next.kind != YAML_END);
}
