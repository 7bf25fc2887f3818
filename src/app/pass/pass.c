/* pass.c - snapshot, select, desire, plan, guard, write: the one way through. */
#include "croute/app/pass/pass.h"

#include <errno.h>

#include "croute/app/pass/steps.h"
#include "croute/edge/host/clock.h"

/* Without its device a family is left alone, as without an interface. */
static struct desired_path path_of(const struct pass_family *family)
{
	if (family->stuck)
		return (struct desired_path){0};
	return (struct desired_path){
		.link = family->link, .device = family->device, .local = family->local};
}

static int build_desired(struct pass *pass, const struct pass_request *request, struct error *err)
{
	struct desired_input input = {
		.config = request->config,
		.links = &pass->links,
		.node = pass->node.index,
		.node_name = pass_node_name(pass, request),
		.names = request->names,
		.path = {path_of(&pass->ipv4), path_of(&pass->ipv6)},
		.on_link = pass->on_link.used > 0 ? pass->on_link.base : NULL,
	};

	if (desired_build(&pass->desired, &input) < 0)
		return error_set(err, ENOMEM, "no memory for the routes of this file");
	return 0;
}

/* The time since the last mark belongs to `stage`. */
static void mark(struct pass *pass, enum pass_stage stage)
{
	int64_t now = host_now_us();

	pass->stage_us[stage] += now - pass->marked_us;
	pass->marked_us = now;
}

static int read_routes(struct pass *pass, const struct pass_request *request, struct error *err)
{
	int status = pass_read_have(pass, request->config, request->config->kernel.protocol, err);

	if (status < 0)
		return status;
	return request->look_around ? pass_look_around(pass, request->config, err)
				    : foreign_begin(&pass->foreign, 0);
}

/* Everything that is read from the kernel, and what follows from it and the file. */
static int look(struct pass *pass, const struct pass_request *request, struct error *err)
{
	int status = pass_find_interface(pass, request, err);

	if (status < 0)
		return status;
	status = pass_devices(pass, request, err);
	if (status == 0)
		status = pass_find_near(pass, request->config, err);
	pass_find_local(pass, request->config);
	mark(pass, PASS_STAGE_LINKS);
	if (status == 0)
		status = build_desired(pass, request, err);
	mark(pass, PASS_STAGE_DESIRED);
	if (status == 0)
		status = read_routes(pass, request, err);
	return status < 0 ? status : pass_read_peers(pass, err);
}

/* A replace hits whatever stands on the key, so who stands there is looked up before. */
static bool replaces_anything(const struct plan *plan)
{
	for (uint32_t i = 0; i < plan_change_count(plan); i++) {
		if (plan_change_at(plan, i)->action == CHANGE_REPLACE)
			return true;
	}
	return false;
}

static int plan(struct pass *pass, const struct pass_request *request, struct error *err)
{
	int status = plan_build(&pass->plan, &pass->desired, &pass->have, &pass->foreign);

	if (status == 0 && !request->look_around && replaces_anything(&pass->plan)) {
		status = pass_look_around(pass, request->config, err);
		if (status < 0)
			return status;
		status = plan_build(&pass->plan, &pass->desired, &pass->have, &pass->foreign);
	}
	return status < 0 ? error_set(err, ENOMEM, "no memory for the plan") : 0;
}

/* A mass of deletions is held, until it has been held for long enough. */
static void hold(struct pass *pass, const struct pass_request *request,
		 const struct guard_scene *scene)
{
	struct patience *patience = request->patience;

	pass->guard = guard_apply(&pass->plan, scene, request->allow_delete);
	if (patience == NULL)
		return;
	pass->guard = patience_hold(patience, &pass->plan, scene, pass->guard);
	if (patience_is_out(patience, &pass->plan, scene, request->now))
		pass->guard = guard_release(&pass->plan, pass->guard);
}

/* Deletions that are too young wait, a mass of them is held. */
static int guard(struct pass *pass, const struct pass_request *request)
{
	struct guard_scene scene = {
		.config = request->config, .desired = &pass->desired, .have = &pass->have};
	struct patience *patience = request->patience;
	int status = 0;

	if (request->backoff != NULL)
		backoff_weigh(request->backoff, &pass->plan, &pass->desired, &pass->have,
			      request->now);
	pass_spare(pass, request->config);
	if (patience != NULL)
		status = patience_delay(patience, &pass->plan, &scene, request->now);
	if (status < 0)
		return status;
	hold(pass, request, &scene);
	/* What cannot be seen for want of an interface is not over. */
	if (patience == NULL || pass_lacks_interface(pass))
		return 0;
	return patience_remember(patience, &pass->plan, &scene, pass->guard);
}

/* What comes when the rows are written. */
static void follow_up(struct pass *pass, const struct pass_request *request)
{
	if (request->backoff != NULL)
		backoff_note(request->backoff, &pass->plan, &pass->desired, &pass->have,
			     request->now);
	pass_drop_devices(pass, request);
	pass_masquerade(pass, request);
}

int pass_run(struct pass *pass, const struct pass_request *request, struct error *err)
{
	int status;

	pass_begin(pass);
	pass->marked_us = host_now_us();
	status = look(pass, request, err);
	mark(pass, PASS_STAGE_HAVE);
	if (status < 0)
		return status;
	status = plan(pass, request, err);
	if (status < 0)
		return status;
	status = guard(pass, request);
	if (status < 0)
		return error_set(err, ENOMEM, "no memory for the plan");
	mark(pass, PASS_STAGE_PLAN);
	status = pass_apply(pass, request->config, request->dry_run, err);
	if (status == 0)
		follow_up(pass, request);
	mark(pass, PASS_STAGE_APPLY);
	return status;
}
