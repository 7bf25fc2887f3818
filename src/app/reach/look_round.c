/* look_round.c - the agent's part of reach: every peer probed evenly, round after round. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "croute/app/reach/round.h"
#include "croute/base/hash.h"
#include "croute/edge/host/clock.h"

#define LINES_A_MINUTE 20
#define MINUTE_MS 60000

static struct reach_row *row_at(const struct reach_round *round, uint32_t i)
{
	return rows_at(&round->peers, i);
}

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
	memset(round->metrics->reach, 0, sizeof(round->metrics->reach));
}

static void tell_stretch(struct reach_round *round, const struct config_reach *reach)
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

/* Each host has its own order, so that they do not all probe the same peer at once. */
static void list_peers(struct reach_round *round, struct pass *pass)
{
	const struct config *config = pass->picture.config;
	struct rows old = round->peers;

	(void)snprintf(round->here, sizeof(round->here), "%s", pass_node_name(pass));
	round->salt = hash_text(round->here) | 1;
	rows_init(&round->peers, sizeof(struct reach_row), sizeof(uint64_t), 2 * CONFIG_NODES_MOST);
	if (reach_list(&round->peers, config, pass->picture.node.index, round->salt) < 0)
		rows_reset(&round->peers);
	if (old.count > 0)
		reach_carry(&round->peers, &old);
	rows_release(&old);
	for (uint32_t i = 0; i < round->peers.count; i++) {
		for (unsigned path = 0; path < REACH_KEPT; path++)
			row_at(round, i)->path[path].waits = 0;
	}
	reach_pace_begin(&round->pace, &config->reach, round->peers.count * REACH_KEPT,
			 host_now_us());
	round->settled = round->sent;
	round->listed = true;
	tell_stretch(round, &config->reach);
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
	(void)reach_open(&round->ground, &err);
	if (strcmp(err.text, round->trouble) != 0 && err.text[0] != '\0')
		log_warn(round->log, "reach: %s; peers are not probed, the routes are kept anyway",
			 err.text);
	(void)snprintf(round->trouble, sizeof(round->trouble), "%s", err.text);
}

/* --- what came of it ----------------------------------------------------------------------------
 */

static struct reach_finding finding_of(const struct reach_round *round, uint32_t i)
{
	struct reach_road road;
	const struct reach_row *row = row_at(round, i);
	struct reach_finding finding = reach_begin_finding(&round->ground, &row->peer, row->path,
							   &road);

	finding.here = round->here;
	return finding;
}

static const char *name_of(const struct reach_round *round, const struct reach_row *row)
{
	const struct config *config = round->ground.view.config;

	return config_string_at(config, config_node_at(config, row->peer.node)->name);
}

/* The first path that is lost: the others follow from it. REACH_KEPT: none is. */
static unsigned lost_path(const struct reach_row *row)
{
	unsigned path = 0;

	while (path < REACH_KEPT && row->path[path].kind != REACH_LOST)
		path++;
	return path;
}

uint32_t reach_round_lost(const struct reach_round *round, uint32_t i)
{
	const struct reach_row *row = row_at(round, i);
	unsigned path = lost_path(row);

	return path < REACH_KEPT ? row->path[path].since : 0;
}

int reach_round_peer(const struct reach_round *round, uint32_t i, struct status_peer *out)
{
	const struct reach_row *row = round->listed && i < round->peers.count ? row_at(round, i)
									      : NULL;
	struct echo echo = {.size = 0};
	unsigned worst;

	if (row == NULL)
		return -1;
	worst = lost_path(row);
	if (worst == REACH_KEPT)
		worst = row->path[REACH_NODE].kind == REACH_ANSWERS ? REACH_POD : REACH_NODE;
	*out = (struct status_peer){.name = name_of(round, row), .since = row->path[worst].since};
	(void)reach_aim(&round->ground.view, &row->peer, REACH_NODE, false, &echo);
	if (ip_is_set(&echo.to))
		(void)ip_format(&echo.to, out->address);
	for (unsigned path = 0; path < REACH_KEPT; path++) {
		const struct reach_state *state = &row->path[path];

		out->state[path] = reach_kind_word((enum reach_kind)state->kind);
		out->rtt_us[path] = state->kind == REACH_ANSWERS ? state->rtt_us + 1 : 0;
	}
	return row->path[worst].kind;
}

