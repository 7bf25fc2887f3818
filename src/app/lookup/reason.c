/* reason.c - a verdict in words, with the rows, rules and states that it names. */
#include "app/lookup/reason.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "croute/core/report/device.h"
#include "croute/core/report/names.h"

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

static void add_culprit(struct buf *out, const struct lookup *lookup)
{
	if (lookup->culprit != NULL)
		lookup_add_route(out, lookup, lookup->culprit);
	else
		buf_add(out, "an unknown route");
}

/* The rule and the route that are to blame, as far as they are known. */
static void add_blame(struct buf *out, const struct lookup *lookup)
{
	if (lookup->rule != NULL) {
		buf_add(out, ": ");
		lookup_add_rule(out, lookup->rule);
	}
	if (lookup->culprit != NULL) {
		buf_add(out, ": ");
		add_culprit(out, lookup);
	}
}

/* Whose packet it is, where it is not any: lookup speaks of this host's own first. */
static void add_packet(struct buf *out, const struct lookup *lookup)
{
	if (lookup->answer == &lookup->kernel.pods)
		buf_add(out, "for a packet of a pod ");
	else if (lookup->answer == &lookup->kernel.outer)
		buf_add(out, "for a packet of the tunnel ");
}

static void add_link_name(struct buf *out, const struct lookup *lookup, uint32_t index)
{
	const struct link *link = links_find_index(&lookup->report->picture->links, index);

	if (link != NULL)
		buf_add_safe(out, text_of(link->name));
	else
		buf_add(out, "if%u", index);
}

/* Without its device a tunnel has nothing, and that is worth knowing first. */
static void add_missing_route(struct buf *out, const struct lookup *lookup)
{
	const struct link *link = links_find_index(&lookup->report->picture->links,
						   lookup->want->oif);

	buf_add(out, "the route is missing");
	if (link == NULL || !link_is_up(link)) {
		buf_add(out, ", and its device ");
		add_link_name(out, lookup, lookup->want->oif);
		buf_add(out, " is absent or down");
	}
	buf_add(out, "; croute reconcile adds it, or says why not");
}

static void add_off_link(struct buf *out, const struct lookup *lookup)
{
	struct ip gateway = route_gateway(lookup->want);
	char text[IP_TEXT_MAX];

	buf_add(out, "the kernel refuses the route: its gateway %s is not on the link of ",
		ip_format(&gateway, text));
	add_link_name(out, lookup, lookup->want->oif);
	buf_add(out, "; use backend vxlan, or via or offLink: router");
	add_blame(out, lookup);
}

static void add_agreement(struct buf *out, const struct lookup *lookup)
{
	uint16_t state = lookup->kernel.hop.neigh.state;
	bool known = (state &
		      (NUD_REACHABLE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP)) != 0;

	buf_add(out, "the kernel does what the file says");
	if (!known)
		buf_add(out, "; whether the next hop answers is unknown (%s)",
			lookup_state_word(state));
}

static void add_local(struct buf *out, const struct lookup *lookup)
{
	const struct prefix *own =
		&config_podcidr_at(lookup->report->picture->config, lookup->podcidr)->prefix;
	const struct route *match = &lookup->kernel.own.match;
	char text[PREFIX_TEXT_MAX];

	buf_add(out, "local, %s is this node's own", prefix_format(own, text));
	if (match->family == 0 || match->dst_len < own->len || match->type == RTN_BLACKHOLE)
		buf_add(out, "; no link of this host holds it yet");
}

static void add_unowned(struct buf *out, const struct lookup *lookup)
{
	if (lookup->podcidr != CONFIG_NOT_FOUND)
		buf_add(out, "backend none: croute keeps no pod routes");
	else
		buf_add(out, "in no podCIDR of the file; above is what the kernel does");
}

static void add_missing_interface(struct buf *out, const struct lookup *lookup)
{
	buf_add(out, "no %s interface, so pod routes stay as they are: see croute interface",
		lookup->address.family == AF_INET ? "IPv4" : "IPv6");
}

