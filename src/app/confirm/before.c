/* before.c - writing down what is there before a pass. */
#include <errno.h>
#include <linux/neighbour.h>
#include <string.h>

#include "app/confirm/steps.h"
#include "croute/app/pass/pass.h"
#include "croute/model/device.h"

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

/* Both families, with `filter` for the rest. */
static int dump_routes(const struct pass *pass, struct kernel_route_filter filter,
		       kernel_route_fn *each, void *context, struct error *err)
{
	int status;

	filter.family = AF_INET;
	status = source_read_routes(&pass->source, filter, each, context, err);
	filter.family = AF_INET6;
	return status < 0 ? status : source_read_routes(&pass->source, filter, each, context, err);
}

/* Croute's own, in every table, and those of others that the plan names. */
static int keep_routes(const struct pass *pass, struct undo *undo, struct error *err)
{
	struct kernel_route_filter filter = {.protocol = (uint8_t)undo->protocol};
	struct rows *out = &undo->before.state.rows[CHANGE_ROUTE];
	const struct rows *planned = &pass->picture.have.rows[CHANGE_ROUTE];
	int status = -EINTR;

	for (int i = 0; i < SOURCE_TRIES && status == -EINTR; i++) {
		rows_reset(out);
		status = dump_routes(pass, filter, keep_route, &undo->before.state, err);
	}
	for (uint32_t i = 0; i < planned->count && status == 0; i++) {
		const struct route *route = rows_at(planned, i);

		if (route->protocol != undo->protocol)
			status = rows_add(out, route);
	}
	return status;
}

static bool may_be_touched(const struct config *config, const struct link *link)
{
	return strcmp(link->kind, "vxlan") == 0 &&
	       (device_is_ours(link) || strcmp(link->name, config->vxlan.device) == 0 ||
		strcmp(link->name, config->vxlan.device_v6) == 0);
}

static int keep_entries(const struct pass *pass, uint32_t link, struct state *out,
			struct error *err)
{
	int status = source_read_fdb(&pass->source, link, keep_fdb, out, err);

	return status < 0 ? status : source_read_neighs(&pass->source, link, keep_neigh, out, err);
}

static int keep_devices(const struct pass *pass, const struct config *config, struct undo *undo,
			struct error *err)
{
	const struct links *links = &undo->before.links;
	struct state *state = &undo->before.state;
	int status = 0;

	undo->setting_count = 0;
	rows_reset(&state->rows[CHANGE_FDB]);
	rows_reset(&state->rows[CHANGE_NEIGH]);
	for (uint32_t i = 0; i < links->links.count && status == 0; i++) {
		const struct link *link = links_at(links, i);

		if (!may_be_touched(config, link))
			continue;
		confirm_note_settings(undo, link);
		status = keep_entries(pass, link->index, state, err);
	}
	return status;
}

int confirm_look(struct pass *pass, const struct config *config, struct undo *out,
		 struct error *err)
{
	int status = -EINTR;

	for (int i = 0; i < SOURCE_TRIES && status == -EINTR; i++) {
		status = source_read_links(&pass->source, &out->before.links, err);
		if (status == 0)
			status = keep_devices(pass, config, out, err);
	}
	if (status == 0)
		status = keep_routes(pass, out, err);
	snapshot_sort(&out->before);
	return status;
}
