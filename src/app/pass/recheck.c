/* recheck.c - the second look at what is to be deleted, of another kind than the first. */
#include "croute/core/plan/recheck.h"

#include <errno.h>
#include <string.h>

#include "croute/app/pass/steps.h"

#define ALLOW_DEFAULT 3 /* guard.alwaysAllow where no file is asked */

static int take_route(void *context, const struct route *route)
{
	recheck_take(context, CHANGE_ROUTE, route);
	return 0;
}

static int take_neigh(void *context, const struct neigh *neigh)
{
	recheck_take(context, CHANGE_NEIGH, neigh);
	return 0;
}

static int take_fdb(void *context, const struct fdb *fdb)
{
	recheck_take(context, CHANGE_FDB, fdb);
	return 0;
}

/*
 * The first look asked for each family by itself. This one asks for both at once: a kernel without
 * IPv6, which answers for it with IPv4 routes, shows each of them once here.
 */
static int read_routes(const struct pass *pass, struct recheck *recheck, struct error *err)
{
	const struct rows *rows = &pass->have.rows[CHANGE_ROUTE];
	bool asked[UINT8_MAX + 1] = {false};
	int status = 0;

	for (uint32_t i = 0; i < rows->count && status == 0; i++) {
		uint8_t protocol = ((const struct route *)rows_at(rows, i))->protocol;
		struct kernel_route_filter filter = {.family = AF_UNSPEC, .protocol = protocol};

		if (!asked[protocol])
			status = source_read_routes(&pass->source, filter, take_route, recheck,
						    err);
		asked[protocol] = true;
	}
	return status;
}

/* Of entries, too, the first look asked for each device and family by itself. */
static int read_kinds(const struct pass *pass, unsigned kinds, struct recheck *recheck,
		      struct error *err)
{
	const struct source *source = &pass->source;
	int status = 0;

	if ((kinds & 1U << CHANGE_ROUTE) != 0)
		status = read_routes(pass, recheck, err);
	if (status == 0 && (kinds & 1U << CHANGE_NEIGH) != 0)
		status = source_read_neighs(source, KERNEL_ANY_LINK, take_neigh, recheck, err);
	if (status == 0 && (kinds & 1U << CHANGE_FDB) != 0)
		status = source_read_fdb(source, KERNEL_ANY_LINK, take_fdb, recheck, err);
	return status;
}

static void look_again(struct pass *pass, unsigned kinds)
{
	struct recheck recheck = {.have = NULL};
	struct error err = {0};
	int status = -EINTR;

	for (int i = 0; i < PASS_TRIES && status == -EINTR; i++) {
		status = recheck_begin(&recheck, &pass->have);
		if (status == 0)
			status = read_kinds(pass, kinds, &recheck, &err);
	}
	if (status == 0)
		recheck_settle(&recheck, kinds, &pass->plan);
	else
		recheck_refuse(&pass->plan, err.code != 0 ? err.text : strerror(-status));
	recheck_release(&recheck);
}

static void recheck(struct pass *pass, const struct config *config)
{
	uint32_t allow = config != NULL ? config->guard.always_allow : ALLOW_DEFAULT;
	unsigned kinds = recheck_kinds(&pass->plan, &pass->have, allow);

	if (kinds == 0 || pass->source.snapshot != NULL)
		return;
	progress_stage(pass->progress, "looking again at what is to be deleted");
	look_again(pass, kinds);
	progress_end(pass->progress);
}

int pass_apply(struct pass *pass, const struct config *config, bool dry_run, struct error *err)
{
	recheck(pass, config);
	return dry_run ? 0 : pass_write(pass, config, err);
}
