/* html.c - the page for people: the state of the agent and its peers. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/status/html.h"

#include <string.h>

#include "app/status/text.h"

#define PIECE_MAX 2048
#define TEXT_MAX 32768

static const char head[] =
	"<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n"
	"<meta name=viewport content=\"width=device-width, initial-scale=1\">\n"
	"<meta http-equiv=refresh content=30>\n<meta name=color-scheme content=\"light dark\">\n"
	"<style>\n"
	"body{font:16px/1.5 system-ui,sans-serif;max-width:70em;margin:auto;padding:1em}\n"
	"h1{font-size:1.3em}\n"
	"pre{white-space:pre-wrap;overflow-wrap:anywhere}\n"
	"div{overflow-x:auto}\n"
	"table{border-collapse:collapse}\n"
	"th,td{text-align:left;padding:.2em 1em .2em 0;border-bottom:1px solid #8886}\n"
	".lost{color:#c22;font-weight:bold}\n.unknown{opacity:.7}\n"
	"@media(prefers-color-scheme:dark){.lost{color:#f77}}\n"
	"</style>\n";

static void put(struct status_html *html, const char *text, size_t len)
{
	html->len += len;
	if (html->status >= 0)
		html->status = html->write(html->context, text, len);
}

static void put_text(struct status_html *html, const char *text)
{
	put(html, text, strlen(text));
}

/* Names and messages may hold anything. */
static void put_escaped(struct status_html *html, const char *text)
{
	for (size_t len; *text != '\0'; text += len) {
		len = strcspn(text, "<>&\"'");
		if (len > 0) {
			put(html, text, len);
			continue;
		}
		put_text(html, *text == '<'   ? "&lt;"
			       : *text == '>' ? "&gt;"
			       : *text == '&' ? "&amp;"
			       : *text == '"' ? "&quot;"
					      : "&#39;");
		len = 1;
	}
}

void status_html_begin(struct status_html *html, const struct status *status)
{
	struct status_view view = {.state = status->ready ? STATUS_READY : STATUS_NOT_READY,
				   .now_ms = html->now_ms};
	struct buf text = BUF_LOCAL(TEXT_MAX);
	char *line_end;

	status_text(status, &view, &text);
	line_end = strchr(text.data, '\n');
	if (line_end != NULL)
		*line_end = '\0';
	put_text(html, head);
	put_text(html, "<title>croute on ");
	put_escaped(html, status->node);
	put_text(html, "</title>\n<h1>");
	put_escaped(html, text.data);
	put_text(html, "</h1>\n<pre>");
	put_escaped(html, line_end != NULL ? line_end + 1 : "");
	put_text(html, "</pre>\n");
}

void status_html_peers(struct status_html *html, uint32_t total)
{
	struct buf piece = BUF_LOCAL(PIECE_MAX);

	if (total == 0) {
		put_text(html, "<p>Peers are not probed: reach.every is off, or no pass has run. "
			       "<code>croute reach</code> asks now.</p>\n");
		return;
	}
	buf_add(&piece, "<h2>%u peers, the lost ones first</h2>\n<div><table>\n", total);
	put_text(html, piece.data);
	put_text(html, "<tr><th>Node<th>Address<th>Node path<th>Pod path<th>Full size<th>Since\n");
}

static void put_state(struct status_html *html, const struct status_peer *peer, unsigned path)
{
	struct buf piece = BUF_LOCAL(PIECE_MAX);

	buf_add(&piece, "<td class=%s>", peer->state[path]);
	if (peer->rtt_us[path] > 0)
		buf_add(&piece, "%u.%02u ms", peer->rtt_us[path] / 1000,
			peer->rtt_us[path] / 10 % 100);
	else
		buf_add(&piece, "%s", peer->state[path]);
	put_text(html, piece.data);
}

static void put_since(struct status_html *html, uint32_t since)
{
	int64_t age = html->now_ms - (int64_t)since * 1000;
	char span[STATUS_SPAN_MAX];

	put_text(html, "<td>");
	if (since != 0)
		put_text(html, status_format_span(age > 0 ? age : 0, span));
	put_text(html, "\n");
}

void status_html_peer(struct status_html *html, const struct status_peer *peer)
{
	put_text(html, "<tr><td>");
	put_escaped(html, peer->name);
	put_text(html, "<td>");
	put_text(html, peer->address);
	for (unsigned path = 0; path < METRICS_REACH_PATHS; path++)
		put_state(html, peer, path);
	put_since(html, peer->since);
}

int status_html_end(struct status_html *html, bool peers, uint32_t more)
{
	struct buf piece = BUF_LOCAL(PIECE_MAX);

	if (peers)
		put_text(html, "</table></div>\n");
	if (more > 0) {
		buf_add(&piece, "<p>And %u more.</p>\n", more);
		put_text(html, piece.data);
	}
	put_text(html, "<p><a href=/metrics>Metrics</a> · <a href=/readyz>Ready?</a> · "
		       "<a href=/healthz>Alive?</a></p>\n</html>\n");
	return html->status < 0 ? html->status : 0;
}
