/* text.c - the answer of a lookup, line by line. */
#include "app/lookup/text.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "app/lookup/reason.h"
#include "app/lookup/words.h"
#include "croute/core/report/names.h"

#define LABEL_WIDTH 11

typedef void lookup_field_fn(struct buf *out, const struct lookup *lookup);

static const struct config *config_of(const struct lookup *lookup)
{
	return lookup->report->config;
}

static const struct config_podcidr *podcidr_of(const struct lookup *lookup)
{
	return lookup->podcidr == CONFIG_NOT_FOUND
		       ? NULL
		       : config_podcidr_at(config_of(lookup), lookup->podcidr);
}

static void add_device(struct buf *out, const struct lookup *lookup, uint32_t index)
{
	const struct link *link = links_find_index(lookup->report->links, index);

	if (index == 0)
		return;
	buf_add(out, " dev ");
	if (link != NULL)
		buf_add_safe(out, text_of(link->name));
	else
		buf_add(out, "if%u", index);
}

const struct route *lookup_present(const struct lookup *lookup)
{
	const struct change *change = lookup->change;

	if (lookup->want == NULL)
		return NULL;
	if (change != NULL && change->result == CHANGE_CONFLICT)
		return lookup->culprit;
	if (change == NULL || change->action == CHANGE_NONE)
		return lookup->want;
	return change->have != CHANGE_NO_ROW
		       ? rows_at(&lookup->report->have->rows[CHANGE_ROUTE], change->have)
		       : NULL;
}

static bool is_address_of(const struct config_node *node, const struct ip *ip)
{
	struct ip address = config_node_address(node, ip->family);

	return ip_same(&address, ip);
}

const char *lookup_node(const struct lookup *lookup)
{
	const struct config *config = config_of(lookup);
	const struct config_podcidr *podcidr = podcidr_of(lookup);

	if (podcidr != NULL)
		return config_string_at(config, config_node_at(config, podcidr->node)->name);
	for (uint32_t i = 0; i < config_node_count(config); i++) {
		const struct config_node *node = config_node_at(config, i);

		if (is_address_of(node, &lookup->address))
			return config_string_at(config, node->name);
	}
	return NULL;
}

static void add_address(struct buf *out, const struct lookup *lookup)
{
	char text[IP_TEXT_MAX];

	buf_add(out, "%s", ip_format(&lookup->address, text));
}

static void add_cause(struct buf *out, const struct lookup *lookup)
{
	struct desired_cause cause = {.index = lookup->podcidr};

	buf_add(out, "  ");
	report_add_cause(out, lookup->report, cause);
}

static void add_node(struct buf *out, const struct lookup *lookup)
{
	const struct config_podcidr *podcidr = podcidr_of(lookup);
	const char *name = lookup_node(lookup);

	if (name != NULL)
		buf_add_safe(out, text_of(name));
	else
		buf_add(out, "none");
	if (podcidr == NULL) {
		buf_add(out, name != NULL ? ", its own address: in no podCIDR"
					  : ": in no podCIDR of the file");
		return;
	}
	if (podcidr->node == lookup->self)
		buf_add(out, ", this node");
	add_cause(out, lookup);
}

static void add_podcidr(struct buf *out, const struct lookup *lookup)
{
	const struct config_podcidr *podcidr = podcidr_of(lookup);
	char text[PREFIX_TEXT_MAX];

	if (podcidr != NULL)
		buf_add(out, "%s", prefix_format(&podcidr->prefix, text));
}

static void add_backend(struct buf *out, const struct lookup *lookup)
{
	static const char *const names[] = {
		[BACKEND_HOST_GW] = "host-gw", [BACKEND_VXLAN] = "vxlan", [BACKEND_NONE] = "none"};
	enum backend_type backend = config_of(lookup)->backend;

	buf_add(out, "%s", names[backend]);
	if (backend == BACKEND_VXLAN && lookup->want != NULL && !lookup_is_own(lookup))
		buf_add(out, lookup_is_tunnelled(lookup) ? ", through the tunnel"
							 : ", plain: on the same link");
}

static void add_next_hop(struct buf *out, const struct lookup *lookup)
{
	struct ip gateway;
	char text[IP_TEXT_MAX];

	if (lookup->want == NULL || lookup_is_own(lookup))
		return;
	gateway = route_gateway(lookup->want);
	buf_add(out, "%s", ip_format(&gateway, text));
	add_device(out, lookup, lookup->want->oif);
	if (lookup_is_tunnelled(lookup))
		buf_add(out, ", to %s", ip_format(&lookup->peer, text));
}

static void add_route(struct buf *out, const struct lookup *lookup)
{
	const struct route *present = lookup_present(lookup);

	if (lookup->want == NULL)
		return;
	if (present != NULL)
		lookup_add_route(out, lookup, present);
	else
		buf_add(out, "missing");
}

