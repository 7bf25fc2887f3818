/* look_round.c - the agent's part of reach: every peer probed evenly, round after round. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/reach/parts.h"
#include "croute/base/hash.h"
#include "croute/edge/host/clock.h"

void reach_round_forget(struct reach_round *round)
{
	round->listed = false;
}

void reach_round_end(struct reach_round *round)
{
	reach_close(&round->ground);
	rows_release(&round->peers);
	round->peers.count = 0;
	round->pace = (struct reach_pace){.count = 0};
	round->listed = false;
	round->trouble[0] = '\0';
	memset(round->drops, 0, sizeof(round->drops));
	memset(round->metrics->reach, 0, sizeof(round->metrics->reach));
}

static void report_stretch(struct reach_round *round, const struct config_reach *reach)
{
	uint64_t ms = reach_pace_round_ms(&round->pace);
	char text[sizeof(round->stretched)] = "";

	if (ms > reach->every_ms + reach->every_ms / 100)
		(void)snprintf(text, sizeof(text),
			       "reach: %u probes at reach.perSecond %u take %llu s: reach.every "
			       "stretches to that",
			       round->pace.count, reach->per_second,
			       (unsigned long long)(ms + 999) / 1000);
	if (text[0] != '\0' && strcmp(text, round->stretched) != 0)
		log_warn(round->log, "%s", text);
	(void)snprintf(round->stretched, sizeof(round->stretched), "%s", text);
}

static int compare_ips(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ip));
}

/* Each host has its own order, so that they do not all probe the same peer at once. */
static void list_peers(struct reach_round *round, struct pass *pass)
{
	const struct config *config = pass->picture.config;
	struct rows old = round->peers;

	(void)snprintf(round->here, sizeof(round->here), "%s", pass_node_name(pass));
	round->salt = hash_text(round->here) | 1;
	rows_init(&round->peers, sizeof(struct reach_row), sizeof(uint64_t), REACH_ROWS_MOST);
	if (reach_list(&round->peers, config, pass->picture.node.index, round->salt) < 0)
		rows_reset(&round->peers);
	if (old.count > 0)
		reach_carry(&round->peers, &old);
	rows_release(&old);
	for (uint32_t i = 0; i < round->peers.count; i++) {
		struct reach_row *row = reach_round_row(round, i);
		struct ip ip = reach_address(config, &row->peer);

		for (unsigned path = 0; path < REACH_KEPT; path++)
			row->path[path].waits = 0;
		row->path[REACH_NODE].out = pass->lost.used > 0 &&
					    bsearch(&ip, pass->lost.base,
						    pass->lost.used / sizeof(ip), sizeof(ip),
						    compare_ips) != NULL;
	}
	reach_pace_begin(&round->pace, &config->reach, round->peers.count * REACH_KEPT,
			 host_now_us());
	round->settled = round->sent;
	round->search = (struct reach_search){.wanted = true};
	round->listed = true;
	report_stretch(round, &config->reach);
}

void reach_round_follow(struct reach_round *round, struct pass *pass)
{
	const struct config *config = pass->picture.config;
	struct error err = {0};

	if (config->reach.every_ms == 0 || config->backend == BACKEND_NONE) {
		reach_round_end(round);
		return;
	}
	reach_look_around(&round->ground, pass, config);
	if (!round->listed)
		list_peers(round, pass);
	round->full = false;
	(void)reach_open(&round->ground, &err);
	if (strcmp(err.text, round->trouble) != 0 && err.text[0] != '\0')
		log_warn(round->log, "reach: %s; peers are not probed, the routes are kept anyway",
			 err.text);
	(void)snprintf(round->trouble, sizeof(round->trouble), "%s", err.text);
}

/* Whether a path was lost or came back, or a next hop need not stay out. A large packet that is
 * lost together with a small one tells nothing of its size. */
