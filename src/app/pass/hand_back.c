/* hand_back.c - adds routes in flannel's shape beside croute's, before croute's are removed. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "app/pass/steps.h"
#include "croute/app/pass/pass.h"
#include "croute/core/flannel/flannel.h"
#include "croute/core/plan/foreign.h"
#include "croute/core/plan/plan.h"
#include "croute/edge/kernel/device.h"
#include "croute/model/device.h"

/* flannel makes a device of its own name, which the kernel refuses beside one of the same VNI. */
static int check_devices(struct pass *pass, struct error *err)
{
	const struct links *links = &pass->picture.links;

	for (uint32_t i = 0; i < links->links.count; i++) {
		const struct link *link = links_at(links, i);

		if (device_is_ours(link) && !hand_back_is_flannels(link))
			return error_set(
				err, EEXIST,
				"%s cannot be handed back: flannel knows its device by the "
				"name %s.%u, and makes none beside this one; nothing is "
				"changed. Give that name in backend.vxlan.device first, "
				"or remove all by croute flush and start flannel",
				link->name,
				link->vxlan.local.family == AF_INET6 ? "flannel-v6" : "flannel",
				link->vxlan.vni);
	}
	return 0;
}

/* A route that is just what flannel's would be is as good as one that is made. */
static int take_route(void *context, const struct route *route)
{
	struct pass *pass = context;
	struct picture *picture = &pass->picture;
	const struct rows *want = &picture->desired.want.rows[CHANGE_ROUTE];
	uint32_t found = rows_find(want, route);

	progress_add(pass->progress, 1);
	if (found != ROWS_NOT_FOUND && memcmp(rows_at(want, found), route, sizeof(*route)) == 0)
		return rows_add(&picture->have.rows[CHANGE_ROUTE], route);
	foreign_weigh(picture, route);
	return 0;
}

/* croute's own routes first, and from them what flannel's would be; then who else is there. */
static int begin(void *context, struct error *err)
{
	struct pass *pass = context;
	int status = pass_read_have(pass, err);

	if (status == 0)
		status = hand_back_want(&pass->picture);
	return status < 0 ? status
			  : foreign_begin(&pass->picture.foreign,
					  desired_route_count(&pass->picture.desired));
}

static int read_family(void *context, uint8_t family, struct error *err)
{
	struct pass *pass = context;
	struct kernel_route_filter filter = {.family = family, .table = RT_TABLE_MAIN};

	return source_read_routes(&pass->source, filter, take_route, pass, err);
}

static int make_plan(struct pass *pass, struct error *err)
{
	int status = source_read_settled(begin, read_family, pass, err);

	rows_settle(&pass->picture.have.rows[CHANGE_ROUTE]);
	if (status == 0)
		status = plan_build(&pass->picture);
	if (status == -ENOSPC || status == -ENOMEM)
		return error_set(err, ENOMEM, "no memory for the routes of this host");
	if (status == 0)
		hand_back_spare(&pass->picture, false);
	return status;
}

/* Ours go when it is known which of flannel's stand. */
static int apply_plan(struct pass *pass, struct error *err)
{
	int status = 0;

	if (!pass->request.dry_run) {
		hand_back_spare(&pass->picture, true);
		status = pass_apply(pass, err);
		hand_back_spare(&pass->picture, false);
	}
	return status < 0 ? status : pass_apply(pass, err);
}

/* Whether a route of croute's stays, and with it the device. */
static bool stays(const struct picture *picture)
{
	for_each_change (change, &picture->plan) {
		if (change->action == CHANGE_DELETE &&
		    (change->result == CHANGE_SPARED || change->result == CHANGE_FAILED))
			return true;
	}
	return (picture->notes & NOTE_DENIED) != 0;
}

static void disown(struct pass *pass, const struct link *link)
{
	struct device_change *change = pass_add_change(pass, link, VTEP_DISOWN);
	struct error err = {0};

	if (change == NULL)
		return;
	if (stays(&pass->picture))
		change->result = CHANGE_HELD;
	else if (!pass->request.dry_run)
		pass_settle_change(pass, change,
				   kernel_device_disown(&pass->netlink, link->index, &err), &err);
}

static int disown_devices(struct pass *pass, struct error *err)
{
	(void)err;
	for (uint32_t i = 0; i < pass->picture.links.links.count; i++) {
		const struct link *link = links_at(&pass->picture.links, i);

		if (device_is_ours(link))
			disown(pass, link);
	}
	return 0;
}

/* flannel makes rules of its own when it starts. */
static int drop_masquerade(struct pass *pass, struct error *err)
{
	(void)err;
	pass->request.look_around = true;
	if (!stays(&pass->picture))
		pass_masquerade(pass);
	return 0;
}

int pass_hand_back(struct pass *pass, const struct pass_request *request, struct error *err)
{
	static const struct pass_step steps[] = {
		{pass_read_links, PASS_STAGE_LINKS},
		{check_devices, PASS_STAGE_LINKS},
		{make_plan, PASS_STAGE_PLAN},
		{apply_plan, PASS_STAGE_APPLY},
		{disown_devices, PASS_STAGE_APPLY},
		{drop_masquerade, PASS_STAGE_APPLY},
		{NULL, PASS_STAGES},
	};

	pass_begin(pass, request);
	return pass_run_steps(pass, steps, err);
}
