/* fields.c - the answer of a lookup: one table of what it holds, for lines and for JSON. */
#include "app/lookup/fields.h"

#include <linux/rtnetlink.h>
#include <string.h>

#include "app/lookup/reason.h"
#include "croute/core/config/schema.h"
#include "croute/core/report/names.h"

#define LABEL_WIDTH 11

/* Where the pieces of a field go: one behind the other in a line, and by their keys into JSON. */
struct pieces {
	struct buf *text;
	struct json *json; /* NULL: into the line alone */
	const char *key;   /* of an object around them; NULL: none */
	bool opened;
};

typedef void lookup_field_fn(struct pieces *to, const struct lookup *lookup);

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

static void put_number(struct pieces *to, const char *key, int64_t number)
{
	if (json_of(to) != NULL)
		json_put_number(to->json, key, number);
}

/* A value under its key, and in the line behind `before`; NULL: null, and nothing in the line. */
static void put(struct pieces *to, const char *key, const char *before, const char *value)
{
	if (json_of(to) != NULL)
		json_put_text(to->json, key, value);
	if (value == NULL)
		return;
	buf_add(to->text, "%s", before);
	buf_add_safe(to->text, text_of(value));
}

static void put_ip(struct pieces *to, const char *key, const char *before, const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	put(to, key, before, ip_is_set(ip) ? ip_format(ip, text) : NULL);
}

static void put_mac(struct pieces *to, const char *before, const struct mac *mac)
{
	char text[MAC_TEXT_MAX];

	put(to, "mac", before, mac_is_set(mac) ? mac_format(mac, text) : NULL);
}

static void put_device(struct pieces *to, const char *before, const struct lookup *lookup,
		       uint32_t index)
{
	const struct link *link = links_find_index(&lookup->report->picture->links, index);
	char text[LINK_NAME_MAX];
	struct buf name = BUF_OVER(text);

	buf_add(&name, "if%u", index);
	put(to, "device", before, link != NULL ? link->name : index != 0 ? text : NULL);
}

/* The fields that a route has, as those of a change (SPEC 3). */
static void put_route_fields(struct pieces *to, const struct lookup *lookup,
			     const struct route *route)
{
	struct prefix prefix = route_prefix(route);
	struct ip gateway = route_gateway(route);
	struct ip src = route_src(route);
	const struct link *link = links_find_index(&lookup->report->picture->links, route->oif);
	char word[PREFIX_TEXT_MAX];

	put(to, "destination", "", prefix_format(&prefix, word));
	if (ip_is_set(&gateway))
		put_ip(to, "via", "", &gateway);
	if (link != NULL)
		put(to, "dev", "", link->name);
	put_number(to, "metric", route->metric);
	put_number(to, "table", route->table);
	put(to, "type", "", names_type(route->type));
	put(to, "protocol", "", names_protocol(route->protocol, word));
	if (ip_is_set(&src))
		put_ip(to, "source", "", &src);
	if (route->mtu != 0)
		put_number(to, "mtu", route->mtu);
}

static void put_route(struct pieces *to, const char *key, const struct lookup *lookup,
		      const struct route *route)
{
	char space[2 * LOOKUP_LINE_MAX] = "";
	struct buf text = BUF_OVER(space);
	struct pieces inner = {.text = &text, .json = json_of(to), .key = key};

	if (route != NULL && route->family != 0) {
		lookup_add_route(&text, lookup, route);
		buf_add(to->text, "%s", space);
		put(&inner, "text", "", space);
		put_route_fields(&inner, lookup, route);
	}
	end_pieces(&inner);
}

static void put_rule(struct pieces *to, const struct rule *rule)
{
	char space[LOOKUP_LINE_MAX] = "";
	struct buf text = BUF_OVER(space);

	if (rule != NULL)
		lookup_add_rule(&text, rule);
	put(to, "rule", ", by rule ", rule != NULL ? space : NULL);
}

static const struct config_podcidr *podcidr_of(const struct lookup *lookup)
{
	return lookup->podcidr == CONFIG_NOT_FOUND
		       ? NULL
		       : config_podcidr_at(lookup->report->picture->config, lookup->podcidr);
}

static void put_address(struct pieces *to, const struct lookup *lookup)
{
	put_ip(to, "address", "", &lookup->address);
}