static bool take(struct reach_round *round, uint32_t i, enum reach_path path, enum echo_kind kind,
		 uint32_t age_us)
{
	struct reach_row *row = reach_round_row(round, i);
	struct reach_state *state = &row->path[path];
	struct reach_clock clock = {.seconds = (uint32_t)(host_wall_ms() / 1000),
				    .rtt_us = reach_rtt(state->tag, age_us),
				    .lost_after = round->ground.view.config->reach.lost_after};
	uint32_t was = state->since;
	enum reach_event event;

	if (path == REACH_FULL && kind != ECHO_ANSWERED && row->path[REACH_POD].missed > 0) {
		state->waits = 0;
		return false;
	}
	event = reach_take(state, kind, &clock);
	if (path == REACH_POD && state->kind != REACH_ANSWERS)
		row->path[REACH_FULL].kind = REACH_UNKNOWN;
	if (kind == ECHO_ANSWERED)
		metrics_count_reach(round->metrics, state->rtt_us);
	if (event == REACH_GONE) {
		round->metrics->reach_changes[path][METRICS_REACH_LOST]++;
		state->told = 0;
	}
	if (event == REACH_GONE && path == REACH_FULL)
		round->search.wanted = true; /* logged with the size that is found */
	else if (event == REACH_GONE)
		reach_round_report_lost(round, i, path);
	else if (event == REACH_BACK)
		reach_round_report_back(round, i, path, was);
	if (state->out && (state->missed == 0 || event == REACH_GONE || kind == ECHO_ABSENT ||
			   kind == ECHO_UNSENT)) {
		state->out = 0;
		return true;
	}
	return event != REACH_SAME;
}

/* --- a turn -------------------------------------------------------------------------------------
 */

/* Once from a pass to the next. */
static void tell_full(struct reach_round *round, const char *what)
{
	if (!round->full)
		log_warn(round->log, "reach: a socket's buffer is full; %s", what);
	round->full = true;
}

/* All nodes' addresses first, then the pods' sides, then these with large packets: so a peer's
 * probes lie a third of a round apart. */
static uint32_t peer_of(const struct reach_round *round, uint64_t turn)
{
	return (uint32_t)(turn % round->peers.count);
}

static enum reach_path path_of(const struct reach_round *round, uint64_t turn)
{
	return (enum reach_path)(turn / round->peers.count % REACH_KEPT);
}

/* False when the socket is full. */
static bool send_one(struct reach_round *round, uint64_t turn, bool *news)
{
	uint32_t i = peer_of(round, turn);
	enum reach_path path = path_of(round, turn);
	struct reach_row *row = reach_round_row(round, i);
	struct reach_state *state = &row->path[path];
	struct echo echo = {.number = i * REACH_PATHS + path};
	int status;

	if (path != REACH_NODE && row->peer.podcidr == CONFIG_NOT_FOUND)
		return true;
	if (path == REACH_FULL && row->path[REACH_POD].kind != REACH_ANSWERS)
		return true;
	if (state->waits) /* its time is not over */
		return true;
	if (path == REACH_FULL)
		state->other = row->path[REACH_POD].other;
	status = reach_send(&round->ground, &row->peer, path, state, &echo);
	if (status > 0)
		*news |= take(round, i, path, (enum echo_kind)status, 0);
	return status >= 0;
}

static void send_due(struct reach_round *round, bool *news)
{
	uint32_t due = reach_pace_due(&round->pace, host_now_us());

	for (; due > 0; due--, round->sent++) {
		if (!send_one(round, round->sent, news)) {
			tell_full(round, "probes wait until there is room");
			return;
		}
	}
}

/* --- hearing ------------------------------------------------------------------------------------
 */

struct hearing {
	struct reach_round *round;
	bool *news;
};

static void hear(void *context, const struct echo_answer *answer)
{
	const struct hearing *hearing = context;
	struct reach_round *round = hearing->round;
	uint32_t i = answer->number / REACH_PATHS;
	enum reach_path path = (enum reach_path)(answer->number % REACH_PATHS);
	const struct reach_view *view = &round->ground.view;
	struct reach_row *row = i < round->peers.count ? reach_round_row(round, i) : NULL;
	struct echo echo = {.size = 0};
	int kind;

	if (row != NULL && path == REACH_TO && i == round->search.row)
		reach_round_hear_size(round, answer);
	if (row == NULL || path >= REACH_KEPT || !row->path[path].waits ||
	    row->path[path].tag != answer->tag ||
	    !reach_aim(view, &row->peer, path, row->path[path].other, &echo))
		return;
	kind = reach_judge(view, &row->peer, &echo, answer);
	if (kind >= 0)
		*hearing->news |= take(round, i, path, (enum echo_kind)kind, answer->age_us);
}

