/* fuzz_html.c - any status and any names on the page for people: no markup but croute's own. */
/* SPDX-License-Identifier: MIT */
/* covers: src/app/status/html.c */
#include "croute/app/status/html.h"

#include <stdlib.h>
#include <string.h>

#include "croute/app/status/status.h"

struct page {
	char text[4 * STATUS_HTML_MOST];
	size_t len;
};

static int add(void *context, const char *text, size_t len)
{
	struct page *page = context;

	if (len >= sizeof(page->text) - page->len)
		abort();
	memcpy(page->text + page->len, text, len);
	page->len += len;
	page->text[page->len] = '\0';
	return 0;
}

static bool is_ours(const char *tag)
{
	static const char *const tags[] = {"!doctype html>",
					   "html lang=en>",
					   "/html>",
					   "meta ",
					   "style>",
					   "/style>",
					   "title>",
					   "/title>",
					   "h1>",
					   "/h1>",
					   "h2>",
					   "/h2>",
					   "pre>",
					   "/pre>",
					   "div>",
					   "/div>",
					   "table>",
					   "/table>",
					   "tr>",
					   "th>",
					   "td>",
					   "td class=",
					   "p>",
					   "/p>",
					   "a href=/",
					   "/a>",
					   "code>",
					   "/code>"};

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (strncmp(tag, tags[i], strlen(tags[i])) == 0)
			return true;
	}
	return false;
}

static void check(const struct page *page)
{
	if (strlen(page->text) != page->len)
		abort();
	for (const char *at = page->text; (at = strchr(at, '<')) != NULL; at++) {
		if (!is_ours(at + 1))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A status file; what comes behind a NUL is the name of a peer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct status status;
	static struct page page;
	struct status_peer peer = {.state = {"lost", "unknown", "answers"}, .rtt_us = {[2] = 1234}};
	struct status_html html = {
		.write = add, .context = &page, .now_ms = (int64_t)(size * size * 100000)};
	const uint8_t *zero = memchr(data, '\0', size);
	size_t len = zero != NULL ? (size_t)(zero - data) : size;
	char *name = zero != NULL ? strndup((const char *)zero + 1, size - len - 1) : strdup("");
	struct error err;

	memset(&status, 0, sizeof(status));
	(void)status_json_read((const char *)data, len, &status, &err);
	page.len = 0;
	peer.name = name;
	peer.since = (uint32_t)size % 4;
	status_html_begin(&html, &status);
	status_html_peers(&html, (uint32_t)size % 2);
	if (size % 2 != 0)
		status_html_peer(&html, &peer);
	if (status_html_end(&html, size % 2 != 0, (uint32_t)size % 3) < 0)
		abort();
	check(&page);
	free(name);
	return 0;
}
