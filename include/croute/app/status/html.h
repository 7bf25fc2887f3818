/* html.h - the page for people: the state of the agent and its peers. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/app/status/metrics.h"
#include "croute/app/status/status.h"

#define STATUS_HTML_MOST (160 * 1024) /* bytes beyond which no further peer is shown */

/* Where the page goes, and the first thing that went wrong. */
struct status_html {
	metrics_write_fn *write;
	void *context;
	int64_t now_ms; /* since 1970 */
	size_t len;
	int status;
};

/* One peer in one family. Borrowed. */
struct status_peer {
	const char *name;
	char address[IP_TEXT_MAX];
	const char *state[METRICS_REACH_PATHS]; /* a word; its time stands for `answers` */
	uint32_t rtt_us[METRICS_REACH_PATHS];	/* 0: it does not answer */
	uint32_t since;				/* seconds since 1970; 0: never probed */
};

/* One file without scripts: head, state, problems with what to do. */
void status_html_begin(struct status_html *html, const struct status *status);

/* Then the peers, one by one; `total` of them, or 0 when nobody probes them. */
void status_html_peers(struct status_html *html, uint32_t total);
void status_html_peer(struct status_html *html, const struct status_peer *peer);

/* The end; `more` peers found no room. 0, or what `write` returned. */
int status_html_end(struct status_html *html, bool peers, uint32_t more);
