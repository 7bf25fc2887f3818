/* recheck.c - deletions that only one look at the kernel speaks for are not made. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/plan/recheck.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "croute/base/buf.h"

static bool is_planned_removal(const struct change *change)
{
	return change->result == CHANGE_PLANNED &&
	       (change->action == CHANGE_DELETE || change->action == CHANGE_TRIM);
}

/* Rows of one kind that go: how many keys or destinations, and whether any key has several. */
struct removals {
	uint32_t last; /* row of the last one; CHANGE_NO_ROW: there was none */
	uint32_t count;
	bool surplus;
};

static bool same_destination(const struct rows *rows, enum change_kind kind, uint32_t a, uint32_t b)
{
	size_t size = kind == CHANGE_ROUTE ? ROUTE_DESTINATION_SIZE : rows->key_size;

	return memcmp(rows_at(rows, a), rows_at(rows, b), size) == 0;
}

static void count_removal(struct removals *removals, const struct rows *rows,
			  const struct change *change)
{
	bool first = removals->last == CHANGE_NO_ROW;

	removals->surplus |= change->action == CHANGE_TRIM ||
			     (!first &&
			      rows_compare_keys(rows, removals->last, rows, change->have) == 0);
	removals->count += first || !same_destination(rows, (enum change_kind)change->kind,
						      removals->last, change->have);
	removals->last = change->have;
}

unsigned recheck_kinds(const struct picture *picture, uint32_t allow)
{
	struct removals removals[CHANGE_KINDS];
	unsigned kinds = 0;

	for (int kind = 0; kind < CHANGE_KINDS; kind++)
		removals[kind] = (struct removals){.last = CHANGE_NO_ROW};
	for_each_change (change, &picture->plan) {
		if (is_planned_removal(change))
			count_removal(&removals[change->kind], &picture->have.rows[change->kind],
				      change);
	}
	for (int kind = 0; kind < CHANGE_KINDS; kind++) {
		if (removals[kind].surplus || removals[kind].count > allow)
			kinds |= 1U << kind;
	}
	return kinds;
}

int recheck_begin(struct recheck *recheck, const struct state *have)
{
	recheck->have = have;
	for (int kind = 0; kind < CHANGE_KINDS; kind++) {
		uint32_t count = have->rows[kind].count;

		recheck->next[kind] = 0;
		recheck->seen[kind].limit = STATE_ROWS_MOST;
		arena_reset(&recheck->seen[kind]);
		if (count > 0 && arena_push(&recheck->seen[kind], count) == NULL)
			return -ENOSPC;
	}
	return 0;
}

void recheck_take(struct recheck *recheck, enum change_kind kind, const void *row)
{
	const struct rows *rows = &recheck->have->rows[kind];
	uint32_t i = rows_seek(rows, row, rows->size, recheck->next[kind]);

	recheck->next[kind] = i;
	if (i < rows->count && memcmp(rows_at(rows, i), row, rows->size) == 0) {
		recheck->seen[kind].base[i] = 1;
		recheck->next[kind]++;
	}
}

/* Whether all rows on the key of the change were seen. */
static bool is_key_seen(const struct recheck *recheck, const struct change *change)
{
	const struct rows *rows = &recheck->have->rows[change->kind];
	const uint8_t *seen = recheck->seen[change->kind].base;
	uint32_t i = change->have;

	while (i > 0 && rows_compare_keys(rows, i - 1, rows, change->have) == 0)
		i--;
	for (; i < rows->count && rows_compare_keys(rows, i, rows, change->have) == 0; i++) {
		if (!seen[i])
			return false;
	}
	return true;
}

static bool same_key(const struct state *have, const struct change *a, const struct change *b)
{
	const struct rows *rows = &have->rows[b->kind];

	return a != NULL && a->kind == b->kind &&
	       rows_compare_keys(rows, a->have, rows, b->have) == 0;
}

/* The first removal on a key of which not all was seen; each key is looked at once. */
static const struct change *find_unseen(const struct recheck *recheck, unsigned kinds,
					const struct plan *plan)
{
	const struct change *last = NULL;

	for_each_change (change, plan) {
		if (!is_planned_removal(change) || (kinds & 1U << change->kind) == 0)
			continue;
		if (!same_key(recheck->have, last, change) && !is_key_seen(recheck, change))
			return change;
		last = change;
	}
	return NULL;
}

/* One failure speaks for all; of entries that go with their routes nothing more need be said. */
static void fail_all(struct plan *plan, const struct change *first, const char *words)
{
	plan_set_failed(plan, (uint32_t)(first - plan_change_at(plan, 0)), 0, words);
	for_each_change (change, plan) {
		if (change != first && !is_planned_removal(change))
			continue;
		if (change->action == CHANGE_TRIM)
			plan_block_replacement(plan, change);
		change->result = change == first || change->kind == CHANGE_ROUTE ? CHANGE_FAILED
										 : CHANGE_BLOCKED;
		change->detail = first->detail;
	}
}

static void add_name(struct buf *buf, enum change_kind kind, const void *row)
{
	struct prefix prefix;
	char text[PREFIX_TEXT_MAX];

	if (kind == CHANGE_ROUTE) {
		prefix = route_prefix(row);
		buf_add(buf, "%s", prefix_format(&prefix, text));
	} else if (kind == CHANGE_NEIGH) {
		buf_add(buf, "%s", ip_format(&((const struct neigh *)row)->ip, text));
	} else {
		buf_add(buf, "%s", mac_format(&((const struct fdb *)row)->mac, text));
	}
}

void recheck_settle(const struct recheck *recheck, unsigned kinds, struct picture *picture)
{
	const struct change *first = find_unseen(recheck, kinds, &picture->plan);
	struct buf words = BUF_LOCAL(sizeof(((struct failure *)NULL)->words));

	if (first == NULL)
		return;
	buf_add(&words, "the kernel's two answers about ");
	add_name(&words, (enum change_kind)first->kind, picture_was(picture, first));
	buf_add(&words, " disagree; nothing was deleted");
	fail_all(&picture->plan, first, words.data);
}

void recheck_refuse(struct picture *picture, const char *why)
{
	char words[sizeof(((struct failure *)NULL)->words)];

	(void)snprintf(words, sizeof(words), "no second look: %.60s; nothing was deleted", why);
	for_each_change (change, &picture->plan) {
		if (is_planned_removal(change)) {
			fail_all(&picture->plan, change, words);
			return;
		}
	}
}

void recheck_release(struct recheck *recheck)
{
	for (int kind = 0; kind < CHANGE_KINDS; kind++)
		arena_release(&recheck->seen[kind]);
}
