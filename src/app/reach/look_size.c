/* look_size.c - finds the size that arrives at a peer where the largest does not. */
/* SPDX-License-Identifier: MIT */
#include "app/reach/parts.h"

static bool lacks_size(const struct reach_row *row)
{
	return row->path[REACH_FULL].kind == REACH_LOST && row->path[REACH_FULL].rtt_us == 0;
}

static void begin_search(struct reach_round *round)
{
	struct reach_search *search = &round->search;
	uint32_t i = 0;

	while (i < round->peers.count && !lacks_size(reach_round_row(round, i)))
		i++;
	*search = (struct reach_search){.wanted = i < round->peers.count, .row = i};
	if (!search->wanted)
		return;
	search->on = true;
	search->state.other = reach_round_row(round, i)->path[REACH_FULL].other;
	search->halving = reach_halving_begin(reach_round_row(round, i)->peer.is_ipv6,
					      reach_round_finding(round, i).size, 0);
}

static void send_size(struct reach_round *round)
{
	struct reach_search *search = &round->search;
	struct echo echo = {.number = search->row * REACH_PATHS + REACH_TO, .size = search->tried};
	int status = reach_send(&round->ground, &reach_round_row(round, search->row)->peer,
				REACH_FULL, &search->state, &echo);

	if (status > 0)
		reach_halving_take(&search->halving, search->tried, false);
}

static void end_search(struct reach_round *round, bool *news)
{
	struct reach_search *search = &round->search;

	search->on = false;
	reach_round_row(round, search->row)->path[REACH_FULL].rtt_us = search->halving.low;
	reach_round_report_lost(round, search->row, REACH_FULL);
	*news = true;
}

void reach_round_search_size(struct reach_round *round, int64_t now, bool *news)
{
	struct reach_search *search = &round->search;

	if (search->on && !lacks_size(reach_round_row(round, search->row)))
		search->on = false; /* it came back, or more than large packets is lost */
	if (!search->on && search->wanted)
		begin_search(round);
	if (!search->on)
		return;
	if (search->state.waits) {
		if ((uint32_t)now - search->state.tag < reach_round_timeout_us(round))
			return;
		search->state.waits = 0;
		reach_halving_take(&search->halving, search->tried, false);
	}
	search->tried = reach_halve(&search->halving);
	if (search->tried != 0)
		send_size(round);
	else
		end_search(round, news);
}

void reach_round_hear_size(struct reach_round *round, const struct echo_answer *answer)
{
	struct reach_search *search = &round->search;
	struct reach_peer *peer = &reach_round_row(round, search->row)->peer;
	struct echo echo = {.size = 0};
	int kind;

	if (!search->on || !search->state.waits || search->state.tag != answer->tag ||
	    !reach_aim(&round->ground.view, peer, REACH_FULL, search->state.other, &echo))
		return;
	kind = reach_judge(&round->ground.view, peer, &echo, answer);
	if (kind < 0)
		return;
	search->state.waits = 0;
	reach_halving_take(&search->halving, search->tried, kind == ECHO_ANSWERED);
}
