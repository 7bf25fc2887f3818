/* undo.c - what was there before a pass, as rows that are wanted again. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/confirm/undo.h"

#include <errno.h>
#include <string.h>

#include "croute/core/plan/foreign.h"
#include "croute/model/device.h"

#define WRITABLE ROUTE_ONLINK /* of the flags of a route */

void undo_init(struct undo *undo, uint32_t protocol)
{
	*undo = (struct undo){.protocol = protocol};
	snapshot_init(&undo->before);
}

void undo_release(struct undo *undo)
{
	snapshot_release(&undo->before);
}

static const struct desired_cause nobody = {.is_static = 1}; /* no line of a file asks for it */

/* A row with its cause, as `desired` keeps them. */
static int add_wanted(struct rows *out, const void *row, uint32_t size)
{
	uint8_t wanted[sizeof(struct desired_route)];

	memcpy(wanted, row, size);
	memcpy(wanted + size, &nobody, sizeof(nobody));
	return rows_add(out, wanted);
}

static bool is_wanted(const struct undo *undo, const struct links *now, enum change_kind kind,
		      const void *row)
{
	if (kind == CHANGE_NEIGH)
		return undo_has_device(undo, now, ((const struct neigh *)row)->link);
	return kind != CHANGE_FDB || undo_has_device(undo, now, ((const struct fdb *)row)->link);
}

/* How many rows of a key are of the first object on it: a route's next hops. */
static uint32_t rows_of_first(const struct rows *rows, enum change_kind kind, uint32_t first)
{
	const struct route *route = rows_at(rows, first);

	return kind == CHANGE_ROUTE && route->hops > 1 ? route->hops : 1;
}

/* Whether a row is of the same object as the first row of its key. */
static bool is_of_first(const struct rows *rows, enum change_kind kind, uint32_t first, uint32_t i)
{
	const struct route *route = rows_at(rows, first);

	return kind != CHANGE_ROUTE ||
	       route->hops == ((const struct route *)rows_at(rows, i))->hops;
}

static int want_kind(const struct undo *undo, const struct links *now, enum change_kind kind,
		     struct rows *out)
{
	const struct rows *rows = &undo->before.state.rows[kind];
	uint32_t first = 0;
	uint32_t taken = 0;
	int status = 0;

	for (uint32_t i = 0; i < rows->count && status == 0; i++) {
		if (i > 0 && rows_compare_keys(rows, first, rows, i) != 0) {
			first = i;
			taken = 0;
		}
		if (taken < rows_of_first(rows, kind, first) && is_of_first(rows, kind, first, i) &&
		    is_wanted(undo, now, kind, rows_at(rows, i))) {
			status = add_wanted(out, rows_at(rows, i), state_row_size(kind));
			taken++;
		}
	}
	return status;
}

int undo_want(const struct undo *undo, const struct links *now, struct desired *out)
{
	int status = 0;

	desired_reset(out);
	for (int kind = 0; kind < CHANGE_KINDS && status == 0; kind++)
		status = want_kind(undo, now, (enum change_kind)kind, &out->want.rows[kind]);
	return status;
}

bool undo_weigh(const struct undo *undo, struct picture *picture, const struct route *route)
{
	const struct rows *rows = &picture->desired.want.rows[CHANGE_ROUTE];
	uint32_t at;

	if (route->protocol == undo->protocol)
		return true;
	at = rows_find(rows, route);
	if (at != ROWS_NOT_FOUND && memcmp(rows_at(rows, at), route, sizeof(*route)) == 0)
		return true;
	foreign_weigh_key(picture, route);
	return false;
}

static bool is_odd(const struct change *change, const void *row)
{
	if (change->want == CHANGE_NO_ROW || change->kind == CHANGE_NEIGH)
		return false;
	if (change->kind == CHANGE_FDB)
		return ((const struct fdb *)row)->odd != 0;
	return (((const struct route *)row)->flags & ~WRITABLE) != 0;
}

void undo_refuse_odd(struct picture *picture)
{
	for (uint32_t i = 0; i < plan_change_count(&picture->plan); i++) {
		const struct change *change = plan_change_at(&picture->plan, i);

		if (change->result == CHANGE_PLANNED &&
		    is_odd(change, picture_row(picture, change)))
			plan_set_failed(&picture->plan, i, EOPNOTSUPP,
					"it had attributes that croute does not write");
	}
}

static void count_change(struct undo_result *result, const struct change *change)
{
	bool applied = change->result == CHANGE_APPLIED;
	bool route = change->kind == CHANGE_ROUTE;

	result->failed += change->result == CHANGE_FAILED || change->result == CHANGE_CONFLICT;
	result->entries += applied && !route;
	result->added += applied && route && change->action == CHANGE_ADD;
	result->changed += applied && route && change->action == CHANGE_REPLACE;
	result->removed += applied && route &&
			   (change->action == CHANGE_DELETE || change->action == CHANGE_TRIM);
}

void undo_count(struct undo_result *result, const struct plan *plan)
{
	for_each_change (change, plan)
		count_change(result, change);
}

