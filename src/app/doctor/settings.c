/* settings.c - checks of the kernel's settings and of its version. */
/* SPDX-License-Identifier: MIT */
#include "app/doctor/doctor.h"

#include <stdlib.h>

#define STRICT 1 /* values of rp_filter: RFC 3704 */
#define LOOSE 2

static const char *const versions[2] = {"IPv4", "IPv6"};

static void check_global(const struct doctor_facts *facts, unsigned i, struct doctor_check *check)
{
	static const char *const names[2] = {"net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"};
	int value = facts->host->forwarding[i];

	if (value == HOST_UNKNOWN) {
		doctor_find(check, DOCTOR_UNKNOWN, "cannot read %s", names[i]);
	} else if (value == 0) {
		doctor_find(check, DOCTOR_FAILURE, "%s is 0: this host does not forward %s packets",
			    names[i], versions[i]);
		doctor_fix_setting(check, 1, "%s", names[i]);
	} else {
		doctor_find(check, DOCTOR_OK, "%s is %d", names[i], value);
	}
}

/* Of IPv4 only: an IPv6 packet is forwarded by the global setting alone. Interface names may hold
 * dots, so parts are divided by slashes; sysctl(8) takes them, too. */
static void check_links(const struct host_facts *host, struct doctor_check *check)
{
	for (uint32_t i = 0; i < host->link_count; i++) {
		const char *name = host->links[i].name;

		if (host->links[i].forwarding != 0)
			continue;
		doctor_find(check, DOCTOR_FAILURE,
			    "net.ipv4.conf.%s.forwarding is 0: packets that come in by %s are not "
			    "forwarded",
			    name, name);
		doctor_fix_setting(check, 1, "net/ipv4/conf/%s/forwarding", name);
	}
}

/* Without a known family IPv4 counts: that of a file that is invalid, or of backend none. */
void doctor_check_forwarding(const struct doctor_facts *facts, struct doctor_check *check)
{
	bool ipv6 = facts->family[1].wanted;

	if (facts->family[0].wanted || !ipv6)
		check_global(facts, 0, check);
	if (ipv6)
		check_global(facts, 1, check);
	if (facts->family[0].wanted && facts->host->forwarding[0] > 0)
		check_links(facts->host, check);
}

/* The larger number counts (ip-sysctl.rst), so that loose on one side undoes strict on the other.
 */
static int filter_of(const struct doctor_facts *facts, const char *name)
{
	const struct host_link *link = host_facts_link(facts->host, name);
	int value = link == NULL ? HOST_UNKNOWN : link->rp_filter;

	if (value != HOST_UNKNOWN && value < facts->host->rp_filter_all)
		return facts->host->rp_filter_all;
	return value;
}

static void check_strict(const struct doctor_facts *facts, const char *name,
			 struct doctor_check *check)
{
	int value = filter_of(facts, name);

	if (value == HOST_UNKNOWN) {
		doctor_find(check, DOCTOR_UNKNOWN, "cannot read rp_filter of %s", name);
	} else if (value == STRICT) {
		doctor_find(check, DOCTOR_WARNING,
			    "%s filters strictly: while some hosts use the tunnel and others do "
			    "not, or with directRouting, all packets between them are lost",
			    name);
		doctor_fix_setting(check, LOOSE, "net/ipv4/conf/%s/rp_filter", name);
	} else {
		doctor_find(check, DOCTOR_OK, "%s is %s", name, value == 0 ? "open" : "loose");
	}
}

/* On a link without an IPv4 address loose is as strict (net/ipv4/fib_frontend.c,
 * __fib_validate_source: last_resort). */
static void check_uplink(const struct doctor_facts *facts, const struct link *link,
			 struct doctor_check *check)
{
	const struct link_address *address;
	uint32_t i = 0;

	do {
		address = links_next_address(facts->links, link->index, &i);
	} while (address != NULL && address->ip.family != AF_INET);
	if (address != NULL || filter_of(facts, link->name) <= 0) {
		check_strict(facts, link->name, check);
		return;
	}
	doctor_find(check, DOCTOR_WARNING,
		    "%s has no IPv4 address and filters, even loosely: packets that come by it are "
		    "lost while the route back leads to another link",
		    link->name);
	doctor_fix_setting(check, 0, "net/ipv4/conf/%s/rp_filter", link->name);
	if (facts->host->rp_filter_all > 0)
		doctor_fix_setting(check, 0, "net.ipv4.conf.all.rp_filter");
}

