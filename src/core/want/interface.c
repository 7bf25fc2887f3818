/* interface.c - the interface that holds this node's address, inside the fence of `interface`. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/want/interface.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "core/want/pattern.h"
#include "croute/base/buf.h"

#define MASTERS_MOST 8 /* a port of a bond that is a port of a bridge, and so on */

/* The i-th name of a link, its own first; NULL past the last. */
static const char *name_at(const struct interface_ctx *ctx, const struct link *link, uint32_t i)
{
	return i == 0 ? link->name : links_altname_of(ctx->links, link, i - 1);
}

static bool is_same(const char *word, const char *name)
{
	return strcmp(word, name) == 0;
}

/* Whether an entry of the list is, or matches, a name of the link. */
static bool is_listed(const struct interface_ctx *ctx, struct config_list list,
		      const struct link *link, bool (*fits)(const char *word, const char *name))
{
	const char *name;

	for (uint32_t n = 0; (name = name_at(ctx, link, n)) != NULL; n++) {
		for (uint32_t i = 0; i < list.count; i++) {
			uint32_t word = config_word_at(ctx->config, list, i)->text;

			if (fits(config_string_at(ctx->config, word), name))
				return true;
		}
	}
	return false;
}

/* A regex without any operator names one link, as an entry of interface.name does. */
static bool is_named(const struct interface_ctx *ctx, const struct link *link)
{
	const struct config_interface *rules = &ctx->config->interface;

	return is_listed(ctx, rules->name, link, is_same) ||
	       is_listed(ctx, rules->regex, link, is_same);
}

/* The address of this node on the link; NULL where it is not. */
static const struct link_address *find_held(const struct interface_ctx *ctx,
					    const struct link *link)
{
	const struct link_address *address;
	uint32_t i = 0;

	do {
		address = links_next_address(ctx->links, link->index, &i);
	} while (address != NULL && !ip_same(&address->ip, &ctx->address));
	return address;
}

/* The link's own address of the family that is good for more than the link; NULL: none. */
static const struct link_address *find_own(const struct interface_ctx *ctx, const struct link *link)
{
	const struct link_address *address;
	uint32_t i = 0;

	do {
		address = links_next_address(ctx->links, link->index, &i);
	} while (address != NULL &&
		 (address->ip.family != ctx->address.family || ip_is_link_local(&address->ip)));
	return address;
}

static bool address_in(const struct interface_ctx *ctx, const struct link *link,
		       const struct prefix *cidr)
{
	const struct link_address *address;
	uint32_t i = 0;

	do {
		address = links_next_address(ctx->links, link->index, &i);
	} while (address != NULL && !prefix_holds(cidr, &address->ip));
	return address != NULL;
}

/* Of a list that has no entry of the family, none applies to it. */
static bool in_cidrs(const struct interface_ctx *ctx, const struct link *link)
{
	struct config_list list = ctx->config->interface.cidr;
	bool applies = false;

	for (uint32_t i = 0; i < list.count; i++) {
		const struct prefix *cidr = &config_prefix_at(ctx->config, list, i)->prefix;

		if (cidr->ip.family != ctx->address.family)
			continue;
		applies = true;
		if (address_in(ctx, link, cidr))
			return true;
	}
	return !applies;
}

static bool reaches(const struct interface_ctx *ctx, const struct link *link)
{
	struct config_list list = ctx->config->interface.can_reach;
	bool applies = false;

	for (uint32_t i = 0; i < list.count; i++) {
		if (config_prefix_at(ctx->config, list, i)->prefix.ip.family != ctx->address.family)
			continue;
		applies = true;
		if (i < ctx->reach->count && ctx->reach->oif[i] == link->index)
			return true;
	}
	return !applies;
}

static bool is_virtual(const struct link *link)
{
	static const char *const kinds[] = {"bridge", "veth", "vxlan", "tun"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(link->kind, kinds[i]) == 0)
			return true;
	}
	return false;
}

static enum interface_verdict judge_rules(const struct interface_ctx *ctx, const struct link *link)
{
	const struct config_interface *rules = &ctx->config->interface;

	if (rules->name.count > 0 && !is_listed(ctx, rules->name, link, is_same))
		return INTERFACE_NOT_NAMED;
	if (rules->regex.count > 0 && !is_listed(ctx, rules->regex, link, pattern_matches_whole))
		return INTERFACE_NOT_MATCHED;
	if (!in_cidrs(ctx, link))
		return INTERFACE_NOT_IN_CIDR;
	return reaches(ctx, link) ? INTERFACE_TAKEN : INTERFACE_NOT_REACHING;
}

/* An address that is not, or not yet, this host's alone cannot be used (RFC 4862). */
static enum interface_verdict judge_address(const struct link_address *held)
{
	if (held == NULL)
		return INTERFACE_OTHER_ADDRESS;
	if ((held->flags & LINK_ADDRESS_FAILED) != 0)
		return INTERFACE_DUPLICATE;
	return (held->flags & LINK_ADDRESS_TENTATIVE) != 0 ? INTERFACE_TENTATIVE : INTERFACE_TAKEN;
}

