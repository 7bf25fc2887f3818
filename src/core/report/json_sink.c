/* json_sink.c - JSON that is written piece by piece. */
#include "croute/core/report/json_sink.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

static int put(const char *text, size_t len, void *context)
{
	struct json_sink *sink = context;

	if (sink->status == 0)
		sink->status = sink->write(sink->context, text, len);
	return sink->status;
}

void json_sink_text(struct json_sink *sink, const char *text)
{
	(void)put(text, strlen(text), sink);
}

void json_sink_value(struct json_sink *sink, struct json_t *value)
{
	if (value == NULL && sink->status == 0)
		sink->status = -ENOMEM;
	if (value != NULL)
		(void)json_dump_callback(value, put, sink, JSON_COMPACT | JSON_ENCODE_ANY);
	json_decref(value);
}
