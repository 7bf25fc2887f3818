/* json.c - the report as JSON. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/report/report.h"

#include <string.h>

#include "croute/core/report/json_field.h"

static void put_interface(struct json *json, const char *key, const struct carrying *carrying)
{
	const struct selected *first = carrying->first;
	char text[IP_TEXT_MAX];

	json_open(json, key, '{');
	json_put_text(json, "name", first->name);
	json_put_number(json, "index", first->index);
	json_open(json, "address", '[');
	json_put_text(json, NULL, ip_format(&first->address, text));
	if (carrying->second != NULL)
		json_put_text(json, NULL, ip_format(&carrying->second->address, text));
	json_close(json, ']');
	json_put_number(json, "mtu", first->mtu);
	json_close(json, '}');
}

void report_put_interfaces(struct json *json, const struct family family[FAMILIES])
{
	const struct family alone[FAMILIES] = {{.link = family[0].link}, {.link = family[1].link}};
	struct carrying found[CARRYING_MOST];
	uint32_t count = family_carrying(alone, found);

	if (count == 0)
		json_put_null(json, "interface");
	for (uint32_t i = 0; i < count; i++)
		put_interface(json, i == 0 ? "interface" : "interface6", &found[i]);
	if (family[0].card_count + family[1].card_count == 0)
		return;
	count = family_carrying(family, found);
	json_open(json, "interfaces", '[');
	for (uint32_t i = 0; i < count; i++)
		put_interface(json, NULL, &found[i]);
	json_close(json, ']');
}

struct entry {
	const char *action;
	const char *kind;
	const char *text;
	const char *node;  /* NULL: null */
	const char *cause; /* likewise */
	const char *result;
	const char *error; /* NULL: none */
};

static void open_entry(struct json *json, const struct entry *entry)
{
	json_open(json, NULL, '{');
	json_put_text(json, "action", entry->action);
	json_put_text(json, "kind", entry->kind);
	json_put_text(json, "text", entry->text);
}

static void close_entry(struct json *json, const struct entry *entry)
{
	json_put_text(json, "node", entry->node);
	json_put_text(json, "cause", entry->cause);
	json_put_text(json, "result", entry->result);
	if (entry->error != NULL)
		json_put_text(json, "error", entry->error);
	json_close(json, '}');
}

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

/* Of a route with several, beside the fields of the first. */
static void put_hops(struct json *json, const struct report *report, const struct route_hops *hops)
{
	char text[IP_TEXT_MAX];

	if (hops->count < 2)
		return;
	json_open(json, "nextHops", '[');
	for (uint32_t i = 0; i < hops->count; i++) {
		struct ip via = route_gateway(hops->at[i]);
		char dev[LINK_NAME_MAX] = "";

		set_device(report, hops->at[i]->oif, dev);
		json_open(json, NULL, '{');
		json_put_text(json, "via", ip_is_set(&via) ? ip_format(&via, text) : NULL);
		json_put_text(json, "dev", dev);
		json_close(json, '}');
	}
	json_close(json, ']');
}

/* What differs, as it was. */
static void put_was(struct json *json, const struct report *report, const struct change *change,
		    const struct view *now)
{
	struct view old = view_of_row(report, change->kind, picture_was(report->picture, change));
	struct view *was = &old;
	struct route_hops hops = {.count = 0};
	bool differs;

	if (change->kind == CHANGE_ROUTE)
		hops = picture_was_hops(report->picture, change);
	differs = hops.count > 1;

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
	put_hops(json, report, &hops);
	json_close(json, '}');
}

void report_put_route(struct json *json, const struct report *report, const struct route *route)
{
	struct view view = view_of_route(report, route);

	json_field_put(json, &fields, &view);
}

static void put_object(struct json *json, const struct report *report, const struct change *change)
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
	if (change->kind == CHANGE_ROUTE) {
		struct route_hops hops = picture_hops(report->picture, change);

		put_hops(json, report, &hops);
	}
	if (change->action == CHANGE_REPLACE)
		put_was(json, report, change, &now);
}

static const char *action_name(const struct report *report, const struct change *change)
{
	if (change->action == CHANGE_REPLACE || report_is_mended(report, change))
		return "change";
	return change->action == CHANGE_DELETE || change->action == CHANGE_TRIM ? "delete" : "add";
}

static const char *result_name(const struct change *change)
{
	static const char *const names[CHANGE_RESULTS] = {
		[CHANGE_PLANNED] = "planned",	[CHANGE_APPLIED] = "applied",
		[CHANGE_FAILED] = "failed",	[CHANGE_HELD] = "held",
		[CHANGE_CONFLICT] = "conflict", [CHANGE_DELAYED] = "pending",
		[CHANGE_PUT_OFF] = "pending",	[CHANGE_AGAIN] = "failed",
	};

	return report_is_shadowed(change) ? "shadowed" : names[change->result];
}

