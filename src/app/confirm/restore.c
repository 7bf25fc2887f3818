/* restore.c - a pass whose wanted rows are those that were there. */
#include <errno.h>
#include <string.h>

#include "app/confirm/steps.h"
#include "croute/app/pass/pass.h"
#include "croute/core/plan/foreign.h"
#include "croute/core/report/report.h"

#define TRIES 3 /* when the kernel's answers were lost */

/* What a dump is gathered with. */
struct gathering {
	struct pass *pass;
	const struct undo *undo;
};

static int gather_route(void *context, const struct route *route)
{
	const struct gathering *gathering = context;
	struct pass *pass = gathering->pass;

	if (!undo_weigh(gathering->undo, &pass->picture, route))
		return 0;
	return rows_add(&pass->picture.have.rows[CHANGE_ROUTE], route);
}

static int read_routes(struct pass *pass, const struct undo *undo, struct error *err)
{
	struct gathering gathering = {.pass = pass, .undo = undo};
	struct kernel_route_filter filter = {.except = (uint8_t)undo->protocol};
	int status = -EINTR;

	for (int i = 0; i < SOURCE_TRIES && status == -EINTR; i++) {
		rows_reset(&pass->picture.have.rows[CHANGE_ROUTE]);
		status = foreign_begin(&pass->picture.foreign,
				       desired_route_count(&pass->picture.desired));
		filter.family = AF_INET;
		if (status == 0)
			status = source_read_all_routes(&pass->source, filter, gather_route,
							&gathering, err);
		filter.family = AF_INET6;
		if (status == 0)
			status = source_read_all_routes(&pass->source, filter, gather_route,
							&gathering, err);
	}
	return status;
}

/* What was there and is there still is read as a pass reads it; so is whatever came to it. */
static int read_entries(struct pass *pass, const struct undo *undo, const struct links *now,
			struct error *err)
{
	int status = 0;

	for (uint32_t i = 0; i < pass->picture.links.links.count && status == 0; i++) {
		uint32_t index = links_at(&pass->picture.links, i)->index;

		if (links_find_index(&undo->before.links, index) != NULL &&
		    undo_has_device(undo, now, index))
			status = pass_read_device(pass, index, err);
	}
	return status;
}

static int read_peers(struct pass *pass, const struct undo *undo, const struct links *now,
		      struct error *err)
{
	int status = -EINTR;

	for (int i = 0; i < SOURCE_TRIES && status == -EINTR; i++) {
		rows_reset(&pass->picture.have.rows[CHANGE_FDB]);
		rows_reset(&pass->picture.have.rows[CHANGE_NEIGH]);
		status = read_entries(pass, undo, now, err);
	}
	return status;
}

/* Whose a device is, `now` tells: the links before any was put back, with the aliases of then. */
static int plan(struct pass *pass, const struct undo *undo, const struct links *now,
		struct error *err)
{
	int status = source_read_links(&pass->source, &pass->picture.links, err);

	if (status < 0)
		return status;
	if (undo_want(undo, now, &pass->picture.desired) < 0)
		return error_set(err, ENOMEM, "no memory for the routes that were there");
	status = read_routes(pass, undo, err);
	if (status == 0)
		status = read_peers(pass, undo, now, err);
	state_settle(&pass->picture.have);
	if (status == 0 && plan_build(&pass->picture) < 0)
		return error_set(err, ENOMEM, "no memory for the plan");
	undo_refuse_odd(&pass->picture);
	return status;
}

static int restore_rows(struct pass *pass, const struct undo *undo, const struct links *now,
			struct error *err)
{
	int status = plan(pass, undo, now, err);

	return status < 0 ? status : pass_apply(pass, err);
}

static void tell_failure(const struct pass *pass, const struct change *change, struct buf *out)
{
	const struct failure *failure = plan_failure_of(&pass->picture.plan, change);
	struct report report = {.picture = &pass->picture};

	if (change->kind == CHANGE_ROUTE)
		report_add_route(out, &report, report_row_of(&report, change));
	else if (change->kind == CHANGE_NEIGH)
		report_add_neigh(out, &report, report_row_of(&report, change));
	else
		report_add_fdb(out, &report, report_row_of(&report, change));
	buf_add(out, ": %s\n",
		failure != NULL ? failure->words : "another program has taken its place");
}

static void tell_failures(const struct pass *pass, struct buf *out)
{
	for_each_change (change, &pass->picture.plan) {
		if (change->result == CHANGE_FAILED || change->result == CHANGE_CONFLICT)
			tell_failure(pass, change, out);
	}
}

static int put_back(struct confirm_undoing *undoing, struct error *err)
{
	struct pass *pass = undoing->pass;
	struct undo_step steps[UNDO_STEPS_MOST];
	uint32_t count = undo_plan_devices(undoing->undo, &undoing->now, steps);
	int status = -EAGAIN;

	confirm_restore_devices(undoing, steps, count, false);
	confirm_restore_settings(undoing->undo);
	for (int i = 0; i < TRIES && status < 0; i++)
		status = restore_rows(pass, undoing->undo, &undoing->now, err);
	undo_count(&undoing->result, &pass->picture.plan);
	tell_failures(pass, undoing->told);
	confirm_restore_table(undoing);
	confirm_restore_devices(undoing, steps, count, true);
	return status;
}

int confirm_undo(struct confirm_undoing *undoing, struct error *err)
{
	int status;

	pass_begin(undoing->pass, &(struct pass_request){.protocol = undoing->undo->protocol});
	links_init(&undoing->now);
	status = source_read_links(&undoing->pass->source, &undoing->now, err);
	if (status == 0)
		status = put_back(undoing, err);
	links_release(&undoing->now);
	return status;
}
