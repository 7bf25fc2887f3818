/* test_state.c - rows of each kind: what identifies them, and in which order they stand. */
/* SPDX-License-Identifier: MIT */
#include "croute/model/snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/neighbour.h>
#include <string.h>

static void add_neigh(struct state *state, uint32_t link, uint8_t last, uint16_t nud)
{
	struct neigh neigh = {
		.link = link, .ip = {.family = AF_INET, .bytes = {10, 244, last}}, .state = nud};

	assert_int_equal(rows_add(&state->rows[CHANGE_NEIGH], &neigh), 0);
}

static void a_neighbour_is_known_by_link_and_address(void **state)
{
	struct state rows;
	struct neigh like = {.link = 7, .ip = {.family = AF_INET, .bytes = {10, 244, 3}}};
	uint32_t found;

	(void)state;
	state_init(&rows, 0);
	add_neigh(&rows, 7, 2, NUD_PERMANENT);
	add_neigh(&rows, 7, 3, NUD_STALE);
	found = rows_find(&rows.rows[CHANGE_NEIGH], &like);
	assert_int_equal(found, 1);
	assert_int_equal(((struct neigh *)rows_at(&rows.rows[CHANGE_NEIGH], found))->state,
			 NUD_STALE);
	like.link = 8;
	assert_int_equal(rows_find(&rows.rows[CHANGE_NEIGH], &like), ROWS_NOT_FOUND);
	state_release(&rows);
}

static void a_forwarding_entry_is_known_by_link_and_mac(void **state)
{
	struct fdb row = {.link = 7,
			  .mac = {.bytes = {2, 0, 0, 0, 0, 1}},
			  .dst = {.family = AF_INET, .bytes = {10, 0, 0, 12}},
			  .odd = 1,
			  .state = NUD_PERMANENT};
	struct fdb like = {.link = 7, .mac = row.mac};
	struct state rows;

	(void)state;
	state_init(&rows, 0);
	assert_int_equal(rows_add(&rows.rows[CHANGE_FDB], &row), 0);
	assert_int_equal(rows_find(&rows.rows[CHANGE_FDB], &like), 0);
	like.mac.bytes[5] = 2;
	assert_int_equal(rows_find(&rows.rows[CHANGE_FDB], &like), ROWS_NOT_FOUND);
	state_release(&rows);
}

static void every_kind_is_sorted_by_itself(void **state)
{
	struct state rows;

	(void)state;
	state_init(&rows, 0);
	add_neigh(&rows, 9, 1, NUD_PERMANENT);
	add_neigh(&rows, 7, 3, NUD_PERMANENT);
	add_neigh(&rows, 7, 2, NUD_PERMANENT);
	state_settle(&rows);
	for (uint32_t i = 1; i < 3; i++)
		assert_true(rows_compare_keys(&rows.rows[CHANGE_NEIGH], i - 1,
					      &rows.rows[CHANGE_NEIGH], i) < 0);
	assert_int_equal(rows.rows[CHANGE_ROUTE].count, 0);
	state_release(&rows);
}

static void what_is_behind_a_row_moves_with_it(void **state)
{
	struct {
		struct neigh neigh;
		uint32_t cause[2];
	} row = {.neigh = {.link = 9}, .cause = {90, 90}};
	struct state rows;
	const uint8_t *first;
	uint32_t cause;

	(void)state;
	state_init(&rows, sizeof(row.cause));
	assert_int_equal(rows_add(&rows.rows[CHANGE_NEIGH], &row), 0);
	row.neigh.link = 7;
	row.cause[0] = 70;
	assert_int_equal(rows_add(&rows.rows[CHANGE_NEIGH], &row), 0);
	state_settle(&rows);
	first = rows_at(&rows.rows[CHANGE_NEIGH], 0);
	memcpy(&cause, first + state_row_size(CHANGE_NEIGH), sizeof(cause));
	assert_int_equal(cause, 70);
	state_release(&rows);
}

static void a_reset_empties_every_kind(void **state)
{
	struct state rows;

	(void)state;
	state_init(&rows, 0);
	add_neigh(&rows, 7, 2, NUD_PERMANENT);
	state_reset(&rows);
	for (int kind = 0; kind < CHANGE_KINDS; kind++)
		assert_int_equal(rows.rows[kind].count, 0);
	state_release(&rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_neighbour_is_known_by_link_and_address),
		cmocka_unit_test(a_forwarding_entry_is_known_by_link_and_mac),
		cmocka_unit_test(every_kind_is_sorted_by_itself),
		cmocka_unit_test(what_is_behind_a_row_moves_with_it),
		cmocka_unit_test(a_reset_empties_every_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
