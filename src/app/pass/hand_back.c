/* hand_back.c - flannel's own shape beside croute's routes, before these are removed. */
#include "croute/app/pass/hand_back.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "croute/app/pass/steps.h"
#include "croute/core/flannel/hand_back.h"
#include "croute/edge/kernel/device.h"
#include "croute/model/device.h"

/* flannel makes a device of its own name, which the kernel refuses beside one of the same VNI. */
static int check_devices(const struct links *links, struct error *err)
{
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

/* What a look at the main table is gathered with. */
struct gathering {
	struct pass *pass;
	const struct config *config;
};

/* A route that is just what flannel's would be is as good as one that is made. */
static int gather(void *context, const struct route *route)
{
	const struct gathering *gathering = context;
	struct pass *pass = gathering->pass;
	const struct rows *want = &pass->desired.want.rows[CHANGE_ROUTE];
	uint32_t found = rows_find(want, route);

	progress_add(pass->progress, 1);
	if (found != ROWS_NOT_FOUND && memcmp(rows_at(want, found), route, sizeof(*route)) == 0)
		return rows_add(&pass->have.rows[CHANGE_ROUTE], route);
	foreign_weigh(&pass->foreign, gathering->config, &pass->desired, route);
	return 0;
}

static int read_family(struct gathering *gathering, uint8_t family, struct error *err)
{
	struct kernel_route_filter filter = {.family = family, .table = RT_TABLE_MAIN};

	return source_read_routes(&gathering->pass->source, filter, gather, gathering, err);
}

/* croute's own routes first, and from them what flannel's would be; then who else is there. */
static int read_once(struct pass *pass, const struct config *config,
		     const struct hand_back *hand_back, struct error *err)
{
	struct gathering gathering = {.pass = pass, .config = config};
	int status = pass_read_have(pass, NULL, config->kernel.protocol, err);

	if (status == 0)
		status = hand_back_want(hand_back, &pass->have, &pass->desired);
	if (status == 0)
		status = foreign_begin(&pass->foreign, desired_route_count(&pass->desired));
	if (status == 0)
		status = read_family(&gathering, AF_INET, err);
	if (status == 0)
		status = read_family(&gathering, AF_INET6, err);
	rows_settle(&pass->have.rows[CHANGE_ROUTE]);
	return status;
}

static int make_plan(struct pass *pass, const struct config *config,
		     const struct hand_back *hand_back, struct error *err)
{
	int status = -EINTR;

	for (int i = 0; i < PASS_TRIES && status == -EINTR; i++)
		status = read_once(pass, config, hand_back, err);
	if (status == 0)
		status = plan_build(&pass->plan, &pass->desired, &pass->have, &pass->foreign);
	if (status == -ENOSPC || status == -ENOMEM)
		return error_set(err, ENOMEM, "no memory for the routes of this host");
	if (status == 0)
		hand_back_spare(&pass->plan, hand_back, &pass->desired, &pass->have, false);
	return status;
}

/* Ours go when it is known which of flannel's stand. */
static int apply_plan(struct pass *pass, const struct config *config,
		      const struct hand_back *hand_back, bool dry_run, struct error *err)
{
	int status;

	if (dry_run)
		return pass_apply(pass, config, true, err);
	hand_back_spare(&pass->plan, hand_back, &pass->desired, &pass->have, true);
	status = pass_apply(pass, config, false, err);
	hand_back_spare(&pass->plan, hand_back, &pass->desired, &pass->have, false);
	return status < 0 ? status : pass_apply(pass, config, false, err);
}

/* Whether a route of croute's stays, and with it the device. */
static bool stays(const struct pass *pass)
{
	for (uint32_t i = 0; i < plan_change_count(&pass->plan); i++) {
		const struct change *change = plan_change_at(&pass->plan, i);

		if (change->action == CHANGE_DELETE &&
		    (change->result == CHANGE_BLOCKED || change->result == CHANGE_FAILED))
			return true;
	}
	return pass->denied;
}

static void hand_over(struct pass *pass, const struct link *link, bool dry_run)
{
	struct device_change *told = pass_next_step(pass);
	struct error err = {0};

	if (told == NULL)
		return;
	told->sign = '~';
	told->kind = "link";
	told->no_file = true;
	(void)snprintf(told->text, sizeof(told->text), "%s handed back: no alias", link->name);
	if (stays(pass)) {
		told->result = CHANGE_HELD;
		return;
	}
	if (dry_run)
		return;
	if (kernel_device_disown(&pass->netlink, link->index, &err) == 0) {
		told->result = CHANGE_APPLIED;
		return;
	}
	told->result = CHANGE_FAILED;
	(void)snprintf(told->error, sizeof(told->error), "%s", err.text);
}

int pass_hand_back(struct pass *pass, const struct config *config, bool dry_run, struct error *err)
{
	struct hand_back hand_back = {.kernel = &config->kernel, .links = &pass->links};
	int status;

	pass_begin(pass);
	status = pass_read_links(pass, err);
	if (status == 0)
		status = check_devices(&pass->links, err);
	if (status == 0)
		status = make_plan(pass, config, &hand_back, err);
	if (status == 0)
		status = apply_plan(pass, config, &hand_back, dry_run, err);
	for (uint32_t i = 0; status == 0 && i < pass->links.links.count; i++) {
		const struct link *link = links_at(&pass->links, i);

		if (device_is_ours(link))
			hand_over(pass, link, dry_run);
	}
	return status;
}
