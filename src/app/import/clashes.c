/* clashes.c - decides which of clashing nodes stays. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/import/nodes.h"
#include "croute/base/buf.h"

#define NONE UINT32_MAX
#define CLAIM_TEXT_MAX 80
#define CLAIMS_FIXED 4 /* addresses and MACs of a node, beside its podCIDRs */
#define MAC_BITS 48

enum claim_kind { CLAIM_ADDRESS, CLAIM_MAC, CLAIM_CIDR };

/* Families that no address has: the MACs of the two tunnels. */
static const uint8_t mac_families[IMPORT_FAMILIES] = {1, 3};

/*
 * What a node lays claim to. An address is a prefix of full length, a MAC one of a family of its
 * own: two nodes clash when and only when a prefix of one holds one of the other. Sorted, a claim
 * comes right behind what holds it.
 */
struct claim {
	struct prefix what;
	uint8_t kind;
	uint32_t node;
	uint32_t outer;	 /* the next claim before it that holds it, or is the same */
	uint32_t next;	 /* of the same node */
	uint32_t inside; /* the first node that has a claim strictly inside */
};

struct claims {
	const struct import *import;
	struct arena list;
	struct arena first; /* uint32_t: by node, its first claim */
	struct arena order; /* uint32_t: the nodes, the best first */
	uint32_t count;
};

static void release(struct claims *claims)
{
	arena_release(&claims->list);
	arena_release(&claims->first);
	arena_release(&claims->order);
}
#define CLEANUP_CLAIMS __attribute__((cleanup(release)))

static struct claim *claim_at(const struct claims *claims, uint32_t i)
{
	return (struct claim *)(void *)claims->list.base + i;
}

static uint32_t *first_of(const struct claims *claims, uint32_t node)
{
	return (uint32_t *)(void *)claims->first.base + node;
}

/* Who stays of two: less than 0 when it is the first. `why` gets what speaks for the first. */
static int compare_rank(const struct import_node *x, const struct import_node *y, const char **why)
{
	*why = "it overlaps others as well";
	if (x->sprawls != y->sprawls)
		return x->sprawls ? 1 : -1;
	*why = "the other is Ready";
	if (x->ready != y->ready)
		return x->ready ? -1 : 1;
	*why = "the other is younger";
	if (x->created != y->created)
		return x->created > y->created ? -1 : 1;
	*why = "the other comes first by name";
	return strcmp(x->name, y->name);
}

static int compare_numbers(const void *a, const void *b, void *import)
{
	const char *why;

	return compare_rank(import_at(import, *(const uint32_t *)a),
			    import_at(import, *(const uint32_t *)b), &why);
}

/* Those of one name by their rank. */
static int compare_nodes(const void *a, const void *b)
{
	const struct import_node *x = a;
	const struct import_node *y = b;
	int order = strcmp(x->name, y->name);
	const char *why;

	if (order == 0)
		order = compare_rank(x, y, &why);
	return order != 0 ? order : memcmp(x->ip, y->ip, sizeof(x->ip));
}

static int compare_claims(const void *a, const void *b)
{
	const struct claim *x = a;
	const struct claim *y = b;
	int order = prefix_compare(&x->what, &y->what);

	return order != 0 ? order : (x->node > y->node) - (x->node < y->node);
}

/* Keep those that stay, in their order. */
static void drop(struct import *import)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < import_count(import); i++) {
		if (import_at(import, i)->stays)
			*import_at(import, kept++) = *import_at(import, i);
	}
	import->nodes.used = kept * sizeof(struct import_node);
}

/* A name stands once in a cluster; in a file put together from several, perhaps not. */
static void drop_same_names(struct import *import)
{
	const struct import_node *first = NULL;

	for (uint32_t i = 0; i < import_count(import); i++) {
		struct import_node *node = import_at(import, i);
		const char *why;

		node->stays = first == NULL || strcmp(first->name, node->name) != 0;
		if (node->stays) {
			first = node;
			continue;
		}
		(void)compare_rank(first, node, &why);
		import_say(import, "a second node called %s is left out: %s", node->name, why);
	}
	drop(import);
}

