/* reason.c - a verdict in words, with the rows, rules and states that it names. */
/* SPDX-License-Identifier: MIT */
#include "app/lookup/lookup.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "croute/core/report/report.h"

const char *lookup_state_word(uint16_t state)
{
	static const struct {
		uint16_t bit;
		const char *word;
	} words[] = {
		{NUD_PERMANENT, "permanent"},	{NUD_NOARP, "noarp"}, {NUD_REACHABLE, "reachable"},
		{NUD_FAILED, "failed"},		{NUD_STALE, "stale"}, {NUD_DELAY, "delay"},
		{NUD_INCOMPLETE, "incomplete"}, {NUD_PROBE, "probe"},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if ((state & words[i].bit) != 0)
			return words[i].word;
	}
	return "none";
}

void lookup_add_route(struct buf *out, const struct lookup *lookup, const struct route *route)
{
	struct report plain = *lookup->report;
	char protocol[NAMES_PROTOCOL_MAX];

	plain.ranked = true; /* what the kernel has is shown with its metric */
	report_add_route(out, &plain, route);
	buf_add(out, " proto %s", names_protocol(route->protocol, protocol));
}

void lookup_add_rule(struct buf *out, const struct rule *rule)
{
	buf_add(out, "%u:", rule->priority);
	names_add_rule(out, rule);
}

static void add_link(struct buf *out, const struct lookup *lookup, uint32_t index)
{
	const struct link *link = links_find_index(&lookup->picture->links, index);

	if (link != NULL)
		buf_add_safe(out, text_of(link->name));
	else
		buf_add(out, "if%u", index);
}

static void add_ip(struct buf *out, struct ip ip)
{
	char text[IP_TEXT_MAX];

	buf_add(out, "%s", ip_format(&ip, text));
}

/* What was measured, the worst first. */
static void add_measured(struct buf *out, const struct lookup *lookup,
			 const struct reach_sampled *peer)
{
	const char *node = lookup_node(lookup);

	if (peer->lost[REACH_CAUSE][0] != '\0')
		buf_add(out, "; measured: %s; check: %s; fix: %s", peer->lost[REACH_CAUSE],
			peer->lost[REACH_COMMAND], peer->lost[REACH_FIX]);
	else if (peer->path[REACH_FULL].kind == REACH_ANSWERS)
		buf_add(out, "; measured: packets of pods arrive at %s, of %u bytes too", node,
			peer->size);
	else if (peer->path[REACH_NODE].kind == REACH_ANSWERS)
		buf_add(out, "; measured: %s answers, its pods' side is unknown", node);
}

/* Whether packets arrive, as far as it was measured or the next hop is known. */
static void add_arrival(struct buf *out, const struct lookup *lookup)
{
	const struct reach_sampled *peer = lookup_sampled(lookup);
	uint16_t state = lookup->kernel.hop.state;

	if (peer != NULL)
		add_measured(out, lookup, peer);
	else if ((state & (NUD_REACHABLE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP)) == 0)
		buf_add(out, "; whether the next hop answers is unknown (%s)",
			lookup_state_word(state));
	if (peer != NULL && peer->lost[REACH_CAUSE][0] != '\0')
		return;
	buf_add(out, "; croute reach ");
	add_ip(out, lookup->address);
	buf_add(out, peer != NULL ? " tells whether its node forwards them to the pod"
				  : " tells whether packets arrive");
}

static void add_own(struct buf *out, const struct lookup *lookup)
{
	const struct prefix *own = &lookup->podcidr->prefix;
	const struct route *match = &lookup->kernel.own.match;
	char text[PREFIX_TEXT_MAX];

	buf_add(out, "%s is this node's own", prefix_format(own, text));
	if (match->family == 0 || match->dst_len < own->len || match->type == RTN_BLACKHOLE)
		buf_add(out, "; no link of this host holds it yet");
}

