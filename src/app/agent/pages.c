/* pages.c - the pages for scrapers and probes: metrics, health, readiness. */
/* SPDX-License-Identifier: MIT */
#include <linux/neighbour.h>
#include <stdio.h>
#include <string.h>

#include "app/agent/parts.h"
#include "croute/edge/host/clock.h"
#include "croute/edge/host/self.h"
#include "croute/edge/http/server.h"
#include "croute/edge/kernel/read.h"

#define LISTEN_DEFAULT "127.0.0.1:9667" /* agent.listen of SPEC 2, until a file is read */
#define PAGE_MAX 16384
#define AGAIN_MS 5000 /* between tries to listen where that is not possible */

static int write_page(void *reply, const char *text, size_t len)
{
	return http_reply_add(reply, text, len);
}

/* Neighbours of the underlay, kept while a scrape counts gateways. */
static int gather_neigh(void *context, const struct neigh *neigh)
{
	return rows_add(context, neigh);
}

static enum metrics_gateway state_of(const struct neigh *neigh)
{
	if ((neigh->state & (NUD_REACHABLE | NUD_PERMANENT | NUD_NOARP)) != 0)
		return METRICS_REACHABLE;
	if ((neigh->state & NUD_FAILED) != 0)
		return METRICS_UNREACHED;
	if ((neigh->state & (NUD_STALE | NUD_DELAY | NUD_PROBE)) != 0)
		return METRICS_STALE;
	return METRICS_UNKNOWN;
}

static void count_gateway(struct metrics *metrics, const struct rows *neighs, uint32_t link,
			  const struct ip *gateway)
{
	struct neigh like = {.link = link, .ip = *gateway};
	uint32_t found = rows_find(neighs, &like);

	if (found == ROWS_NOT_FOUND)
		metrics->gateways[METRICS_UNKNOWN]++;
	else
		metrics->gateways[state_of(rows_at(neighs, found))]++;
}

/* Of the peers' i-th addresses, which are on this node's i-th interface. */
static void count_card(struct agent *agent, uint8_t family, uint32_t i, const struct rows *neighs)
{
	const struct picture *picture = &agent->pass->picture;
	const struct config *config = &agent->current.config;
	const struct selected *card = family_card(&picture->family[FAMILY_INDEX(family)], i);

	for (uint32_t node = 0; node < config_node_count(config); node++) {
		struct ip gateway = config_address_at(config, node, family, i);

		if (node != picture->node.index && ip_is_set(&gateway))
			count_gateway(&agent->metrics, neighs, card->index, &gateway);
	}
}

/* Read during the scrape, so that it costs nothing otherwise. */
static void count_gateways(struct agent *agent)
{
	struct rows neighs;

	memset(agent->metrics.gateways, 0, sizeof(agent->metrics.gateways));
	if (!agent->has_run || agent->current.config.backend == BACKEND_NONE)
		return;
	rows_init(&neighs, sizeof(struct neigh), NEIGH_KEY_SIZE, STATE_ROWS_MOST);
	for (uint32_t i = 0; i < CARRYING_MOST; i++) {
		unsigned family = i / CONFIG_ADDRESSES_MOST;
		const struct selected *card = family_card(&agent->pass->picture.family[family],
							  i % CONFIG_ADDRESSES_MOST);

		if (card == NULL)
			continue;
		rows_reset(&neighs);
		if (kernel_read_neighs(&agent->pass->netlink, card->index, gather_neigh, &neighs,
				       NULL) < 0)
			rows_reset(&neighs); /* half an answer is none */
		rows_settle(&neighs);
		count_card(agent, FAMILY_AT(family), i % CONFIG_ADDRESSES_MOST, &neighs);
	}
	rows_release(&neighs);
}

static int serve_metrics(void *context, struct http_reply *reply)
{
	struct agent *agent = context;

	count_gateways(agent);
	self_read(&agent->metrics.process);
	reach_round_count(&agent->reach);
	agent->metrics.ready = agent->status.ready;
	agent->metrics.config_stale = agent_is_stale(agent);
	agent->metrics.config_age_ms = (uint64_t)agent_file_age_ms(agent);
	return metrics_render(&agent->metrics, write_page, reply);
}

