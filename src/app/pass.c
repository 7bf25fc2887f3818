/* pass.c - snapshot, select, desire, plan, guard, write: the one way through. */
#include "croute/app/pass.h"

#include <errno.h>
#include <stdlib.h>

#include "croute/app/pass_steps.h"
#include "croute/core/owner.h"
#include "croute/edge/kernel_read.h"

#define TRIES 5 /* at a dump that the kernel says changed under it */

struct pass *pass_open(struct error *err)
{
	struct pass *pass = calloc(1, sizeof(*pass));

	if (pass == NULL) {
		error_set(err, ENOMEM, "no memory");
		return NULL;
	}
	links_init(&pass->links);
	desired_init(&pass->desired);
	state_init(&pass->have, 0);
	pass->near.limit = CONFIG_NODES_MOST;
	foreign_init(&pass->foreign);
	plan_init(&pass->plan);
	if (netlink_open(&pass->netlink, err) < 0) {
		pass_close(pass);
		return NULL;
	}
	return pass;
}

void pass_close(struct pass *pass)
{
	if (pass == NULL)
		return;
	netlink_close(&pass->netlink);
	plan_release(&pass->plan);
	foreign_release(&pass->foreign);
	state_release(&pass->have);
	arena_release(&pass->near);
	desired_release(&pass->desired);
	links_release(&pass->links);
	free(pass);
}

const char *pass_node_name(const struct pass *pass, const struct pass_request *request)
{
	if (pass->node.index == CONFIG_NOT_FOUND)
		return request->names->count > 0 ? request->names->name[0] : "";
	return config_string_at(request->config,
				config_node_at(request->config, pass->node.index)->name);
}

bool pass_is_unsettled(const struct pass_family *family)
{
	return family->stuck || (family->wanted && family->link.index == 0);
}

bool pass_lacks_interface(const struct pass *pass)
{
	return pass_is_unsettled(&pass->ipv4) || pass_is_unsettled(&pass->ipv6);
}

void pass_forget(struct pass *pass)
{
	plan_reset(&pass->plan);
	desired_reset(&pass->desired);
	state_reset(&pass->have);
	arena_reset(&pass->near);
	links_reset(&pass->links);
	(void)foreign_begin(&pass->foreign, 0);
}

void pass_begin(struct pass *pass)
{
	plan_reset(&pass->plan);
	desired_reset(&pass->desired);
	state_reset(&pass->have);
	pass->step_count = 0;
	pass->ipv4 = (struct pass_family){0};
	pass->ipv6 = (struct pass_family){0};
	pass->node = (struct node_found){.index = CONFIG_NOT_FOUND};
	pass->guard = (struct guard_verdict){0};
	pass->made_device = false;
	pass->strict_rp = false;
	pass->fought = CHANGE_NO_ROW;
	pass->denied = false;
	pass->raced = false;
	pass->taken = false;
}

int pass_read_links(struct pass *pass, struct error *err)
{
	int status = -EINTR;

	for (int i = 0; i < TRIES && status == -EINTR; i++)
		status = kernel_read_links(&pass->netlink, &pass->links, err);
	return status;
}

/* With only static routes to keep, no entry is needed. */
static int find_node(struct pass *pass, const struct pass_request *request, struct error *err)
{
	int status = node_identify(request->config, request->names, &pass->links, &pass->node, err);

	if (status < 0 && request->config->backend == BACKEND_NONE) {
		pass->node = (struct node_found){.index = CONFIG_NOT_FOUND};
		return 0;
	}
	return status;
}

static void ask_reach(struct pass *pass, const struct config *config)
{
	struct config_list list = config->interface.can_reach;

	pass->reach = (struct select_reach){0};
	for (uint32_t i = 0; i < list.count && i < SELECT_REACH_MOST; i++) {
		const struct config_prefix *target = config_prefix_at(config, list, i);
		struct route route;

		if (kernel_lookup_route(&pass->netlink, &target->prefix.ip, &route, NULL) == 0)
			pass->reach.oif[i] = route.oif;
		pass->reach.count = i + 1;
	}
}

static struct select_question question_of(const struct pass *pass, const struct config *config,
					  uint8_t family)
{
	return (struct select_question){
		.config = config,
		.links = &pass->links,
		.reach = &pass->reach,
		.address = config_node_address(config_node_at(config, pass->node.index), family),
	};
}

void pass_explain_interface(const struct pass *pass, const struct config *config, uint8_t family,
			    struct buf *out)
{
	struct select_question question = question_of(pass, config, family);

	select_explain(&question, out);
}

static struct pass_family select_family(const struct pass *pass, const struct config *config,
					uint8_t family)
{
	struct select_question question = question_of(pass, config, family);
	struct pass_family chosen = {.wanted = ip_is_set(&question.address)};

	if (chosen.wanted)
		(void)select_interface(&question, &chosen.link);
	return chosen;
}

/* Without pod routes there is no interface to choose. */
static void select_links(struct pass *pass, const struct config *config)
{
	if (config->backend == BACKEND_NONE)
		return;
	ask_reach(pass, config);
	pass->ipv4 = select_family(pass, config, AF_INET);
	pass->ipv6 = select_family(pass, config, AF_INET6);
}

/* Without its device a family is left alone, as without an interface. */
static struct desired_way way_of(const struct pass_family *family)
{
	if (family->stuck)
		return (struct desired_way){0};
	return (struct desired_way){.link = family->link, .device = family->device};
}

