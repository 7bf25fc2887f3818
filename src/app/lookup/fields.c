/* fields.c - the answer of a lookup: one table for both text and JSON. */
/* SPDX-License-Identifier: MIT */
#include "app/lookup/lookup.h"

#include <string.h>

#include "croute/core/config/schema.h"
#include "croute/core/report/report.h"

#define LABEL_WIDTH 11

/* Where the pieces of a field go: one behind the other in a line, and by their keys into JSON. */
struct pieces {
	struct buf *text;
	struct json *json; /* NULL: into the line alone */
	const char *key;   /* of an object around them; NULL: none */
	bool opened;
};

/* Where a value goes; NULL: nowhere. */
static struct json *json_of(struct pieces *to)
{
	if (to->json != NULL && to->key != NULL && !to->opened) {
		json_open(to->json, to->key, '{');
		to->opened = true;
	}
	return to->json;
}

/* An object without pieces is null. */
static void end_pieces(struct pieces *to)
{
	if (to->opened)
		json_close(to->json, '}');
	else if (to->json != NULL && to->key != NULL)
		json_put_null(to->json, to->key);
}

static void put_json(struct pieces *to, const char *key, const char *value)
{
	if (json_of(to) != NULL)
		json_put_text(to->json, key, value);
}

/* A value under its key, and in the line behind `before`; NULL: null, and nothing in the line. */
static void put(struct pieces *to, const char *key, const char *before, const char *value)
{
	put_json(to, key, value);
	if (value == NULL)
		return;
	buf_add(to->text, "%s", before);
	buf_add_safe(to->text, text_of(value));
}

static void put_ip(struct pieces *to, const char *key, const char *before, struct ip ip)
{
	char text[IP_TEXT_MAX];

	put(to, key, before, ip_is_set(&ip) ? ip_format(&ip, text) : NULL);
}

static void put_mac(struct pieces *to, const char *before, const struct mac *mac)
{
	char text[MAC_TEXT_MAX];

	put(to, "mac", before, mac_is_set(mac) ? mac_format(mac, text) : NULL);
}

static void put_device(struct pieces *to, const char *before, const struct lookup *lookup,
		       uint32_t index)
{
	const struct link *link = links_find_index(&lookup->picture->links, index);
	struct buf name = BUF_LOCAL(LINK_NAME_MAX);

	buf_add(&name, "if%u", index);
	put(to, "device", before, link != NULL ? link->name : index != 0 ? name.data : NULL);
}

/* A row of the kernel, as a line and with the fields of a change (SPEC 3). */
static void put_route(struct pieces *to, const char *key, const struct lookup *lookup,
		      const struct route *route)
{
	struct pieces inner = {.text = to->text, .json = json_of(to), .key = key};
	char protocol[NAMES_PROTOCOL_MAX];
	struct buf text = BUF_LOCAL(2 * LOOKUP_LINE_MAX);

	if (route != NULL && route->family != 0) {
		lookup_add_route(&text, lookup, route);
		put(&inner, "text", "", text.data);
		put_json(&inner, "protocol", names_protocol(route->protocol, protocol));
		if (inner.json != NULL)
			report_put_route(inner.json, lookup->report, route);
	}
	end_pieces(&inner);
}

static void put_rule(struct pieces *to, const struct rule *rule)
{
	struct buf text = BUF_LOCAL(LOOKUP_LINE_MAX);

	if (rule != NULL)
		lookup_add_rule(&text, rule);
	put(to, "rule", ", by rule ", rule != NULL ? text.data : NULL);
}

static void put_address(struct pieces *to, const struct lookup *lookup)
{
	put_ip(to, "address", "", lookup->address);
}

static void put_node(struct pieces *to, const struct lookup *lookup)
{
	const struct config_podcidr *podcidr = lookup->podcidr;
	const char *name = lookup_node(lookup);
	struct buf text = BUF_LOCAL(LOOKUP_LINE_MAX);

	put(to, "node", "", name);
	if (json_of(to) != NULL)
		json_put_flag(to->json, "local", lookup_is_own(lookup));
	if (podcidr == NULL)
		buf_add(to->text, name != NULL ? ", its own address: in no podCIDR"
					       : "none: in no podCIDR of the file");
	else if (lookup_is_own(lookup))
		buf_add(to->text, ", this node");
	if (podcidr != NULL)
		report_add_cause(&text, lookup->report, lookup->cause);
	put(to, "cause", "  ", podcidr != NULL ? text.data : NULL);
}

