/* undo.c - what was there before a pass, as rows that are wanted again. */
#include "croute/app/confirm/undo.h"

#include <errno.h>
#include <string.h>

#include "croute/core/plan/foreign.h"

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

static int want_kind(const struct undo *undo, const struct links *now, enum change_kind kind,
		     struct rows *out)
{
	const struct rows *rows = &undo->before.state.rows[kind];
	int status = 0;

	for (uint32_t i = 0; i < rows->count && status == 0; i++) {
		bool again = i > 0 && rows_compare_keys(rows, i - 1, rows, i) == 0;

		if (!again && is_wanted(undo, now, kind, rows_at(rows, i)))
			status = add_wanted(out, rows_at(rows, i), state_row_size(kind));
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
					"it bore what croute does not write");
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

static void tell_count(struct buf *buf, uint32_t count, const char *one, const char *many)
{
	if (count == 0)
		return;
	if (buf->len > 0)
		buf_add(buf, ", ");
	buf_add_count(buf, count);
	buf_add(buf, " %s", count == 1 ? one : many);
}

void undo_tell(struct buf *buf, const struct undo_result *result)
{
	char space[256];
	struct buf text = BUF_OVER(space);

	space[0] = '\0';
	tell_count(&text, result->added, "route added again", "routes added again");
	tell_count(&text, result->changed, "route changed back", "routes changed back");
	tell_count(&text, result->removed, "route removed", "routes removed");
	tell_count(&text, result->devices, "device put back", "devices put back");
	tell_count(&text, result->entries, "neighbour or FDB entry put right",
		   "neighbour and FDB entries put right");
	tell_count(&text, result->tables, "nftables table put back", "nftables tables put back");
	tell_count(&text, result->failed, "failed", "failed");
	buf_add(buf, "%s", text.len > 0 ? space : "there was nothing to undo");
}