void reach_round_add(const struct reach_round *round, uint32_t i, struct buf *out)
{
	const struct reach_row *row = row_at(round, i);
	struct reach_finding finding = finding_of(round, i);

	buf_add(out, "%s (%s): path %s is lost: ", name_of(round, row),
		row->peer.is_ipv6 ? "IPv6" : "IPv4",
		reach_path_word((enum reach_path)lost_path(row)));
	(void)reach_add_line(out, &finding, REACH_CAUSE);
	buf_add(out, "; fix: ");
	(void)reach_add_line(out, &finding, REACH_FIX);
}

/* Whether there is room in this minute's log; what there is no room for is counted. */
static bool may_log(struct reach_round *round)
{
	int64_t minute = host_now_ms() / MINUTE_MS;

	if (minute != round->minute && round->unlogged > 0)
		log_warn(round->log, "reach: %u more paths were lost or came back",
			 round->unlogged);
	if (minute != round->minute)
		round->logged = round->unlogged = 0;
	round->minute = minute;
	if (round->logged < LINES_A_MINUTE)
		round->logged++;
	else
		round->unlogged++;
	return round->unlogged == 0;
}

static void log_lost(struct reach_round *round, uint32_t i, bool flaps)
{
	char text[2048] = "";
	struct buf line = BUF_OVER(text);

	reach_round_add(round, i, &line);
	log_warn(round->log, "reach: %s%s", text,
		 flaps ? "; it comes and goes: not logged again until it stands for 10 minutes"
		       : "");
}

/* A peer that is down is one line, not one for each path; what comes and goes is not logged each
 * time. */
static void tell_lost(struct reach_round *round, uint32_t i, enum reach_path path)
{
	struct reach_row *row = row_at(round, i);

	round->metrics->reach_changes[path][METRICS_REACH_LOST]++;
	row->path[path].told = 0;
	if ((path != REACH_NODE && row->path[REACH_NODE].missed > 0) ||
	    row->path[path].flaps > REACH_FLAPS || !may_log(round))
		return;
	log_lost(round, i, row->path[path].flaps == REACH_FLAPS);
	row->path[path].told = 1;
}

static void tell_back(struct reach_round *round, uint32_t i, enum reach_path path, uint32_t was)
{
	struct reach_row *row = row_at(round, i);

	round->metrics->reach_changes[path][METRICS_REACH_ANSWERS]++;
	if (row->path[path].told && may_log(round))
		log_info(round->log, "reach: %s (%s): path %s answers again, after %u s",
			 name_of(round, row), row->peer.is_ipv6 ? "IPv6" : "IPv4",
			 reach_path_word(path), row->path[path].since - was);
	row->path[path].told = 0;
}

/* Whether a path was lost or came back. A large packet that is lost together with a small one tells
 * nothing of its size. */
static bool take(struct reach_round *round, uint32_t i, enum reach_path path, enum echo_kind kind,
		 uint32_t age_us)
{
	struct reach_row *row = row_at(round, i);
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
	if (kind == ECHO_ANSWERED)
		metrics_count_reach(round->metrics, state->rtt_us);
	if (event == REACH_GONE)
		tell_lost(round, i, path);
	else if (event == REACH_BACK)
		tell_back(round, i, path, was);
	return event != REACH_SAME;
}