static void add_failed_steps(struct buf *out, const struct lookup *lookup)
{
	const struct report *report = lookup->report;

	for (uint32_t i = 0; i < report->step_count; i++) {
		const struct device_change *step = &report->steps[i];

		if (step->result != CHANGE_FAILED || step->kind != DEVICE_CHANGE_LINK)
			continue;
		buf_add(out, "; ");
		report_add_device(out, report, step);
		buf_add(out, ": %s", step->error);
	}
}

static void add_unmet(struct buf *out, const struct lookup *lookup)
{
	if (lookup->unmet != NULL)
		buf_add_safe(out, text_of(lookup->unmet->why));
}

/* Without its device a tunnel has nothing, so say that first. */
static void add_missing(struct buf *out, const struct lookup *lookup)
{
	const struct link *link = links_find_index(&lookup->picture->links, lookup->want->oif);

	if (link == NULL || !link_is_up(link)) {
		buf_add(out, ", and its device ");
		add_link(out, lookup, lookup->want->oif);
		buf_add(out, " is absent or down");
	}
	buf_add(out, "; croute reconcile adds it, or says why not");
}

static void add_off_link(struct buf *out, const struct lookup *lookup)
{
	add_ip(out, route_gateway(lookup->want));
	buf_add(out, " is not on the link of ");
	add_link(out, lookup, lookup->want->oif);
	buf_add(out, "; use backend vxlan, or via or offLink: router");
}

static void add_rule_to_add(struct buf *out, const struct lookup *lookup)
{
	uint32_t table = lookup->want->table;

	buf_add(out, "%u, where the route is: ip %srule add priority 32000 lookup %u", table,
		lookup->address.family == AF_INET ? "" : "-6 ", table);
}

static void add_carrier(struct buf *out, const struct lookup *lookup)
{
	add_link(out, lookup, lookup->want->oif);
	buf_add(out, " without carrier?");
}

/* net/ipv4/fib_frontend.c, __fib_validate_source: EXDEV is rp_filter, EINVAL a source that no pod
 * can have; ip_route_input_slow: EHOSTUNREACH where forwarding is off. */
static void add_refusal(struct buf *out, const struct lookup *lookup)
{
	int refusal = lookup->kernel.pods.refusal;
	const char *name = strerrorname_np(refusal);

	add_link(out, lookup, lookup->kernel.pods.flow.iif);
	buf_add(out, " (%s)%s", name != NULL ? name : "unknown",
		refusal == EHOSTUNREACH ? ": is forwarding off? croute doctor"
		: refusal == EXDEV	? ": rp_filter is strict, and the way back is another"
					: "");
}

static void add_peer_part(struct buf *out, const struct lookup *lookup)
{
	bool neigh = lookup->neigh != NULL && lookup->want_neigh != NULL &&
		     mac_same(&lookup->neigh->mac, &lookup->want_neigh->mac);

	buf_add(out, "%s of the peer is %s; croute reconcile repairs it, or says why not",
		neigh ? "FDB entry" : "neighbour entry",
		(neigh ? lookup->fdb == NULL : lookup->neigh == NULL) ? "missing" : "wrong");
}

static void add_peer(struct buf *out, const struct lookup *lookup)
{
	add_ip(out, lookup->peer);
}

static void add_other_link(struct buf *out, const struct lookup *lookup)
{
	add_link(out, lookup, lookup->kernel.outer.path.oif);
	buf_add(out, ", not by %s", lookup_underlay(lookup)->name);
}

static void add_hop_link(struct buf *out, const struct lookup *lookup)
{
	add_link(out, lookup, lookup->kernel.hop.link);
}

static void add_failed_hop(struct buf *out, const struct lookup *lookup)
{
	add_ip(out, lookup->kernel.hop.ip);
	buf_add(out, " does not answer on ");
	add_hop_link(out, lookup);
}

/* What a verdict is called by programs, and what it says: the text, what is added to it, and the
 * rule and the route that are to blame. */
