/* network.c - checks of links, routes and peers. */
#include "app/doctor/doctor.h"

#include <string.h>

#include "croute/core/report/names.h"

#define OVERHEAD_IPV4 50 /* of VXLAN: Ethernet 14, IP 20, UDP 8, VXLAN 8 */
#define OVERHEAD_IPV6 70
#define IPV6_LEAST 1280 /* RFC 8200, 5 */

/* What a family's packets fit into, 0 for unknown. */
static uint32_t path_mtu(const struct doctor_facts *facts, const struct doctor_family *family)
{
	const struct link *device = doctor_device(facts, family);

	if (doctor_tunnels(facts))
		return device == NULL ? 0 : device->mtu;
	return family->link.mtu;
}

static void check_device_mtu(const struct doctor_facts *facts, const struct doctor_family *family,
			     struct doctor_check *check)
{
	uint32_t overhead = family == &facts->ipv4 ? OVERHEAD_IPV4 : OVERHEAD_IPV6;
	const struct link *device = doctor_device(facts, family);

	if (device == NULL) {
		doctor_say(check, DOCTOR_UNKNOWN, "%s is not there yet", family->device);
		return;
	}
	if (device->mtu + overhead <= family->link.mtu) {
		doctor_say(check, DOCTOR_OK, "%s has %u, %s below it %u", device->name, device->mtu,
			   family->link.name, family->link.mtu);
		return;
	}
	doctor_say(check, DOCTOR_FAILURE,
		   "%s has an MTU of %u, and %s below it %u: with %u bytes of tunnel around them "
		   "big packets do not fit",
		   device->name, device->mtu, family->link.name, family->link.mtu, overhead);
	doctor_mend(check, "backend: {vxlan: {mtu: %u}}, or auto",
		    family->link.mtu > overhead ? family->link.mtu - overhead : 0);
}

static bool has_ipv6_pods(const struct doctor_facts *facts)
{
	for (uint32_t i = 0; i < config_podcidr_count(facts->config); i++) {
		if (config_podcidr_at(facts->config, i)->prefix.ip.family == AF_INET6)
			return true;
	}
	return false;
}

static void check_family_mtu(const struct doctor_facts *facts, const struct doctor_family *family,
			     struct doctor_check *check)
{
	uint32_t mtu = path_mtu(facts, family);

	if (doctor_tunnels(facts))
		check_device_mtu(facts, family, check);
	else
		doctor_say(check, DOCTOR_OK, "%s has %u", family->link.name, mtu);
	if (mtu == 0 || mtu >= IPV6_LEAST || family == &facts->ipv4 || !has_ipv6_pods(facts))
		return;
	doctor_say(
		check, DOCTOR_FAILURE,
		"%s has an MTU of %u, and IPv6 takes at least 1280: the kernel turns it off there",
		doctor_tunnels(facts) ? family->device : family->link.name, mtu);
	doctor_mend(check, "ip link set dev %s mtu %u", family->link.name,
		    IPV6_LEAST + (doctor_tunnels(facts) ? OVERHEAD_IPV6 : 0));
}

/* The lesser of both families: a pod has one MTU. */
static uint32_t least_mtu(const struct doctor_facts *facts)
{
	uint32_t least = 0;

	for (unsigned i = 0; i < 2; i++) {
		const struct doctor_family *family = doctor_family_at(facts, i);
		uint32_t mtu = family->link.index == 0 ? 0 : path_mtu(facts, family);

		if (mtu > 0 && (least == 0 || mtu < least))
			least = mtu;
	}
	return least;
}

/* Pods take the MTU of their bridge, and what is too big for the way must be split or sent anew. */
static void check_pod_mtu(const struct doctor_facts *facts, struct doctor_check *check)
{
	uint32_t mtu = least_mtu(facts);
	const struct link *before = NULL;
	const struct link *link;

	for (uint32_t i = 0; mtu > 0 && (link = doctor_pod_link(facts, i)) != NULL; i++) {
		if (link->mtu <= mtu || link == before)
			continue;
		before = link;
		doctor_say(check, DOCTOR_WARNING,
			   "pods behind %s may send %u bytes, and the way to others takes %u",
			   link->name, link->mtu, mtu);
		doctor_mend(check, "set the MTU of the pod network to %u (of the CNI plugin)", mtu);
	}
}

void doctor_check_mtu(const struct doctor_facts *facts, struct doctor_check *check)
{
	bool any = false;

	for (unsigned i = 0; i < 2; i++) {
		if (doctor_family_at(facts, i)->link.index == 0)
			continue;
		check_family_mtu(facts, doctor_family_at(facts, i), check);
		any = true;
	}
	if (any)
		check_pod_mtu(facts, check);
	else
		doctor_say(check, DOCTOR_UNKNOWN, "takes a valid file and an interface");
}

/* One VNI and port may stand once for each family; the family is that of the local end. */
static bool is_in_the_way(const struct doctor_facts *facts, const struct doctor_family *family,
			  const struct link *link)
{
	const struct config_vxlan *wanted = &facts->config->vxlan;

	if (strcmp(link->kind, "vxlan") != 0 || link->vxlan.port != wanted->port ||
	    strcmp(link->name, family->device) == 0)
		return false;
	if (link->vxlan.odd)
		return true;
	return link->vxlan.vni == wanted->vni &&
	       (link->vxlan.local.family == AF_INET6) == (family == &facts->ipv6);
}

