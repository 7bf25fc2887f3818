/* libnl.c - what libnl reads of a message, read here, so that ASan sees it. */
/* SPDX-License-Identifier: MIT */
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

/* libnl is not instrumented; its other readers go through these. */

int nla_type(const struct nlattr *attr)
{
	return attr->nla_type & NLA_TYPE_MASK;
}

int nla_len(const struct nlattr *attr)
{
	return attr->nla_len - NLA_HDRLEN;
}

int nla_ok(const struct nlattr *attr, int left)
{
	return left >= (int)sizeof(*attr) && attr->nla_len >= sizeof(*attr) &&
	       attr->nla_len <= left;
}

struct nlattr *nla_next(const struct nlattr *attr, int *left)
{
	int size = NLA_ALIGN(attr->nla_len);

	*left -= size;
	return (struct nlattr *)(uintptr_t)((const char *)attr + size);
}

#define GETTER(type, name)                                                                         \
	type name(const struct nlattr *attr)                                                       \
	{                                                                                          \
		type value;                                                                        \
                                                                                                   \
		memcpy(&value, nla_data(attr), sizeof(value));                                     \
		return value;                                                                      \
	}

GETTER(uint8_t, nla_get_u8)
GETTER(uint16_t, nla_get_u16)
GETTER(uint32_t, nla_get_u32)

int nlmsg_ok(const struct nlmsghdr *message, int left)
{
	return left >= (int)sizeof(*message) && message->nlmsg_len >= sizeof(*message) &&
	       message->nlmsg_len <= (unsigned)left;
}

struct nlmsghdr *nlmsg_next(struct nlmsghdr *message, int *left)
{
	int size = (int)NLMSG_ALIGN(message->nlmsg_len);

	*left -= size;
	return (struct nlmsghdr *)(uintptr_t)((const char *)message + size);
}

int nlmsg_datalen(const struct nlmsghdr *message)
{
	return (int)message->nlmsg_len - NLMSG_HDRLEN;
}
