/* count.c - one walk over the podCIDRs of two files counts the changes of every host. */
#include "app/rollout/count.h"

#include <errno.h>
#include <string.h>

#include "app/rollout/pods.h"
#include "app/rollout/statics.h"
#include "croute/core/want/desired.h"
#include "croute/core/want/vtep.h"

/*
 * Nearly every host sees the same: all podCIDRs but its own. So each pair of an old and a new
 * podCIDR of one destination is weighed once for those who have no part in it, and once more for
 * its owners. Which side a host sees depends on the family: it routes those that it has an address
 * of.
 */
#define SEES_OLD 1U
#define SEES_NEW 2U
#define VIEWS 4U
#define FAMILIES 2U

/* One destination: its podCIDR in either file, NULL where there is none or no route can come of
 * it. */
struct pair {
	const struct config_podcidr *old;
	const struct config_podcidr *new;
	bool bears_fdb; /* a change of its node's forwarding entry is told with this one */
	bool old_own;	/* what it was, or is, for its owner: a blackhole */
	bool new_own;
};

/* Counts wrap around while they are corrected; what remains is right. */
struct rollout {
	const struct config *was;
	const struct config *now;
	struct arena memory;   /* uint32_t: the four arrays below */
	uint32_t *slots;       /* hash table of now's names: node + 1, 0 is free */
	uint32_t slot_count;   /* a power of two */
	uint32_t *node_of_old; /* by node of was: the same one of now, or CONFIG_NOT_FOUND */
	uint32_t *old_of_node; /* the other way round */
	uint32_t *met;	       /* by node of now: a bit per family of which a podCIDR was met */
	struct rollout_counts *counts; /* one a node of now */
	struct rollout_counts bystander[FAMILIES][VIEWS];
};

static const char *name_of(const struct config *config, uint32_t node)
{
	return config_string_at(config, config_node_at(config, node)->name);
}

/* The slot of a name in now, or the free one where it belongs (FNV-1a, linear probing). */
static uint32_t *slot_of(const struct rollout *rollout, const char *name)
{
	uint32_t hash = 2166136261U;
	uint32_t *slot;

	for (const char *c = name; *c != '\0'; c++)
		hash = (hash ^ (uint8_t)*c) * 16777619U;
	for (uint32_t i = hash ^ hash >> 15;; i++) {
		slot = &rollout->slots[i & (rollout->slot_count - 1)];
		if (*slot == 0 || strcmp(name_of(rollout->now, *slot - 1), name) == 0)
			return slot;
	}
}

static int reserve(struct rollout *rollout)
{
	uint32_t olds = config_node_count(rollout->was);
	uint32_t nodes = config_node_count(rollout->now);

	rollout->slot_count = 2;
	while (rollout->slot_count / 2 < nodes)
		rollout->slot_count *= 2;
	rollout->memory.limit = sizeof(uint32_t) *
				((size_t)olds + 2 * (size_t)nodes + rollout->slot_count);
	rollout->slots = arena_push(&rollout->memory, rollout->memory.limit);
	if (rollout->slots == NULL)
		return -ENOMEM;
	rollout->node_of_old = rollout->slots + rollout->slot_count;
	rollout->old_of_node = rollout->node_of_old + olds;
	rollout->met = rollout->old_of_node + nodes;
	return 0;
}

/* Find each node of one file in the other. */
static void match_nodes(struct rollout *rollout)
{
	uint32_t olds = config_node_count(rollout->was);
	uint32_t nodes = config_node_count(rollout->now);

	for (uint32_t i = 0; i < nodes; i++) {
		rollout->old_of_node[i] = CONFIG_NOT_FOUND;
		*slot_of(rollout, name_of(rollout->now, i)) = i + 1;
	}
	for (uint32_t i = 0; i < olds; i++) {
		uint32_t node = *slot_of(rollout, name_of(rollout->was, i)) - 1;

		rollout->node_of_old[i] = node; /* CONFIG_NOT_FOUND at a free slot */
		if (node != CONFIG_NOT_FOUND)
			rollout->old_of_node[node] = i;
	}
}
_Static_assert(CONFIG_NOT_FOUND == UINT32_MAX, "a free slot less one is CONFIG_NOT_FOUND");

/* Of which files a node has pod routes. */
static unsigned int view_of(const struct rollout *rollout, uint32_t node, uint8_t family)
{
	bool old = rollout_pods_has_family(rollout->was, rollout->old_of_node[node], family);
	bool new = rollout_pods_has_family(rollout->now, node, family);

	return (old ? SEES_OLD : 0) | (new ? SEES_NEW : 0);
}

static bool is_same_key(const struct rollout *rollout, const struct prefix *prefix)
{
	const struct config_kernel *was = &rollout->was->kernel;
	const struct config_kernel *now = &rollout->now->kernel;

	return was->table == now->table &&
	       desired_pod_metric(was, prefix) == desired_pod_metric(now, prefix);
}

