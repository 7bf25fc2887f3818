/* json_row.c - the row or peer of a change, field by field. */
#include "core/report/json_row.h"

#include <string.h>

#include "croute/core/report/json_field.h"
#include "croute/core/report/names.h"

#define TYPE_MAX 16

/* As JSON has it; what is zero or empty is left out. */
struct view {
	char destination[PREFIX_TEXT_MAX];
	struct ip via;
	char dev[LINK_NAME_MAX];
	uint32_t metric;
	uint32_t table;
	char type[TYPE_MAX];
	struct ip source;
	uint32_t mtu;
	struct ip address; /* of a peer, a neighbour or a forwarding entry */
	struct mac mac;
	char device[LINK_NAME_MAX];
};

#define FIELD(kind, key) JSON_FIELD(kind, #key, struct view, key, )
static const struct json_field list[] = {
	FIELD(TEXT, destination), FIELD(IP, via),    FIELD(TEXT, dev),	  FIELD(NUMBER, metric),
	FIELD(NUMBER, table),	  FIELD(TEXT, type), FIELD(IP, source),	  FIELD(NUMBER, mtu),
	FIELD(IP, address),	  FIELD(MAC, mac),   FIELD(TEXT, device),
};
#define COUNT (sizeof(list) / sizeof(list[0]))
static const struct json_fields fields = {.list = list, .count = COUNT, .sparse = true};

static void set_device(const struct report *report, uint32_t index, char out[LINK_NAME_MAX])
{
	const struct link *link = index != 0 && report->picture->links.links.count > 0
					  ? links_find_index(&report->picture->links, index)
					  : NULL;

	if (link != NULL)
		memcpy(out, link->name, LINK_NAME_MAX);
}

static struct view view_of_route(const struct report *report, const struct route *route)
{
	struct prefix prefix = route_prefix(route);
	struct view view = {.via = route_gateway(route),
			    .metric = route->metric,
			    .table = route->table,
			    .source = route_src(route),
			    .mtu = route->mtu};
	struct buf type = BUF_OVER(view.type);

	(void)prefix_format(&prefix, view.destination);
	buf_add(&type, "%s", names_type(route->type));
	set_device(report, route->oif, view.dev);
	return view;
}

static struct view view_of_row(const struct report *report, enum change_kind kind, const void *row)
{
	const struct neigh *neigh = row;
	const struct fdb *fdb = row;
	struct view view = {.metric = 0};

	if (kind == CHANGE_ROUTE)
		return view_of_route(report, row);
	view.address = kind == CHANGE_NEIGH ? neigh->ip : fdb->dst;
	view.mac = kind == CHANGE_NEIGH ? neigh->mac : fdb->mac;
	set_device(report, kind == CHANGE_NEIGH ? neigh->link : fdb->link, view.device);
	return view;
}

/* What differs, as it was. */
static void put_was(struct json *json, struct view *was, const struct view *now)
{
	bool differs = false;

	for (size_t i = 0; i < COUNT; i++) {
		char *at = (char *)was + list[i].offset;

		if (memcmp(at, (const char *)now + list[i].offset, list[i].size) == 0)
			memset(at, 0, list[i].size);
		else
			differs = true;
	}
	if (!differs)
		return;
	json_open(json, "was", '{');
	json_field_put(json, &fields, was);
	json_close(json, '}');
}

void report_put_route(struct json *json, const struct report *report, const struct route *route)
{
	struct view view = view_of_route(report, route);

	json_field_put(json, &fields, &view);
}

void report_put_object(struct json *json, const struct report *report, const struct change *change)
{
	struct view now = view_of_row(report, change->kind, report_row_of(report, change));
	struct view shown = now;
	struct report_peer peer;

	if (report_peer_of(report, change, &peer)) {
		shown = (struct view){.address = peer.address, .mac = peer.mac};
		(void)prefix_format(&peer.subnet, shown.destination);
		memcpy(shown.device, now.dev[0] != '\0' ? now.dev : now.device, LINK_NAME_MAX);
	}
	json_field_put(json, &fields, &shown);
	if (change->action == CHANGE_REPLACE) {
		struct view was = view_of_row(report, change->kind,
					      picture_was(report->picture, change));

		put_was(json, &was, &now);
	}
}
