/* settings.c - checks of the kernel's settings and of its version. */

#include "app/doctor/facts.h"

#include <stdlib.h>

#define STRICT 1 /* values of rp_filter: RFC 3704 */
#define LOOSE 2

static const char *const versions[2] = {"IPv4", "IPv6"};

static bool is_wanted(const struct doctor_facts *facts, unsigned i)
{
	return doctor_family_at(facts, i)->wanted ||
	       (i == 0 && facts->config != NULL && facts->config->backend == BACKEND_NONE);
}

/* Without a file it is unknown which families count. */
static bool is_any_wanted(const struct doctor_facts *facts)
{
	return is_wanted(facts, 0) || is_wanted(facts, 1);
}

/* Interface names may hold dots, so parts are divided by slashes; sysctl(8) takes them, too. */
static void fix_link(struct doctor_check *check, const char *link, const char *setting, int value)
{
	doctor_fix_setting(check, value, "net/ipv4/conf/%s/%s", link, setting);
}

static void check_global(const struct doctor_facts *facts, unsigned i, struct doctor_check *check)
{
	static const char *const names[2] = {"net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"};
	int value = facts->host->forwarding[i];

	if (value == HOST_UNKNOWN) {
		doctor_say(check, DOCTOR_UNKNOWN, "cannot read %s", names[i]);
	} else if (value == 0) {
		doctor_say(check, DOCTOR_FAILURE, "%s is 0: this host does not forward %s packets",
			   names[i], versions[i]);
		doctor_fix_setting(check, 1, "%s", names[i]);
	} else {
		doctor_say(check, DOCTOR_OK, "%s is %d", names[i], value);
	}
}

/* Of IPv4 only: an IPv6 packet is forwarded by the global setting alone. */
static void check_links(const struct doctor_facts *facts, struct doctor_check *check)
{
	for (uint32_t i = 0; i < facts->host->link_count; i++) {
		const struct host_link *link = &facts->host->links[i];

		if (link->forwarding != 0)
			continue;
		doctor_say(check, DOCTOR_FAILURE,
			   "net.ipv4.conf.%s.forwarding is 0: packets that come in by %s are not "
			   "forwarded",
			   link->name, link->name);
		fix_link(check, link->name, "forwarding", 1);
	}
}

void doctor_check_forwarding(const struct doctor_facts *facts, struct doctor_check *check)
{
	for (unsigned i = 0; i < 2; i++) {
		if (is_wanted(facts, i) || (i == 0 && !is_any_wanted(facts)))
			check_global(facts, i, check);
	}
	if (facts->ipv4.wanted && facts->host->forwarding[0] > 0)
		check_links(facts, check);
}

/* The larger number counts (ip-sysctl.rst), so that loose on one side undoes strict on the other.
 */
static int rp_filter_of(const struct host_facts *host, const struct host_link *link)
{
	if (link->rp_filter == HOST_UNKNOWN)
		return HOST_UNKNOWN;
	return link->rp_filter > host->rp_filter_all ? link->rp_filter : host->rp_filter_all;
}

static void check_strict(const struct doctor_facts *facts, const char *name,
			 struct doctor_check *check)
{
	const struct host_link *link = host_facts_link(facts->host, name);
	int value = link == NULL ? HOST_UNKNOWN : rp_filter_of(facts->host, link);

	if (value == HOST_UNKNOWN) {
		doctor_say(check, DOCTOR_UNKNOWN, "cannot read rp_filter of %s", name);
		return;
	}
	if (value != STRICT) {
		doctor_say(check, DOCTOR_OK, "%s is %s", name, value == 0 ? "open" : "loose");
		return;
	}
	doctor_say(
		check, DOCTOR_WARNING,
		"%s filters strictly: while some hosts use the tunnel and others do not, or with "
		"directRouting, all packets between them are lost",
		name);
	fix_link(check, name, "rp_filter", LOOSE);
}

void doctor_check_rp_filter(const struct doctor_facts *facts, struct doctor_check *check)
{
	if (!doctor_tunnels(facts) || !facts->ipv4.wanted) {
		doctor_say(check, DOCTOR_OK, "matters only to VXLAN over IPv4");
		return;
	}
	if (facts->ipv4.link.index != 0)
		check_strict(facts, facts->ipv4.link.name, check);
	if (doctor_device(facts, &facts->ipv4) != NULL)
		check_strict(facts, facts->ipv4.device, check);
	else
		doctor_say(check, DOCTOR_OK, "%s does not exist yet", facts->ipv4.device);
}

/* The next power of two that holds twice as many. */
static int room_for(uint32_t peers)
{
	int room = 1024;

	while ((uint32_t)room < 2 * peers)
		room *= 2;
	return room;
}