static void add_hop(struct buf *out, const struct lookup *lookup)
{
	const struct lookup_hop *hop = &lookup->kernel.hop;
	char text[IP_TEXT_MAX];
	char mac[MAC_TEXT_MAX];

	if (!ip_is_set(&hop->ip)) {
		buf_add(out, "none: no way there");
		return;
	}
	buf_add(out, "%s", ip_format(&hop->ip, text));
	add_device(out, lookup, hop->link);
	if (mac_is_set(&hop->neigh.mac))
		buf_add(out, " lladdr %s", mac_format(&hop->neigh.mac, mac));
	if (hop->neigh.state == 0)
		buf_add(out, " has no entry: unknown until it is asked");
	else
		buf_add(out, " %s", lookup_state_word(hop->neigh.state));
}

static void add_neighbour(struct buf *out, const struct lookup *lookup)
{
	if (!lookup_is_tunnelled(lookup)) {
		if (ip_is_set(&lookup->kernel.hop.ip))
			add_hop(out, lookup);
		return;
	}
	if (lookup->neigh == NULL) {
		buf_add(out, "missing");
		return;
	}
	report_add_neigh(out, lookup->report, lookup->neigh);
	buf_add(out, " %s", lookup_state_word(lookup->neigh->state));
}

static void add_fdb(struct buf *out, const struct lookup *lookup)
{
	if (!lookup_is_tunnelled(lookup))
		return;
	if (lookup->fdb != NULL)
		report_add_fdb(out, lookup->report, lookup->fdb);
	else
		buf_add(out, "missing");
}

static void add_underlay(struct buf *out, const struct lookup *lookup)
{
	if (lookup_is_tunnelled(lookup))
		add_hop(out, lookup);
}

static void add_kernel(struct buf *out, const struct lookup *lookup)
{
	const struct lookup_kernel *kernel = &lookup->kernel;
	const char *name = strerrorname_np(kernel->refusal);

	if (kernel->match.family != 0)
		lookup_add_route(out, lookup, &kernel->match);
	else if (kernel->refusal != 0)
		buf_add(out, "no way: %s (%s)", strerrordesc_np(kernel->refusal),
			name != NULL ? name : "unknown");
}

static void add_path(struct buf *out, const struct lookup *lookup)
{
	const struct route *path = &lookup->kernel.path;
	struct ip gateway = route_gateway(path);
	struct ip src = route_src(path);
	char text[IP_TEXT_MAX];

	if (path->family == 0)
		return;
	if (path->type != RTN_UNICAST)
		buf_add(out, "%s", rtname_type(path->type));
	else if (ip_is_set(&gateway))
		buf_add(out, "via %s", ip_format(&gateway, text));
	else
		buf_add(out, "on the link");
	add_device(out, lookup, path->oif);
	if (ip_is_set(&src))
		buf_add(out, " src %s", ip_format(&src, text));
}

static void add_result(struct buf *out, const struct lookup *lookup)
{
	buf_add(out, "%s: ", lookup_agrees(lookup) ? "yes" : "no");
	lookup_add_reason(out, lookup);
}

static const struct {
	const char *label;
	lookup_field_fn *add;
} fields[] = {
	{"address", add_address}, {"node", add_node},	      {"podCIDR", add_podcidr},
	{"backend", add_backend}, {"next hop", add_next_hop}, {"route", add_route},
	{"kernel", add_kernel},	  {"path", add_path},	      {"neighbour", add_neighbour},
	{"FDB entry", add_fdb},	  {"underlay", add_underlay},
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* Rules that other packets than this host's own may meet. */
static void add_rule_line(struct buf *out, const struct lookup *lookup, uint32_t i)
{
	const struct rule *rule = rows_at(&lookup->kernel.rules, i);

	if (!lookup_rule_matters(lookup, rule))
		return;
	buf_add(out, "%-*s", LABEL_WIDTH, "rule");
	lookup_add_rule(out, rule);
}

bool lookup_add_line(struct buf *out, const struct lookup *lookup, uint32_t i)
{
	char text[LOOKUP_LINE_MAX] = "";
	struct buf field = BUF_OVER(text);
	uint32_t rules = lookup->kernel.rules.count;

	if (i < FIELDS) {
		fields[i].add(&field, lookup);
		if (field.len > 0)
			buf_add(out, "%-*s%s", LABEL_WIDTH, fields[i].label, text);
	} else if (i < FIELDS + rules) {
		add_rule_line(out, lookup, i - (uint32_t)FIELDS);
	} else if (i == FIELDS + rules) {
		add_result(&field, lookup);
		buf_add(out, "%-*s%s", LABEL_WIDTH, "agrees", text);
	}
	return i <= FIELDS + rules;
}