static const char *cause_of(const struct report *report, const struct change *change,
			    struct buf *space)
{
	bool is_wanted = change->want != CHANGE_NO_ROW;

	if (report->picture->config == NULL)
		return is_wanted ? "handed back to flannel" : NULL;
	if (!is_wanted)
		return report_departure(report, change);
	report_add_cause(space, report, report_cause_of(report, change));
	return space->data;
}

static void put_change(struct json *json, const struct report *report, const struct change *change)
{
	const struct failure *failure = plan_failure_of(&report->picture->plan, change);
	struct buf text = BUF_LOCAL(REPORT_LINE_MAX);
	struct buf cause = BUF_LOCAL(REPORT_LINE_MAX);
	struct buf reason = BUF_LOCAL(REPORT_LINE_MAX);
	struct entry entry = {.action = action_name(report, change),
			      .kind = report_kind(report, change),
			      .text = text.data,
			      .cause = cause_of(report, change, &cause),
			      .result = result_name(change),
			      .error = failure != NULL ? failure->words : NULL};

	report_add_object(&text, report, change);
	if (report_add_reason(&reason, report, change))
		entry.error = reason.data;
	if (change->want != CHANGE_NO_ROW)
		entry.node = report_node_of(report, report_cause_of(report, change));
	open_entry(json, &entry);
	put_object(json, report, change);
	close_entry(json, &entry);
}

static void put_unmet(struct json *json, const struct report *report, const struct unmet *unmet)
{
	static const char *const results[] = {[UNMET_REFUSED] = "failed",
					      [UNMET_PENDING] = "pending",
					      [UNMET_SKIPPED] = "skipped"};
	struct buf text = BUF_LOCAL(REPORT_LINE_MAX);
	struct buf cause = BUF_LOCAL(REPORT_LINE_MAX);
	const struct entry entry = {.action = "add",
				    .kind = "route",
				    .text = text.data,
				    .node = report_node_of(report, unmet->cause),
				    .cause = cause.data,
				    .result = results[unmet->kind],
				    .error = unmet->why};

	report_add_route(&text, report, &unmet->route);
	report_add_cause(&cause, report, unmet->cause);
	open_entry(json, &entry);
	report_put_route(json, report, &unmet->route);
	close_entry(json, &entry);
}

static void put_step(struct json *json, const struct report *report,
		     const struct device_change *step)
{
	static const char *const results[CHANGE_RESULTS] = {
		[CHANGE_PLANNED] = "planned", [CHANGE_APPLIED] = "applied",
		[CHANGE_FAILED] = "failed",   [CHANGE_HELD] = "held",
		[CHANGE_PUT_OFF] = "pending",
	};
	char sign = report_device_sign(step);
	struct buf text = BUF_LOCAL(REPORT_LINE_MAX);
	const struct entry entry = {
		.action = sign == '-'	? "delete"
			  : sign == '~' ? "change"
					: "add",
		.kind = report_device_kind(step),
		.text = text.data,
		.result = results[step->result],
		.error = step->result == CHANGE_FAILED ? step->error : NULL,
	};

	report_add_device(&text, report, step);
	open_entry(json, &entry);
	close_entry(json, &entry);
}

static void put_summary(struct json *json, const struct plan_summary *s)
{
	const struct {
		const char *key;
		uint32_t count;
	} counts[] = {
		{"add", s->add},       {"change", s->change},	  {"delete", s->remove},
		{"held", s->held},     {"conflict", s->conflict}, {"shadowed", s->shadowed},
		{"failed", s->failed}, {"pending", s->pending},	  {"unchanged", s->unchanged}};

	json_open(json, "summary", '{');
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		json_put_number(json, counts[i].key, counts[i].count);
	json_close(json, '}');
}

static void put_changes(struct json *json, const struct report *report)
{
	struct report bare = *report;

	bare.bare = true;
	json_open(json, "changes", '[');
	for (uint32_t i = 0; i < report->step_count; i++)
		put_step(json, report, &report->steps[i]);
	for_each_change (change, &report->picture->plan) {
		if (report_tells(report, change))
			put_change(json, report, change);
		if (report_tells_twice(report, change))
			put_change(json, &bare, change);
	}
	for (uint32_t i = 0; i < desired_unmet_count(&report->picture->desired); i++)
		put_unmet(json, report, desired_unmet_at(&report->picture->desired, i));
	json_close(json, ']');
}

int report_json(const struct report *report, json_write_fn *write, void *context)
{
	struct json json = {.write = write, .context = context};

	json_open(&json, NULL, '{');
	json_put_number(&json, "version", 1);
	json_put_text(&json, "node", report->node);
	report_put_interfaces(&json, report->picture->family);
	put_changes(&json, report);
	put_summary(&json, &report->picture->summary);
	if (report->until != NULL) {
		json_open(&json, "confirm", '{');
		json_put_text(&json, "until", report->until);
		json_close(&json, '}');
	}
	json_close(&json, '}');
	return json_end(&json);
}