static void add_missing_device(struct buf *out, const struct lookup *lookup)
{
	const struct report *report = lookup->report;

	buf_add(out, "no tunnel device");
	for (uint32_t i = 0; i < report->step_count; i++) {
		const struct device_change *step = &report->steps[i];

		if (step->result != CHANGE_FAILED || step->kind != DEVICE_CHANGE_LINK)
			continue;
		buf_add(out, "; ");
		report_add_device(out, report, step);
		buf_add(out, ": %s", step->error);
	}
}

static void add_policy(struct buf *out, const struct lookup *lookup)
{
	bool refuses = lookup->rule != NULL && lookup->rule->action != RULE_LOOKUP;

	add_packet(out, lookup);
	buf_add(out, "a policy rule %s", refuses ? "refuses it" : "leads elsewhere");
	add_blame(out, lookup);
}

static void add_no_rule(struct buf *out, const struct lookup *lookup)
{
	add_packet(out, lookup);
	buf_add(out,
		"no policy rule leads to table %u, where the route is: ip %srule add priority "
		"32000 lookup %u",
		lookup->want->table, lookup->address.family == AF_INET ? "" : "-6 ",
		lookup->want->table);
}

/* net/ipv4/fib_frontend.c, __fib_validate_source: EXDEV is rp_filter, EINVAL a source that no pod
 * can have; ip_route_input_slow: EHOSTUNREACH where forwarding is off. */
static void add_refused(struct buf *out, const struct lookup *lookup)
{
	int refusal = lookup->kernel.pods.refusal;
	const char *name = strerrorname_np(refusal);

	buf_add(out, "the kernel refuses packets of pods that come in by ");
	add_link_name(out, lookup, lookup->kernel.pods.flow.iif);
	buf_add(out, " (%s)", name != NULL ? name : "unknown");
	if (refusal == EHOSTUNREACH)
		buf_add(out, ": is forwarding off? croute doctor");
	else if (refusal == EXDEV)
		buf_add(out, ": rp_filter is strict, and the way back is another");
}

static void add_other_link(struct buf *out, const struct lookup *lookup)
{
	const struct selected *link = lookup->peer.family == AF_INET
					      ? &lookup->report->picture->family[0].link
					      : &lookup->report->picture->family[1].link;

	buf_add(out, "the tunnel's packets leave by ");
	add_link_name(out, lookup, lookup->kernel.outer.path.oif);
	buf_add(out, ", not by %s", link->name);
	add_blame(out, lookup);
}

static void add_passed_over(struct buf *out, const struct lookup *lookup)
{
	buf_add(out, "the route is there, but the kernel does not use it: is ");
	add_link_name(out, lookup, lookup->want->oif);
	buf_add(out, " without carrier?");
}

static void add_peer_part(struct buf *out, const struct lookup *lookup)
{
	bool neigh = lookup->neigh != NULL && lookup->want_neigh != NULL &&
		     mac_same(&lookup->neigh->mac, &lookup->want_neigh->mac);

	buf_add(out, "the %s of the peer is %s; croute reconcile repairs it, or says why not",
		neigh ? "FDB entry" : "neighbour entry",
		(neigh ? lookup->fdb == NULL : lookup->neigh == NULL) ? "missing" : "wrong");
}

static void add_elsewhere(struct buf *out, const struct lookup *lookup)
{
	buf_add(out, "local to this node, but a %s leads elsewhere",
		lookup->rule != NULL ? "policy rule" : "route");
	add_blame(out, lookup);
}

static void add_no_way(struct buf *out, const struct lookup *lookup)
{
	char text[IP_TEXT_MAX];

	buf_add(out, "no way to the peer's address %s", ip_format(&lookup->peer, text));
	add_blame(out, lookup);
}

static void add_gateway_failed(struct buf *out, const struct lookup *lookup)
{
	char text[IP_TEXT_MAX];

	buf_add(out, "gateway failed: %s does not answer on ",
		ip_format(&lookup->kernel.hop.ip, text));
	add_link_name(out, lookup, lookup->kernel.hop.link);
}

static void add_no_carrier(struct buf *out, const struct lookup *lookup)
{
	add_link_name(out, lookup, lookup->kernel.hop.link);
	buf_add(out, " has no carrier");
}