void doctor_check_rp_filter(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct doctor_family *ipv4 = &facts->family[0];

	if (ipv4->link.index == 0) {
		doctor_find(check, DOCTOR_OK, "matters only to VXLAN over IPv4");
		return;
	}
	for (uint32_t i = 0; ipv4->link.unnumbered && i < facts->uplink_count; i++) {
		const struct link *link = links_find_index(facts->links, facts->uplinks[i]);

		if (link != NULL)
			check_uplink(facts, link, check);
	}
	if (!ipv4->link.unnumbered)
		check_strict(facts, ipv4->link.name, check);
	if (doctor_device(facts, 0) != NULL)
		check_strict(facts, ipv4->device, check);
	else
		doctor_find(check, DOCTOR_OK, "%s does not exist yet", ipv4->device);
	if (check->result != DOCTOR_WARNING)
		return;
	doctor_measured(facts, REACH_POD, "packets with pod addresses", check);
	if (facts->sample.count == 0)
		doctor_fix(check, "whether any are lost now: croute reach");
}

static void check_card(const struct doctor_facts *facts, unsigned i, const char *name,
		       struct doctor_check *check)
{
	const struct host_link *link = host_facts_link(facts->host, name);
	int value = link == NULL ? HOST_UNKNOWN : link->ignores_linkdown[i];

	if (value == HOST_UNKNOWN) {
		doctor_find(check, DOCTOR_UNKNOWN, "cannot read ignore_routes_with_linkdown of %s",
			    name);
	} else if (value != 0) {
		doctor_find(check, DOCTOR_OK, "%s packets leave %s out when it has no carrier",
			    versions[i], name);
	} else {
		doctor_find(check, DOCTOR_WARNING,
			    "while %s has no carrier, its share of %s packets is lost until croute "
			    "has seen it",
			    name, versions[i]);
		doctor_fix_setting(check, 1, "net/ipv%c/conf/%s/ignore_routes_with_linkdown",
				   i == 0 ? '4' : '6', name);
	}
}

void doctor_check_linkdown(const struct doctor_facts *facts, struct doctor_check *check)
{
	const struct selected *card;

	for (unsigned i = 0; i < 2; i++) {
		for (uint32_t n = 0; (card = doctor_card(facts, i, n)) != NULL; n++) {
			if (card->index != 0)
				check_card(facts, i, card->name, check);
		}
	}
	if (check->text[0] == '\0')
		doctor_find(check, DOCTOR_OK, "matters only to several addresses of one family");
}

#define BY_PORTS 1 /* of fib_multipath_hash_policy; 0 and 2 take addresses alone */
#define BY_FIELDS 3

static void check_hash(const struct doctor_facts *facts, unsigned i, struct doctor_check *check)
{
	static const char name[] = "fib_multipath_hash_policy";
	int value = facts->host->hash_policy[i];
	uint32_t hops = facts->family[i].link.hops;

	if (value == HOST_UNKNOWN) {
		doctor_find(check, DOCTOR_UNKNOWN, "cannot read net.ipv%c.%s", i == 0 ? '4' : '6',
			    name);
	} else if (value == BY_PORTS || value == BY_FIELDS) {
		doctor_find(check, DOCTOR_OK, "net.ipv%c.%s is %d", i == 0 ? '4' : '6', name,
			    value);
	} else {
		doctor_find(
			check, DOCTOR_WARNING,
			"%u links lead to a peer, and all packets of the tunnel to it take one: "
			"net.ipv%c.%s is %d, which leaves ports out",
			hops, i == 0 ? '4' : '6', name, value);
		doctor_fix_setting(check, BY_PORTS, "net.ipv%c.%s", i == 0 ? '4' : '6', name);
	}
}

void doctor_check_multipath(const struct doctor_facts *facts, struct doctor_check *check)
{
	for (unsigned i = 0; i < 2; i++) {
		if (facts->family[i].link.hops > 1)
			check_hash(facts, i, check);
	}
	if (check->text[0] == '\0')
		doctor_find(check, DOCTOR_OK, "matters only to tunnels over unnumbered links");
}

/* The next power of two that holds twice as many. */
static int room_for(uint32_t peers)
{
	int room = 1024;

	while ((uint32_t)room < 2 * peers)
		room *= 2;
	return room;
}

/* A peer on the link costs an ordinary entry whatever the backend; the permanent ones of the tunnel
 * are not counted by the kernel. */
