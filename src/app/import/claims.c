/* claims.c - what nodes lay claim to, in one order that shows who clashes with whom. */
#include "app/import/claims.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A reference is a node's number times this, and which claim of its. */
#define CLAIM_BITS 5
#define CLAIMS_FIXED 4 /* addresses and MACs; podCIDRs come behind */
_Static_assert(CLAIMS_FIXED + IMPORT_CIDRS_MOST <= 1 << CLAIM_BITS, "a reference holds both");
_Static_assert(CONFIG_NODES_MOST < UINT32_MAX >> CLAIM_BITS, "a reference holds both");

/* Families that no address has: the MACs of the two tunnels. */
#define FAMILY_MAC 1
#define FAMILY_MAC6 3
#define MAC_BITS 48

static uint32_t count_of(const struct import_claims *claims)
{
	return (uint32_t)(claims->refs.used / sizeof(uint32_t));
}

static uint32_t ref_at(const struct import_claims *claims, uint32_t i)
{
	return ((const uint32_t *)(const void *)claims->refs.base)[i];
}

static uint32_t node_at(const struct import_claims *claims, uint32_t i)
{
	return ref_at(claims, i) >> CLAIM_BITS;
}

static struct import_run *run_at(const struct import_claims *claims, uint32_t i)
{
	return (struct import_run *)(void *)claims->runs.base + i;
}

static struct prefix mac_claim(const struct import *import, const struct import_node *node,
			       enum import_family family)
{
	struct mac mac = import_mac(import, node, family);
	struct prefix claim = {.len = MAC_BITS};

	memcpy(claim.ip.bytes, mac.bytes, sizeof(mac.bytes));
	claim.ip.family = family == IMPORT_IPV4 ? FAMILY_MAC : FAMILY_MAC6;
	return mac_is_set(&mac) ? claim : (struct prefix){.len = 0};
}

static struct prefix ip_claim(const struct import *import, const struct import_node *node,
			      enum import_family family)
{
	struct ip ip = import_ip(import, node, family);

	return ip_is_set(&ip) ? prefix_of(&ip, ip_bits(ip.family)) : (struct prefix){.len = 0};
}

bool import_claims_at(const struct import *import, uint32_t node, uint32_t i, struct prefix *out)
{
	const struct import_node *row = import_node_at(import, node);

	if (i >= CLAIMS_FIXED + (uint32_t)row->cidr_count)
		return false;
	if (i >= CLAIMS_FIXED)
		*out = *import_cidr(import, row, i - CLAIMS_FIXED);
	else if (i < IMPORT_FAMILIES)
		*out = ip_claim(import, row, (enum import_family)i);
	else
		*out = mac_claim(import, row, (enum import_family)(i - IMPORT_FAMILIES));
	return true;
}

static struct prefix claim_of(const struct import *import, uint32_t ref)
{
	struct prefix claim = {.len = 0};

	(void)import_claims_at(import, ref >> CLAIM_BITS, ref & ((1U << CLAIM_BITS) - 1), &claim);
	return claim;
}

static struct prefix claim_at(const struct import_claims *claims, uint32_t i)
{
	return claim_of(claims->import, ref_at(claims, i));
}

static int compare_refs(const void *a, const void *b, void *import)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;
	struct prefix left = claim_of(import, x);
	struct prefix right = claim_of(import, y);
	int order = prefix_compare(&left, &right);

	return order != 0 ? order : (x > y) - (x < y);
}

static int gather_node(struct import_claims *claims, uint32_t node)
{
	struct prefix claim;

	for (uint32_t i = 0; import_claims_at(claims->import, node, i, &claim); i++) {
		uint32_t *ref;

		if (claim.ip.family == 0)
			continue;
		ref = arena_push(&claims->refs, sizeof(*ref));
		if (ref == NULL)
			return -ENOMEM;
		*ref = node << CLAIM_BITS | i;
	}
	return 0;
}

/* In this order a claim comes behind all that hold it, so these are the last one and what holds
 * that. */
static void link_run(struct import_claims *claims, uint32_t i, uint32_t last)
{
	struct import_run *run = run_at(claims, i);
	struct prefix own = claim_at(claims, i);
	uint32_t outer = last;

	run->by = IMPORT_NOBODY;
	run->parent = IMPORT_NOBODY;
	while (outer != IMPORT_NOBODY) {
		struct prefix other = claim_at(claims, outer);

		if (prefix_covers(&other, &own)) {
			run->parent = outer;
			run->follows = prefix_same(&other, &own);
			return;
		}
		outer = run_at(claims, outer)->parent;
	}
}

