/* fields.c - the answer of a lookup: one table of what it holds, for lines and for JSON. */
#include "app/lookup/fields.h"

#include <jansson.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "app/lookup/reason.h"
#include "app/lookup/words.h"
#include "croute/core/report/names.h"

#define LABEL_WIDTH 11

/* Where the pieces of a field go: one behind the other in a line, and by their keys into an
 * object. */
struct pieces {
	struct buf *text;
	json_t *object; /* NULL for lines alone */
};

typedef void lookup_field_fn(struct pieces *to, const struct lookup *lookup);

/* Names of devices may be any bytes, and JSON is UTF-8. */
static json_t *safe_string(const char *text)
{
	char safe[LOOKUP_LINE_MAX] = "";
	struct buf buf = BUF_OVER(safe);

	if (text == NULL)
		return json_null();
	buf_add_safe(&buf, text_of(text));
	return json_string(safe);
}

static void put_json(struct pieces *to, const char *key, json_t *value)
{
	if (to->object == NULL)
		json_decref(value);
	else
		(void)json_object_set_new(to->object, key, value);
}

/* A value under its key, and in the line behind `before`; NULL: null, and nothing in the line. */
static void put(struct pieces *to, const char *key, const char *before, const char *value)
{
	put_json(to, key, safe_string(value));
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
	const struct link *link = links_find_index(lookup->report->links, index);
	char text[LINK_NAME_MAX];
	struct buf name = BUF_OVER(text);

	buf_add(&name, "if%u", index);
	put(to, "device", before, link != NULL ? link->name : index != 0 ? text : NULL);
}

/* The fields that a route has, as those of a change have them (SPEC 3). */
static json_t *route_json(const struct lookup *lookup, const struct route *route)
{
	char space[LOOKUP_LINE_MAX] = "";
	struct buf text = BUF_OVER(space);
	struct pieces to = {.text = &text, .object = json_object()};
	struct prefix prefix = route_prefix(route);
	struct ip gateway = route_gateway(route);
	struct ip src = route_src(route);
	const struct link *link = links_find_index(lookup->report->links, route->oif);
	char word[PREFIX_TEXT_MAX];

	lookup_add_route(&text, lookup, route);
	put_json(&to, "text", safe_string(space));
	put(&to, "destination", "", prefix_format(&prefix, word));
	if (ip_is_set(&gateway))
		put_ip(&to, "via", "", &gateway);
	if (link != NULL)
		put(&to, "dev", "", link->name);
	put_json(&to, "metric", json_integer(route->metric));
	put_json(&to, "table", json_integer(route->table));
	put(&to, "type", "", rtname_type(route->type));
	put(&to, "protocol", "", rtname_protocol(route->protocol, word));
	if (ip_is_set(&src))
		put_ip(&to, "source", "", &src);
	if (route->mtu != 0)
		put_json(&to, "mtu", json_integer(route->mtu));
	return to.object;
}

static void put_route(struct pieces *to, const char *key, const struct lookup *lookup,
		      const struct route *route)
{
	bool is_there = route != NULL && route->family != 0;

	if (to->object != NULL)
		put_json(to, key, is_there ? route_json(lookup, route) : json_null());
	if (is_there)
		lookup_add_route(to->text, lookup, route);
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
		       : config_podcidr_at(lookup->report->config, lookup->podcidr);
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
	put_json(to, "local", json_boolean(lookup_is_own(lookup)));
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
	static const char *const names[] = {
		[BACKEND_HOST_GW] = "host-gw", [BACKEND_VXLAN] = "vxlan", [BACKEND_NONE] = "none"};
	enum backend_type backend = lookup->report->config->backend;

	put(to, "backend", "", names[backend]);
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
	put_json(to, "error", safe_string(refusal != 0 ? name : NULL));
	if (refusal != 0)
		buf_add(to->text, "no way: %s (%s)", strerrordesc_np(refusal),
			name != NULL ? name : "unknown");
	put_rule(to, lookup_decider(lookup, answer));
}

static void put_kernel(struct pieces *to, const struct lookup *lookup)
{
	put_answer(to, lookup, &lookup->kernel.own);
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
		buf_add(to->text, "%s", rtname_type(path->type));
	else if (!ip_is_set(&gateway))
		buf_add(to->text, "on the link");
	put_device(to, " dev ", lookup, path->oif);
	put_ip(to, "src", " src ", &src);
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
	put_json(to, "state", json_string(lookup_state_word(0)));
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

/* The lines in their order. */
static const struct {
	const char *label;
	const char *key;    /* of an object of its own; NULL: its keys stand in that of the whole */
	const char *parent; /* the object that this one stands in; NULL: that of the whole */
	lookup_field_fn *put;
} fields[] = {
	{"address", NULL, NULL, put_address},
	{"node", NULL, NULL, put_node},
	{"podCIDR", NULL, NULL, put_podcidr},
	{"backend", NULL, NULL, put_backend},
	{"next hop", NULL, NULL, put_next_hop},
	{"route", NULL, NULL, put_present},
	{"kernel", "kernel", NULL, put_kernel},
	{"path", "path", "kernel", put_path},
	{"pods", "pods", NULL, put_pods},
	{"neighbour", "neighbour", NULL, put_neighbour},
	{"FDB entry", "fdb", NULL, put_fdb},
	{"underlay", "underlay", NULL, put_underlay},
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

static json_t *rules_json(const struct lookup *lookup)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < lookup->kernel.rules.count; i++) {
		const struct rule *rule = rows_at(&lookup->kernel.rules, i);
		char space[LOOKUP_LINE_MAX] = "";
		struct buf text = BUF_OVER(space);

		if (!lookup_rule_matters(lookup, rule))
			continue;
		lookup_add_rule(&text, rule);
		(void)json_array_append_new(array, safe_string(space));
	}
	return array;
}

/* An object of its own is null when nothing was put into it. */
static void put_field(json_t *top, const struct lookup *lookup, size_t i)
{
	char space[LOOKUP_LINE_MAX] = "";
	struct buf text = BUF_OVER(space);
	const char *key = fields[i].key;
	struct pieces to = {.text = &text, .object = key != NULL ? json_object() : top};

	fields[i].put(&to, lookup);
	if (key == NULL)
		return;
	if (fields[i].parent != NULL)
		top = json_object_get(top, fields[i].parent);
	if (json_object_size(to.object) > 0)
		(void)json_object_set(top, key, to.object);
	else
		(void)json_object_set_new(top, key, json_null());
	json_decref(to.object);
}

json_t *lookup_json(const struct lookup *lookup)
{
	char space[LOOKUP_LINE_MAX] = "";
	struct buf reason = BUF_OVER(space);
	json_t *object = json_pack("{s:i}", "version", 1);

	for (size_t i = 0; i < FIELDS; i++)
		put_field(object, lookup, i);
	lookup_add_reason(&reason, lookup);
	(void)json_object_set_new(object, "rules", rules_json(lookup));
	(void)json_object_set_new(object, "agrees",
				  lookup->verdict == LOOKUP_UNOWNED
					  ? json_null()
					  : json_boolean(lookup_agrees(lookup)));
	(void)json_object_set_new(object, "verdict",
				  json_string(lookup_verdict_word(lookup->verdict)));
	(void)json_object_set_new(object, "reason", safe_string(space));
	return object;
}
