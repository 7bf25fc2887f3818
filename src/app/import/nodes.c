/* nodes.c - which facts make a node, and what is told of the others. */
#include "app/import/nodes.h"

#include <errno.h>
#include <string.h>

#include "croute/base/buf.h"

void import_begin(struct import *import, enum import_address address, import_tell_fn *tell,
		  void *context)
{
	*import = (struct import){
		.address = address,
		.tell = tell,
		.context = context,
		.nodes.limit = CONFIG_NODES_MOST * sizeof(struct import_node),
		.sixes.limit = CONFIG_NODES_MOST * sizeof(struct import_six),
		.cidrs.limit = CONFIG_PODCIDRS_MOST * sizeof(struct prefix),
		.names.limit = CONFIG_NODES_MOST * (size_t)(VALUE_NAME_MAX + 1),
		.order.limit = CONFIG_NODES_MOST * sizeof(uint32_t),
	};
}

void import_release(struct import *import)
{
	arena_release(&import->nodes);
	arena_release(&import->sixes);
	arena_release(&import->cidrs);
	arena_release(&import->names);
	arena_release(&import->order);
}

void import_say(const struct import *import, const char *format, ...)
{
	char space[IMPORT_TEXT_MAX];
	struct buf text = BUF_OVER(space);
	va_list args;

	va_start(args, format);
	buf_add_args(&text, format, args);
	va_end(args);
	import->tell(import->context, space);
}

void import_problem(struct import_facts *facts, const char *format, ...)
{
	struct buf text = {.size = IMPORT_PROBLEM_MAX};
	va_list args;

	if (facts->problem_count == IMPORT_PROBLEMS_MOST)
		return;
	text.data = facts->problems[facts->problem_count++];
	va_start(args, format);
	buf_add_args(&text, format, args);
	va_end(args);
	for (uint32_t i = 0; i + 1 < facts->problem_count; i++) {
		if (strcmp(facts->problems[i], text.data) == 0) {
			facts->problem_count--;
			return;
		}
	}
}

