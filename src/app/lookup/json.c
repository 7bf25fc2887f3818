/* json.c - the answer of a lookup as JSON. */
#include "app/lookup/text.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "app/lookup/reason.h"
#include "app/lookup/words.h"

typedef void lookup_add_fn(struct buf *out, const struct lookup *lookup);

static json_t *text_json(const char *text)
{
	char safe[LOOKUP_LINE_MAX] = "";
	struct buf buf = BUF_OVER(safe);

	if (text == NULL)
		return json_null();
	buf_add_safe(&buf, text_of(text));
	return json_string(safe);
}

static json_t *added_json(const struct lookup *lookup, lookup_add_fn *add)
{
	char text[LOOKUP_LINE_MAX] = "";
	struct buf buf = BUF_OVER(text);

	add(&buf, lookup);
	return text_json(text);
}

static json_t *ip_json(const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	return ip_is_set(ip) ? json_string(ip_format(ip, text)) : json_null();
}

static json_t *mac_json(const struct mac *mac)
{
	char text[MAC_TEXT_MAX];

	return mac_is_set(mac) ? json_string(mac_format(mac, text)) : json_null();
}

static json_t *device_json(const struct lookup *lookup, uint32_t index)
{
	const struct link *link = links_find_index(lookup->report->links, index);

	return text_json(link != NULL ? link->name : NULL);
}

static json_t *route_json(const struct lookup *lookup, const struct route *route)
{
	char text[LOOKUP_LINE_MAX] = "";
	struct buf buf = BUF_OVER(text);

	if (route == NULL || route->family == 0)
		return json_null();
	lookup_add_route(&buf, lookup, route);
	return text_json(text);
}

static json_t *neigh_json(const struct lookup *lookup, const struct ip *ip,
			  const struct neigh *neigh)
{
	return json_pack("{s:o, s:o, s:o, s:s}", "address", ip_json(ip), "device",
			 device_json(lookup, neigh->link), "mac", mac_json(&neigh->mac), "state",
			 lookup_state_word(neigh->state));
}

static json_t *hop_json(const struct lookup *lookup)
{
	const struct lookup_hop *hop = &lookup->kernel.hop;
	struct neigh neigh = hop->neigh;

	neigh.link = hop->link;
	return ip_is_set(&hop->ip) ? neigh_json(lookup, &hop->ip, &neigh) : json_null();
}

static void put_parts(json_t *object, const struct lookup *lookup)
{
	json_t *fdb = json_null();

	if (!lookup_is_tunnelled(lookup)) {
		(void)json_object_set_new(object, "neighbour", hop_json(lookup));
		(void)json_object_set_new(object, "fdb", fdb);
		return;
	}
	if (lookup->fdb != NULL)
		fdb = json_pack("{s:o, s:o, s:o}", "mac", mac_json(&lookup->fdb->mac), "dst",
				ip_json(&lookup->fdb->dst), "device",
				device_json(lookup, lookup->fdb->link));
	(void)json_object_set_new(object, "neighbour",
				  lookup->neigh == NULL
					  ? json_null()
					  : neigh_json(lookup, &lookup->neigh->ip, lookup->neigh));
	(void)json_object_set_new(object, "fdb", fdb);
	(void)json_object_set_new(object, "underlay", hop_json(lookup));
}

static json_t *path_json(const struct lookup *lookup)
{
	const struct route *path = &lookup->kernel.path;
	struct ip gateway = route_gateway(path);
	struct ip src = route_src(path);

	if (path->family == 0)
		return json_null();
	return json_pack("{s:o, s:o, s:o}", "via", ip_json(&gateway), "device",
			 device_json(lookup, path->oif), "src", ip_json(&src));
}

static json_t *kernel_json(const struct lookup *lookup)
{
	int refusal = lookup->kernel.refusal;

	return json_pack("{s:o, s:o, s:o}", "match", route_json(lookup, &lookup->kernel.match),
			 "path", path_json(lookup), "error",
			 text_json(refusal != 0 ? strerrorname_np(refusal) : NULL));
}

static json_t *rules_json(const struct lookup *lookup)
{
	const struct rows *rules = &lookup->kernel.rules;
	json_t *array = json_array();

	for (uint32_t i = 0; i < rules->count; i++) {
		const struct rule *rule = rows_at(rules, i);
		char text[LOOKUP_LINE_MAX];
		struct buf buf = BUF_OVER(text);

		if (!lookup_rule_matters(lookup, rule))
			continue;
		lookup_add_rule(&buf, rule);
		(void)json_array_append_new(array, text_json(text));
	}
	return array;
}

static void add_cause(struct buf *out, const struct lookup *lookup)
{
	struct desired_cause cause = {.index = lookup->podcidr};

	report_add_cause(out, lookup->report, cause);
}

/* What the file says. */
static void put_owner(json_t *object, const struct lookup *lookup)
{
	const struct config *config = lookup->report->config;
	const struct config_podcidr *podcidr = NULL;
	char text[PREFIX_TEXT_MAX];

	if (lookup->podcidr != CONFIG_NOT_FOUND)
		podcidr = config_podcidr_at(config, lookup->podcidr);
	(void)json_object_set_new(object, "node", text_json(lookup_node(lookup)));
	(void)json_object_set_new(object, "local",
				  json_boolean(podcidr != NULL && podcidr->node == lookup->self));
	(void)json_object_set_new(
		object, "podCIDR",
		podcidr != NULL ? json_string(prefix_format(&podcidr->prefix, text)) : json_null());
	(void)json_object_set_new(object, "cause",
				  podcidr != NULL ? added_json(lookup, add_cause) : json_null());
}

static void put_way(json_t *object, const struct lookup *lookup)
{
	static const char *const backends[] = {
		[BACKEND_HOST_GW] = "host-gw", [BACKEND_VXLAN] = "vxlan", [BACKEND_NONE] = "none"};
	struct ip gateway = {0};

	if (lookup->want != NULL)
		gateway = route_gateway(lookup->want);
	(void)json_object_set_new(object, "backend",
				  json_string(backends[lookup->report->config->backend]));
	(void)json_object_set_new(object, "nextHop", ip_json(&gateway));
	(void)json_object_set_new(
		object, "device",
		device_json(lookup, lookup->want != NULL ? lookup->want->oif : 0));
	(void)json_object_set_new(object, "route", route_json(lookup, lookup_present(lookup)));
}

json_t *lookup_json(const struct lookup *lookup)
{
	json_t *object = json_pack("{s:i, s:o}", "version", 1, "address",
				   ip_json(&lookup->address));

	put_owner(object, lookup);
	put_way(object, lookup);
	put_parts(object, lookup);
	(void)json_object_set_new(object, "kernel", kernel_json(lookup));
	(void)json_object_set_new(object, "rules", rules_json(lookup));
	(void)json_object_set_new(object, "agrees", json_boolean(lookup_agrees(lookup)));
	(void)json_object_set_new(object, "verdict",
				  json_string(lookup_verdict_word(lookup->verdict)));
	(void)json_object_set_new(object, "reason", added_json(lookup, lookup_add_reason));
	return object;
}