/* Into a tunnel, only the neighbour and the node's one forwarding entry tell hosts apart. */
static bool is_same_value(const struct rollout *rollout, struct pair pair)
{
	uint8_t family = pair.new->prefix.ip.family;
	const struct config_node *was = config_node_at(rollout->was, pair.old->node);
	const struct config_node *now = config_node_at(rollout->now, pair.new->node);
	struct ip old = config_node_address(was, family);
	struct ip new = config_node_address(now, family);
	struct mac old_mac, new_mac;

	if (rollout->was->kernel.protocol != rollout->now->kernel.protocol)
		return false;
	if (pair.old_own || pair.new_own)
		return pair.old_own && pair.new_own;
	if (rollout->was->backend != rollout->now->backend)
		return false;
	if (rollout->now->backend != BACKEND_VXLAN)
		return ip_same(&old, &new);
	old_mac = vtep_mac(rollout->was, was, family);
	new_mac = vtep_mac(rollout->now, now, family);
	return mac_same(&old_mac, &new_mac) && (!pair.bears_fdb || ip_same(&old, &new));
}

/* What a pair means for a host that sees both sides of it. */
static struct rollout_counts weigh(const struct rollout *rollout, struct pair pair)
{
	bool same;

	if (pair.old == NULL || pair.new == NULL)
		return (struct rollout_counts){.add = pair.new != NULL, .remove = pair.old != NULL};
	if (!is_same_key(rollout, &pair.new->prefix))
		return (struct rollout_counts){.add = 1, .remove = 1};
	same = is_same_value(rollout, pair);
	return (struct rollout_counts){.change = !same, .unchanged = same};
}

static struct pair pair_seen(struct pair pair, unsigned int view)
{
	return (struct pair){.old = (view & SEES_OLD) != 0 ? pair.old : NULL,
			     .new = (view & SEES_NEW) != 0 ? pair.new : NULL,
			     .bears_fdb = pair.bears_fdb};
}

static void add_counts(struct rollout_counts *to, struct rollout_counts counts)
{
	to->add += counts.add;
	to->change += counts.change;
	to->remove += counts.remove;
	to->unchanged += counts.unchanged;
}

static void subtract_counts(struct rollout_counts *from, struct rollout_counts counts)
{
	from->add -= counts.add;
	from->change -= counts.change;
	from->remove -= counts.remove;
	from->unchanged -= counts.unchanged;
}

/* An owner of the pair does not route its own side of it, but may hold it by a blackhole. */
static const struct config_podcidr *own_side(const struct config *config,
					     const struct config_podcidr *podcidr, bool *own)
{
	*own = config->agent.blackhole_local;
	return *own ? podcidr : NULL;
}

static void correct_owner(struct rollout *rollout, struct pair pair, uint32_t node)
{
	uint8_t family;

	if (node == CONFIG_NOT_FOUND)
		return;
	family = (pair.old != NULL ? pair.old : pair.new)->prefix.ip.family;
	pair = pair_seen(pair, view_of(rollout, node, family));
	subtract_counts(&rollout->counts[node], weigh(rollout, pair));
	if (pair.new != NULL && pair.new->node == node)
		pair.new = own_side(rollout->now, pair.new, &pair.new_own);
	if (pair.old != NULL && rollout->node_of_old[pair.old->node] == node)
		pair.old = own_side(rollout->was, pair.old, &pair.old_own);
	add_counts(&rollout->counts[node], weigh(rollout, pair));
}

static struct rollout_counts *bystanders(struct rollout *rollout, uint8_t family)
{
	return rollout->bystander[family == AF_INET ? 0 : 1];
}

/* The first podCIDR of a node and family does, in their order. */
static bool bears_fdb(struct rollout *rollout, const struct config_podcidr *podcidr)
{
	uint32_t bit = podcidr->prefix.ip.family == AF_INET ? 1 : 2;
	bool first = (rollout->met[podcidr->node] & bit) == 0;

	rollout->met[podcidr->node] |= bit;
	return first;
}

static void count_pair(struct rollout *rollout, struct pair pair)
{
	uint8_t family = (pair.old != NULL ? pair.old : pair.new)->prefix.ip.family;
	struct rollout_counts *counts = bystanders(rollout, family);
	uint32_t new = CONFIG_NOT_FOUND;
	uint32_t old = CONFIG_NOT_FOUND;

	pair.old = rollout_pods_routable(rollout->was, pair.old);
	pair.new = rollout_pods_routable(rollout->now, pair.new);
	if (pair.new != NULL) {
		new = pair.new->node;
		pair.bears_fdb = bears_fdb(rollout, pair.new);
	}
	if (pair.old != NULL)
		old = rollout->node_of_old[pair.old->node];
	for (unsigned int view = 1; view < VIEWS; view++)
		add_counts(&counts[view], weigh(rollout, pair_seen(pair, view)));
	correct_owner(rollout, pair, new);
	if (old != new)
		correct_owner(rollout, pair, old);
}