static void put_podcidr(struct pieces *to, const struct lookup *lookup)
{
	char text[PREFIX_TEXT_MAX];

	put(to, "podCIDR", "",
	    lookup->podcidr != NULL ? prefix_format(&lookup->podcidr->prefix, text) : NULL);
}

static bool is_routed(const struct lookup *lookup)
{
	return lookup->want != NULL && !lookup_is_own(lookup);
}

static void put_backend(struct pieces *to, const struct lookup *lookup)
{
	enum backend_type backend = lookup->picture->config->backend;

	put(to, "backend", "", schema_backend_word(backend));
	if (backend == BACKEND_VXLAN && is_routed(lookup))
		buf_add(to->text, lookup_is_tunnelled(lookup) ? ", through the tunnel"
							      : ", plain: on the same link");
}

static void put_next_hop(struct pieces *to, const struct lookup *lookup)
{
	bool routed = is_routed(lookup);
	char text[IP_TEXT_MAX];

	put_ip(to, "nextHop", "", routed ? route_gateway(lookup->want) : (struct ip){0});
	put_device(to, " dev ", lookup, routed ? lookup->want->oif : 0);
	if (routed && lookup->want->hops > 1)
		buf_add(to->text, ", one of %u next hops", lookup->want->hops);
	if (lookup_is_tunnelled(lookup))
		buf_add(to->text, ", to %s", ip_format(&lookup->peer, text));
}

/* The row of the kernel on the key of the wanted one. */
static void put_present(struct pieces *to, const struct lookup *lookup)
{
	const struct change *change = lookup->change;
	const struct route *present = lookup->want;

	if (change != NULL && change->result == CHANGE_CONFLICT)
		present = lookup->culprit;
	else if (change != NULL && change->action != CHANGE_NONE)
		present = change->have != CHANGE_NO_ROW ? picture_was(lookup->picture, change)
							: NULL;
	put_route(to, "route", lookup, present);
	if (lookup->want != NULL && present == NULL)
		buf_add(to->text, "missing");
}

/* The row that decides about a packet, and the rule that led to it. */
static void put_answer(struct pieces *to, const struct lookup *lookup,
		       const struct lookup_answer *answer)
{
	int refusal = answer->match.family == 0 ? answer->refusal : 0;
	const char *name = strerrorname_np(refusal);

	put_route(to, "match", lookup, &answer->match);
	put_json(to, "error", refusal != 0 ? name : NULL);
	if (refusal != 0)
		buf_add(to->text, "no way: %s (%s)", strerrordesc_np(refusal),
			name != NULL ? name : "unknown");
	if (answer == &lookup->kernel.own)
		put_ip(to, "src", ", src ", route_src(&answer->path));
	put_rule(to, lookup_decider(lookup, answer));
}

static void put_kernel(struct pieces *to, const struct lookup *lookup)
{
	put_answer(to, lookup, &lookup->kernel.own);
}

static void put_pods(struct pieces *to, const struct lookup *lookup)
{
	const struct lookup_answer *pods = &lookup->kernel.pods;

	if (!ip_is_set(&pods->flow.dst))
		return;
	put_ip(to, "from", "from ", pods->flow.src);
	put_device(to, " by ", lookup, pods->flow.iif);
	buf_add(to->text, ": ");
	put_answer(to, lookup, pods);
}

static void put_entry(struct pieces *to, const struct lookup *lookup, const struct neigh *entry)
{
	const char *state = lookup_state_word(entry->state);

	if (!ip_is_set(&entry->ip))
		return;
	put_ip(to, "address", "", entry->ip);
	put_device(to, " dev ", lookup, entry->link);
	put_mac(to, " lladdr ", &entry->mac);
	put_json(to, "state", state);
	buf_add(to->text, " %s",
		entry->state != 0 ? state : "has no entry: unknown until it is asked");
}

static void put_neighbour(struct pieces *to, const struct lookup *lookup)
{
	bool tunnelled = lookup_is_tunnelled(lookup);

	if (tunnelled && lookup->neigh == NULL)
		buf_add(to->text, "missing");
	else
		put_entry(to, lookup, tunnelled ? lookup->neigh : &lookup->kernel.hop);
}

