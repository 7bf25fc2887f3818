/* parts.h - the parts of the agent's round: its turn, what it says, the size that arrives. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/app/reach/round.h"

static inline struct reach_row *reach_round_row(const struct reach_round *round, uint32_t i)
{
	return rows_at(&round->peers, i);
}

static inline uint32_t reach_round_timeout_us(const struct reach_round *round)
{
	return (uint32_t)round->ground.view.config->reach.timeout_ms * 1000;
}

struct reach_finding reach_round_finding(const struct reach_round *round, uint32_t i);

/* A peer that is down is one line, not one for each path; what comes and goes is not logged each
 * time. `was`: since when it was lost. */
void reach_round_report_lost(struct reach_round *round, uint32_t i, enum reach_path path);
void reach_round_report_back(struct reach_round *round, uint32_t i, enum reach_path path,
			     uint32_t was);

/* One echo at a time. */
void reach_round_search_size(struct reach_round *round, int64_t now, bool *news);
void reach_round_hear_size(struct reach_round *round, const struct echo_answer *answer);
