/* routes.c - routes in the kernel: our own, and other programs' in our way. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <linux/rtnetlink.h>

#include "app/pass/steps.h"
#include "croute/core/plan/foreign.h"
#include "croute/core/plan/owner.h"

/* Whether the interface is missing over which pods of a family are reached, or some of them. */
static bool is_unsettled(const struct picture *picture, int family)
{
	const struct family *other = &picture->family[1 - family];

	return family_is_unsettled(&picture->family[family]) ||
	       (family_is_unsettled(other) &&
		(!picture->family[family].wanted || picture->config->crossed[family]));
}

/* While a family has no interface nobody can say which of its pod routes are right: they stay as
 * they are. */
static int take_own(void *context, const struct route *route)
{
	struct pass *pass = context;
	struct picture *picture = &pass->picture;
	const struct desired *desired = &picture->desired;

	progress_add(pass->progress, 1);
	if (!owner_may_change(picture, route))
		return 0;
	if (is_unsettled(picture, FAMILY_INDEX(route->family)) &&
	    !desired_has_destination(desired, desired_find_destination(desired, route), route))
		return 0;
	return picture_take_route(picture, route);
}

static int take_foreign(void *context, const struct route *route)
{
	struct pass *pass = context;

	progress_add(pass->progress, 1);
	if (!owner_may_change(&pass->picture, route))
		foreign_weigh(&pass->picture, route);
	return 0;
}

static int lack_memory(int status, struct error *err)
{
	return status < 0 ? error_set(err, ENOMEM, "no memory for the routes of this host") : 0;
}

static int begin_own(void *context, struct error *err)
{
	struct pass *pass = context;

	return lack_memory(picture_begin_routes(&pass->picture), err);
}

/* Of others' routes, the kernel is asked for those alone among which flannel's are. */
static int read_own(void *context, uint8_t family, struct error *err)
{
	struct pass *pass = context;
	const struct picture *picture = &pass->picture;
	struct kernel_route_filter filter = {.family = family,
					     .protocol = (uint8_t)picture->protocol};
	struct kernel_route_filter adopted = {
		.family = family, .protocol = RTPROT_BOOT, .table = RT_TABLE_MAIN};
	int status = source_read_routes(&pass->source, filter, take_own, pass, err);

	if (status < 0 || picture->config == NULL || picture->config->adopt != ADOPT_FLANNEL)
		return status;
	return source_read_routes(&pass->source, adopted, take_own, pass, err);
}

static int begin_foreign(void *context, struct error *err)
{
	struct picture *picture = &((struct pass *)context)->picture;

	(void)err;
	return foreign_begin(&picture->foreign, desired_route_count(&picture->desired));
}

static int read_foreign(void *context, uint8_t family, struct error *err)
{
	struct pass *pass = context;
	const struct config *config = pass->picture.config;
	struct kernel_route_filter filter = {.family = family,
					     .except = (uint8_t)config->kernel.protocol};

	if (config_route_count(config) == 0)
		filter.table = config->kernel.table;
	return source_read_routes(&pass->source, filter, take_foreign, pass, err);
}

/* A dump of everything, and where it has come to. */
struct sweep {
	struct pass *pass;
	uint32_t table; /* of the last row */
};

static int take_any(void *context, const struct route *route)
{
	struct sweep *sweep = context;

	sweep->table = route->table;
	return owner_may_change(&sweep->pass->picture, route) ? take_own(sweep->pass, route)
							      : take_foreign(sweep->pass, route);
}

static int begin_all(void *context, struct error *err)
{
	int status = begin_own(context, err);

	return status < 0 ? status : begin_foreign(context, err);
}

/*
 * The kernel dumps tables in the order of their numbers' last byte (net/ipv4/fib_frontend.c,
 * inet_dump_fib; net/ipv6/ip6_fib.c, inet6_dump_fib), the local one last: a dump that ends in it
 * has not come short (netlink.h). Of any other, croute's rows are asked for alone.
 */
static int read_all(void *context, uint8_t family, struct error *err)
{
	struct sweep sweep = {.pass = context};
	struct kernel_route_filter filter = {.family = family};
	int status = source_read_routes(&sweep.pass->source, filter, take_any, &sweep, err);

	return status < 0 || sweep.table == RT_TABLE_LOCAL ? status
							   : read_own(context, family, err);
}

static int read_routes(struct pass *pass, const char *stage, source_begin_fn *begin,
		       source_read_fn *read, struct error *err)
{
	int status;

	progress_begin(pass->progress, stage, 0);
	status = source_read_settled(begin, read, pass, err);
	progress_end(pass->progress);
	return status;
}

int pass_look_around(struct pass *pass, struct error *err)
{
	return read_routes(pass, "looking at all routes:", begin_foreign, read_foreign, err);
}

int pass_read_have(struct pass *pass, struct error *err)
{
	int status = read_routes(pass, "reading routes:", begin_own, read_own, err);

	return status < 0 ? status : lack_memory(picture_settle_routes(&pass->picture), err);
}

int pass_read_all(struct pass *pass, struct error *err)
{
	int status = read_routes(pass, "looking at all routes:", begin_all, read_all, err);

	return status < 0 ? status : lack_memory(picture_settle_routes(&pass->picture), err);
}