static void check_table(const struct doctor_facts *facts, unsigned i, struct doctor_check *check)
{
	const char *family = i == 0 ? "ipv4" : "ipv6";
	uint32_t near = facts->peers.near[i];
	int hard = facts->host->gc_thresh3[i];
	int soft = facts->host->gc_thresh2[i];

	if (hard == HOST_UNKNOWN || soft == HOST_UNKNOWN) {
		doctor_say(check, DOCTOR_UNKNOWN,
			   "net.%s.neigh.default.gc_thresh3 is visible only in the first network "
			   "namespace of the host",
			   family);
		return;
	}
	if ((uint32_t)soft >= near && (uint32_t)hard > near) {
		doctor_say(check, DOCTOR_OK, "%u %s peers on the link, gc_thresh3 is %d", near,
			   versions[i], hard);
		return;
	}
	doctor_say(check, (uint32_t)hard <= near ? DOCTOR_FAILURE : DOCTOR_WARNING,
		   "%u %s peers on the link %s net.%s.neigh.default.gc_thresh%d, which is %d", near,
		   versions[i],
		   (uint32_t)hard <= near ? "do not fit under"
					  : "keep the kernel's garbage collection "
					    "busy: more than",
		   family, (uint32_t)hard <= near ? 3 : 2, (uint32_t)hard <= near ? hard : soft);
	doctor_fix_setting(check, 2 * room_for(near), "net.%s.neigh.default.gc_thresh3", family);
	doctor_fix_setting(check, room_for(near), "net.%s.neigh.default.gc_thresh2", family);
}

/* A peer on the link costs an ordinary entry whatever the backend; the permanent ones of the tunnel
 * are not counted by the kernel. */
void doctor_check_neighbours(const struct doctor_facts *facts, struct doctor_check *check)
{
	bool any = false;

	for (unsigned i = 0; i < 2; i++) {
		if (doctor_family_at(facts, i)->link.index == 0)
			continue;
		check_table(facts, i, check);
		any = true;
	}
	if (!any)
		doctor_say(check, DOCTOR_UNKNOWN, "needs a valid file and an interface");
}

void doctor_check_bridge_nf(const struct doctor_facts *facts, struct doctor_check *check)
{
	int value = facts->host->bridge_nf;

	if (value == HOST_UNKNOWN)
		doctor_say(check, DOCTOR_OK,
			   "br_netfilter is not loaded: packets inside a pod bridge skip "
			   "iptables; kube-proxy needs it for services on the same host");
	else if (value == 0)
		doctor_say(check, DOCTOR_OK,
			   "net.bridge.bridge-nf-call-iptables is 0: kube-proxy needs 1 for "
			   "services on the same host");
	else
		doctor_say(check, DOCTOR_OK,
			   "net.bridge.bridge-nf-call-iptables is %d: packets inside a pod bridge "
			   "pass iptables, too",
			   value);
}

struct release {
	unsigned long major;
	unsigned long minor;
	unsigned long patch;
};

/* Stable kernels that leave UDP checksums of masqueraded tunnel packets alone (commit ea64d8d6c675,
 * "netfilter: nat: never update the UDP checksum when it's 0"); 5.7 and later all do. */
static bool has_the_fix(const struct release *kernel)
{
	static const struct release since[] = {{4, 4, 224},  {4, 9, 224}, {4, 14, 181},
					       {4, 19, 123}, {5, 4, 41},  {5, 6, 13}};

	if (kernel->major > 5 || (kernel->major == 5 && kernel->minor >= 7))
		return true;
	for (size_t i = 0; i < sizeof(since) / sizeof(since[0]); i++) {
		if (since[i].major == kernel->major && since[i].minor == kernel->minor)
			return kernel->patch >= since[i].patch;
	}
	return false;
}

/* `5.4.40-generic`; a missing third number is 0. */
static bool read_release(const char *text, struct release *out)
{
	char *end;

	out->major = strtoul(text, &end, 10);
	if (end == text || *end != '.')
		return false;
	text = end + 1;
	out->minor = strtoul(text, &end, 10);
	out->patch = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
	return end != text;
}

void doctor_check_checksum(const struct doctor_facts *facts, struct doctor_check *check)
{
	struct release kernel = {0};

	if (!doctor_tunnels(facts)) {
		doctor_say(check, DOCTOR_OK, "matters only to VXLAN");
		return;
	}
	if (!read_release(facts->host->release, &kernel)) {
		doctor_say(check, DOCTOR_UNKNOWN, "cannot read the kernel's version");
		return;
	}
	if (has_the_fix(&kernel)) {
		doctor_say(check, DOCTOR_OK,
			   "Linux %s sends masqueraded tunnel packets with right checksums",
			   facts->host->release);
		return;
	}
	doctor_say(check, DOCTOR_WARNING,
		   "Linux %s may send masqueraded tunnel packets with wrong checksums (services "
		   "that answer after 1, 3 or 63 s), unless its vendor fixed that",
		   facts->host->release);
	for (unsigned i = 0; i < 2; i++) {
		const char *device = doctor_family_at(facts, i)->device;

		if (!doctor_family_at(facts, i)->wanted)
			continue;
		doctor_fix(check, "ethtool -K %s tx-checksum-ip-generic off", device);
		doctor_fix(check,
			   "to keep it: echo 'ACTION==\"add\", SUBSYSTEM==\"net\", "
			   "KERNEL==\"%s\", RUN+=\"/sbin/ethtool -K %s tx-checksum-ip-generic "
			   "off\"' >>/etc/udev/rules.d/90-croute.rules",
			   device, device);
	}
}
