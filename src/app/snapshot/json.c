/* json.c - the sections of a snapshot, each a list of rows. */
/* SPDX-License-Identifier: MIT */
#include "app/snapshot/json.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "croute/core/report/json_field.h"

#define FIELD(kind, row, key, member) JSON_FIELD(kind, key, struct row, member, )
#define FIELDS(array)                                                                              \
	{                                                                                          \
		.list = (array), .count = sizeof(array) / sizeof((array)[0]), .sparse = true       \
	}

static const struct json_field link_list[] = {
	FIELD(NUMBER, link, "index", index),
	FIELD(TEXT, link, "name", name),
	FIELD(TEXT, link, "kind", kind),
	FIELD(NUMBER, link, "flags", flags),
	FIELD(NUMBER, link, "mtu", mtu),
	FIELD(MAC, link, "mac", mac),
	FIELD(NUMBER, link, "group", group),
	FIELD(NUMBER, link, "master", master),
	FIELD(NUMBER, link, "vrfTable", vrf_table),
	FIELD(NUMBER, link, "txqlen", txqlen),
	FIELD(TEXT, link, "alias", alias),
	FIELD(NUMBER, link, "addrgenmode", addrgenmode),
	FIELD(NUMBER, link, "unknown", unknown),
	FIELD(NUMBER, link, "vni", vxlan.vni),
	FIELD(NUMBER, link, "underlay", vxlan.underlay),
	FIELD(NUMBER, link, "port", vxlan.port),
	FIELD(IP, link, "local", vxlan.local),
	FIELD(NUMBER, link, "learning", vxlan.learning),
	FIELD(NUMBER, link, "ttl", vxlan.ttl),
	FIELD(NUMBER, link, "tos", vxlan.tos),
	FIELD(NUMBER, link, "udpChecksum", vxlan.udp_csum),
	FIELD(NUMBER, link, "odd", vxlan.odd),
};
static const struct json_fields link_fields = FIELDS(link_list);

static const struct json_field address_list[] = {
	FIELD(IP, link_address, "address", ip),	     FIELD(NUMBER, link_address, "length", len),
	FIELD(NUMBER, link_address, "scope", scope), FIELD(NUMBER, link_address, "flags", flags),
	FIELD(NUMBER, link_address, "link", link),
};
static const struct json_fields address_fields = FIELDS(address_list);

static const struct json_field altname_list[] = {
	FIELD(NUMBER, link_altname, "link", link),
	FIELD(TEXT, link_altname, "name", name),
};
static const struct json_fields altname_fields = FIELDS(altname_list);

static const struct json_field neigh_list[] = {
	FIELD(NUMBER, neigh, "link", link),
	FIELD(IP, neigh, "address", ip),
	FIELD(MAC, neigh, "mac", mac),
	FIELD(NUMBER, neigh, "state", state),
};
static const struct json_fields neigh_fields = FIELDS(neigh_list);

static const struct json_field fdb_list[] = {
	FIELD(NUMBER, fdb, "link", link),   FIELD(MAC, fdb, "mac", mac),
	FIELD(IP, fdb, "destination", dst), FIELD(NUMBER, fdb, "odd", odd),
	FIELD(NUMBER, fdb, "state", state),
};
static const struct json_fields fdb_fields = FIELDS(fdb_list);

/* A route with its addresses told apart, since a row keeps the family only once. */
struct route_view {
	struct route route;
	struct ip dst, gateway, src;
};

static const struct json_field route_list[] = {
	FIELD(NUMBER, route_view, "table", route.table),
	FIELD(IP, route_view, "to", dst),
	FIELD(NUMBER, route_view, "length", route.dst_len),
	FIELD(NUMBER, route_view, "tos", route.tos),
	FIELD(NUMBER, route_view, "metric", route.metric),
	FIELD(NUMBER, route_view, "link", route.oif),
	FIELD(IP, route_view, "via", gateway),
	FIELD(IP, route_view, "from", src),
	FIELD(NUMBER, route_view, "mtu", route.mtu),
	FIELD(NUMBER, route_view, "type", route.type),
	FIELD(NUMBER, route_view, "scope", route.scope),
	FIELD(NUMBER, route_view, "protocol", route.protocol),
	FIELD(NUMBER, route_view, "flags", route.flags),
	FIELD(NUMBER, route_view, "nextHops", route.hops),
};
static const struct json_fields route_fields = FIELDS(route_list);

static void put_row(struct json *json, const struct json_fields *fields, const void *row)
{
	json->space = "\n  ";
	json_open(json, NULL, '{');
	json_field_put(json, fields, row);
	json_close(json, '}');
}

static void open_section(struct json *json, const char *name)
{
	json->space = "\n ";
	json_open(json, name, '[');
}

static void put_rows(struct json *json, const char *name, const struct rows *rows,
		     const struct json_fields *fields)
{
	open_section(json, name);
	for (uint32_t i = 0; i < rows->count && json->status == 0; i++)
		put_row(json, fields, rows_at(rows, i));
	json_close(json, ']');
}

static struct route_view view_of(const struct route *route)
{
	struct route_view view = {.route = *route,
				  .dst = route_prefix(route).ip,
				  .gateway = route_gateway(route),
				  .src = route_src(route)};

	return view;
}