static void put_fdb(struct pieces *to, const struct lookup *lookup)
{
	if (!lookup_is_tunnelled(lookup))
		return;
	if (lookup->fdb == NULL) {
		buf_add(to->text, "missing");
		return;
	}
	put_mac(to, "", &lookup->fdb->mac);
	put_ip(to, "dst", " dst ", lookup->fdb->dst);
	put_device(to, " dev ", lookup, lookup->fdb->link);
}

static void put_underlay(struct pieces *to, const struct lookup *lookup)
{
	if (!lookup_is_tunnelled(lookup))
		return;
	if (!ip_is_set(&lookup->kernel.hop.ip))
		buf_add(to->text, "none: no way there");
	put_entry(to, lookup, &lookup->kernel.hop);
	put_rule(to, lookup_decider(lookup, &lookup->kernel.outer));
}

/* In the order of the lines. */
static const struct {
	const char *label;
	void (*put)(struct pieces *to, const struct lookup *lookup);
	const char *key; /* of an object of its own; NULL: its keys stand in that of the whole */
} fields[] = {
	{"address", put_address, NULL},
	{"node", put_node, NULL},
	{"podCIDR", put_podcidr, NULL},
	{"backend", put_backend, NULL},
	{"next hop", put_next_hop, NULL},
	{"route", put_present, NULL},
	{"kernel", put_kernel, "kernel"},
	{"pods", put_pods, "pods"},
	{"neighbour", put_neighbour, "neighbour"},
	{"FDB entry", put_fdb, "fdb"},
	{"underlay", put_underlay, "underlay"},
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* A rule by its place among the kernel's, where it matters. */
static void add_rule(struct buf *out, const struct lookup *lookup, uint32_t i)
{
	const struct rule *rule = rows_at(&lookup->kernel.rules, i);

	if (lookup_rule_matters(lookup, rule))
		lookup_add_rule(out, rule);
}

bool lookup_add_line(struct buf *out, const struct lookup *lookup, uint32_t i)
{
	struct buf text = BUF_LOCAL(2 * LOOKUP_LINE_MAX);
	struct pieces to = {.text = &text};
	const char *label = "agrees";
	uint32_t rules = lookup->kernel.rules.count;

	if (i < FIELDS) {
		label = fields[i].label;
		fields[i].put(&to, lookup);
	} else if (i < FIELDS + rules) {
		label = "rule";
		add_rule(&text, lookup, i - (uint32_t)FIELDS);
	} else {
		buf_add(&text, "%s: ",
			lookup->verdict == LOOKUP_UNOWNED ? "n/a"
			: lookup_agrees(lookup)		  ? "yes"
							  : "no");
		lookup_add_reason(&text, lookup);
	}
	if (text.len > 0)
		buf_add(out, "%-*s%s", LABEL_WIDTH, label, text.data);
	return i <= FIELDS + rules;
}

void lookup_put_json(struct json *json, const struct lookup *lookup)
{
	const struct reach_sampled *sampled = lookup_sampled(lookup);
	char space[2 * LOOKUP_LINE_MAX] = "";
	struct buf text = BUF_OVER(space);

	for (size_t i = 0; i < FIELDS; i++) {
		struct pieces to = {.text = &text, .json = json, .key = fields[i].key};

		text = BUF_OVER(space);
		fields[i].put(&to, lookup);
		end_pieces(&to);
	}
	json_open(json, "rules", '[');
	for (uint32_t i = 0; i < lookup->kernel.rules.count; i++) {
		text = BUF_OVER(space);
		add_rule(&text, lookup, i);
		if (text.len > 0)
			json_put_text(json, NULL, space);
	}
	json_close(json, ']');
	if (sampled != NULL) {
		json_open(json, "reach", '{');
		for (unsigned i = 0; i < REACH_KEPT; i++)
			json_put_text(json, reach_path_word((enum reach_path)i),
				      reach_kind_word((enum reach_kind)sampled->path[i].kind));
		json_close(json, '}');
	}
	if (lookup->verdict == LOOKUP_UNOWNED)
		json_put_null(json, "agrees");
	else
		json_put_flag(json, "agrees", lookup_agrees(lookup));
	json_put_text(json, "verdict", lookup_verdict_word(lookup->verdict));
	text = BUF_OVER(space);
	lookup_add_reason(&text, lookup);
	json_put_text(json, "reason", space);
}