static int build_desired(struct pass *pass, const struct pass_request *request, struct error *err)
{
	struct desired_input input = {
		.config = request->config,
		.links = &pass->links,
		.node = pass->node.index,
		.node_name = pass_node_name(pass, request),
		.ipv4 = way_of(&pass->ipv4),
		.ipv6 = way_of(&pass->ipv6),
		.near = pass->near.used > 0 ? pass->near.base : NULL,
	};

	if (desired_build(&pass->desired, &input) < 0)
		return error_set(err, ENOMEM, "no memory for the routes of this file");
	return 0;
}

/* What a dump of our own routes is gathered with. */
struct gathering {
	struct pass *pass;
	const struct config *config;
	uint32_t protocol;
};

/* While a family has no interface nobody can say which of its pod routes are right: they stay as
 * they are. */
static int gather_own(void *context, const struct route *route)
{
	const struct gathering *gathering = context;
	struct pass *pass = gathering->pass;
	const struct pass_family *family = route->family == AF_INET ? &pass->ipv4 : &pass->ipv6;

	if (!owner_has_route(route, gathering->protocol))
		return 0;
	if (pass_is_unsettled(family) &&
	    !desired_has_destination(&pass->desired,
				     desired_find_destination(&pass->desired, route), route))
		return 0;
	return rows_add(&pass->have.rows[CHANGE_ROUTE], route);
}

static int gather_foreign(void *context, const struct route *route)
{
	const struct gathering *gathering = context;

	foreign_weigh(&gathering->pass->foreign, gathering->config, &gathering->pass->desired,
		      route);
	return 0;
}

static int read_both_families(struct gathering *gathering, struct kernel_route_filter filter,
			      kernel_route_fn *each, struct error *err)
{
	struct netlink *netlink = &gathering->pass->netlink;
	int status;

	filter.family = AF_INET;
	status = kernel_read_routes(netlink, filter, each, gathering, err);
	filter.family = AF_INET6;
	return status < 0 ? status : kernel_read_routes(netlink, filter, each, gathering, err);
}

int pass_read_have(struct pass *pass, uint32_t protocol, struct error *err)
{
	struct gathering gathering = {.pass = pass, .protocol = protocol};
	struct kernel_route_filter filter = {.protocol = (uint8_t)protocol};
	int status = -EINTR;

	for (int i = 0; i < TRIES && status == -EINTR; i++) {
		rows_reset(&pass->have.rows[CHANGE_ROUTE]);
		status = read_both_families(&gathering, filter, gather_own, err);
	}
	rows_sort(&pass->have.rows[CHANGE_ROUTE]);
	return status;
}

int pass_look_around(struct pass *pass, const struct config *config, struct error *err)
{
	struct gathering gathering = {.pass = pass, .config = config};
	struct kernel_route_filter filter = {0};
	int status = -EINTR;

	if (config_route_count(config) == 0)
		filter.table = config->kernel.table;
	for (int i = 0; i < TRIES && status == -EINTR; i++) {
		status = foreign_begin(&pass->foreign, desired_route_count(&pass->desired));
		if (status == 0)
			status = read_both_families(&gathering, filter, gather_foreign, err);
	}
	return status;
}

/* Everything that is read from the kernel, and what follows from it and the file. */
static int look(struct pass *pass, const struct pass_request *request, struct error *err)
{
	int status = pass_read_links(pass, err);

	if (status == 0)
		status = find_node(pass, request, err);
	if (status < 0)
		return status;
	select_links(pass, request->config);
	status = pass_devices(pass, request, err);
	if (status == 0)
		status = pass_find_near(pass, request->config, err);
	if (status == 0)
		status = build_desired(pass, request, err);
	if (status == 0)
		status = pass_read_have(pass, request->config->kernel.protocol, err);
	if (status == 0)
		status = pass_read_peers(pass, err);
	if (status < 0)
		return status;
	if (request->look_around)
		return pass_look_around(pass, request->config, err);
	return foreign_begin(&pass->foreign, 0);
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

/* Deletions that are too young wait, a mass of them is held, unless it has been held for long
 * enough. */
static int guard(struct pass *pass, const struct pass_request *request)
{
	struct guard_scene scene = {
		.config = request->config, .desired = &pass->desired, .have = &pass->have};
	struct patience *patience = request->patience;
	int status = 0;

	if (request->fight != NULL)
		fight_weigh(request->fight, &pass->plan, &pass->desired, request->now);
	if (patience != NULL)
		status = patience_delay(patience, &pass->plan, &scene, request->now);
	if (status < 0)
		return status;
	pass->guard = guard_apply(&pass->plan, &scene, request->allow_delete);
	if (patience != NULL && patience_is_out(patience, &pass->plan, &scene, request->now))
		pass->guard = guard_release(&pass->plan, pass->guard);
	return 0;
}

int pass_run(struct pass *pass, const struct pass_request *request, struct error *err)
{
	int status;

	pass_begin(pass);
	status = look(pass, request, err);
	if (status < 0)
		return status;
	status = plan(pass, request, err);
	if (status < 0)
		return status;
	status = guard(pass, request);
	if (status < 0)
		return error_set(err, ENOMEM, "no memory for the plan");
	status = request->dry_run ? 0 : pass_write(pass, request->config, err);
	if (status == 0 && request->fight != NULL)
		pass->fought = fight_note(request->fight, &pass->plan, &pass->desired,
					  request->now);
	if (status == 0)
		pass_drop_devices(pass, request);
	return status;
}