static void put_routes(struct json *json, const struct rows *routes)
{
	open_section(json, "routes");
	for (uint32_t i = 0; i < routes->count && json->status == 0; i++) {
		struct route_view view = view_of(rows_at(routes, i));

		put_row(json, &route_fields, &view);
	}
	json_close(json, ']');
}

int snapshot_json_write(const struct snapshot *snapshot, json_write_fn *write, void *context)
{
	struct json json = {.write = write, .context = context};

	json_open(&json, NULL, '{');
	json_put_number(&json, "version", 1);
	put_rows(&json, "links", &snapshot->links.links, &link_fields);
	put_rows(&json, "addresses", &snapshot->links.addresses, &address_fields);
	put_rows(&json, "altnames", &snapshot->links.altnames, &altname_fields);
	put_routes(&json, &snapshot->state.rows[CHANGE_ROUTE]);
	put_rows(&json, "neighbours", &snapshot->state.rows[CHANGE_NEIGH], &neigh_fields);
	put_rows(&json, "fdb", &snapshot->state.rows[CHANGE_FDB], &fdb_fields);
	json_close(&json, '}');
	return json_end(&json);
}

struct section {
	const char *name;
	const struct json_fields *fields;
	struct rows *rows;
};

/* A length beyond the address would read past the row. */
static int check_length(const struct ip *ip, uint8_t len, struct error *err)
{
	if (!ip_is_set(ip))
		return error_set(err, EINVAL, "it has no address");
	if (len > ip_bits(ip->family))
		return error_set(err, EINVAL, "\"length\" is out of range");
	return 0;
}

static bool fits(const struct ip *ip, const struct route_view *view)
{
	return !ip_is_set(ip) || ip->family == view->dst.family;
}

static int add_route(struct rows *rows, const struct route_view *view, struct error *err)
{
	struct route route = view->route;
	struct prefix to = prefix_of(&view->dst, view->route.dst_len);

	if ((view->dst.family != AF_INET && !fits(&view->gateway, view)) || !fits(&view->src, view))
		return error_set(err, EINVAL, "\"%s\" is of another family than \"to\"",
				 fits(&view->src, view) ? "via" : "from");
	route_set_dst(&route, &to);
	if (ip_is_set(&view->gateway))
		route_set_gateway(&route, &view->gateway);
	if (ip_is_set(&view->src))
		route_set_src(&route, &view->src);
	return rows_add(rows, &route) < 0 ? error_set(err, ENOMEM, "too many routes") : 0;
}

static int check_row(const struct section *section, const void *row, struct error *err)
{
	const struct route_view *view = row;
	const struct link_address *address = row;

	if (section->fields == &route_fields)
		return check_length(&view->dst, view->route.dst_len, err);
	return section->fields == &address_fields ? check_length(&address->ip, address->len, err)
						  : 0;
}

static int add_row(const struct section *section, const void *row, struct error *err)
{
	int status = check_row(section, row, err);

	if (status < 0)
		return status;
	if (section->fields == &route_fields)
		return add_route(section->rows, row, err);
	return rows_add(section->rows, row) < 0
		       ? error_set(err, ENOMEM, "too many %s", section->name)
		       : 0;
}

static int read_section(const struct section *section, const json_t *root, struct error *err)
{
	const json_t *list = json_object_get(root, section->name);
	/* Room for any row; only the field table knows what is in it. */
	union {
		struct link link;	 /* cppcheck-suppress unusedStructMember */
		struct route_view route; /* cppcheck-suppress unusedStructMember */
	} row;
	struct error why = {0};
	const json_t *item;
	size_t i;

	if (list != NULL && !json_is_array(list))
		return error_set(err, EINVAL, "\"%s\" is not a list", section->name);
	json_array_foreach((json_t *)(uintptr_t)list, i, item)
	{
		memset(&row, 0, sizeof(row));
		if (!json_is_object(item))
			return error_set(err, EINVAL, "%s: entry %zu is not an object",
					 section->name, i + 1);
		if (json_field_take(item, section->fields, &row, &why) < 0 ||
		    add_row(section, &row, &why) < 0)
			return error_set(err, why.code, "%s: entry %zu: %.200s", section->name,
					 i + 1, why.text);
	}
	return 0;
}

static int read_root(const json_t *root, struct snapshot *out, struct error *err)
{
	const struct section sections[] = {
		{"links", &link_fields, &out->links.links},
		{"addresses", &address_fields, &out->links.addresses},
		{"altnames", &altname_fields, &out->links.altnames},
		{"routes", &route_fields, &out->state.rows[CHANGE_ROUTE]},
		{"neighbours", &neigh_fields, &out->state.rows[CHANGE_NEIGH]},
		{"fdb", &fdb_fields, &out->state.rows[CHANGE_FDB]},
	};
	int status = 0;

	if (json_integer_value(json_object_get(root, "version")) != 1)
		return error_set(err, EINVAL, "it is not a snapshot of version 1");
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]) && status == 0; i++)
		status = read_section(&sections[i], root, err);
	return status;
}

int snapshot_json_read(const char *bytes, size_t len, struct snapshot *out, struct error *err)
{
	json_error_t where;
	json_t *root = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &where);
	int status;

	if (root == NULL)
		return error_set(err, EINVAL, "line %d, column %d: %s", where.line, where.column,
				 where.text);
	status = read_root(root, out, err);
	json_decref(root);
	if (status == 0)
		snapshot_sort(out);
	return status;
}