static void put_node(struct pieces *to, const struct lookup *lookup)
{
	const struct config_podcidr *podcidr = podcidr_of(lookup);
	struct desired_cause cause = {.index = lookup->podcidr};
	const char *name = lookup_node(lookup);
	char space[LOOKUP_LINE_MAX] = "";
	struct buf text = BUF_OVER(space);

	put(to, "node", "", name);
	if (json_of(to) != NULL)
		json_put_flag(to->json, "local", lookup_is_own(lookup));
	if (podcidr == NULL)
		buf_add(to->text, name != NULL ? ", its own address: in no podCIDR"
					       : "none: in no podCIDR of the file");
	else if (lookup_is_own(lookup))
		buf_add(to->text, ", this node");
	if (podcidr != NULL)
		report_add_cause(&text, lookup->report, cause);
	put(to, "cause", "  ", podcidr != NULL ? space : NULL);
}

static void put_podcidr(struct pieces *to, const struct lookup *lookup)
{
	const struct config_podcidr *podcidr = podcidr_of(lookup);
	char text[PREFIX_TEXT_MAX];

	put(to, "podCIDR", "", podcidr != NULL ? prefix_format(&podcidr->prefix, text) : NULL);
}

static void put_backend(struct pieces *to, const struct lookup *lookup)
{
	enum backend_type backend = lookup->report->picture->config->backend;

	put(to, "backend", "", schema_backend_word(backend));
	if (backend == BACKEND_VXLAN && lookup->want != NULL && !lookup_is_own(lookup))
		buf_add(to->text, lookup_is_tunnelled(lookup) ? ", through the tunnel"
							      : ", plain: on the same link");
}

static void put_next_hop(struct pieces *to, const struct lookup *lookup)
{
	bool is_routed = lookup->want != NULL && !lookup_is_own(lookup);
	struct ip gateway = {0};
	char text[IP_TEXT_MAX];

	if (is_routed)
		gateway = route_gateway(lookup->want);
	put_ip(to, "nextHop", "", &gateway);
	put_device(to, " dev ", lookup, is_routed ? lookup->want->oif : 0);
	if (lookup_is_tunnelled(lookup))
		buf_add(to->text, ", to %s", ip_format(&lookup->peer, text));
}

static void put_present(struct pieces *to, const struct lookup *lookup)
{
	const struct route *present = lookup_present(lookup);

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
	if (json_of(to) != NULL)
		json_put_text(to->json, "error", refusal != 0 ? name : NULL);
	if (refusal != 0)
		buf_add(to->text, "no way: %s (%s)", strerrordesc_np(refusal),
			name != NULL ? name : "unknown");
	put_rule(to, lookup_decider(lookup, answer));
}

static void put_path(struct pieces *to, const struct lookup *lookup)
{
	const struct route *path = &lookup->kernel.own.path;
	struct ip gateway = route_gateway(path);
	struct ip src = route_src(path);

	if (path->family == 0)
		return;
	put_ip(to, "via", "via ", &gateway);
	if (path->type != RTN_UNICAST)
		buf_add(to->text, "%s", names_type(path->type));
	else if (!ip_is_set(&gateway))
		buf_add(to->text, "on the link");
	put_device(to, " dev ", lookup, path->oif);
	put_ip(to, "src", " src ", &src);
}

static void put_kernel(struct pieces *to, const struct lookup *lookup)
{
	char space[LOOKUP_LINE_MAX] = "";
	struct buf unused = BUF_OVER(space); /* the way has a line of its own */
	struct pieces path = {.text = &unused, .key = "path"};

	put_answer(to, lookup, &lookup->kernel.own);
	path.json = json_of(to);
	put_path(&path, lookup);
	end_pieces(&path);
}

static void put_pods(struct pieces *to, const struct lookup *lookup)
{
	const struct lookup_answer *pods = &lookup->kernel.pods;

	if (!ip_is_set(&pods->flow.dst))
		return;
	put_ip(to, "from", "from ", &pods->flow.src);
	put_device(to, " by ", lookup, pods->flow.iif);
	buf_add(to->text, ": ");
	put_answer(to, lookup, pods);
}

static void put_hop(struct pieces *to, const struct lookup *lookup)
{
	const struct lookup_hop *hop = &lookup->kernel.hop;

	if (!ip_is_set(&hop->ip))
		return;
	put_ip(to, "address", "", &hop->ip);
	put_device(to, " dev ", lookup, hop->link);
	put_mac(to, " lladdr ", &hop->neigh.mac);
	if (hop->neigh.state != 0) {
		put(to, "state", " ", lookup_state_word(hop->neigh.state));
		return;
	}
	if (json_of(to) != NULL)
		json_put_text(to->json, "state", lookup_state_word(0));
	buf_add(to->text, " has no entry: unknown until it is asked");
}