/* The next destination of both sorted arrays, from the `i`-th old and the `j`-th new podCIDR on. */
static struct pair next_pair(const struct rollout *rollout, uint32_t i, uint32_t j)
{
	struct pair pair = {0};
	int order = 0;

	if (i < config_podcidr_count(rollout->was))
		pair.old = config_podcidr_at(rollout->was, i);
	if (j < config_podcidr_count(rollout->now))
		pair.new = config_podcidr_at(rollout->now, j);
	if (pair.old != NULL && pair.new != NULL)
		order = prefix_compare(&pair.old->prefix, &pair.new->prefix);
	if (order < 0)
		pair.new = NULL;
	if (order > 0)
		pair.old = NULL;
	return pair;
}

static void count_pairs(struct rollout *rollout)
{
	uint32_t i = 0;
	uint32_t j = 0;
	struct pair pair = next_pair(rollout, i, j);

	while (pair.old != NULL || pair.new != NULL) {
		i += pair.old != NULL;
		j += pair.new != NULL;
		count_pair(rollout, pair);
		pair = next_pair(rollout, i, j);
	}
}

static void count_pods(struct rollout *rollout)
{
	static const uint8_t families[FAMILIES] = {AF_INET, AF_INET6};

	count_pairs(rollout);
	for (uint32_t node = 0; node < config_node_count(rollout->now); node++) {
		for (uint32_t i = 0; i < FAMILIES; i++) {
			unsigned int view = view_of(rollout, node, families[i]);

			add_counts(&rollout->counts[node], bystanders(rollout, families[i])[view]);
		}
	}
}

/* The row of an addition or deletion that is the first of its key, NULL for any other change. */
static const struct route *row_of(const struct rollout_static *statics, const struct change *change)
{
	bool adds = change->action == CHANGE_ADD;
	const struct rows *rows = adds ? &statics->desired.want.rows[CHANGE_ROUTE]
				       : &statics->have.rows[CHANGE_ROUTE];
	uint32_t i = adds ? change->want : change->have;

	if (!adds && change->action != CHANGE_DELETE)
		return NULL;
	if (i > 0 && rows_compare_keys(rows, i - 1, rows, i) == 0)
		return NULL;
	return rows_at(rows, i);
}

/* A static route that takes the key of a pod route of the other file, or leaves it to one: what was
 * counted as a removal and an addition is one change. */
static void merge_with_pods(const struct rollout *rollout, const struct rollout_static *statics,
			    uint32_t node)
{
	struct rollout_counts *counts = &rollout->counts[node];

	for (uint32_t i = 0; i < plan_change_count(&statics->plan); i++) {
		const struct change *change = plan_change_at(&statics->plan, i);
		const struct route *row = row_of(statics, change);
		bool old, new;

		if (row == NULL)
			continue;
		old = rollout_pods_has_key(rollout->was, rollout->old_of_node[node], row);
		new = rollout_pods_has_key(rollout->now, node, row);
		if (old == new || old != (change->action == CHANGE_ADD))
			continue;
		counts->add--;
		counts->remove--;
		counts->change++;
	}
}

static int count_statics(struct rollout *rollout)
{
	bool known = rollout->was->backend == BACKEND_NONE; /* then a host needs no entry */
	struct rollout_static statics;
	int status;

	if (config_route_count(rollout->was) + config_route_count(rollout->now) == 0)
		return 0;
	status = rollout_static_init(&statics, rollout->was, rollout->now);
	for (uint32_t i = 0; i < config_node_count(rollout->now) && status == 0; i++) {
		uint32_t was = rollout->old_of_node[i];
		struct rollout_host host = {.name = name_of(rollout->now, i),
					    .was = was,
					    .now = i,
					    .with_old = known || was != CONFIG_NOT_FOUND};
		struct plan_summary s;

		status = rollout_static_build(&statics, &host);
		s = plan_summarize(&statics.plan, &statics.desired);
		add_counts(&rollout->counts[i],
			   (struct rollout_counts){s.add, s.change, s.remove, s.unchanged});
		merge_with_pods(rollout, &statics, i);
	}
	rollout_static_release(&statics);
	return status;
}

int rollout_count(const struct config *was, const struct config *now, struct arena *out)
{
	struct rollout rollout = {.was = was, .now = now};
	uint32_t nodes = config_node_count(now);
	int status;

	if (nodes == 0)
		return 0;
	out->limit = nodes * sizeof(struct rollout_counts);
	rollout.counts = arena_push(out, out->limit);
	status = rollout.counts != NULL ? reserve(&rollout) : -ENOMEM;
	if (status == 0) {
		match_nodes(&rollout);
		count_pods(&rollout);
		status = count_statics(&rollout);
	}
	arena_release(&rollout.memory);
	return status < 0 ? -ENOMEM : 0;
}