static bool add(struct claims *claims, uint32_t node, enum claim_kind kind,
		const struct prefix *what)
{
	struct claim *claim = arena_push(&claims->list, sizeof(*claim));

	if (claim == NULL)
		return false;
	*claim = (struct claim){
		.what = *what, .kind = (uint8_t)kind, .node = node, .outer = NONE, .inside = NONE};
	return true;
}

static bool add_node(struct claims *claims, uint32_t node)
{
	const struct import_node *row = import_at(claims->import, node);
	bool added = true;

	for (int i = 0; i < IMPORT_FAMILIES; i++) {
		struct prefix ip = prefix_of(&row->ip[i], ip_bits(row->ip[i].family));
		struct prefix mac = {.ip.family = mac_families[i], .len = MAC_BITS};

		memcpy(mac.ip.bytes, row->mac[i].bytes, sizeof(row->mac[i].bytes));
		if (ip_is_set(&row->ip[i]))
			added = add(claims, node, CLAIM_ADDRESS, &ip) && added;
		if (mac_is_set(&row->mac[i]))
			added = add(claims, node, CLAIM_MAC, &mac) && added;
	}
	for (uint32_t i = 0; i < row->cidr_count; i++)
		added = add(claims, node, CLAIM_CIDR, &row->cidrs[i]) && added;
	return added;
}

static bool holds(const struct claims *claims, uint32_t outer, uint32_t inner)
{
	return prefix_covers(&claim_at(claims, outer)->what, &claim_at(claims, inner)->what);
}

static void link_claims(struct claims *claims)
{
	for (uint32_t i = 0; i < claims->count; i++) {
		struct claim *claim = claim_at(claims, i);
		uint32_t outer = i > 0 ? i - 1 : NONE;

		while (outer != NONE && !holds(claims, outer, i))
			outer = claim_at(claims, outer)->outer;
		claim->outer = outer;
		claim->next = *first_of(claims, claim->node);
		*first_of(claims, claim->node) = i;
	}
}

static int gather(struct claims *claims)
{
	uint32_t nodes = import_count(claims->import);

	claims->list.limit = (CLAIMS_FIXED * (size_t)nodes +
			      claims->import->cidrs.used / sizeof(struct prefix)) *
			     sizeof(struct claim);
	claims->first.limit = nodes * sizeof(uint32_t);
	if (arena_push(&claims->first, claims->first.limit) == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < nodes; i++) {
		*first_of(claims, i) = NONE;
		if (!add_node(claims, i))
			return -ENOMEM;
	}
	claims->count = (uint32_t)(claims->list.used / sizeof(struct claim));
	qsort(claims->list.base, claims->count, sizeof(struct claim), compare_claims);
	link_claims(claims);
	return 0;
}

/* Nodes whose podCIDR holds claims of two or more others are odd, not these. */
static void find_sprawls(const struct claims *claims)
{
	for (uint32_t i = 0; i < claims->count; i++) {
		const struct claim *claim = claim_at(claims, i);

		for (uint32_t at = claim->outer; at != NONE; at = claim_at(claims, at)->outer) {
			struct claim *outer = claim_at(claims, at);

			if (outer->node == claim->node || outer->what.len == claim->what.len)
				continue;
			if (outer->inside != NONE && outer->inside != claim->node)
				import_at(claims->import, outer->node)->sprawls = true;
			outer->inside = claim->node;
		}
	}
}

/* The claim of a node that stays, and meets this one. */
static uint32_t find_met(const struct claims *claims, uint32_t i)
{
	uint32_t at = claim_at(claims, i)->outer;

	for (; at != NONE; at = claim_at(claims, at)->outer) {
		if (import_at(claims->import, claim_at(claims, at)->node)->stays)
			return at;
	}
	for (at = i + 1; at < claims->count && holds(claims, i, at); at++) {
		if (import_at(claims->import, claim_at(claims, at)->node)->stays)
			return at;
	}
	return NONE;
}

