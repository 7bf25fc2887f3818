/* resolve.c - of nodes that clash, which one stays. */
#include "app/import/nodes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/import/claims.h"
#include "croute/base/buf.h"

#define CLAIM_TEXT_MAX 80

static void release_arena(struct arena *arena)
{
	arena_release(arena);
}
#define CLEANUP_ARENA __attribute__((cleanup(release_arena)))
#define CLEANUP_CLAIMS __attribute__((cleanup(import_claims_release)))

static uint32_t node_count(const struct import *import)
{
	return (uint32_t)(import->nodes.used / sizeof(struct import_node));
}

static struct import_node *node_of(struct import *import, uint32_t node)
{
	return (struct import_node *)(void *)import->nodes.base + node;
}

/* Who stays of two: less than 0 when it is the first. `why`, when not NULL, gets what speaks
 * for the first of them. */
static int compare_rank(const struct import *import, uint32_t a, uint32_t b, const char **why)
{
	const struct import_node *x = import_node_at(import, a);
	const struct import_node *y = import_node_at(import, b);
	const char *unused;

	if (why == NULL)
		why = &unused;
	*why = "it lies over others as well";
	if (x->sprawls != y->sprawls)
		return x->sprawls ? 1 : -1;
	*why = "the other is Ready";
	if (x->ready != y->ready)
		return x->ready ? -1 : 1;
	*why = "the other is younger";
	if (x->created != y->created)
		return x->created > y->created ? -1 : 1;
	*why = "the other comes first by name";
	return strcmp(import_name(import, x), import_name(import, y));
}

static int compare_by_rank(const void *a, const void *b, void *import)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;
	int order = compare_rank(import, x, y, NULL);

	return order != 0 ? order : (x > y) - (x < y);
}

static int compare_by_name(const void *a, const void *b, void *import)
{
	const struct import_node *x = import_node_at(import, *(const uint32_t *)a);
	const struct import_node *y = import_node_at(import, *(const uint32_t *)b);
	int order = strcmp(import_name(import, x), import_name(import, y));

	return order != 0 ? order : compare_by_rank(a, b, import);
}

/* The numbers of all nodes that are not out, in `order`. */
static int list_nodes(const struct import *import, struct arena *order)
{
	arena_reset(order);
	for (uint32_t i = 0; i < node_count(import); i++) {
		uint32_t *number;

		if (import_node_at(import, i)->out)
			continue;
		number = arena_push(order, sizeof(*number));
		if (number == NULL)
			return -ENOMEM;
		*number = i;
	}
	return 0;
}

static int sort_nodes(struct import *import, struct arena *order,
		      int (*compare)(const void *a, const void *b, void *import))
{
	int status = list_nodes(import, order);

	if (status == 0 && order->used > 0)
		qsort_r(order->base, order->used / sizeof(uint32_t), sizeof(uint32_t), compare,
			import);
	return status;
}

/* A name stands once in a cluster; in a file put together from several, perhaps not. */
static void drop_same_names(struct import *import)
{
	const uint32_t *numbers = (const void *)import->order.base;
	uint32_t first = 0;

	for (uint32_t i = 1; i < import->order.used / sizeof(*numbers); i++) {
		struct import_node *node = node_of(import, numbers[i]);
		const char *name = import_name(import, node);
		const char *why;

		if (strcmp(import_name(import, import_at(import, first)), name) != 0) {
			first = i;
			continue;
		}
		node->out = true;
		(void)compare_rank(import, numbers[first], numbers[i], &why);
		import_say(import, "a second node called %s is left out: %s", name, why);
	}
}

static const char *format_claim(const struct import *import, const struct prefix *claim,
				uint32_t node, char out[CLAIM_TEXT_MAX])
{
	const struct import_node *row = import_node_at(import, node);
	struct buf buf = {.data = out, .size = CLAIM_TEXT_MAX};
	struct ip own = import_ip(import, row,
				  claim->ip.family == AF_INET ? IMPORT_IPV4 : IMPORT_IPV6);
	struct mac mac;
	char text[PREFIX_TEXT_MAX];

	memcpy(mac.bytes, claim->ip.bytes, sizeof(mac.bytes));
	if (claim->ip.family != AF_INET && claim->ip.family != AF_INET6)
		buf_add(&buf, "VTEP MAC %s", mac_format(&mac, text));
	else if (claim->len == ip_bits(claim->ip.family) && ip_same(&claim->ip, &own))
		buf_add(&buf, "address %s", ip_format(&claim->ip, text));
	else
		buf_add(&buf, "podCIDR %s", prefix_format(claim, text));
	return out;
}

/* What of the rival's it is that meets the claim. */
static struct prefix find_met(const struct import *import, const struct import_clash *clash)
{
	struct prefix other = {.len = 0};

	for (uint32_t i = 0; import_claims_at(import, clash->rival, i, &other); i++) {
		if (other.ip.family != 0 && prefix_overlaps(&other, &clash->own))
			break;
	}
	return other;
}

static void tell_clash(const struct import *import, uint32_t node, const struct import_clash *clash)
{
	const char *name = import_name(import, import_node_at(import, node));
	const char *rival = import_name(import, import_node_at(import, clash->rival));
	struct prefix met = find_met(import, clash);
	char own_text[CLAIM_TEXT_MAX];
	char met_text[CLAIM_TEXT_MAX];
	const char *why;

	(void)compare_rank(import, clash->rival, node, &why);
	(void)format_claim(import, &clash->own, node, own_text);
	(void)format_claim(import, &met, clash->rival, met_text);
	if (strcmp(own_text, met_text) == 0)
		import_say(import, "%s is left out: its %s is that of %s too; %s", name, own_text,
			   rival, why);
	else
		import_say(import, "%s is left out: its %s overlaps %s of %s; %s", name, own_text,
			   met_text, rival, why);
}

static int drop_clashes(struct import *import)
{
	CLEANUP_ARENA struct arena order = {.limit = import->nodes.used};
	CLEANUP_CLAIMS struct import_claims claims = {.import = import};
	const uint32_t *numbers;

	if (import_claims_gather(&claims) < 0)
		return -ENOMEM;
	import_claims_find_sprawls(&claims, import);
	if (sort_nodes(import, &order, compare_by_rank) < 0)
		return -ENOMEM;
	numbers = (const void *)order.base;
	for (uint32_t i = 0; i < order.used / sizeof(*numbers); i++) {
		struct import_clash clash = import_claims_take(&claims, numbers[i]);

		if (clash.rival == IMPORT_NOBODY)
			continue;
		node_of(import, numbers[i])->out = true;
		tell_clash(import, numbers[i], &clash);
	}
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
				   import_name(import, node), node->vni, import_name(import, first),
				   first->vni);
	}
}

int import_resolve(struct import *import, struct error *err)
{
	if (import->nodes.used == 0)
		return 0;
	if (sort_nodes(import, &import->order, compare_by_name) < 0)
		return error_set(err, ENOMEM, "no memory left");
	drop_same_names(import);
	arena_reset(&import->order);
	if (drop_clashes(import) < 0 || sort_nodes(import, &import->order, compare_by_name) < 0)
		return error_set(err, ENOMEM, "no memory left");
	tell_vnis(import);
	return 0;
}