/* Lost ones first; the size of the page is bounded. */
static uint32_t show_peers(const struct agent *agent, struct status_html *html)
{
	static const int order[] = {REACH_LOST, REACH_UNKNOWN, REACH_ANSWERS};
	struct status_peer peer;
	uint32_t shown = 0;

	for (unsigned k = 0; k < 3; k++) {
		int kind;

		for (uint32_t i = 0; html->len < STATUS_HTML_MOST &&
				     (kind = reach_round_peer(&agent->reach, i, &peer)) >= 0;
		     i++) {
			if (kind != order[k])
				continue;
			status_html_peer(html, &peer);
			shown++;
		}
	}
	return shown;
}

static int serve_people(void *context, struct http_reply *reply)
{
	const struct agent *agent = context;
	struct status_html html = {.write = write_page, .context = reply, .now_ms = host_wall_ms()};
	const struct status_reach *reach = &agent->status.reach;
	uint32_t total = agent->reach.listed ? agent->reach.peers.count : 0;
	uint32_t shown = 0;

	status_html_begin(&html, &agent->status);
	status_html_peers(&html, total > 0 ? reach->answers + reach->unknown + reach->lost : 0);
	if (total > 0)
		shown = show_peers(agent, &html);
	return status_html_end(&html, total > 0, total - shown);
}

/* Answering at all shows that the loop turns. */
static int serve_health(void *context, struct http_reply *reply)
{
	(void)context;
	return http_reply_add(reply, "ok\n", 3);
}

static int serve_ready(void *context, struct http_reply *reply)
{
	const struct agent *agent = context;
	char text[PAGE_MAX];
	struct buf buf = BUF_OVER(text);

	status_ready_text(&agent->status, &buf);
	if (!agent->status.ready)
		http_reply_status(reply, 503);
	return http_reply_add(reply, buf.data, buf.len);
}

static const char *listen_of(const struct agent *agent)
{
	const struct config *config = &agent->current.config;

	return agent->has_current ? config_string_at(config, config->agent.listen) : LISTEN_DEFAULT;
}

static uint32_t own_addresses(const struct agent *agent, struct ip own[CARRYING_MOST])
{
	struct carrying found[CARRYING_MOST];
	uint32_t links = family_carrying(agent->pass->picture.family, found);
	uint32_t count = 0;

	for (uint32_t i = 0; i < links; i++) {
		own[count++] = found[i].first->address;
		if (found[i].second != NULL)
			own[count++] = found[i].second->address;
	}
	return count;
}

/* 0, or -errno with `err`. */
static int open_pages(struct agent *agent, const char *listen, struct error *err)
{
	struct agent_serving *serving = &agent->serving;
	struct http_options options = {.listen = listen, .pages = serving->pages};

	if (serving->http != NULL && strcmp(listen, serving->listen) == 0)
		return 0;
	agent_serve_end(agent);
	(void)snprintf(serving->listen, sizeof(serving->listen), "%s", listen);
	serving->pages[0] = (struct http_page){
		"/metrics", "text/plain; version=0.0.4; charset=utf-8", serve_metrics, agent};
	serving->pages[1] = (struct http_page){"/healthz", "text/plain; charset=utf-8",
					       serve_health, agent};
	serving->pages[2] = (struct http_page){"/readyz", "text/plain; charset=utf-8", serve_ready,
					       agent};
	serving->pages[3] = (struct http_page){"/", "text/html; charset=utf-8", serve_people,
					       agent};
	return http_open(agent->base, &options, &serving->http, err);
}

/* While the node's addresses are unknown the old ones stay, so that a client still gets the reason.
 */
static int follow_node(struct agent *agent, struct error *err)
{
	struct ip own[CARRYING_MOST];
	uint32_t count = own_addresses(agent, own);

	return count == 0 ? 0 : http_follow(agent->serving.http, own, count, err);
}

void agent_serve(struct agent *agent)
{
	struct agent_serving *serving = &agent->serving;
	struct error err = {0};
	int status = open_pages(agent, listen_of(agent), &err);
	bool news;

	if (status == 0)
		status = follow_node(agent, &err);
	news = strcmp(serving->trouble, err.text) != 0;
	(void)snprintf(serving->trouble, sizeof(serving->trouble), "%s", err.text);
	if (news)
		agent_status_report(agent, NULL);
	if (status == 0)
		return;
	agent_log_once(agent, err.text, "trying again; routes are not affected");
	schedule_hint(&agent->schedule, SCHEDULE_SERVE, host_now_ms() + AGAIN_MS);
}

void agent_serve_end(struct agent *agent)
{
	http_close(agent->serving.http);
	agent->serving.http = NULL;
}