static void format_claim(const struct claim *claim, char out[CLAIM_TEXT_MAX])
{
	struct buf buf = {.data = out, .size = CLAIM_TEXT_MAX};
	char text[PREFIX_TEXT_MAX];
	struct mac mac;

	memcpy(mac.bytes, claim->what.ip.bytes, sizeof(mac.bytes));
	if (claim->kind == CLAIM_MAC)
		buf_add(&buf, "VTEP MAC %s", mac_format(&mac, text));
	else if (claim->kind == CLAIM_ADDRESS)
		buf_add(&buf, "address %s", ip_format(&claim->what.ip, text));
	else
		buf_add(&buf, "podCIDR %s", prefix_format(&claim->what, text));
}

static void tell_clash(const struct import *import, const struct claim *own,
		       const struct claim *met)
{
	const struct import_node *node = import_at(import, own->node);
	const struct import_node *rival = import_at(import, met->node);
	char own_text[CLAIM_TEXT_MAX];
	char met_text[CLAIM_TEXT_MAX];
	const char *why;

	(void)compare_rank(rival, node, &why);
	format_claim(own, own_text);
	format_claim(met, met_text);
	if (strcmp(own_text, met_text) == 0)
		import_say(import, "%s is left out: its %s is that of %s too; %s", node->name,
			   own_text, rival->name, why);
	else
		import_say(import, "%s is left out: its %s overlaps %s of %s; %s", node->name,
			   own_text, met_text, rival->name, why);
}

/* Whether nobody who stays has what the node claims. */
static bool has_room(const struct claims *claims, uint32_t node)
{
	for (uint32_t i = *first_of(claims, node); i != NONE; i = claim_at(claims, i)->next) {
		uint32_t met = find_met(claims, i);

		if (met == NONE)
			continue;
		tell_clash(claims->import, claim_at(claims, i), claim_at(claims, met));
		return false;
	}
	return true;
}

/* Best first, so that a node that lost to another removes none itself. */
static int drop_clashes(struct import *import)
{
	CLEANUP_CLAIMS struct claims claims = {.import = import};
	uint32_t nodes = import_count(import);
	uint32_t *order;

	if (gather(&claims) < 0)
		return -ENOMEM;
	find_sprawls(&claims);
	claims.order.limit = nodes * sizeof(*order);
	order = arena_push(&claims.order, claims.order.limit);
	if (order == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < nodes; i++) {
		order[i] = i;
		import_at(import, i)->stays = false;
	}
	qsort_r(order, nodes, sizeof(*order), compare_numbers, import);
	for (uint32_t i = 0; i < nodes; i++)
		import_at(import, order[i])->stays = has_room(&claims, order[i]);
	drop(import);
	return 0;
}

/* Nodes of another VNI cannot be reached through one and the same tunnel. */
static void tell_vnis(const struct import *import)
{
	const struct import_node *first = NULL;

	for (uint32_t i = 0; i < import_count(import); i++) {
		const struct import_node *node = import_at(import, i);

		if (node->vni == 0)
			continue;
		if (first == NULL)
			first = node;
		else if (node->vni != first->vni)
			import_say(import, "%s: flannel's VNI of it is %u, that of %s is %u",
				   node->name, node->vni, first->name, first->vni);
	}
}

int import_resolve(struct import *import, struct error *err)
{
	if (import_count(import) == 0)
		return 0;
	qsort(import->nodes.base, import_count(import), sizeof(struct import_node), compare_nodes);
	drop_same_names(import);
	if (drop_clashes(import) < 0)
		return error_set(err, ENOMEM, "no memory left");
	tell_vnis(import);
	return 0;
}
