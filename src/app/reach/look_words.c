/* look_words.c - what the agent says of its peers: log, status, page. */
/* SPDX-License-Identifier: MIT */
#include "app/reach/parts.h"
#include "croute/edge/host/clock.h"

#define LINES_A_MINUTE 20
#define MINUTE_MS 60000

struct reach_finding reach_round_finding(const struct reach_round *round, uint32_t i)
{
	struct reach_road road;
	const struct reach_row *row = reach_round_row(round, i);
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

/* What tells a peer's row from its others. */
static const char *label_of(const struct reach_round *round, const struct reach_row *row,
			    char out[IP_TEXT_MAX])
{
	struct ip ip = reach_address(round->ground.view.config, &row->peer);

	if (row->peer.card > 0)
		return ip_format(&ip, out);
	return row->peer.is_ipv6 ? "IPv6" : "IPv4";
}

/* The first path that is lost: the others follow from it. REACH_KEPT: none is. */
static unsigned lost_path(const struct reach_row *row)
{
	unsigned path = 0;

	while (path < REACH_KEPT && row->path[path].kind != REACH_LOST)
		path++;
	return path;
}

enum reach_kind reach_round_kind(const struct reach_round *round, uint32_t i, uint32_t *since)
{
	const struct reach_row *row = reach_round_row(round, i);
	unsigned worst = lost_path(row);

	if (worst == REACH_KEPT)
		worst = row->path[REACH_NODE].kind == REACH_ANSWERS && row->peer.card == 0
				? REACH_POD
				: REACH_NODE;
	*since = row->path[worst].since;
	return (enum reach_kind)row->path[worst].kind;
}

int reach_round_sum(const struct reach_round *round, uint32_t i)
{
	const struct config *config = round->ground.view.config;
	const struct reach_peer *peer = &reach_round_row(round, i)->peer;
	uint32_t since;
	enum reach_kind kind = reach_round_kind(round, i, &since);

	if (peer->card > 0)
		return -1;
	for (uint32_t card = 1; config_has_cards(config) && card < CONFIG_ADDRESSES_MOST; card++) {
		uint32_t other = reach_find_card(&round->peers, config, peer, card, round->salt);

		if (other != ROWS_NOT_FOUND &&
		    reach_round_row(round, other)->path[REACH_NODE].kind == REACH_LOST)
			kind = REACH_LOST;
	}
	return (int)kind;
}

int reach_round_peer(const struct reach_round *round, uint32_t i, struct status_peer *out)
{
	const struct reach_row *row = round->listed && i < round->peers.count
					      ? reach_round_row(round, i)
					      : NULL;
	struct echo echo = {.size = 0};
	enum reach_kind kind;
	uint32_t since;

	if (row == NULL)
		return -1;
	kind = reach_round_kind(round, i, &since);
	*out = (struct status_peer){.name = name_of(round, row), .since = since};
	(void)reach_aim(&round->ground.view, &row->peer, REACH_NODE, false, &echo);
	if (ip_is_set(&echo.to))
		(void)ip_format(&echo.to, out->address);
	for (unsigned path = 0; path < REACH_KEPT; path++) {
		const struct reach_state *state = &row->path[path];

		out->state[path] = reach_kind_word((enum reach_kind)state->kind);
		out->rtt_us[path] = state->kind == REACH_ANSWERS ? state->rtt_us + 1 : 0;
	}
	return (int)kind;
}

void reach_round_add(const struct reach_round *round, uint32_t i, struct buf *out)
{
	const struct reach_row *row = reach_round_row(round, i);
	struct reach_finding finding = reach_round_finding(round, i);
	char label[IP_TEXT_MAX];

	buf_add(out, "%s (%s): path %s is lost: ", name_of(round, row), label_of(round, row, label),
		reach_path_word((enum reach_path)lost_path(row)));
	(void)reach_add_line(out, &finding, REACH_CAUSE);
	buf_add(out, "; fix: ");
	(void)reach_add_line(out, &finding, REACH_FIX);
}

/* Whether this minute's log has room; what does not fit is counted. */
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

void reach_round_report_lost(struct reach_round *round, uint32_t i, enum reach_path path)
{
	struct reach_row *row = reach_round_row(round, i);

	if ((path != REACH_NODE && row->path[REACH_NODE].missed > 0) ||
	    row->path[path].flaps > REACH_FLAPS || !may_log(round))
		return;
	log_lost(round, i, row->path[path].flaps == REACH_FLAPS);
	row->path[path].told = 1;
}

void reach_round_report_back(struct reach_round *round, uint32_t i, enum reach_path path,
			     uint32_t was)
{
	struct reach_row *row = reach_round_row(round, i);
	char label[IP_TEXT_MAX];

	round->metrics->reach_changes[path][METRICS_REACH_ANSWERS]++;
	if (row->path[path].told && may_log(round))
		log_info(round->log, "reach: %s (%s): path %s answers again, after %u s",
			 name_of(round, row), label_of(round, row, label), reach_path_word(path),
			 row->path[path].since - was);
	row->path[path].told = 0;
}
