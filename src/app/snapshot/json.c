/* json.c - the sections of a snapshot, each a list of rows. */
#include "app/snapshot/json.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "app/snapshot/field.h"

#define FIELD(type, row, key, member)                                                              \
	{                                                                                          \
		(key), SNAPSHOT_##type, offsetof(struct row, member),                              \
			sizeof(((struct row *)NULL)->member)                                       \
	}
#define END                                                                                        \
	{                                                                                          \
		NULL, SNAPSHOT_U8, 0, 0                                                            \
	}

static const struct snapshot_field link_fields[] = {
	FIELD(U32, link, "index", index),
	FIELD(TEXT, link, "name", name),
	FIELD(TEXT, link, "kind", kind),
	FIELD(U32, link, "flags", flags),
	FIELD(U32, link, "mtu", mtu),
	FIELD(MAC, link, "mac", mac),
	FIELD(U32, link, "group", group),
	FIELD(U32, link, "master", master),
	FIELD(U32, link, "txqlen", txqlen),
	FIELD(TEXT, link, "alias", alias),
	FIELD(U8, link, "addrgenmode", addrgenmode),
	FIELD(U32, link, "unknown", unknown),
	FIELD(U32, link, "vni", vxlan.vni),
	FIELD(U32, link, "underlay", vxlan.underlay),
	FIELD(U16, link, "port", vxlan.port),
	FIELD(IP, link, "local", vxlan.local),
	FIELD(U8, link, "learning", vxlan.learning),
	FIELD(U8, link, "ttl", vxlan.ttl),
	FIELD(U8, link, "tos", vxlan.tos),
	FIELD(U8, link, "udpChecksum", vxlan.udp_csum),
	FIELD(U8, link, "odd", vxlan.odd),
	END,
};

static const struct snapshot_field address_fields[] = {
	FIELD(IP, link_address, "address", ip),	 FIELD(U8, link_address, "length", len),
	FIELD(U8, link_address, "scope", scope), FIELD(U8, link_address, "flags", flags),
	FIELD(U32, link_address, "link", link),	 END,
};

static const struct snapshot_field neigh_fields[] = {
	FIELD(U32, neigh, "link", link),
	FIELD(IP, neigh, "address", ip),
	FIELD(MAC, neigh, "mac", mac),
	FIELD(U16, neigh, "state", state),
	END,
};

static const struct snapshot_field fdb_fields[] = {
	FIELD(U32, fdb, "link", link),	    FIELD(MAC, fdb, "mac", mac),
	FIELD(IP, fdb, "destination", dst), FIELD(U8, fdb, "odd", odd),
	FIELD(U16, fdb, "state", state),    END,
};

/* A route with its addresses told apart, since a row keeps the family only once. */
struct route_view {
	struct route route;
	struct ip dst, gateway, src;
};

static const struct snapshot_field route_fields[] = {
	FIELD(U32, route_view, "table", route.table),
	FIELD(IP, route_view, "to", dst),
	FIELD(U8, route_view, "length", route.dst_len),
	FIELD(U8, route_view, "tos", route.tos),
	FIELD(U32, route_view, "metric", route.metric),
	FIELD(U32, route_view, "link", route.oif),
	FIELD(IP, route_view, "via", gateway),
	FIELD(IP, route_view, "from", src),
	FIELD(U16, route_view, "mtu", route.mtu),
	FIELD(U8, route_view, "type", route.type),
	FIELD(U8, route_view, "scope", route.scope),
	FIELD(U8, route_view, "protocol", route.protocol),
	FIELD(U8, route_view, "flags", route.flags),
	END,
};

static void put_row(struct json_sink *sink, bool first, const struct snapshot_field *fields,
		    const void *row)
{
	json_sink_text(sink, first ? "\n  " : ",\n  ");
	json_sink_value(sink, snapshot_field_object(fields, row));
}