static void add_unmet(struct buf *out, const struct lookup *lookup)
{
	if (lookup->unmet != NULL)
		buf_add_safe(out, text_of(lookup->unmet->why));
}

typedef void reason_fn(struct buf *out, const struct lookup *lookup);

/* What a verdict is called by programs, and what it says; a `*` stands for the route that is to
 * blame. */
static const struct {
	const char *word;
	const char *text; /* NULL: what `add` says */
	reason_fn *add;
} verdicts[LOOKUP_VERDICTS] = {
	[LOOKUP_AGREES] = {"agrees", NULL, add_agreement},
	[LOOKUP_LOCAL] = {"local", NULL, add_local},
	[LOOKUP_UNOWNED] = {"unowned", NULL, add_unowned},
	[LOOKUP_NO_NODE] = {"no-node", "in podNetwork, but no node of the file has it", NULL},
	[LOOKUP_NO_INTERFACE] = {"no-interface", NULL, add_missing_interface},
	[LOOKUP_NO_DEVICE] = {"no-device", NULL, add_missing_device},
	[LOOKUP_NO_ADDRESS] = {"no-address", "the node has no address of this family", NULL},
	[LOOKUP_UNMET] = {"set-back", NULL, add_unmet},
	[LOOKUP_MISSING] = {"missing", NULL, add_missing_route},
	[LOOKUP_OFF_LINK] = {"off-link", NULL, add_off_link},
	[LOOKUP_DIFFERS] = {"differs",
			    "the route differs; croute reconcile changes it, or says why not",
			    NULL},
	[LOOKUP_CONFLICT] = {"conflict", "conflict: another program's route has the same key: *",
			     NULL},
	[LOOKUP_HERE] = {"on-this-host", "this host itself answers to the address: *", NULL},
	[LOOKUP_POLICY_RULE] = {"policy-rule", NULL, add_policy},
	[LOOKUP_NO_RULE] = {"no-rule", NULL, add_no_rule},
	[LOOKUP_MORE_SPECIFIC] = {"more-specific", "another route is more specific: *", NULL},
	[LOOKUP_SHADOWED] = {"shadowed", "shadowed by a route of lower metric: *", NULL},
	[LOOKUP_PASSED_OVER] = {"passed-over", NULL, add_passed_over},
	[LOOKUP_REFUSED] = {"refused", NULL, add_refused},
	[LOOKUP_REDIRECTED] = {"redirected", "an ICMP redirect changed the way to this address: *",
			       NULL},
	[LOOKUP_PEER_PART] = {"peer-part", NULL, add_peer_part},
	[LOOKUP_NO_WAY] = {"no-way", NULL, add_no_way},
	[LOOKUP_OTHER_LINK] = {"other-link", NULL, add_other_link},
	[LOOKUP_NO_CARRIER] = {"no-carrier", NULL, add_no_carrier},
	[LOOKUP_GATEWAY_FAILED] = {"gateway-failed", NULL, add_gateway_failed},
	[LOOKUP_HELD] = {"held",
			 "the file does not ask for *, but its deletion is held by the guard",
			 NULL},
	[LOOKUP_LEFT_OVER] = {"left-over",
			      "the file does not ask for *, which is croute's; croute "
			      "reconcile removes it",
			      NULL},
	[LOOKUP_ELSEWHERE] = {"elsewhere", NULL, add_elsewhere},
};

void lookup_add_reason(struct buf *out, const struct lookup *lookup)
{
	const char *text = verdicts[lookup->verdict].text;
	const char *star = text != NULL ? strchrnul(text, '*') : NULL;

	if (text == NULL) {
		verdicts[lookup->verdict].add(out, lookup);
		return;
	}
	add_packet(out, lookup);
	buf_add(out, "%.*s", (int)(star - text), text);
	if (*star != '*')
		return;
	add_culprit(out, lookup);
	buf_add(out, "%s", star + 1);
}

const char *lookup_verdict_word(enum lookup_verdict verdict)
{
	return verdicts[verdict].word;
}
