/* routes.c - routes in the kernel: our own, and others' that stand in the way. */
#include <errno.h>
#include <linux/rtnetlink.h>

#include "croute/app/pass/steps.h"
#include "croute/core/plan/owner.h"

/* What a dump of our own routes is gathered with. */
struct gathering {
	struct pass *pass;
	const struct config *config;
	uint32_t protocol;
	struct adopt_view adopt;
};

static struct gathering gathering_of(struct pass *pass, const struct config *config,
				     uint32_t protocol)
{
	return (struct gathering){.pass = pass,
				  .config = config,
				  .protocol = protocol,
				  .adopt = pass_adopt(pass, config)};
}

static bool may_change(const struct gathering *gathering, const struct route *route)
{
	return owner_may_change(route, gathering->protocol,
				gathering->config != NULL ? &gathering->adopt : NULL);
}

/* While a family has no interface nobody can say which of its pod routes are right: they stay as
 * they are. */
static int gather_own(void *context, const struct route *route)
{
	const struct gathering *gathering = context;
	struct pass *pass = gathering->pass;
	const struct pass_family *family = route->family == AF_INET ? &pass->ipv4 : &pass->ipv6;

	progress_add(pass->progress, 1);
	if (!may_change(gathering, route))
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

	progress_add(gathering->pass->progress, 1);
	if (may_change(gathering, route))
		return 0;
	foreign_weigh(&gathering->pass->foreign, gathering->config, &gathering->pass->desired,
		      route);
	return 0;
}

static int read_both_families(struct gathering *gathering, struct kernel_route_filter filter,
			      kernel_route_fn *each, struct error *err)
{
	const struct source *source = &gathering->pass->source;
	int status;

	filter.family = AF_INET;
	status = source_read_routes(source, filter, each, gathering, err);
	filter.family = AF_INET6;
	return status < 0 ? status : source_read_routes(source, filter, each, gathering, err);
}

/* Of all routes, the kernel is asked for those alone among which flannel's are. */
static int read_adopted(struct gathering *gathering, struct error *err)
{
	struct kernel_route_filter filter = {.protocol = RTPROT_BOOT, .table = RT_TABLE_MAIN};

	if (gathering->config == NULL || gathering->config->adopt != ADOPT_FLANNEL)
		return 0;
	return read_both_families(gathering, filter, gather_own, err);
}

int pass_read_have(struct pass *pass, const struct config *config, uint32_t protocol,
		   struct error *err)
{
	struct gathering gathering = gathering_of(pass, config, protocol);
	struct kernel_route_filter filter = {.protocol = (uint8_t)protocol};
	int status = -EINTR;

	progress_begin(pass->progress, "reading routes:", 0);
	for (int i = 0; i < PASS_TRIES && status == -EINTR; i++) {
		rows_reset(&pass->have.rows[CHANGE_ROUTE]);
		status = read_both_families(&gathering, filter, gather_own, err);
		if (status == 0)
			status = read_adopted(&gathering, err);
	}
	progress_end(pass->progress);
	rows_settle(&pass->have.rows[CHANGE_ROUTE]);
	return status;
}

int pass_look_around(struct pass *pass, const struct config *config, struct error *err)
{
	struct gathering gathering = gathering_of(pass, config, config->kernel.protocol);
	struct kernel_route_filter filter = {.except = (uint8_t)config->kernel.protocol};
	int status = -EINTR;

	if (config_route_count(config) == 0)
		filter.table = config->kernel.table;
	progress_begin(pass->progress, "looking at all routes:", 0);
	for (int i = 0; i < PASS_TRIES && status == -EINTR; i++) {
		status = foreign_begin(&pass->foreign, desired_route_count(&pass->desired));
		if (status == 0)
			status = read_both_families(&gathering, filter, gather_foreign, err);
	}
	progress_end(pass->progress);
	return status;
}
