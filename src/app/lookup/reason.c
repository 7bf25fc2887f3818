/* reason.c - a verdict in words. */
#include "app/lookup/reason.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "app/lookup/words.h"

static const char *const words[LOOKUP_VERDICTS] = {
	[LOOKUP_AGREES] = "agrees",
	[LOOKUP_LOCAL] = "local",
	[LOOKUP_UNOWNED] = "unowned",
	[LOOKUP_NO_NODE] = "no-node",
	[LOOKUP_NO_INTERFACE] = "no-interface",
	[LOOKUP_NO_DEVICE] = "no-device",
	[LOOKUP_NO_ADDRESS] = "no-address",
	[LOOKUP_SET_BACK] = "set-back",
	[LOOKUP_MISSING] = "missing",
	[LOOKUP_OFF_LINK] = "off-link",
	[LOOKUP_DIFFERS] = "differs",
	[LOOKUP_CONFLICT] = "conflict",
	[LOOKUP_HERE] = "on-this-host",
	[LOOKUP_POLICY_RULE] = "policy-rule",
	[LOOKUP_NO_RULE] = "no-rule",
	[LOOKUP_MORE_SPECIFIC] = "more-specific",
	[LOOKUP_SHADOWED] = "shadowed",
	[LOOKUP_PASSED_OVER] = "passed-over",
	[LOOKUP_REFUSED] = "refused",
	[LOOKUP_REDIRECTED] = "redirected",
	[LOOKUP_PEER_PART] = "peer-part",
	[LOOKUP_NO_WAY] = "no-way",
	[LOOKUP_OTHER_LINK] = "other-link",
	[LOOKUP_NO_CARRIER] = "no-carrier",
	[LOOKUP_GATEWAY_FAILED] = "gateway-failed",
	[LOOKUP_HELD] = "held",
	[LOOKUP_LEFT_OVER] = "left-over",
	[LOOKUP_ELSEWHERE] = "elsewhere",
};

/* What goes before and after the route that is to blame, where there is one. */
static const struct {
	const char *before;
	const char *after;
} phrases[LOOKUP_VERDICTS] = {
	[LOOKUP_NO_ADDRESS] = {"the node has no address of this family, so nothing is routed", ""},
	[LOOKUP_NO_NODE] = {"in podNetwork, but no node of the file has it", ""},
	[LOOKUP_DIFFERS] = {"the route differs; croute reconcile changes it, or says why not", ""},
	[LOOKUP_CONFLICT] = {"conflict: another program's route has the same key: ", ""},
	[LOOKUP_HERE] = {"this host itself answers to the address: ", ""},
	[LOOKUP_MORE_SPECIFIC] = {"another route is more specific: ", ""},
	[LOOKUP_SHADOWED] = {"shadowed by a route of lower metric: ", ""},
	[LOOKUP_REDIRECTED] = {"the route is right, but a redirect (ICMP) changed the way to this "
			       "address: ",
			       ""},
	[LOOKUP_HELD] = {"the file does not ask for ", ", but its deletion is held by the guard"},
	[LOOKUP_LEFT_OVER] = {"the file does not ask for ", ", which is croute's; croute "
							    "reconcile removes it"},
};

static void add_culprit(struct buf *out, const struct lookup *lookup)
{
	if (lookup->culprit != NULL)
		lookup_add_route(out, lookup, lookup->culprit);
	else
		buf_add(out, "an unknown route");
}

/* Whose packet it is, where it is not any: lookup speaks of this host's own first. */
static void add_packet(struct buf *out, const struct lookup *lookup)
{
	if (lookup->answer == &lookup->kernel.pods)
		buf_add(out, "for a packet of a pod ");
	else if (lookup->answer == &lookup->kernel.outer)
		buf_add(out, "for a packet of the tunnel ");
}

static void add_phrase(struct buf *out, const struct lookup *lookup)
{
	size_t len = text_of(phrases[lookup->verdict].before).len;

	add_packet(out, lookup);
	buf_add(out, "%s", phrases[lookup->verdict].before);
	if (len > 0 && phrases[lookup->verdict].before[len - 1] == ' ')
		add_culprit(out, lookup);
	buf_add(out, "%s", phrases[lookup->verdict].after);
}

static void add_link_name(struct buf *out, const struct lookup *lookup, uint32_t index)
{
	const struct link *link = links_find_index(lookup->report->links, index);

	if (link != NULL)
		buf_add_safe(out, text_of(link->name));
	else
		buf_add(out, "if%u", index);
}

