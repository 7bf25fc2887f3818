/* json_sink.h - JSON that is written piece by piece, so that it needs no memory of its size. */
#ifndef CROUTE_CORE_REPORT_JSON_SINK_H
#define CROUTE_CORE_REPORT_JSON_SINK_H

#include <stddef.h>

struct json_t;

/* Takes the next piece of text. 0, or non-zero to stop. */
typedef int json_sink_write_fn(void *context, const char *text, size_t len);

/* Where the text goes; begin with the first two. Nothing is written after something went wrong. */
struct json_sink {
	json_sink_write_fn *write;
	void *context;
	int status; /* 0, -ENOMEM, or what `write` returned */
};

/* The text as it stands: brackets, commas, keys. */
void json_sink_text(struct json_sink *sink, const char *text);

/* A value, compact. Takes the reference; NULL is a value for which there was no memory. */
void json_sink_value(struct json_sink *sink, struct json_t *value);

#endif