/* Answers that find no room are not the peers' fault: what is under way then counts for nothing. */
static void forgive_drops(struct reach_round *round)
{
	bool dropped = false;

	for (unsigned i = 0; i < 2; i++) {
		uint32_t drops = round->ground.open[i] ? probe_drops(&round->ground.probe[i]) : 0;

		dropped |= drops != round->drops[i];
		round->drops[i] = drops;
	}
	if (!dropped)
		return;
	tell_full(round, "what was under way is not counted");
	round->search.state.waits = 0;
	for (; round->settled < round->sent; round->settled++)
		reach_round_row(round, peer_of(round, round->settled))
			->path[path_of(round, round->settled)]
			.waits = 0;
}

/* The turns behind the sending ones, in the same order; what was sent long enough before `now`.
 * Returns microseconds until the next is given up; -1: nothing is under way. */
static int64_t give_up(struct reach_round *round, int64_t now, bool *news)
{
	uint32_t timeout = reach_round_timeout_us(round);

	for (; round->settled < round->sent; round->settled++) {
		uint32_t i = peer_of(round, round->settled);
		enum reach_path path = path_of(round, round->settled);
		const struct reach_state *state = &reach_round_row(round, i)->path[path];
		uint32_t waited = (uint32_t)now - state->tag;

		if (state->waits && waited < timeout)
			return (int64_t)timeout - waited;
		if (state->waits)
			*news |= take(round, i, path, ECHO_SILENT, 0);
	}
	return -1;
}

/* What came before `now` is heard before anything is given up, however late this turn is. What was
 * just sent is heard soon, and is not waited for again before it is given up: the kernel notes when
 * it came. */
int64_t reach_round_turn(struct reach_round *round, bool *news)
{
	uint64_t sent = round->sent;
	int64_t now = host_now_us();
	int64_t wait;
	int64_t next = -1;

	*news = false;
	if (!round->listed || round->peers.count == 0)
		return -1;
	if (reach_hear(&round->ground, hear, &(struct hearing){round, news})) {
		forgive_drops(round);
		next = give_up(round, now, news);
		reach_round_search_size(round, now, news);
	}
	send_due(round, news);
	wait = reach_pace_wait(&round->pace, host_now_us());
	if ((round->sent > sent || round->search.on) && wait > REACH_LAZY_US)
		wait = REACH_LAZY_US;
	else if (next >= 0 && next < wait)
		wait = next > REACH_WAKE_US ? next : REACH_WAKE_US;
	return wait / 1000 + 1; /* never early */
}

void reach_round_count(struct reach_round *round)
{
	struct metrics *metrics = round->metrics;

	memset(metrics->reach, 0, sizeof(metrics->reach));
	for (uint32_t i = 0; i < round->peers.count; i++) {
		for (unsigned path = 0;
		     path < (reach_round_row(round, i)->peer.card == 0 ? REACH_KEPT : 1); path++)
			metrics->reach[path][reach_round_row(round, i)->path[path].kind]++;
	}
}

int reach_round_lost(const struct reach_round *round, struct arena *out)
{
	const struct config *config = round->ground.view.config;

	arena_reset(out);
	if (!round->listed || !config_has_cards(config))
		return 0;
	for (uint32_t i = 0; i < round->peers.count; i++) {
		const struct reach_row *row = reach_round_row(round, i);
		struct ip second = config_address_at(config, row->peer.node,
						     reach_family(&row->peer), 1);
		struct ip *ip;

		if (!ip_is_set(&second) ||
		    (row->path[REACH_NODE].kind != REACH_LOST &&
		     (!row->path[REACH_NODE].out || round->trouble[0] != '\0')))
			continue;
		ip = arena_push(out, sizeof(*ip));
		if (ip == NULL)
			return -ENOSPC;
		*ip = reach_address(config, &row->peer);
	}
	if (out->used > 0)
		qsort(out->base, out->used / sizeof(struct ip), sizeof(struct ip), compare_ips);
	return 0;
}
