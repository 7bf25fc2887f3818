/* state.c - the kinds of rows and their sizes. */
/* SPDX-License-Identifier: MIT */
#include "croute/model/state.h"

static const struct {
	uint32_t size;
	uint32_t key_size;
} kinds[CHANGE_KINDS] = {
	[CHANGE_FDB] = {sizeof(struct fdb), FDB_KEY_SIZE},
	[CHANGE_NEIGH] = {sizeof(struct neigh), NEIGH_KEY_SIZE},
	[CHANGE_ROUTE] = {sizeof(struct route), ROUTE_KEY_SIZE},
};

void state_init(struct state *state, uint32_t extra)
{
	for (int i = 0; i < CHANGE_KINDS; i++)
		rows_init(&state->rows[i], kinds[i].size + extra, kinds[i].key_size,
			  STATE_ROWS_MOST);
}

uint32_t state_row_size(enum change_kind kind)
{
	return kinds[kind].size;
}

void state_settle(struct state *state)
{
	for (int i = 0; i < CHANGE_KINDS; i++)
		rows_settle(&state->rows[i]);
}

void state_reset(struct state *state)
{
	for (int i = 0; i < CHANGE_KINDS; i++)
		rows_reset(&state->rows[i]);
}

void state_release(struct state *state)
{
	for (int i = 0; i < CHANGE_KINDS; i++)
		rows_release(&state->rows[i]);
}
