/* interface.c - the interface that holds this node's address, inside the fence of `interface`. */
#include "croute/core/want/interface.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "core/want/pattern.h"
#include "croute/base/buf.h"

#define MASTERS_MOST 8 /* a port of a bond that is a port of a bridge, and so on */

/* The i-th name of a link, its own first; NULL past the last. */
static const char *name_at(const struct interface_ctx *question, const struct link *link,
			   uint32_t i)
{
	return i == 0 ? link->name : links_altname_of(question->links, link, i - 1);
}

static bool word_listed(const struct interface_ctx *question, struct config_list list,
			const struct link *link)
{
	const char *name;

	for (uint32_t n = 0; (name = name_at(question, link, n)) != NULL; n++) {
		for (uint32_t i = 0; i < list.count; i++) {
			const struct config_word *word = config_word_at(question->config, list, i);

			if (strcmp(config_string_at(question->config, word->text), name) == 0)
				return true;
		}
	}
	return false;
}

static bool regex_matches(const struct interface_ctx *question, const struct link *link)
{
	struct config_list list = question->config->interface.regex;
	const char *name;

	for (uint32_t n = 0; (name = name_at(question, link, n)) != NULL; n++) {
		for (uint32_t i = 0; i < list.count; i++) {
			const struct config_word *word = config_word_at(question->config, list, i);

			if (pattern_matches_whole(config_string_at(question->config, word->text),
						  name))
				return true;
		}
	}
	return false;
}

/* A regex without any operator names one link, as an entry of interface.name does. */
static bool is_named(const struct interface_ctx *question, const struct link *link)
{
	const struct config_interface *rules = &question->config->interface;

	return word_listed(question, rules->name, link) ||
	       word_listed(question, rules->regex, link);
}

/* Whether the link bears `ip`, or, with `ip` NULL, any address of the family that is good for more
 * than the link. */
static bool bears(const struct interface_ctx *question, const struct link *link,
		  const struct ip *ip)
{
	const struct links *links = question->links;

	for (uint32_t i = 0; i < links->addresses.count; i++) {
		const struct link_address *address = links_address_at(links, i);

		if (address->link != link->index)
			continue;
		if (ip != NULL ? ip_same(&address->ip, ip)
			       : address->ip.family == question->address.family &&
					 !ip_is_link_local(&address->ip))
			return true;
	}
	return false;
}

static bool address_in(const struct interface_ctx *question, const struct link *link,
		       const struct prefix *cidr)
{
	const struct links *links = question->links;

	for (uint32_t i = 0; i < links->addresses.count; i++) {
		const struct link_address *address = links_address_at(links, i);

		if (address->link == link->index && prefix_holds(cidr, &address->ip))
			return true;
	}
	return false;
}

/* Of a list that has no entry of the family, none applies to it. */
static bool in_cidrs(const struct interface_ctx *question, const struct link *link)
{
	struct config_list list = question->config->interface.cidr;
	bool applies = false;

	for (uint32_t i = 0; i < list.count; i++) {
		const struct prefix *cidr = &config_prefix_at(question->config, list, i)->prefix;

		if (cidr->ip.family != question->address.family)
			continue;
		applies = true;
		if (address_in(question, link, cidr))
			return true;
	}
	return !applies;
}