static void check_table(const struct doctor_facts *facts, unsigned i, struct doctor_check *check)
{
	const char *family = i == 0 ? "ipv4" : "ipv6";
	uint32_t near = facts->near[i];
	int hard = facts->host->gc_thresh3[i];
	int soft = facts->host->gc_thresh2[i];

	if (hard == HOST_UNKNOWN || soft == HOST_UNKNOWN) {
		doctor_find(check, DOCTOR_UNKNOWN,
			    "net.%s.neigh.default.gc_thresh3 is visible only in the first network "
			    "namespace of the host",
			    family);
		return;
	}
	if ((uint32_t)soft >= near && (uint32_t)hard > near) {
		doctor_find(check, DOCTOR_OK, "%u %s peers on the link, gc_thresh3 is %d", near,
			    versions[i], hard);
		return;
	}
	if ((uint32_t)hard <= near)
		doctor_find(check, DOCTOR_FAILURE,
			    "%u %s peers on the link do not fit under "
			    "net.%s.neigh.default.gc_thresh3, which is %d",
			    near, versions[i], family, hard);
	else
		doctor_find(check, DOCTOR_WARNING,
			    "%u %s peers on the link keep the kernel's garbage collection busy: "
			    "more than net.%s.neigh.default.gc_thresh2, which is %d",
			    near, versions[i], family, soft);
	doctor_fix_setting(check, 2 * room_for(near), "net.%s.neigh.default.gc_thresh3", family);
	doctor_fix_setting(check, room_for(near), "net.%s.neigh.default.gc_thresh2", family);
}

void doctor_check_neighbours(const struct doctor_facts *facts, struct doctor_check *check)
{
	for (unsigned i = 0; i < 2; i++) {
		if (facts->family[i].link.index != 0)
			check_table(facts, i, check);
	}
}

void doctor_check_bridge_nf(const struct doctor_facts *facts, struct doctor_check *check)
{
	int value = facts->host->bridge_nf;

	if (value == HOST_UNKNOWN)
		doctor_find(check, DOCTOR_OK,
			    "br_netfilter is not loaded: packets inside a pod bridge skip "
			    "iptables; kube-proxy needs it for services on the same host");
	else
		doctor_find(check, DOCTOR_OK, "net.bridge.bridge-nf-call-iptables is %d: %s", value,
			    value == 0 ? "kube-proxy needs 1 for services on the same host"
				       : "packets inside a pod bridge also pass iptables");
}

/* Stable kernels that leave UDP checksums of masqueraded tunnel packets alone (commit ea64d8d6c675,
 * "netfilter: nat: never update the UDP checksum when it's 0"); 5.7 and later all do. */
static bool has_the_fix(const unsigned long kernel[3])
{
	static const unsigned since[][3] = {{4, 4, 224},  {4, 9, 224}, {4, 14, 181},
					    {4, 19, 123}, {5, 4, 41},  {5, 6, 13}};

	for (size_t i = 0; i < sizeof(since) / sizeof(since[0]); i++) {
		if (since[i][0] == kernel[0] && since[i][1] == kernel[1])
			return kernel[2] >= since[i][2];
	}
	return kernel[0] > 5 || (kernel[0] == 5 && kernel[1] >= 7);
}

/* `5.4.40-generic`; a missing third number is 0. */
static bool read_release(const char *text, unsigned long out[3])
{
	char *end;

	out[0] = strtoul(text, &end, 10);
	if (end == text || *end != '.')
		return false;
	text = end + 1;
	out[1] = strtoul(text, &end, 10);
	out[2] = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
	return end != text;
}

void doctor_check_checksum(const struct doctor_facts *facts, struct doctor_check *check)
{
	const char *release = facts->host->release;
	unsigned long kernel[3];

	if (!read_release(release, kernel)) {
		doctor_find(check, DOCTOR_UNKNOWN, "cannot read the kernel's version");
		return;
	}
	if (has_the_fix(kernel)) {
		doctor_find(check, DOCTOR_OK,
			    "Linux %s sends masqueraded tunnel packets with correct checksums",
			    release);
		return;
	}
	doctor_find(check, DOCTOR_WARNING,
		    "Linux %s may send masqueraded tunnel packets with wrong checksums (services "
		    "that answer after 1, 3 or 63 s), unless its vendor fixed that",
		    release);
	for (unsigned i = 0; i < 2; i++) {
		const char *device = facts->family[i].device;

		if (!facts->family[i].wanted)
			continue;
		doctor_fix(check, "ethtool -K %s tx-checksum-ip-generic off", device);
		doctor_fix(check,
			   "to keep it: echo 'ACTION==\"add\", SUBSYSTEM==\"net\", "
			   "KERNEL==\"%s\", RUN+=\"/sbin/ethtool -K %s tx-checksum-ip-generic "
			   "off\"' >>/etc/udev/rules.d/90-croute.rules",
			   device, device);
	}
}
