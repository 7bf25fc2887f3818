/* pass.c - snapshot, select, desire, plan, guard, write: the one path through a pass. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/pass/pass.h"

#include <errno.h>
#include <string.h>

#include "app/pass/steps.h"
#include "croute/core/flannel/flannel.h"
#include "croute/core/plan/foreign.h"
#include "croute/core/plan/guard.h"
#include "croute/core/plan/plan.h"
#include "croute/core/want/rows.h"
#include "croute/edge/host/clock.h"

static int want(struct pass *pass, struct error *err)
{
	const struct picture *picture = &pass->picture;
	struct desired_input input = {
		.config = picture->config,
		.links = &picture->links,
		.node = picture->node.index,
		.node_name = pass_node_name(pass),
		.names = pass->request.names,
		.on_link = pass->on_link.used > 0 ? pass->on_link.base : NULL,
		.routers = (const void *)pass->routers.base,
		.lost = (const void *)pass->lost.base,
		.lost_count = (uint32_t)(pass->lost.used / sizeof(struct ip)),
		.router_count = (uint32_t)(pass->routers.used / sizeof(struct desired_router)),
		.keep = pass->request.keep_want,
	};

	memcpy(input.family, picture->family, sizeof(input.family));
	if (desired_build(&pass->picture.desired, &input) < 0)
		return error_set(err, ENOMEM, "no memory for the routes of this file");
	return 0;
}

static int have(struct pass *pass, struct error *err)
{
	int status;

	if (pass->request.look_around && !pass->request.look_behind) {
		status = pass_read_all(pass, err);
	} else {
		status = pass_read_have(pass, err);
		if (status == 0)
			status = foreign_begin(&pass->picture.foreign, 0);
	}
	return status < 0 ? status : pass_read_peers(pass, err);
}

static bool has_looked(const struct pass *pass)
{
	return pass->picture.foreign.marks.used > 0;
}

static bool rewrites_anything(const struct plan *plan)
{
	for_each_change (change, plan) {
		if (change->action == CHANGE_REPLACE || change->action == CHANGE_TRIM)
			return true;
	}
	return false;
}

/* A replace hits whatever row has the key, so that row is looked up first. */
static int plan(struct pass *pass, struct error *err)
{
	struct picture *picture = &pass->picture;
	int status = plan_build(picture);

	if (status == 0 && !has_looked(pass) && rewrites_anything(&picture->plan)) {
		status = pass_look_around(pass, err);
		if (status < 0)
			return status;
		status = plan_build(picture);
	}
	return status < 0 ? error_set(err, ENOMEM, "no memory for the plan") : 0;
}

/* Deletions that are too young wait; a mass of them is held, until it was held for long enough. */
static int hold(struct pass *pass)
{
	const struct pass_request *request = &pass->request;
	struct picture *picture = &pass->picture;
	int status = 0;

	if (request->hold != NULL)
		status = hold_delay(request->hold, picture, request->now);
	guard_apply(picture, request->allow_delete);
	if (status < 0 || request->hold == NULL)
		return status;
	hold_keep(request->hold, picture);
	if (hold_is_over(request->hold, picture, request->now))
		guard_release(picture);
	/* Without an interface we saw only part; keep what the last pass remembered. */
	return pass_lacks_interface(pass) ? 0 : hold_remember(request->hold, picture);
}

static int guard(struct pass *pass, struct error *err)
{
	if (pass->request.backoff != NULL)
		backoff_weigh(pass->request.backoff, &pass->picture, pass->request.now);
	leftovers_spare(&pass->picture);
	return hold(pass) < 0 ? error_set(err, ENOMEM, "no memory for the plan") : 0;
}

/* Additions exclude, and deletions name their row, so they need no look at other rows first. What
 * the look finds, or that it failed, the next pass reports. */
static int look_behind(struct pass *pass, struct error *err)
{
	struct picture *picture = &pass->picture;

	if (pass->request.look_behind && ((!has_looked(pass) && pass_look_around(pass, err) < 0) ||
					  picture->foreign.worst >= FOREIGN_SHADOWS))
		picture->notes |= NOTE_LOOK_AGAIN;
	return 0;
}

/* The steps after the rows are written. */
static int follow_up(struct pass *pass, struct error *err)
{
	(void)err;
	if (pass->request.backoff != NULL)
		backoff_note(pass->request.backoff, &pass->picture, pass->request.now);
	pass_drop_devices(pass);
	pass_masquerade(pass);
	return 0;
}

int pass_run_steps(struct pass *pass, const struct pass_step *steps, struct error *err)
{
	int status = 0;

	pass->marked_us = host_now_us();
	for (; status == 0 && steps->run != NULL; steps++) {
		int64_t now;

		status = steps->run(pass, err);
		now = host_now_us();
		pass->stage_us[steps->stage] += now - pass->marked_us;
		pass->marked_us = now;
	}
	if (status == 0)
		pass->picture.summary = plan_summarize(&pass->picture);
	else
		desired_reset(&pass->picture.desired);
	return status;
}

int pass_run(struct pass *pass, const struct pass_request *request, struct error *err)
{
	static const struct pass_step steps[] = {
		{pass_find_interface, PASS_STAGE_LINKS},
		{pass_devices, PASS_STAGE_LINKS},
		{pass_find_near, PASS_STAGE_LINKS},
		{pass_find_routers, PASS_STAGE_LINKS},
		{pass_find_local, PASS_STAGE_LINKS},
		{pass_recall, PASS_STAGE_HAVE},
		{want, PASS_STAGE_DESIRED},
		{have, PASS_STAGE_HAVE},
		{plan, PASS_STAGE_PLAN},
		{guard, PASS_STAGE_PLAN},
		{pass_apply, PASS_STAGE_APPLY},
		{look_behind, PASS_STAGE_HAVE},
		{follow_up, PASS_STAGE_APPLY},
		{NULL, PASS_STAGES},
	};

	pass_begin(pass, request);
	return pass_run_steps(pass, steps, err);
}

int pass_flush(struct pass *pass, const struct pass_request *request, struct error *err)
{
	static const struct pass_step steps[] = {
		{pass_read_links, PASS_STAGE_LINKS},
		{pass_read_have, PASS_STAGE_HAVE},
		{plan, PASS_STAGE_PLAN},
		{pass_apply, PASS_STAGE_APPLY},
		{follow_up, PASS_STAGE_APPLY},
		{NULL, PASS_STAGES},
	};

	pass_begin(pass, request);
	return pass_run_steps(pass, steps, err);
}