static bool reaches(const struct interface_ctx *question, const struct link *link)
{
	struct config_list list = question->config->interface.can_reach;
	bool applies = false;

	for (uint32_t i = 0; i < list.count; i++) {
		if (config_prefix_at(question->config, list, i)->prefix.ip.family !=
		    question->address.family)
			continue;
		applies = true;
		if (i < question->reach->count && question->reach->oif[i] == link->index)
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

static enum interface_verdict judge_rules(const struct interface_ctx *question,
					  const struct link *link)
{
	const struct config_interface *rules = &question->config->interface;

	if (rules->name.count > 0 && !word_listed(question, rules->name, link))
		return INTERFACE_NOT_NAMED;
	if (rules->regex.count > 0 && !regex_matches(question, link))
		return INTERFACE_NOT_MATCHED;
	if (!in_cidrs(question, link))
		return INTERFACE_NOT_IN_CIDR;
	return reaches(question, link) ? INTERFACE_TAKEN : INTERFACE_NOT_REACHING;
}

/* An address that is not, or not yet, this host's alone cannot be used (RFC 4862). */
static enum interface_verdict judge_address(const struct interface_ctx *question,
					    const struct link *link)
{
	for (uint32_t i = 0; i < question->links->addresses.count; i++) {
		const struct link_address *address = links_address_at(question->links, i);

		if (address->link != link->index || !ip_same(&address->ip, &question->address))
			continue;
		if ((address->flags & LINK_ADDRESS_FAILED) != 0)
			return INTERFACE_DUPLICATE;
		if ((address->flags & LINK_ADDRESS_TENTATIVE) != 0)
			return INTERFACE_TENTATIVE;
		return INTERFACE_TAKEN;
	}
	return INTERFACE_OTHER_ADDRESS;
}

enum interface_verdict interface_judge(const struct interface_ctx *question,
				       const struct link *link)
{
	bool holds = bears(question, link, &question->address);
	enum interface_verdict verdict;

	if ((link->flags & IFF_LOOPBACK) != 0)
		return INTERFACE_LOOPBACK;
	if (!link_is_up(link))
		return INTERFACE_DOWN;
	if (!holds && !bears(question, link, NULL))
		return INTERFACE_NO_ADDRESS;
	if (!holds && is_virtual(link) && !is_named(question, link))
		return INTERFACE_VIRTUAL;
	verdict = judge_rules(question, link);
	return verdict != INTERFACE_TAKEN ? verdict : judge_address(question, link);
}

const char *interface_verdict_text(enum interface_verdict verdict)
{
	static const char tentative[] = "holds the address, which is tentative: duplicate address "
					"detection has not ended";
	static const char duplicate[] = "holds the address, which failed duplicate address "
					"detection: another host uses it";
	static const char *const texts[] = {
		[INTERFACE_TAKEN] = "is taken",
		[INTERFACE_LOOPBACK] = "is the loopback",
		[INTERFACE_DOWN] = "is down",
		[INTERFACE_NO_ADDRESS] = "has no address of this family",
		[INTERFACE_VIRTUAL] = "is virtual and not named by interface.name",
		[INTERFACE_NOT_NAMED] = "is not in interface.name",
		[INTERFACE_NOT_MATCHED] = "is not matched whole by interface.regex",
		[INTERFACE_NOT_IN_CIDR] = "has no address in interface.cidr",
		[INTERFACE_NOT_REACHING] = "is not the way to interface.canReach",
		[INTERFACE_OTHER_ADDRESS] = "does not hold the address",
		[INTERFACE_TENTATIVE] = tentative,
		[INTERFACE_DUPLICATE] = duplicate,
	};

	return texts[verdict];
}

const char *interface_verdict_word(enum interface_verdict verdict)
{
	static const char *const words[] = {
		[INTERFACE_TAKEN] = "taken",
		[INTERFACE_LOOPBACK] = "loopback",
		[INTERFACE_DOWN] = "down",
		[INTERFACE_NO_ADDRESS] = "no-address",
		[INTERFACE_VIRTUAL] = "virtual",
		[INTERFACE_NOT_NAMED] = "not-named",
		[INTERFACE_NOT_MATCHED] = "not-matched",
		[INTERFACE_NOT_IN_CIDR] = "not-in-cidr",
		[INTERFACE_NOT_REACHING] = "not-reaching",
		[INTERFACE_OTHER_ADDRESS] = "other-address",
		[INTERFACE_TENTATIVE] = "tentative",
		[INTERFACE_DUPLICATE] = "duplicate",
	};

	return words[verdict];
}

const char *interface_part_pattern(const struct interface_ctx *question, const struct link *link)
{
	struct config_list list = question->config->interface.regex;

	if (regex_matches(question, link))
		return NULL;
	for (uint32_t i = 0; i < list.count; i++) {
		const struct config_word *word = config_word_at(question->config, list, i);
		const char *pattern = config_string_at(question->config, word->text);

		if (pattern_matches_part(pattern, link->name))
			return pattern;
	}
	return NULL;
}

/* The mistake that this program was made to end. */
static void explain_part(const struct interface_ctx *question, const struct link *link,
			 struct buf *out)
{
	const char *pattern = interface_part_pattern(question, link);

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

void interface_explain(const struct interface_ctx *question, struct buf *out)
{
	char address[IP_TEXT_MAX];

	buf_add(out, "no interface for this node's address %s",
		ip_format(&question->address, address));
	if (question->address.family == AF_INET6 && !any_has_family(question->links, AF_INET6)) {
		buf_add(out, ": no interface has an IPv6 address; is IPv6 disabled "
			     "(ipv6.disable=1, net.ipv6.conf.all.disable_ipv6)?");
		return;
	}
	for (uint32_t i = 0; i < question->links->links.count; i++) {
		const struct link *link = links_at(question->links, i);
		enum interface_verdict verdict = interface_judge(question, link);

		buf_add(out, "%s ", i == 0 ? ":" : ",");
		buf_add_safe(out, text_of(link->name));
		buf_add(out, " %s", interface_verdict_text(verdict));
		explain_part(question, link, out);
	}
}

static bool has_rules(const struct config_interface *rules)
{
	return rules->name.count > 0 || rules->regex.count > 0 || rules->cidr.count > 0 ||
	       rules->can_reach.count > 0;
}

/* The link's own address of the family; family 0 when it has none. */
static struct ip own_address(const struct interface_ctx *question, const struct link *link)
{
	const struct links *links = question->links;

	for (uint32_t i = 0; i < links->addresses.count; i++) {
		const struct link_address *address = links_address_at(links, i);

		if (address->link == link->index && !ip_is_link_local(&address->ip) &&
		    address->ip.family == question->address.family)
			return address->ip;
	}
	return (struct ip){0};
}

static void take(const struct link *link, const struct ip *address, struct selected *out)
{
	*out = (struct selected){.index = link->index, .mtu = link->mtu, .address = *address};
	memcpy(out->name, link->name, sizeof(out->name));
}

/* Behind NAT no link holds the address; the one candidate that rules leave is taken then. */
static int take_translated(const struct interface_ctx *question, struct selected *out)
{
	const struct link *only = NULL;
	struct ip address;

	if (question->config->backend != BACKEND_VXLAN ||
	    !has_rules(&question->config->interface) ||
	    links_find_holder(question->links, &question->address) != NULL)
		return -ENODEV;
	for (uint32_t i = 0; i < question->links->links.count; i++) {
		const struct link *link = links_at(question->links, i);

		if (interface_judge(question, link) != INTERFACE_OTHER_ADDRESS)
			continue;
		if (only != NULL)
			return -ENODEV;
		only = link;
	}
	if (only == NULL)
		return -ENODEV;
	address = own_address(question, only);
	take(only, &address, out);
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

static bool holds_a_peer(const struct interface_ctx *question, const struct prefix *prefix)
{
	for (uint32_t i = 0; i < config_node_count(question->config); i++) {
		struct ip ip = config_node_address(config_node_at(question->config, i),
						   prefix->ip.family);

		if (ip_is_set(&ip) && !ip_same(&ip, &question->address) &&
		    prefix_holds(prefix, &ip))
			return true;
	}
	return false;
}

/* Whether the prefix of the address on this link holds a peer: a /32 of an anycast service or a
 * virtual IP does not. */
static bool leads_to_peers(const struct interface_ctx *question, const struct link *link)
{
	for (uint32_t i = 0; i < question->links->addresses.count; i++) {
		const struct link_address *address = links_address_at(question->links, i);
		struct prefix prefix = prefix_of(&address->ip, address->len);

		if (address->link == link->index && ip_same(&address->ip, &question->address) &&
		    holds_a_peer(question, &prefix))
			return true;
	}
	return false;
}

/* Of two holders. By name last of all: the kernel's order may be another after a restart. */
static bool wins_over(const struct interface_ctx *question, const struct link *link,
		      const struct link *other)
{
	bool to_peers = leads_to_peers(question, link);

	if (is_port_of(question->links, other, link))
		return true;
	if (is_port_of(question->links, link, other))
		return false;
	if (to_peers != leads_to_peers(question, other))
		return to_peers;
	if (link->index == question->present || other->index == question->present)
		return link->index == question->present;
	return strcmp(link->name, other->name) < 0;
}

static const struct link *find_holder(const struct interface_ctx *question)
{
	const struct link *found = NULL;

	for (uint32_t i = 0; i < question->links->links.count; i++) {
		const struct link *link = links_at(question->links, i);

		if (interface_judge(question, link) == INTERFACE_TAKEN &&
		    (found == NULL || wins_over(question, link, found)))
			found = link;
	}
	return found;
}

const struct link *interface_other_holder(const struct interface_ctx *question,
					  const struct selected *taken, uint32_t i)
{
	for (uint32_t at = 0; at < question->links->links.count; at++) {
		const struct link *link = links_at(question->links, at);

		if (link->index != taken->index &&
		    interface_judge(question, link) == INTERFACE_TAKEN && i-- == 0)
			return link;
	}
	return NULL;
}

int interface_select(const struct interface_ctx *question, struct selected *out)
{
	const struct link *holder = find_holder(question);

	if (holder == NULL)
		return take_translated(question, out);
	take(holder, &question->address, out);
	return 0;
}