static void put_rows(struct json_sink *sink, const char *name, const struct rows *rows,
		     const struct snapshot_field *fields)
{
	json_sink_text(sink, ",\n \"");
	json_sink_text(sink, name);
	json_sink_text(sink, "\":[");
	for (uint32_t i = 0; i < rows->count && sink->status == 0; i++)
		put_row(sink, i == 0, fields, rows_at(rows, i));
	json_sink_text(sink, "]");
}

static struct route_view view_of(const struct route *route)
{
	struct route_view view = {.route = *route,
				  .dst = route_prefix(route).ip,
				  .gateway = route_gateway(route),
				  .src = route_src(route)};

	return view;
}

static void put_routes(struct json_sink *sink, const struct rows *routes)
{
	json_sink_text(sink, ",\n \"routes\":[");
	for (uint32_t i = 0; i < routes->count && sink->status == 0; i++) {
		struct route_view view = view_of(rows_at(routes, i));

		put_row(sink, i == 0, route_fields, &view);
	}
	json_sink_text(sink, "]");
}

int snapshot_json_write(const struct snapshot *snapshot, json_sink_write_fn *write, void *context)
{
	struct json_sink sink = {.write = write, .context = context};

	json_sink_text(&sink, "{\"version\":1");
	put_rows(&sink, "links", &snapshot->links.links, link_fields);
	put_rows(&sink, "addresses", &snapshot->links.addresses, address_fields);
	put_routes(&sink, &snapshot->state.rows[CHANGE_ROUTE]);
	put_rows(&sink, "neighbours", &snapshot->state.rows[CHANGE_NEIGH], neigh_fields);
	put_rows(&sink, "fdb", &snapshot->state.rows[CHANGE_FDB], fdb_fields);
	json_sink_text(&sink, "}\n");
	return sink.status;
}

/* One section being read: where its rows go. */
struct section {
	const char *name;
	const struct snapshot_field *fields;
	struct rows *rows;
};

/* A length past the address's end would be read past the row's. */
static int check_length(const struct ip *ip, uint8_t len, struct error *err)
{
	if (!ip_is_set(ip))
		return error_set(err, EINVAL, "it has no address");
	if (len > ip_bits(ip->family))
		return error_set(err, EINVAL, "\"length\" is not a number in its range");
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

	if (!fits(&view->gateway, view) || !fits(&view->src, view))
		return error_set(err, EINVAL, "\"%s\" is of another family than \"to\"",
				 fits(&view->gateway, view) ? "from" : "via");
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

	if (section->fields == route_fields)
		return check_length(&view->dst, view->route.dst_len, err);
	return section->fields == address_fields ? check_length(&address->ip, address->len, err)
						 : 0;
}

static int add_row(const struct section *section, const void *row, struct error *err)
{
	int status = check_row(section, row, err);

	if (status < 0)
		return status;
	if (section->fields == route_fields)
		return add_route(section->rows, row, err);
	return rows_add(section->rows, row) < 0
		       ? error_set(err, ENOMEM, "too many %s", section->name)
		       : 0;
}

static int read_section(const struct section *section, const json_t *root, struct error *err)
{
	const json_t *list = json_object_get(root, section->name);
	/* Room for any row; what is in it is known by the fields alone. */
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
		if (snapshot_field_read(section->fields, item, &row, &why) < 0 ||
		    add_row(section, &row, &why) < 0)
			return error_set(err, why.code, "%s: entry %zu: %.200s", section->name,
					 i + 1, why.text);
	}
	return 0;
}

static int read_root(const json_t *root, struct snapshot *out, struct error *err)
{
	const struct section sections[] = {
		{"links", link_fields, &out->links.links},
		{"addresses", address_fields, &out->links.addresses},
		{"routes", route_fields, &out->state.rows[CHANGE_ROUTE]},
		{"neighbours", neigh_fields, &out->state.rows[CHANGE_NEIGH]},
		{"fdb", fdb_fields, &out->state.rows[CHANGE_FDB]},
	};
	int status = 0;

	if (json_integer_value(json_object_get(root, "version")) != 1)
		return error_set(err, EINVAL, "it is no snapshot of version 1");
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