static void put_neighbour(struct pieces *to, const struct lookup *lookup)
{
	if (!lookup_is_tunnelled(lookup)) {
		put_hop(to, lookup);
	} else if (lookup->neigh == NULL) {
		buf_add(to->text, "missing");
	} else {
		put_ip(to, "address", "", &lookup->neigh->ip);
		put_mac(to, " lladdr ", &lookup->neigh->mac);
		put_device(to, " dev ", lookup, lookup->neigh->link);
		put(to, "state", " ", lookup_state_word(lookup->neigh->state));
	}
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
	put_ip(to, "dst", " dst ", &lookup->fdb->dst);
	put_device(to, " dev ", lookup, lookup->fdb->link);
}

static void put_underlay(struct pieces *to, const struct lookup *lookup)
{
	if (!lookup_is_tunnelled(lookup))
		return;
	if (!ip_is_set(&lookup->kernel.hop.ip))
		buf_add(to->text, "none: no way there");
	put_hop(to, lookup);
	put_rule(to, lookup_decider(lookup, &lookup->kernel.outer));
}

/* In the order of the lines. */
static const struct {
	const char *label;
	lookup_field_fn *put;
	const char *key; /* of an object of its own; NULL: its keys stand in that of the whole */
	bool is_line;	 /* alone */
} fields[] = {
	{"address", put_address, NULL, false},	 {"node", put_node, NULL, false},
	{"podCIDR", put_podcidr, NULL, false},	 {"backend", put_backend, NULL, false},
	{"next hop", put_next_hop, NULL, false}, {"route", put_present, NULL, false},
	{"kernel", put_kernel, "kernel", false}, {"path", put_path, NULL, true},
	{"pods", put_pods, "pods", false},	 {"neighbour", put_neighbour, "neighbour", false},
	{"FDB entry", put_fdb, "fdb", false},	 {"underlay", put_underlay, "underlay", false},
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static const char *answer_word(const struct lookup *lookup)
{
	if (lookup->verdict == LOOKUP_UNOWNED)
		return "n/a";
	return lookup_agrees(lookup) ? "yes" : "no";
}

bool lookup_add_line(struct buf *out, const struct lookup *lookup, uint32_t i)
{
	char space[LOOKUP_LINE_MAX] = "";
	struct buf text = BUF_OVER(space);
	struct pieces to = {.text = &text};
	const char *label = "agrees";
	uint32_t rules = lookup->kernel.rules.count;

	if (i < FIELDS) {
		label = fields[i].label;
		fields[i].put(&to, lookup);
	} else if (i < FIELDS + rules) {
		const struct rule *rule = rows_at(&lookup->kernel.rules, i - (uint32_t)FIELDS);

		label = "rule";
		if (lookup_rule_matters(lookup, rule))
			lookup_add_rule(&text, rule);
	} else {
		buf_add(&text, "%s: ", answer_word(lookup));
		lookup_add_reason(&text, lookup);
	}
	if (text.len > 0)
		buf_add(out, "%-*s%s", LABEL_WIDTH, label, space);
	return i <= FIELDS + rules;
}

static void put_rules(struct json *json, const struct lookup *lookup)
{
	json_open(json, "rules", '[');
	for (uint32_t i = 0; i < lookup->kernel.rules.count; i++) {
		const struct rule *rule = rows_at(&lookup->kernel.rules, i);
		char space[LOOKUP_LINE_MAX] = "";
		struct buf text = BUF_OVER(space);

		if (!lookup_rule_matters(lookup, rule))
			continue;
		lookup_add_rule(&text, rule);
		json_put_text(json, NULL, space);
	}
	json_close(json, ']');
}

void lookup_put_json(struct json *json, const struct lookup *lookup)
{
	char space[LOOKUP_LINE_MAX] = "";
	struct buf text = BUF_OVER(space);

	for (size_t i = 0; i < FIELDS; i++) {
		struct pieces to = {.text = &text, .json = json, .key = fields[i].key};

		if (fields[i].is_line)
			continue;
		fields[i].put(&to, lookup);
		end_pieces(&to);
		text = BUF_OVER(space);
	}
	put_rules(json, lookup);
	if (lookup->verdict == LOOKUP_UNOWNED)
		json_put_null(json, "agrees");
	else
		json_put_flag(json, "agrees", lookup_agrees(lookup));
	json_put_text(json, "verdict", lookup_verdict_word(lookup->verdict));
	space[0] = '\0';
	lookup_add_reason(&text, lookup);
	json_put_text(json, "reason", space);
}