static const struct {
	const char *word;
	const char *text;
	void (*add)(struct buf *out, const struct lookup *lookup);
} verdicts[LOOKUP_VERDICTS] = {
	[LOOKUP_AGREES] = {"agrees", "the kernel does what the file says", add_arrival},
	[LOOKUP_LOCAL] = {"local", "local, ", add_own},
	[LOOKUP_UNOWNED] = {"unowned", "no pod route of croute's: above is what the kernel does",
			    NULL},
	[LOOKUP_NO_NODE] = {"no-node", "in podNetwork, but no node of the file has it", NULL},
	[LOOKUP_NO_INTERFACE] = {"no-interface",
				 "no interface, so pod routes stay as they are: see croute "
				 "interface",
				 NULL},
	[LOOKUP_NO_DEVICE] = {"no-device", "no tunnel device", add_failed_steps},
	[LOOKUP_NO_ADDRESS] = {"no-address", "the node has no address of this family", NULL},
	[LOOKUP_UNMET] = {"set-back", "", add_unmet},
	[LOOKUP_MISSING] = {"missing", "the route is missing", add_missing},
	[LOOKUP_OFF_LINK] = {"off-link", "the kernel refuses the route: its gateway ",
			     add_off_link},
	[LOOKUP_DIFFERS] = {"differs",
			    "the route differs; croute reconcile changes it, or says why not",
			    NULL},
	[LOOKUP_CONFLICT] = {"conflict", "conflict: another program's route has the same key",
			     NULL},
	[LOOKUP_HERE] = {"on-this-host", "this host itself answers to the address", NULL},
	[LOOKUP_POLICY_RULE] = {"policy-rule", "a policy rule leads elsewhere", NULL},
	[LOOKUP_NO_RULE] = {"no-rule", "no policy rule leads to table ", add_rule_to_add},
	[LOOKUP_MORE_SPECIFIC] = {"more-specific", "another route is more specific", NULL},
	[LOOKUP_SHADOWED] = {"shadowed", "shadowed by a route of lower metric", NULL},
	[LOOKUP_PASSED_OVER] = {"passed-over",
				"the route is there, but the kernel does not use it: is ",
				add_carrier},
	[LOOKUP_REFUSED] = {"refused", "the kernel refuses packets of pods that come in by ",
			    add_refusal},
	[LOOKUP_REDIRECTED] = {"redirected", "an ICMP redirect changed the way to this address",
			       NULL},
	[LOOKUP_PEER_PART] = {"peer-part", "the ", add_peer_part},
	[LOOKUP_NO_WAY] = {"no-way", "no way to the peer's address ", add_peer},
	[LOOKUP_OTHER_LINK] = {"other-link", "the tunnel's packets leave by ", add_other_link},
	[LOOKUP_NO_CARRIER] = {"no-carrier", "no carrier on ", add_hop_link},
	[LOOKUP_GATEWAY_FAILED] = {"gateway-failed", "gateway failed: ", add_failed_hop},
	[LOOKUP_HELD] = {"held",
			 "not in the file, but its deletion is held by the guard: croute release",
			 NULL},
	[LOOKUP_LEFT_OVER] = {"left-over", "not in the file; croute reconcile removes it", NULL},
	[LOOKUP_ELSEWHERE] = {"elsewhere", "local to this node, but led elsewhere", NULL},
};

void lookup_add_reason(struct buf *out, const struct lookup *lookup)
{
	enum lookup_verdict verdict = lookup->verdict;

	if (lookup->answer == &lookup->kernel.pods && verdict != LOOKUP_REFUSED)
		buf_add(out, "for a packet of a pod ");
	buf_add(out, "%s", verdicts[verdict].text);
	if (verdicts[verdict].add != NULL)
		verdicts[verdict].add(out, lookup);
	if (lookup->rule != NULL) {
		buf_add(out, ": ");
		lookup_add_rule(out, lookup->rule);
	}
	if (lookup->culprit != NULL) {
		buf_add(out, ": ");
		lookup_add_route(out, lookup, lookup->culprit);
	}
}

const char *lookup_verdict_word(enum lookup_verdict verdict)
{
	return verdicts[verdict].word;
}
