/* rows.c - the rows of this host and its unmet, kept and looked through. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/want/rows.h"

#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BASIS_MOST ((size_t)64 << 20) /* bytes; more are not compared */

bool family_is_unsettled(const struct family *family)
{
	return family->stuck || (family->wanted && family->link.index == 0);
}

const struct selected *family_card(const struct family *family, uint32_t i)
{
	const struct selected *card = family->card_count > 0 ? &family->cards[i] : &family->link;

	return i < (family->card_count > 0 ? family->card_count : 1) && card->index != 0 ? card
											 : NULL;
}

uint32_t family_carrying(const struct family family[FAMILIES], struct carrying out[CARRYING_MOST])
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < CONFIG_ADDRESSES_MOST; i++) {
		const struct selected *ipv4 = family_card(&family[0], i);
		const struct selected *ipv6 = family_card(&family[1], i);

		if (ipv4 != NULL)
			out[count++] = (struct carrying){.first = ipv4};
		if (ipv4 != NULL && ipv6 != NULL && ipv4->index == ipv6->index)
			out[count - 1].second = ipv6;
		else if (ipv6 != NULL)
			out[count++] = (struct carrying){.first = ipv6};
	}
	return count;
}

void desired_init(struct desired *desired)
{
	*desired = (struct desired){0};
	state_init(&desired->want, sizeof(struct desired_cause));
	rows_init(&desired->statics, sizeof(struct desired_route), ROUTE_KEY_SIZE,
		  DESIRED_STATICS_MOST);
	desired->unmet.limit = sizeof(struct unmet) * DESIRED_UNMET_MOST;
	desired->told.limit = CONFIG_NODES_MOST;
	desired->basis.limit = BASIS_MOST;
	desired->other.limit = BASIS_MOST;
}

void desired_reset(struct desired *desired)
{
	state_reset(&desired->want);
	rows_reset(&desired->statics);
	arena_reset(&desired->unmet);
	arena_reset(&desired->basis);
	desired->unlisted = 0;
}

void desired_forget(struct desired *desired)
{
	if (desired->want.rows[CHANGE_ROUTE].arena.used > ARENA_KEPT)
		desired_reset(desired);
}

void desired_release(struct desired *desired)
{
	state_release(&desired->want);
	rows_release(&desired->statics);
	arena_release(&desired->unmet);
	arena_release(&desired->told);
	arena_release(&desired->basis);
	arena_release(&desired->other);
}

struct desired_cause desired_cause_at(const struct desired *desired, enum change_kind kind,
				      uint32_t i)
{
	const uint8_t *row = rows_at(&desired->want.rows[kind], i);
	struct desired_cause cause;

	memcpy(&cause, row + state_row_size(kind), sizeof(cause));
	return cause;
}

uint32_t desired_route_count(const struct desired *desired)
{
	return desired->want.rows[CHANGE_ROUTE].count;
}

const struct route *desired_route_at(const struct desired *desired, uint32_t i)
{
	return rows_at(&desired->want.rows[CHANGE_ROUTE], i);
}

bool desired_is_own(const struct desired *desired, uint32_t i)
{
	uint8_t type = desired_route_at(desired, i)->type;

	return (type == RTN_BLACKHOLE || type == RTN_LOCAL) &&
	       desired_cause_at(desired, CHANGE_ROUTE, i).is_static == 0;
}

uint32_t desired_find_destination(const struct desired *desired, const struct route *like)
{
	return rows_seek(&desired->want.rows[CHANGE_ROUTE], like, ROUTE_DESTINATION_SIZE,
			 ROWS_NOT_FOUND);
}

bool desired_has_destination(const struct desired *desired, uint32_t i, const struct route *like)
{
	return i < desired_route_count(desired) &&
	       memcmp(desired_route_at(desired, i), like, ROUTE_DESTINATION_SIZE) == 0;
}

uint32_t desired_unmet_count(const struct desired *desired)
{
	return (uint32_t)(desired->unmet.used / sizeof(struct unmet));
}

const struct unmet *desired_unmet_at(const struct desired *desired, uint32_t i)
{
	return (const struct unmet *)(const void *)desired->unmet.base + i;
}

void desired_add_unmet(struct desired *desired, enum unmet_kind kind,
		       const struct desired_route *row, const char *why, ...)
{
	struct unmet *unmet = arena_push(&desired->unmet, sizeof(*unmet));
	va_list args;

	if (unmet == NULL) {
		desired->unlisted++;
		return;
	}
	unmet->route = row->route;
	unmet->cause = row->cause;
	unmet->kind = kind;
	va_start(args, why);
	(void)vsnprintf(unmet->why, sizeof(unmet->why), why, args);
	va_end(args);
}