static bool is_name_end(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool import_is_name(struct text text)
{
	if (text.len == 0 || text.len > VALUE_NAME_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (!is_name_end(c) && c != '-' && c != '.')
			return false;
	}
	return is_name_end(text.at[0]) && is_name_end(text.at[text.len - 1]);
}

/* How people find the node: by its name, else by its place. */
static const char *label_of(const struct import_facts *facts, char out[VALUE_NAME_MAX + 1])
{
	struct buf buf = {.data = out, .size = VALUE_NAME_MAX + 1};

	buf_add(&buf, "%s", facts->name);
	if (buf.len == 0)
		buf_add(&buf, "the node of line %u, column %u", facts->at.line, facts->at.column);
	return out;
}

static void leave_out(const struct import *import, const struct import_facts *facts,
		      const char *why)
{
	char label[VALUE_NAME_MAX + 1];

	import_say(import, "%s is left out: %s", label_of(facts, label), why);
}

static const char *family_name(uint8_t family)
{
	return family == AF_INET ? "IPv4" : "IPv6";
}

/* Where flannel would reach it. */
static struct ip public_of(const struct import_facts *facts, enum import_family family)
{
	return ip_is_set(&facts->overwrite[family]) ? facts->overwrite[family]
						    : facts->public[family];
}

static void tell_difference(const struct import *import, const struct import_facts *facts,
			    enum import_family family)
{
	struct ip theirs = public_of(facts, family);
	bool flannel = import->address == IMPORT_FLANNEL;
	char internal[IP_TEXT_MAX];
	char public[IP_TEXT_MAX];

	if (!ip_is_set(&theirs) || !ip_is_set(&facts->internal[family]) ||
	    ip_same(&theirs, &facts->internal[family]))
		return;
	(void)ip_format(&facts->internal[family], internal);
	(void)ip_format(&theirs, public);
	import_say(import, "%s: its InternalIP is %s, flannel's address of it %s; %s is taken",
		   facts->name, internal, public, flannel ? public : internal);
}

static void choose_address(const struct import *import, const struct import_facts *facts,
			   enum import_family family, struct ip *out)
{
	struct ip theirs = public_of(facts, family);

	tell_difference(import, facts, family);
	*out = facts->internal[family];
	if (import->address == IMPORT_FLANNEL && ip_is_set(&theirs))
		*out = theirs;
}

static void choose_addresses(const struct import *import, const struct import_facts *facts,
			     struct ip out[IMPORT_FAMILIES])
{
	bool by_flannel = false;

	for (unsigned i = 0; i < IMPORT_FAMILIES; i++) {
		struct ip theirs = public_of(facts, (enum import_family)i);

		by_flannel = by_flannel || ip_is_set(&theirs);
		choose_address(import, facts, (enum import_family)i, &out[i]);
	}
	if (import->address == IMPORT_FLANNEL && !by_flannel &&
	    (ip_is_set(&out[IMPORT_IPV4]) || ip_is_set(&out[IMPORT_IPV6])))
		import_say(import, "%s: flannel has no address of it; its InternalIP is taken",
			   facts->name);
}

/* The podCIDRs without repetitions; spec.podCIDR where there are none. */
static void choose_cidrs(struct import_facts *facts)
{
	uint32_t kept = 0;

	if (facts->cidr_count == 0 && ip_is_set(&facts->lone_cidr.ip))
		facts->cidrs[facts->cidr_count++] = facts->lone_cidr;
	for (uint32_t i = 0; i < facts->cidr_count; i++) {
		uint32_t j = 0;

		while (j < kept && !prefix_same(&facts->cidrs[j], &facts->cidrs[i]))
			j++;
		if (j == kept)
			facts->cidrs[kept++] = facts->cidrs[i];
	}
	facts->cidr_count = kept;
}

/* What makes the node clash with itself; NULL: nothing. */
static const char *find_self_clash(const struct import_facts *facts,
				   const struct ip addresses[IMPORT_FAMILIES])
{
	for (uint32_t i = 0; i < facts->cidr_count; i++) {
		const struct prefix *cidr = &facts->cidrs[i];

		if (prefix_holds(cidr, &addresses[IMPORT_IPV4]) ||
		    prefix_holds(cidr, &addresses[IMPORT_IPV6]))
			return "a podCIDR of it covers its own address";
		for (uint32_t j = 0; j < i; j++) {
			if (prefix_overlaps(cidr, &facts->cidrs[j]))
				return "its podCIDRs overlap";
		}
	}
	return NULL;
}

/* Why the facts make no node; NULL: they do. */
static const char *find_lack(const struct import *import, const struct import_facts *facts,
			     const struct ip addresses[IMPORT_FAMILIES])
{
	if (facts->name[0] == '\0')
		return "it has no name";
	if (!ip_is_set(&addresses[IMPORT_IPV4]) && !ip_is_set(&addresses[IMPORT_IPV6]))
		return import->address == IMPORT_FLANNEL
			       ? "no address of flannel's and no InternalIP"
			       : "no InternalIP in status.addresses";
	if (facts->cidr_count == 0)
		return "no podCIDR in spec";
	return find_self_clash(facts, addresses);
}

/* A host without an address of the family is no gateway for it; `validate` warns of it too. */
static void tell_unreachable(const struct import *import, const struct import_facts *facts,
			     const struct ip addresses[IMPORT_FAMILIES])
{
	char text[PREFIX_TEXT_MAX];

	for (uint32_t i = 0; i < facts->cidr_count; i++) {
		uint8_t family = facts->cidrs[i].ip.family;

		if (!ip_is_set(&addresses[family == AF_INET ? IMPORT_IPV4 : IMPORT_IPV6]))
			import_say(import, "%s: no %s address, so its podCIDR %s is not routed",
				   facts->name, family_name(family),
				   prefix_format(&facts->cidrs[i], text));
	}
}

/* Most clusters have IPv4 alone. */
static bool keep_six(struct import *import, const struct import_facts *facts, const struct ip *ip,
		     struct import_node *node)
{
	struct import_six *six;

	if (!ip_is_set(ip) && !mac_is_set(&facts->mac[IMPORT_IPV6]))
		return true;
	six = arena_push(&import->sixes, sizeof(*six));
	if (six == NULL)
		return false;
	memcpy(six->address, ip->bytes, sizeof(six->address));
	six->mac = facts->mac[IMPORT_IPV6];
	node->six = (uint32_t)(import->sixes.used / sizeof(*six));
	return true;
}

/* The node's podCIDRs and name; false when there is no room. */
static bool keep_parts(struct import *import, const struct import_facts *facts,
		       struct import_node *node)
{
	size_t len = strlen(facts->name) + 1;
	struct prefix *cidrs = arena_push(&import->cidrs, facts->cidr_count * sizeof(*cidrs));
	char *name = arena_push(&import->names, len);

	if (cidrs == NULL || name == NULL)
		return false;
	memcpy(cidrs, facts->cidrs, facts->cidr_count * sizeof(*cidrs));
	memcpy(name, facts->name, len);
	node->cidrs = (uint32_t)(cidrs - (struct prefix *)(void *)import->cidrs.base);
	node->cidr_count = (uint8_t)facts->cidr_count;
	node->name = (uint32_t)(name - (char *)import->names.base);
	return true;
}

static bool is_exhausted(const struct import *import)
{
	return import->nodes.exhausted || import->sixes.exhausted || import->cidrs.exhausted ||
	       import->names.exhausted;
}

static int keep(struct import *import, const struct import_facts *facts,
		const struct ip addresses[IMPORT_FAMILIES], struct error *err)
{
	struct import_node *node = NULL;

	if (import->nodes.used / sizeof(*node) < CONFIG_NODES_MOST)
		node = arena_push(&import->nodes, sizeof(*node));
	if (node == NULL || !keep_parts(import, facts, node) ||
	    !keep_six(import, facts, &addresses[IMPORT_IPV6], node))
		return is_exhausted(import)
			       ? error_set(err, ENOMEM, "no memory left")
			       : error_set(err, E2BIG, "more than %d nodes", CONFIG_NODES_MOST);
	memcpy(node->address4, addresses[IMPORT_IPV4].bytes, sizeof(node->address4));
	node->mac = facts->mac[IMPORT_IPV4];
	node->vni = facts->vni;
	node->ready = facts->ready;
	node->created = facts->created < UINT32_MAX ? (uint32_t)facts->created : UINT32_MAX;
	return 0;
}

int import_add(struct import *import, const struct import_facts *facts, struct error *err)
{
	struct import_facts own = *facts;
	struct ip addresses[IMPORT_FAMILIES];
	char label[VALUE_NAME_MAX + 1];
	const char *lack;

	import->seen++;
	for (uint32_t i = 0; i < own.problem_count; i++)
		import_say(import, "%s: %s", label_of(&own, label), own.problems[i]);
	choose_addresses(import, &own, addresses);
	choose_cidrs(&own);
	lack = find_lack(import, &own, addresses);
	if (lack != NULL) {
		leave_out(import, &own, lack);
		return 0;
	}
	tell_unreachable(import, &own, addresses);
	return keep(import, &own, addresses, err);
}

uint32_t import_count(const struct import *import)
{
	return (uint32_t)(import->order.used / sizeof(uint32_t));
}

const struct import_node *import_at(const struct import *import, uint32_t i)
{
	return import_node_at(import, ((const uint32_t *)(const void *)import->order.base)[i]);
}

const struct import_node *import_node_at(const struct import *import, uint32_t node)
{
	return (const struct import_node *)(const void *)import->nodes.base + node;
}

const char *import_name(const struct import *import, const struct import_node *node)
{
	return (const char *)import->names.base + node->name;
}

const struct prefix *import_cidr(const struct import *import, const struct import_node *node,
				 uint32_t i)
{
	return (const struct prefix *)(const void *)import->cidrs.base + node->cidrs + i;
}

static struct import_six six_of(const struct import *import, const struct import_node *node)
{
	const struct import_six *sixes = (const void *)import->sixes.base;

	return node->six > 0 ? sixes[node->six - 1] : (struct import_six){.address = {0}};
}

struct ip import_ip(const struct import *import, const struct import_node *node,
		    enum import_family family)
{
	static const uint8_t none[16];
	struct import_six six = six_of(import, node);
	struct ip ip = {.family = family == IMPORT_IPV4 ? AF_INET : AF_INET6};

	if (family == IMPORT_IPV4)
		memcpy(ip.bytes, node->address4, sizeof(node->address4));
	else
		memcpy(ip.bytes, six.address, sizeof(six.address));
	return memcmp(ip.bytes, none, sizeof(none)) != 0 ? ip : (struct ip){0};
}

struct mac import_mac(const struct import *import, const struct import_node *node,
		      enum import_family family)
{
	return family == IMPORT_IPV4 ? node->mac : six_of(import, node).mac;
}
