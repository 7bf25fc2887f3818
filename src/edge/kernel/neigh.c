/* neigh.c - neighbours (IPv4, IPv6) and forwarding entries (AF_BRIDGE). */
#include "croute/edge/kernel/neigh.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

struct neigh_sink {
	kernel_neigh_fn *each;
	void *context;
};

struct fdb_sink {
	kernel_fdb_fn *each;
	void *context;
};

static void parse(const struct nlmsghdr *message, struct nlattr *at[NDA_MAX + 1])
{
	(void)nlmsg_parse((struct nlmsghdr *)(uintptr_t)message, sizeof(struct ndmsg), at, NDA_MAX,
			  NULL);
}

static bool take_mac(struct mac *out, const struct nlattr *attr)
{
	if (attr == NULL || nla_len(attr) != (int)sizeof(*out))
		return false;
	memcpy(out->bytes, nla_data(attr), sizeof(*out));
	return true;
}

/* An address whose family shows in its length. */
static bool take_ip(struct ip *out, const struct nlattr *attr)
{
	int len = attr != NULL ? nla_len(attr) : 0;

	if (len != 4 && len != 16)
		return false;
	out->family = len == 4 ? AF_INET : AF_INET6;
	memcpy(out->bytes, nla_data(attr), (size_t)len);
	return true;
}

static int take_neigh(void *context, const struct nlmsghdr *message)
{
	const struct neigh_sink *sink = context;
	const struct ndmsg *header = nlmsg_data(message);
	struct nlattr *at[NDA_MAX + 1] = {0};
	struct neigh neigh = {.link = (uint32_t)header->ndm_ifindex, .state = header->ndm_state};

	parse(message, at);
	if (!take_ip(&neigh.ip, at[NDA_DST]) || neigh.ip.family != header->ndm_family)
		return 0;
	(void)take_mac(&neigh.mac, at[NDA_LLADDR]);
	return sink->each(sink->context, &neigh);
}

/*
 * The other attributes decide nothing: who made it (NDA_PROTOCOL), its age and its use, the bridge
 * or VLAN that it is a port of. Nor do flags: of a permanent entry NTF_EXT_LEARNED, NTF_ROUTER or
 * NTF_STICKY only say what may change it.
 */
static bool is_odd(struct nlattr *const at[])
{
	return at[NDA_PORT] != NULL || at[NDA_VNI] != NULL || at[NDA_IFINDEX] != NULL ||
	       at[NDA_NH_ID] != NULL;
}

static int take_fdb(void *context, const struct nlmsghdr *message)
{
	const struct fdb_sink *sink = context;
	const struct ndmsg *header = nlmsg_data(message);
	struct nlattr *at[NDA_MAX + 1] = {0};
	struct fdb fdb = {.link = (uint32_t)header->ndm_ifindex, .state = header->ndm_state};

	parse(message, at);
	if (!take_ip(&fdb.dst, at[NDA_DST]) || !take_mac(&fdb.mac, at[NDA_LLADDR]))
		return 0;
	if ((fdb.state & NUD_PERMANENT) != 0)
		fdb.state = NUD_PERMANENT;
	fdb.odd = is_odd(at);
	return sink->each(sink->context, &fdb);
}

static void begin_dump(struct netlink *netlink, uint8_t family, uint32_t link)
{
	struct ndmsg header = {.ndm_family = family};
	struct nl_msg *message = netlink_begin(netlink, RTM_GETNEIGH, NLM_F_DUMP, &header,
					       sizeof(header));

	if (link != KERNEL_ANY_LINK)
		nla_put_u32(message, NDA_IFINDEX, link);
}

int kernel_read_neighs(struct netlink *netlink, uint32_t link, kernel_neigh_fn *each, void *context,
		       struct error *err)
{
	struct neigh_sink sink = {.each = each, .context = context};
	int status;

	begin_dump(netlink, link == KERNEL_ANY_LINK ? AF_UNSPEC : AF_INET, link);
	status = netlink_ask(netlink, take_neigh, &sink, err);
	if (status < 0 || link == KERNEL_ANY_LINK)
		return status;
	begin_dump(netlink, AF_INET6, link);
	return netlink_ask(netlink, take_neigh, &sink, err);
}

int kernel_read_fdb(struct netlink *netlink, uint32_t link, kernel_fdb_fn *each, void *context,
		    struct error *err)
{
	struct fdb_sink sink = {.each = each, .context = context};
	struct error failed = {0};
	int status;

	begin_dump(netlink, AF_BRIDGE, link);
	status = netlink_ask(netlink, take_fdb, &sink, &failed);
	if (status == -ENODEV)
		return 0;
	if (status < 0 && err != NULL)
		*err = failed;
	return status;
}

static bool removes(enum change_action action)
{
	return action == CHANGE_DELETE || action == CHANGE_TRIM;
}

static uint16_t flags_of(enum change_action action)
{
	if (action == CHANGE_ADD)
		return NLM_F_CREATE | NLM_F_EXCL;
	return action == CHANGE_REPLACE ? NLM_F_CREATE | NLM_F_REPLACE : 0;
}

int kernel_write_neigh(struct netlink *netlink, enum change_action action,
		       const struct neigh *neigh, uint32_t token, struct error *err)
{
	struct ndmsg header = {.ndm_family = neigh->ip.family,
			       .ndm_ifindex = (int)neigh->link,
			       .ndm_state = neigh->state};
	struct nl_msg *message = netlink_begin(netlink,
					       removes(action) ? RTM_DELNEIGH : RTM_NEWNEIGH,
					       flags_of(action), &header, sizeof(header));

	nla_put(message, NDA_DST, ip_bits(neigh->ip.family) / 8, neigh->ip.bytes);
	if (!removes(action))
		nla_put(message, NDA_LLADDR, sizeof(neigh->mac), neigh->mac.bytes);
	return netlink_queue(netlink, token, err);
}

/*
 * A removal goes by MAC alone: one that names the destination is answered with success, and does
 * nothing, where the entry has a port, VNI or link of its own (drivers/net/vxlan,
 * vxlan_fdb_delete).
 */
int kernel_write_fdb(struct netlink *netlink, enum change_action action, const struct fdb *fdb,
		     uint32_t token, struct error *err)
{
	struct ndmsg header = {.ndm_family = AF_BRIDGE,
			       .ndm_ifindex = (int)fdb->link,
			       .ndm_state = fdb->state,
			       .ndm_flags = NTF_SELF};
	struct nl_msg *message = netlink_begin(netlink,
					       removes(action) ? RTM_DELNEIGH : RTM_NEWNEIGH,
					       flags_of(action), &header, sizeof(header));

	nla_put(message, NDA_LLADDR, sizeof(fdb->mac), fdb->mac.bytes);
	if (!removes(action))
		nla_put(message, NDA_DST, ip_bits(fdb->dst.family) / 8, fdb->dst.bytes);
	return netlink_queue(netlink, token, err);
}
