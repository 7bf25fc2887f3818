/* before.c - records the state before a pass. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <linux/neighbour.h>
#include <string.h>

#include "app/confirm/steps.h"
#include "croute/app/pass/pass.h"
#include "croute/edge/host/host.h"
#include "croute/model/device.h"
#include "croute/model/masquerade.h"

struct look {
	const struct pass *pass;
	const struct config *config;
	struct undo *undo;
};

static int keep_route(void *context, const struct route *route)
{
	return rows_add(&((struct state *)context)->rows[CHANGE_ROUTE], route);
}

/* Permanent ones alone are anybody's doing. */
static int keep_neigh(void *context, const struct neigh *neigh)
{
	if ((neigh->state & NUD_PERMANENT) == 0)
		return 0;
	return rows_add(&((struct state *)context)->rows[CHANGE_NEIGH], neigh);
}

static int keep_fdb(void *context, const struct fdb *fdb)
{
	if (fdb->state != NUD_PERMANENT)
		return 0;
	return rows_add(&((struct state *)context)->rows[CHANGE_FDB], fdb);
}

static bool may_be_touched(const struct config *config, const struct link *link)
{
	return strcmp(link->kind, "vxlan") == 0 &&
	       (device_is_ours(link) || strcmp(link->name, config->vxlan.device) == 0 ||
		strcmp(link->name, config->vxlan.device_v6) == 0);
}

static void note_settings(struct undo *undo, const struct link *link)
{
	char path[CONFIRM_SETTING_MAX];

	if (undo->setting_count == UNDO_SETTINGS_MOST)
		return;
	undo->settings[undo->setting_count++] = (struct undo_settings){
		.link = link->index,
		.accept_ra =
			host_sysctl_number(confirm_setting(path, "ipv6", link->name, "accept_ra")),
		.rp_filter =
			host_sysctl_number(confirm_setting(path, "ipv4", link->name, "rp_filter")),
	};
}

static int begin(void *context, struct error *err)
{
	const struct look *look = context;
	const struct source *source = &look->pass->source;
	struct snapshot *before = &look->undo->before;
	int status = source_read_links(source, &before->links, err);

	look->undo->setting_count = 0;
	state_reset(&before->state);
	for (uint32_t i = 0; i < before->links.links.count && status == 0; i++) {
		const struct link *link = links_at(&before->links, i);

		if (!may_be_touched(look->config, link))
			continue;
		note_settings(look->undo, link);
		status = source_read_fdb(source, link->index, keep_fdb, &before->state, err);
		if (status == 0)
			status = source_read_neighs(source, link->index, keep_neigh, &before->state,
						    err);
	}
	return status;
}

/* Croute's own, in every table. */
static int read_family(void *context, uint8_t family, struct error *err)
{
	const struct look *look = context;
	struct kernel_route_filter filter = {.family = family,
					     .protocol = (uint8_t)look->undo->protocol};

	return source_read_routes(&look->pass->source, filter, keep_route,
				  &look->undo->before.state, err);
}

/* Of others' routes, those that the plan names. */
int confirm_look(struct pass *pass, const struct config *config, struct undo *out,
		 struct error *err)
{
	struct look look = {.pass = pass, .config = config, .undo = out};
	const struct rows *planned = &pass->picture.have.rows[CHANGE_ROUTE];
	int status = source_read_settled(begin, read_family, &look, err);

	for (uint32_t i = 0; i < planned->count && status == 0; i++) {
		const struct route *route = rows_at(planned, i);

		if (route->protocol != out->protocol)
			status = keep_route(&out->before.state, route);
	}
	snapshot_sort(&out->before);
	return status;
}

int confirm_look_at_table(struct pass *pass, struct nft_record *out, struct error *err)
{
	struct error failed = {0};
	int status = nft_open(&pass->nft, &failed);

	if (status == 0)
		status = nft_record_take(out, &pass->nft, &failed);
	if (status == 0 || confirm_is_out_of_reach(status))
		return 0;
	return error_set(err, -status,
			 "the nftables table inet " MASQUERADE_TABLE
			 " cannot be recorded: %s; nothing was changed",
			 failed.text);
}
