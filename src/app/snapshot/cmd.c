/* cmd.c - `croute snapshot`: writes what a plan depends on to a file. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "app/snapshot/json.h"
#include "croute/app/cli/command.h"
#include "croute/app/cli/options.h"
#include "croute/app/pass/input.h"
#include "croute/app/pass/pass.h"
#include "croute/app/print/print.h"
#include "croute/core/config/config.h"

#define TRIES 5

static int write_out(void *context, const char *text, size_t len)
{
	return fwrite(text, 1, len, context) == len ? 0 : -EIO;
}

/* The table `local` holds nothing that croute looks at, and much of it. */
static int gather_route(void *context, const struct route *route)
{
	struct snapshot *snapshot = context;

	if (route->table == RT_TABLE_LOCAL)
		return 0;
	return rows_add(&snapshot->state.rows[CHANGE_ROUTE], route);
}

static int gather_neigh(void *context, const struct neigh *neigh)
{
	struct snapshot *snapshot = context;

	return rows_add(&snapshot->state.rows[CHANGE_NEIGH], neigh);
}

static int gather_fdb(void *context, const struct fdb *fdb)
{
	struct snapshot *snapshot = context;

	return rows_add(&snapshot->state.rows[CHANGE_FDB], fdb);
}

static int read_devices(const struct source *source, struct snapshot *snapshot, struct error *err)
{
	int status = 0;

	for (uint32_t i = 0; i < snapshot->links.links.count && status == 0; i++) {
		const struct link *link = links_at(&snapshot->links, i);

		if (strcmp(link->kind, "vxlan") != 0)
			continue;
		status = source_read_fdb(source, link->index, gather_fdb, snapshot, err);
		if (status == 0)
			status = source_read_neighs(source, link->index, gather_neigh, snapshot,
						    err);
	}
	return status;
}

static int read_all(const struct source *source, struct snapshot *snapshot, struct error *err)
{
	struct kernel_route_filter filter = {.family = AF_INET, .except = CONFIG_PROTOCOL_DEFAULT};
	int status;

	state_reset(&snapshot->state);
	status = source_read_links(source, &snapshot->links, err);
	if (status == 0)
		status = source_read_all_routes(source, filter, gather_route, snapshot, err);
	filter.family = AF_INET6;
	if (status == 0)
		status = source_read_all_routes(source, filter, gather_route, snapshot, err);
	return status < 0 ? status : read_devices(source, snapshot, err);
}

static int take(const struct source *source, struct snapshot *snapshot, struct error *err)
{
	int status = -EINTR;

	for (int i = 0; i < TRIES && status == -EINTR; i++)
		status = read_all(source, snapshot, err);
	snapshot_sort(snapshot);
	return status;
}

static int run(const struct options *options)
{
	struct error err = {0};
	struct pass *pass = pass_open(&err);
	struct snapshot snapshot;
	int code = EXIT_FAILED;

	snapshot_init(&snapshot);
	if (pass != NULL && take(&pass->source, &snapshot, &err) == 0 &&
	    snapshot_json_write(&snapshot, write_out, stdout) == 0)
		code = EXIT_DONE;
	else
		print_problem(err.text, options);
	snapshot_release(&snapshot);
	pass_close(pass);
	return code;
}

const struct command command_snapshot = {
	.name = "snapshot",
	.prints_json = true,
	.summary = "print the kernel's relevant state, to plan from elsewhere",
	.detail = "For croute reconcile --dry-run --kernel-state. Needs no privilege.",
	.example = "croute snapshot >worker-1.json",
	.run = run,
};