static void link_runs(struct import_claims *claims)
{
	uint32_t last = IMPORT_NOBODY;

	for (uint32_t i = 0; i < count_of(claims); i++) {
		link_run(claims, i, last);
		if (!run_at(claims, i)->follows)
			last = i;
	}
}

int import_claims_gather(struct import_claims *claims)
{
	size_t nodes = claims->import->nodes.used / sizeof(struct import_node);
	size_t most = CLAIMS_FIXED * nodes + claims->import->cidrs.used / sizeof(struct prefix);

	claims->refs.limit = most * sizeof(uint32_t);
	claims->runs.limit = most * sizeof(struct import_run);
	for (uint32_t i = 0; i < nodes; i++) {
		if (!import_node_at(claims->import, i)->out && gather_node(claims, i) < 0)
			return -ENOMEM;
	}
	if (count_of(claims) > 0)
		qsort_r(claims->refs.base, count_of(claims), sizeof(uint32_t), compare_refs,
			(void *)(uintptr_t)claims->import);
	if (arena_push(&claims->runs, count_of(claims) * sizeof(struct import_run)) == NULL)
		return -ENOMEM;
	link_runs(claims);
	return 0;
}

void import_claims_release(struct import_claims *claims)
{
	arena_release(&claims->refs);
	arena_release(&claims->runs);
}

static uint32_t first_of(const struct import_claims *claims, uint32_t i)
{
	return run_at(claims, i)->follows ? run_at(claims, i)->parent : i;
}

/* `by` is the first node inside so far, `taken` that there is another. */
static void count_inside(const struct import_claims *claims, uint32_t i)
{
	uint32_t node = node_at(claims, i);
	uint32_t outer = run_at(claims, first_of(claims, i))->parent;

	for (; outer != IMPORT_NOBODY; outer = run_at(claims, outer)->parent) {
		struct import_run *run = run_at(claims, outer);

		if (run->by == IMPORT_NOBODY)
			run->by = node & IMPORT_NOBODY;
		else if (run->by != node)
			run->taken = true;
	}
}

void import_claims_find_sprawls(struct import_claims *claims, struct import *import)
{
	struct import_node *nodes = (void *)import->nodes.base;

	for (uint32_t i = 0; i < count_of(claims); i++)
		count_inside(claims, i);
	for (uint32_t i = 0; i < count_of(claims); i++) {
		if (run_at(claims, first_of(claims, i))->taken)
			nodes[node_at(claims, i)].sprawls = true;
	}
	for (uint32_t i = 0; i < count_of(claims); i++) {
		run_at(claims, i)->by = IMPORT_NOBODY;
		run_at(claims, i)->taken = false;
	}
}

/* Where a reference stands among the sorted ones. */
static uint32_t find_ref(const struct import_claims *claims, uint32_t ref)
{
	uint32_t low = 0;
	uint32_t high = count_of(claims);

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		uint32_t other = ref_at(claims, middle);

		if (compare_refs(&other, &ref, (void *)(uintptr_t)claims->import) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Who has the claim, part of it, or what holds it. */
static uint32_t find_holder(const struct import_claims *claims, uint32_t first)
{
	uint32_t outer = run_at(claims, first)->parent;

	if (run_at(claims, first)->by != IMPORT_NOBODY)
		return run_at(claims, first)->by;
	for (; outer != IMPORT_NOBODY; outer = run_at(claims, outer)->parent) {
		if (run_at(claims, outer)->taken)
			return run_at(claims, outer)->by;
	}
	return IMPORT_NOBODY;
}

static void take(const struct import_claims *claims, uint32_t first, uint32_t node)
{
	uint32_t outer = run_at(claims, first)->parent;

	run_at(claims, first)->by = node & IMPORT_NOBODY;
	run_at(claims, first)->taken = true;
	for (; outer != IMPORT_NOBODY; outer = run_at(claims, outer)->parent) {
		if (run_at(claims, outer)->by == IMPORT_NOBODY)
			run_at(claims, outer)->by = node & IMPORT_NOBODY;
	}
}

struct import_clash import_claims_take(struct import_claims *claims, uint32_t node)
{
	uint32_t places[CLAIMS_FIXED + IMPORT_CIDRS_MOST];
	uint32_t count = 0;
	struct prefix claim = {.len = 0};

	for (uint32_t i = 0; import_claims_at(claims->import, node, i, &claim); i++) {
		uint32_t rival;

		if (claim.ip.family == 0)
			continue;
		places[count] = first_of(claims, find_ref(claims, node << CLAIM_BITS | i));
		rival = find_holder(claims, places[count++]);
		if (rival != IMPORT_NOBODY)
			return (struct import_clash){.rival = rival, .own = claim};
	}
	while (count > 0)
		take(claims, places[--count], node);
	return (struct import_clash){.rival = IMPORT_NOBODY};
}