/* Without its device a tunnel has nothing, and that is worth knowing first. */
static void add_missing_route(struct buf *out, const struct lookup *lookup)
{
	const struct link *link = links_find_index(lookup->report->links, lookup->want->oif);

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
	const struct lookup_answer *gateway = &lookup->kernel.gateway;
	struct ip router = route_gateway(&gateway->path);
	char text[IP_TEXT_MAX];

	buf_add(out, "the kernel refuses the route: its gateway %s is not on the link of ",
		ip_format(&gateway->flow.dst, text));
	add_link_name(out, lookup, lookup->want->oif);
	if (ip_is_set(&router))
		buf_add(out, ", but behind router %s", ip_format(&router, text));
	buf_add(out, "; use backend vxlan, or via or offLink: router where that router knows the "
		     "pods");
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
		&config_podcidr_at(lookup->report->config, lookup->podcidr)->prefix;
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
		if (report->steps[i].result == CHANGE_FAILED &&
		    strcmp(report->steps[i].kind, "link") == 0)
			buf_add(out, "; %s: %s", report->steps[i].text, report->steps[i].error);
	}
}

static void add_policy(struct buf *out, const struct lookup *lookup)
{
	add_packet(out, lookup);
	if (lookup->rule != NULL) {
		buf_add(out, "a policy rule %s: ",
			lookup->rule->action == RULE_LOOKUP ? "leads elsewhere" : "refuses it");
		lookup_add_rule(out, lookup->rule);
	} else {
		buf_add(out, "policy rules lead to another table than %u", lookup->want->table);
	}
	if (lookup->culprit == NULL)
		return;
	buf_add(out, ": ");
	add_culprit(out, lookup);
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
	const struct selected *link = lookup->peer.family == AF_INET ? &lookup->report->ipv4
								     : &lookup->report->ipv6;

	buf_add(out, "the tunnel's packets leave by ");
	add_link_name(out, lookup, lookup->kernel.outer.path.oif);
	buf_add(out, ", not by %s: ", link->name);
	if (lookup->rule != NULL) {
		buf_add(out, "rule ");
		lookup_add_rule(out, lookup->rule);
		buf_add(out, ": ");
	}
	add_culprit(out, lookup);
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
	buf_add(out, "local to this node, but a %s leads elsewhere: ",
		lookup->rule != NULL ? "policy rule" : "route");
	if (lookup->rule != NULL) {
		lookup_add_rule(out, lookup->rule);
		buf_add(out, ": ");
	}
	add_culprit(out, lookup);
}

static void add_no_way(struct buf *out, const struct lookup *lookup)
{
	char text[IP_TEXT_MAX];

	buf_add(out, "no way to the peer's address %s", ip_format(&lookup->peer, text));
	if (lookup->rule != NULL) {
		buf_add(out, ": rule ");
		lookup_add_rule(out, lookup->rule);
	}
	if (lookup->culprit != NULL) {
		buf_add(out, ": ");
		add_culprit(out, lookup);
	}
}

static void add_hop_trouble(struct buf *out, const struct lookup *lookup)
{
	const struct lookup_hop *hop = &lookup->kernel.hop;
	char text[IP_TEXT_MAX];

	if (lookup->verdict == LOOKUP_GATEWAY_FAILED) {
		buf_add(out, "gateway failed: %s does not answer on ", ip_format(&hop->ip, text));
		add_link_name(out, lookup, hop->link);
		return;
	}
	add_link_name(out, lookup, hop->link);
	buf_add(out, " has no carrier");
}

void lookup_add_reason(struct buf *out, const struct lookup *lookup)
{
	typedef void reason_fn(struct buf * out, const struct lookup *lookup);
	static reason_fn *const special[LOOKUP_VERDICTS] = {
		[LOOKUP_AGREES] = add_agreement,
		[LOOKUP_LOCAL] = add_local,
		[LOOKUP_UNOWNED] = add_unowned,
		[LOOKUP_NO_INTERFACE] = add_missing_interface,
		[LOOKUP_NO_DEVICE] = add_missing_device,
		[LOOKUP_MISSING] = add_missing_route,
		[LOOKUP_OFF_LINK] = add_off_link,
		[LOOKUP_POLICY_RULE] = add_policy,
		[LOOKUP_NO_RULE] = add_no_rule,
		[LOOKUP_REFUSED] = add_refused,
		[LOOKUP_PASSED_OVER] = add_passed_over,
		[LOOKUP_PEER_PART] = add_peer_part,
		[LOOKUP_ELSEWHERE] = add_elsewhere,
		[LOOKUP_NO_WAY] = add_no_way,
		[LOOKUP_OTHER_LINK] = add_other_link,
		[LOOKUP_NO_CARRIER] = add_hop_trouble,
		[LOOKUP_GATEWAY_FAILED] = add_hop_trouble,
	};

	if (special[lookup->verdict] != NULL)
		special[lookup->verdict](out, lookup);
	else if (lookup->setback != NULL && lookup->verdict == LOOKUP_SET_BACK)
		buf_add_safe(out, text_of(lookup->setback->why));
	else
		add_phrase(out, lookup);
}

const char *lookup_verdict_word(enum lookup_verdict verdict)
{
	return words[verdict];
}
