/* reply.c - builds a page, with its status line and headers. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/http/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "croute/base/buf.h"

#define FIRST_SIZE 4096

static int make_room(struct http_reply *reply, size_t len)
{
	size_t size = reply->size > 0 ? reply->size : FIRST_SIZE;
	char *body;

	if (len > HTTP_REPLY_MAX - reply->len)
		return -EMSGSIZE;
	if (reply->len + len <= reply->size)
		return 0;
	while (size < reply->len + len)
		size *= 2;
	body = realloc(reply->body, size);
	if (body == NULL)
		return -ENOMEM;
	reply->body = body;
	reply->size = size;
	return 0;
}

int http_reply_add(struct http_reply *reply, const char *text, size_t len)
{
	int status = make_room(reply, len);

	if (status < 0)
		return status;
	if (len > 0)
		memcpy(reply->body + reply->len, text, len);
	reply->len += len;
	return 0;
}

void http_reply_status(struct http_reply *reply, int status)
{
	reply->status = status;
}

void http_reply_free(struct http_reply *reply)
{
	free(reply->body);
	*reply = (struct http_reply){.status = 0};
}

/* Programs ignore these phrases (RFC 9112, 4), but people read them. */
const char *http_reply_words(int status)
{
	static const struct {
		int status;
		const char *words;
	} known[] = {
		{200, "OK"},
		{400, "Bad Request"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{413, "Content Too Large"},
		{431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"},
		{503, "Service Unavailable"},
		{505, "HTTP Version Not Supported"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].status == status)
			return known[i].words;
	}
	return "Unknown";
}

size_t http_reply_head(const struct http_reply *reply, const char *type, char out[HTTP_HEAD_MAX])
{
	struct buf buf = {.data = out, .size = HTTP_HEAD_MAX};

	buf_add(&buf, "HTTP/1.1 %d %s\r\n", reply->status, http_reply_words(reply->status));
	if (reply->status == 405)
		buf_add(&buf, "Allow: GET, HEAD\r\n");
	buf_add(&buf, "Content-Type: %s\r\nContent-Length: %zu\r\n", type, reply->len);
	buf_add(&buf, "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n");
	buf_add(&buf, "Connection: close\r\n\r\n");
	return buf.len;
}