/* With vxlan one that holds the address serves where no other link does. */
static enum interface_verdict judge_loopback(const struct interface_ctx *ctx,
					     const struct link *link,
					     const struct link_address *held)
{
	enum interface_verdict verdict;

	if (held == NULL)
		return INTERFACE_LOOPBACK;
	if (ctx->config->backend != BACKEND_VXLAN)
		return INTERFACE_NEEDS_TUNNEL;
	if (!link_is_up(link))
		return INTERFACE_DOWN;
	verdict = judge_rules(ctx, link);
	if (verdict == INTERFACE_TAKEN)
		verdict = judge_address(held);
	return verdict == INTERFACE_TAKEN ? INTERFACE_LAST : verdict;
}

enum interface_verdict interface_judge(const struct interface_ctx *ctx, const struct link *link)
{
	const struct link_address *held = find_held(ctx, link);
	enum interface_verdict verdict;

	if ((link->flags & IFF_LOOPBACK) != 0)
		return judge_loopback(ctx, link, held);
	if (!link_is_up(link))
		return INTERFACE_DOWN;
	if (held == NULL && find_own(ctx, link) == NULL)
		return INTERFACE_NO_ADDRESS;
	if (held == NULL && is_virtual(link) && !is_named(ctx, link))
		return INTERFACE_VIRTUAL;
	verdict = judge_rules(ctx, link);
	return verdict != INTERFACE_TAKEN ? verdict : judge_address(held);
}

static const struct {
	const char *word;
	const char *text;
} verdicts[] = {
	[INTERFACE_TAKEN] = {"taken", "is taken"},
	[INTERFACE_LOOPBACK] = {"loopback", "is the loopback"},
	[INTERFACE_NEEDS_TUNNEL] = {"loopback",
				    "has the address, but is the loopback: hosts whose links have "
				    "no address need backend.type vxlan"},
	[INTERFACE_LAST] = {"second",
			    "is the loopback, and another interface has the address, too"},
	[INTERFACE_DOWN] = {"down", "is down"},
	[INTERFACE_NO_ADDRESS] = {"no-address", "has no address of this family"},
	[INTERFACE_VIRTUAL] = {"virtual", "is virtual and not named by interface.name"},
	[INTERFACE_NOT_NAMED] = {"not-named", "is not in interface.name"},
	[INTERFACE_NOT_MATCHED] = {"not-matched", "is not matched whole by interface.regex"},
	[INTERFACE_NOT_IN_CIDR] = {"not-in-cidr", "has no address in interface.cidr"},
	[INTERFACE_NOT_REACHING] = {"not-reaching", "is not the way to interface.canReach"},
	[INTERFACE_OTHER_ADDRESS] = {"other-address", "does not have the address"},
	[INTERFACE_TENTATIVE] = {"tentative", "has the address, but it is tentative: duplicate "
					      "address detection is not finished"},
	[INTERFACE_DUPLICATE] = {"duplicate", "has the address, but it failed duplicate address "
					      "detection: another host uses it"},
};

const char *interface_verdict_text(enum interface_verdict verdict)
{
	return verdicts[verdict].text;
}

const char *interface_verdict_word(enum interface_verdict verdict)
{
	return verdicts[verdict].word;
}

const char *interface_part_pattern(const struct interface_ctx *ctx, const struct link *link)
{
	struct config_list list = ctx->config->interface.regex;

	if (is_listed(ctx, list, link, pattern_matches_whole))
		return NULL;
	for (uint32_t i = 0; i < list.count; i++) {
		const struct config_word *word = config_word_at(ctx->config, list, i);
		const char *pattern = config_string_at(ctx->config, word->text);

		if (pattern_matches_part(pattern, link->name))
			return pattern;
	}
	return NULL;
}

/* The mistake that croute was written to prevent. */
static void explain_part(const struct interface_ctx *ctx, const struct link *link, struct buf *out)
{
	const char *pattern = interface_part_pattern(ctx, link);

	if (pattern == NULL)
		return;
	buf_add(out, " (");
	buf_add_safe(out, text_of(pattern));
	buf_add(out, " matches only a part of the name)");
}

static bool any_has_family(const struct links *links, uint8_t family)
{
	for (uint32_t i = 0; i < links->addresses.count; i++) {
		if (links_address_at(links, i)->ip.family == family)
			return true;
	}
	return false;
}

void interface_explain(const struct interface_ctx *ctx, struct buf *out)
{
	char address[IP_TEXT_MAX];

	buf_add(out, "no interface for this node's address %s", ip_format(&ctx->address, address));
	if (ctx->address.family == AF_INET6 && !any_has_family(ctx->links, AF_INET6)) {
		buf_add(out, ": no interface has an IPv6 address; is IPv6 disabled "
			     "(ipv6.disable=1, net.ipv6.conf.all.disable_ipv6)?");
		return;
	}
	for (uint32_t i = 0; i < ctx->links->links.count; i++) {
		const struct link *link = links_at(ctx->links, i);
		enum interface_verdict verdict = interface_judge(ctx, link);

		buf_add(out, "%s ", i == 0 ? ":" : ",");
		buf_add_safe(out, text_of(link->name));
		buf_add(out, " %s", interface_verdict_text(verdict));
		explain_part(ctx, link, out);
	}
}