/* --- a turn -------------------------------------------------------------------------------------
 */

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
	struct reach_row *row = row_at(round, i);
	struct reach_state *state = &row->path[path];
	struct echo echo = {.number = i * REACH_PATHS + path};
	int status;

	if (path != REACH_NODE && row->peer.podcidr == CONFIG_NOT_FOUND)
		return true;
	if (path == REACH_FULL && row->path[REACH_POD].kind != REACH_ANSWERS) {
		state->kind = REACH_UNKNOWN;
		return true;
	}
	if (path == REACH_FULL)
		state->other = row->path[REACH_POD].other;
	if (state->waits)
		*news |= take(round, i, path, ECHO_SILENT, 0);
	status = reach_send(&round->ground, &row->peer, path, state, &echo);
	if (status > 0)
		*news |= take(round, i, path, (enum echo_kind)status, 0);
	return status >= 0;
}

static void send_due(struct reach_round *round, bool *news)
{
	uint32_t due = reach_pace_due(&round->pace, host_now_us());

	for (; due > 0; due--, round->sent++) {
		if (!send_one(round, round->sent, news))
			return;
	}
}

static void hear(struct reach_round *round, const struct echo_answer *answer, bool *news)
{
	uint32_t i = answer->number / REACH_PATHS;
	enum reach_path path = (enum reach_path)(answer->number % REACH_PATHS);
	const struct reach_view *view = &round->ground.view;
	struct reach_row *row = i < round->peers.count ? row_at(round, i) : NULL;
	struct echo echo = {.size = 0};
	int kind;

	if (row == NULL || path >= REACH_KEPT || !row->path[path].waits ||
	    row->path[path].tag != answer->tag ||
	    !reach_aim(view, &row->peer, path, row->path[path].other, &echo))
		return;
	kind = reach_judge(view, &row->peer, &echo, answer);
	if (kind >= 0)
		*news |= take(round, i, path, (enum echo_kind)kind, answer->age_us);
}

static void hear_all(struct reach_round *round, bool *news)
{
	struct echo_answer answer;

	for (unsigned i = 0; i < 2; i++) {
		while (round->ground.open[i] &&
		       probe_receive(&round->ground.probe[i], &answer) == 1)
			hear(round, &answer, news);
	}
}

/* The turns behind the sending ones, in the same order. Returns microseconds until the next is
 * given up; -1: nothing is under way. */
static int64_t give_up(struct reach_round *round, bool *news)
{
	int64_t timeout = (int64_t)round->ground.view.config->reach.timeout_ms * 1000;

	for (; round->settled < round->sent; round->settled++) {
		uint32_t i = peer_of(round, round->settled);
		enum reach_path path = path_of(round, round->settled);
		const struct reach_state *state = &row_at(round, i)->path[path];
		uint32_t waited = reach_tag_now() - state->tag;

		if (state->waits && waited < timeout)
			return timeout - waited;
		if (state->waits)
			*news |= take(round, i, path, ECHO_SILENT, 0);
	}
	return -1;
}

/* What was just sent is heard soon, and is not waited for again before it is given up: the kernel
 * notes when it came. */
int64_t reach_round_turn(struct reach_round *round, bool *news)
{
	uint64_t sent = round->sent;
	int64_t wait;
	int64_t next;

	*news = false;
	if (!round->listed || round->peers.count == 0)
		return -1;
	hear_all(round, news);
	next = give_up(round, news);
	send_due(round, news);
	wait = reach_pace_wait(&round->pace, host_now_us());
	if (round->sent > sent)
		wait = REACH_WAKE_US;
	else if (next >= 0 && next < wait)
		wait = next > REACH_WAKE_US ? next : REACH_WAKE_US;
	return wait / 1000 + 1; /* never early */
}

void reach_round_count(struct reach_round *round)
{
	struct metrics *metrics = round->metrics;

	memset(metrics->reach, 0, sizeof(metrics->reach));
	for (uint32_t i = 0; i < round->peers.count; i++) {
		for (unsigned path = 0; path < REACH_KEPT; path++)
			metrics->reach[path][row_at(round, i)->path[path].kind]++;
	}
}
