/* request.c - parses a request, as far as croute needs it (RFC 9112). */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/http/server.h"

#include <string.h>
#include <strings.h>

#include "croute/base/text.h"

/* A method or the name of a field: RFC 9110, 5.6.2. */
static bool is_token(struct text text)
{
	static const char more[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!letter && (c < '0' || c > '9') && (c == '\0' || strchr(more, c) == NULL))
			return false;
	}
	return text.len > 0;
}

/* Take the next line off `rest`, without its end, which may lack the CR (RFC 9112, 2.2). False:
 * its end has not come yet. */
static bool take_line(struct text *rest, struct text *line)
{
	const char *end = memchr(rest->at, '\n', rest->len);

	if (end == NULL)
		return false;
	*line = (struct text){.at = rest->at, .len = (size_t)(end - rest->at)};
	rest->at += line->len + 1;
	rest->len -= line->len + 1;
	if (line->len > 0 && line->at[line->len - 1] == '\r')
		line->len--;
	return true;
}

/* Take the text before the next `mark` off `rest`; false when there is none. */
static bool take_until(struct text *rest, char mark, struct text *out)
{
	const char *end = memchr(rest->at, mark, rest->len);

	if (end == NULL)
		return false;
	*out = (struct text){.at = rest->at, .len = (size_t)(end - rest->at)};
	rest->at += out->len + 1;
	rest->len -= out->len + 1;
	return true;
}

/* The path of a target without its query; `http://HOST/path` is to be taken too (RFC 9112, 3.2.2).
 */
static void read_path(struct text target, struct http_request *out)
{
	struct text part;

	out->path[0] = '\0';
	if (target.len > 7 && strncasecmp(target.at, "http://", 7) == 0) {
		const char *slash = memchr(target.at + 7, '/', target.len - 7);

		target.len = slash != NULL ? target.len - (size_t)(slash - target.at) : 0;
		target.at = slash;
	}
	if (target.len > 0 && take_until(&target, '?', &part))
		target = part;
	if (target.len == 0 || target.len >= sizeof(out->path) ||
	    memchr(target.at, '\0', target.len) != NULL)
		return;
	memcpy(out->path, target.at, target.len);
	out->path[target.len] = '\0';
}

static int read_first_line(struct text line, struct http_request *out)
{
	struct text method;
	struct text target;

	if (!take_until(&line, ' ', &method) || !is_token(method) ||
	    !take_until(&line, ' ', &target) || target.len == 0)
		return 400;
	if (line.len != 8 || !text_starts(line, "HTTP/"))
		return 400;
	if (!text_starts(line, "HTTP/1."))
		return 505;
	out->head = text_is(method, "HEAD");
	read_path(target, out);
	return out->head || text_is(method, "GET") ? 200 : 405;
}

static bool is_field(struct text name, const char *wanted)
{
	return name.len == strlen(wanted) && strncasecmp(name.at, wanted, name.len) == 0;
}

static bool is_zero(struct text value)
{
	bool zero = false;

	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] != '0' && value.at[i] != ' ' && value.at[i] != '\t')
			return false;
		zero = zero || value.at[i] == '0';
	}
	return zero;
}

/* Only what announces a body is of interest. */
static int read_field(struct text line)
{
	struct text name;

	if (!take_until(&line, ':', &name) || !is_token(name))
		return 400;
	for (size_t i = 0; i < line.len; i++) {
		if ((unsigned char)line.at[i] < 0x20 && line.at[i] != '\t')
			return 400;
	}
	if (is_field(name, "Transfer-Encoding"))
		return 413;
	return is_field(name, "Content-Length") && !is_zero(line) ? 413 : 200;
}

/* Whether the newline at `i` ends an empty line. */
static bool ends_empty_line(const char *data, size_t i)
{
	if (i > 0 && data[i - 1] == '\r')
		i--;
	return i == 0 || data[i - 1] == '\n';
}

/* Whether the empty line has come that ends a request; only `data` past `seen` is looked at, so
 * that a request of single bytes costs no more than one of a piece. */
static bool is_whole(const char *data, size_t len, size_t seen)
{
	for (size_t i = seen; i < len; i++) {
		if (data[i] == '\n' && ends_empty_line(data, i))
			return true;
	}
	return false;
}

static int read_request(struct text rest, struct http_request *out)
{
	struct text line = {.len = 0};
	int status;

	if (!take_line(&rest, &line))
		return 400;
	status = read_first_line(line, out);
	while (status == 200 && take_line(&rest, &line) && line.len > 0)
		status = read_field(line);
	out->leftover = status != 200 || rest.len > 0;
	return status;
}

int http_request_parse(const char *data, size_t len, size_t seen, struct http_request *out)
{
	if (is_whole(data, len, seen)) {
		*out = (struct http_request){.head = false};
		return read_request((struct text){.at = data, .len = len}, out);
	}
	if (len < HTTP_REQUEST_MAX)
		return 0;
	*out = (struct http_request){.leftover = true};
	return 431;
}