static bool has_rules(const struct config_interface *rules)
{
	return rules->name.count > 0 || rules->regex.count > 0 || rules->cidr.count > 0 ||
	       rules->can_reach.count > 0;
}

static void take(const struct interface_ctx *ctx, const struct link *link, const struct ip *address,
		 struct selected *out)
{
	*out = (struct selected){.index = link->index, .mtu = link->mtu, .address = *address};
	memcpy(out->name, link->name, sizeof(out->name));
	out->unnumbered = ctx->config->backend == BACKEND_VXLAN &&
			  ((link->flags & IFF_LOOPBACK) != 0 || strcmp(link->kind, "dummy") == 0);
}

/* Where the node's address is on the loopback alone, packets to peers leave by unnumbered links. */
static int take_loopback(const struct interface_ctx *ctx, struct selected *out)
{
	const struct link *link = links_find_holder(ctx->links, &ctx->address);

	if (link == NULL || interface_judge(ctx, link) != INTERFACE_LAST)
		return -ENODEV;
	take(ctx, link, &ctx->address, out);
	return 0;
}

/* Behind NAT no link holds the address; the one candidate that rules leave is taken then. */
static int take_translated(const struct interface_ctx *ctx, struct selected *out)
{
	const struct link *only = NULL;

	if (ctx->config->backend != BACKEND_VXLAN || !has_rules(&ctx->config->interface) ||
	    links_find_holder(ctx->links, &ctx->address) != NULL)
		return -ENODEV;
	for (uint32_t i = 0; i < ctx->links->links.count; i++) {
		const struct link *link = links_at(ctx->links, i);

		if (interface_judge(ctx, link) != INTERFACE_OTHER_ADDRESS)
			continue;
		if (only != NULL)
			return -ENODEV;
		only = link;
	}
	if (only == NULL)
		return -ENODEV;
	take(ctx, only, &find_own(ctx, only)->ip, out);
	return 0;
}

/* Whether `port` is a port of `master`, at any depth. */
static bool is_port_of(const struct links *links, const struct link *port,
		       const struct link *master)
{
	for (int depth = 0; depth < MASTERS_MOST && port != NULL && port->master != 0; depth++) {
		if (port->master == master->index)
			return true;
		port = links_find_index(links, port->master);
	}
	return false;
}

static bool holds_a_peer(const struct interface_ctx *ctx, const struct prefix *prefix)
{
	for (uint32_t i = 0; i < config_node_count(ctx->config); i++) {
		struct ip ip = config_node_address(config_node_at(ctx->config, i),
						   prefix->ip.family);

		if (ip_is_set(&ip) && !ip_same(&ip, &ctx->address) && prefix_holds(prefix, &ip))
			return true;
	}
	return false;
}

/* Whether a prefix of the address on this link holds a peer: a /32 of an anycast service or a
 * virtual IP does not. */
static bool leads_to_peers(const struct interface_ctx *ctx, const struct link *link)
{
	const struct link_address *address;
	uint32_t i = 0;

	while ((address = links_next_address(ctx->links, link->index, &i)) != NULL) {
		struct prefix prefix = prefix_of(&address->ip, address->len);

		if (ip_same(&address->ip, &ctx->address) && holds_a_peer(ctx, &prefix))
			return true;
	}
	return false;
}

/* Of two holders. By name last of all: the kernel's order may be another after a restart. */
static bool wins_over(const struct interface_ctx *ctx, const struct link *link,
		      const struct link *other)
{
	bool to_peers = leads_to_peers(ctx, link);

	if (is_port_of(ctx->links, other, link))
		return true;
	if (is_port_of(ctx->links, link, other))
		return false;
	if (to_peers != leads_to_peers(ctx, other))
		return to_peers;
	if (link->index == ctx->present || other->index == ctx->present)
		return link->index == ctx->present;
	return strcmp(link->name, other->name) < 0;
}

static const struct link *find_holder(const struct interface_ctx *ctx)
{
	const struct link *found = NULL;

	for (uint32_t i = 0; i < ctx->links->links.count; i++) {
		const struct link *link = links_at(ctx->links, i);

		if (interface_judge(ctx, link) == INTERFACE_TAKEN &&
		    (found == NULL || wins_over(ctx, link, found)))
			found = link;
	}
	return found;
}

const struct link *interface_other_holder(const struct interface_ctx *ctx,
					  const struct selected *taken, uint32_t i)
{
	for (uint32_t at = 0; at < ctx->links->links.count; at++) {
		const struct link *link = links_at(ctx->links, at);

		if (link->index != taken->index && interface_judge(ctx, link) == INTERFACE_TAKEN &&
		    i-- == 0)
			return link;
	}
	return NULL;
}

int interface_select(const struct interface_ctx *ctx, struct selected *out)
{
	const struct link *holder = find_holder(ctx);

	if (holder == NULL && take_loopback(ctx, out) == 0)
		return 0;
	if (holder == NULL)
		return take_translated(ctx, out);
	take(ctx, holder, &ctx->address, out);
	return 0;
}