static void check_twins(const struct doctor_facts *facts, const struct doctor_family *family,
			struct doctor_check *check)
{
	for (uint32_t i = 0; i < facts->links->links.count; i++) {
		const struct link *link = links_at(facts->links, i);

		if (!is_in_the_way(facts, family, link))
			continue;
		doctor_say(check, DOCTOR_FAILURE,
			   "%s has VNI %u and port %u%s: %s cannot be beside it", link->name,
			   link->vxlan.vni, link->vxlan.port,
			   link->vxlan.odd ? " with other flags" : "", family->device);
		if (strncmp(link->name, "flannel", 7) == 0)
			doctor_mend(check, "adopt: flannel, with backend: {vxlan: {device%s: %s}}",
				    family == &facts->ipv6 ? "V6" : "", link->name);
		else
			doctor_mend(check, "ip link del %s, or another backend.vxlan.vni or port",
				    link->name);
	}
}

void doctor_check_vxlan(const struct doctor_facts *facts, struct doctor_check *check)
{
	if (facts->config == NULL || facts->links == NULL) {
		doctor_say(check, DOCTOR_UNKNOWN, "takes a valid file");
		return;
	}
	if (!doctor_tunnels(facts)) {
		doctor_say(check, DOCTOR_OK, "the file asks for no tunnel");
		return;
	}
	doctor_say(check, DOCTOR_OK, "no other device has VNI %u and port %u",
		   facts->config->vxlan.vni, facts->config->vxlan.port);
	for (unsigned i = 0; i < 2; i++) {
		if (doctor_family_at(facts, i)->wanted)
			check_twins(facts, doctor_family_at(facts, i), check);
	}
}

/* Who put them there, as far as a protocol number tells: `12 by boot, 1 by bird`. */
static void add_owners(struct buf *out, const struct doctor_routes *routes)
{
	bool first = true;
	char name[RTNAME_MAX];

	for (unsigned i = 0; i < 256; i++) {
		if (routes->by_protocol[i] == 0)
			continue;
		buf_add(out, "%s%u of protocol %s", first ? "" : ", ", routes->by_protocol[i],
			rtname_protocol((uint8_t)i, name));
		first = false;
	}
}

static bool say_unseen(const struct doctor_facts *facts, struct doctor_check *check)
{
	if (facts->routes_seen)
		return false;
	doctor_say(check, DOCTOR_UNKNOWN, "%s",
		   facts->config == NULL ? "takes a valid file" : "could not see the routes");
	return true;
}

void doctor_check_routes(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct doctor_routes *routes = &facts->routes;
	char space[600] = "";
	struct buf text = BUF_OVER(space);

	if (say_unseen(facts, check))
		return;
	if (routes->foreign.count == 0) {
		doctor_say(check, DOCTOR_OK, "nobody else routes the pod networks of other nodes");
		return;
	}
	add_owners(&text, routes);
	buf_add(&text, ": ");
	doctor_add_routes(&text, &routes->foreign);
	doctor_say(check, DOCTOR_WARNING, "routes of others inside the pod network, %s", space);
	if (routes->flannel.count > 0)
		doctor_mend(check,
			    "adopt: flannel removes the %u that flannel left, once its own stand",
			    routes->flannel.count);
	if (routes->others.count > 0)
		doctor_mend(check,
			    "stop what makes them, then: ip route del DESTINATION proto PROTOCOL");
}

void doctor_check_protocol(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct doctor_route_group *strange = &facts->routes.strange;
	char space[600] = "";
	struct buf text = BUF_OVER(space);

	if (say_unseen(facts, check))
		return;
	if (strange->count == 0) {
		doctor_say(check, DOCTOR_OK, "nobody else uses protocol %u",
			   facts->config->kernel.protocol);
		return;
	}
	doctor_add_routes(&text, strange);
	doctor_say(
		check, DOCTOR_WARNING,
		"%u route%s of protocol %u that this file does not make: %s; croute removes them "
		"at its next pass, whoever made them",
		strange->count, strange->count == 1 ? "" : "s", facts->config->kernel.protocol,
		space);
	doctor_mend(check, "croute reconcile --dry-run shows them; if another program makes them, "
			   "set another kernel.protocol");
}

static void add_failed(struct buf *out, const struct doctor_facts *facts)
{
	uint32_t failed = facts->peers.states[DOCTOR_PEER_FAILED];

	for (uint32_t i = 0; i < failed && i < DOCTOR_PEERS_SHOWN; i++) {
		const struct config_node *node = config_node_at(facts->config,
								facts->peers.failed[i]);

		buf_add(out, "%s%s", i == 0 ? "" : ", ",
			config_string_at(facts->config, node->name));
	}
	if (failed > DOCTOR_PEERS_SHOWN)
		buf_add(out, " and %u more", failed - DOCTOR_PEERS_SHOWN);
}

void doctor_check_peers(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct doctor_peers *peers = &facts->peers;
	char space[600] = "";
	struct buf text = BUF_OVER(space);

	if (!peers->asked) {
		doctor_say(check, DOCTOR_OK, "not looked at: --peers does");
		return;
	}
	doctor_say(check, DOCTOR_OK, "%u reachable, %u not asked lately",
		   peers->states[DOCTOR_PEER_REACHABLE], peers->states[DOCTOR_PEER_UNKNOWN]);
	if (peers->far[0] + peers->far[1] > 0)
		doctor_say(check, DOCTOR_OK, "%u behind routers, not to be seen from here",
			   peers->far[0] + peers->far[1]);
	if (peers->states[DOCTOR_PEER_FAILED] == 0)
		return;
	add_failed(&text, facts);
	doctor_say(check, DOCTOR_FAILURE, "%u of %u do not answer: %s",
		   peers->states[DOCTOR_PEER_FAILED], peers->rows.count, space);
	doctor_mend(check, "is the host up, its address in the file right, its link the same? "
			   "ip neigh show nud failed");
}