static void put_count(struct buf *buf, uint32_t count, const char *one, const char *many)
{
	if (count == 0)
		return;
	if (buf->len > 0)
		buf_add(buf, ", ");
	buf_add_count(buf, count);
	buf_add(buf, " %s", count == 1 ? one : many);
}

void undo_describe(struct buf *buf, const struct undo_result *result)
{
	struct buf text = BUF_LOCAL(256);

	put_count(&text, result->added, "route added again", "routes added again");
	put_count(&text, result->changed, "route changed back", "routes changed back");
	put_count(&text, result->removed, "route removed", "routes removed");
	put_count(&text, result->devices, "device put back", "devices put back");
	put_count(&text, result->entries, "neighbour or FDB entry put right",
		  "neighbour and FDB entries put right");
	put_count(&text, result->tables, "nftables table put back", "nftables tables put back");
	put_count(&text, result->failed, "failed", "failed");
	buf_add(buf, "%s", text.len > 0 ? text.data : "there was nothing to undo");
}

/* --- devices --- */

static const struct link *vxlan_at(const struct links *links, uint32_t index)
{
	const struct link *link = links_find_index(links, index);

	return link != NULL && strcmp(link->kind, "vxlan") == 0 ? link : NULL;
}

static bool is_ours(const struct link *link)
{
	return link != NULL && device_is_ours(link);
}

bool undo_has_device(const struct undo *undo, const struct links *now, uint32_t index)
{
	return is_ours(vxlan_at(&undo->before.links, index)) || is_ours(vxlan_at(now, index));
}

bool undo_has_address(const struct links *links, const struct link_address *address)
{
	for (uint32_t i = 0; i < links->addresses.count; i++) {
		const struct link_address *other = links_address_at(links, i);

		if (other->link == address->link && other->len == address->len &&
		    ip_same(&other->ip, &address->ip))
			return true;
	}
	return false;
}

static bool holds_all(const struct links *links, const struct links *of, uint32_t index)
{
	for (uint32_t i = 0; i < of->addresses.count; i++) {
		const struct link_address *address = links_address_at(of, i);

		if (address->link == index && !undo_has_address(links, address))
			return false;
	}
	return true;
}

/* Whether `now`, which was not there, keeps `before` from being made again. */
static bool is_in_the_way(const struct link *before, const struct link *now)
{
	return strcmp(before->name, now->name) == 0 ||
	       (before->vxlan.vni == now->vxlan.vni && before->vxlan.port == now->vxlan.port);
}

static enum undo_action removal_of(const struct undo *undo, const struct links *now,
				   const struct link *link)
{
	const struct links *before = &undo->before.links;

	for (uint32_t i = 0; i < before->links.count; i++) {
		const struct link *old = links_at(before, i);

		if (is_ours(vxlan_at(before, old->index)) && vxlan_at(now, old->index) == NULL &&
		    is_in_the_way(old, link))
			return UNDO_CLEAR;
	}
	return UNDO_REMOVE;
}

/* The step for a link that was there; false when there is none to take. */
static bool step_back(const struct undo *undo, const struct links *now, const struct link *before,
		      struct undo_step *out)
{
	const struct link *present = vxlan_at(now, before->index);
	struct undo_step step = {.action = UNDO_MEND, .before = before, .now = present};
	struct device device = device_of(before);

	if (vxlan_at(&undo->before.links, before->index) == NULL ||
	    !undo_has_device(undo, now, before->index))
		return false;
	if (present == NULL)
		step.action = UNDO_MAKE;
	else
		step.parts = device_differs(&device, present);
	*out = step;
	return present == NULL || step.parts != 0 ||
	       !holds_all(now, &undo->before.links, before->index) ||
	       !holds_all(&undo->before.links, now, before->index);
}

/* The step for a link that is there now, and was not. */
static bool step_away(const struct undo *undo, const struct links *now, const struct link *link,
		      struct undo_step *out)
{
	if (!is_ours(link) || vxlan_at(&undo->before.links, link->index) != NULL)
		return false;
	*out = (struct undo_step){.action = removal_of(undo, now, link), .now = link};
	return true;
}

static uint32_t add_action(const struct undo *undo, const struct links *now,
			   enum undo_action action, struct undo_step *out, uint32_t room)
{
	bool away = action == UNDO_CLEAR || action == UNDO_REMOVE;
	const struct links *links = away ? now : &undo->before.links;
	uint32_t count = 0;

	for (uint32_t i = 0; i < links->links.count && count < room; i++) {
		const struct link *link = links_at(links, i);
		struct undo_step step;
		bool due = away ? step_away(undo, now, link, &step)
				: step_back(undo, now, link, &step);

		if (due && step.action == action)
			out[count++] = step;
	}
	return count;
}

uint32_t undo_plan_devices(const struct undo *undo, const struct links *now,
			   struct undo_step out[UNDO_STEPS_MOST])
{
	uint32_t count = 0;

	for (int action = 0; action < UNDO_ACTIONS; action++)
		count += add_action(undo, now, (enum undo_action)action, out + count,
				    UNDO_STEPS_MOST - count);
	return count;
}
