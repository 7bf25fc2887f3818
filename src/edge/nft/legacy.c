/* legacy.c - the tables of ip_tables and ip6_tables, as getsockopt(2) gives them. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/nft/chains.h"

#include <errno.h>
#include <linux/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Both families have the same structures (linux/netfilter_ipv6/ip6_tables.h), and their options the
 * same numbers. */
_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo) &&
		       offsetof(struct ipt_get_entries, entrytable) ==
			       offsetof(struct ip6t_get_entries, entrytable),
	       "both families are asked alike");

static int read_rows(int fd, int level, const struct ipt_getinfo *info, struct arena *out)
{
	socklen_t size = (socklen_t)(sizeof(struct ipt_get_entries) + info->size);
	struct ipt_get_entries *entries;

	if (info->size > LEGACY_TABLE_MOST)
		return -EFBIG;
	out->limit = sizeof(*entries) + LEGACY_TABLE_MOST;
	entries = arena_push(out, size);
	if (entries == NULL)
		return -EFBIG;
	memcpy(entries->name, info->name, sizeof(entries->name));
	entries->size = info->size;
	return getsockopt(fd, level, IPT_SO_GET_ENTRIES, entries, &size) < 0 ? -errno : 0;
}

/* -EAGAIN: the table changed between the two questions. */
static int read_table(int fd, uint8_t family, const char *table, struct legacy_table *out)
{
	int level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
	struct ipt_getinfo info = {0};
	socklen_t size = sizeof(info);
	size_t head = offsetof(struct ipt_get_entries, entrytable);
	int status;

	(void)strncpy(info.name, table, sizeof(info.name) - 1);
	if (getsockopt(fd, level, IPT_SO_GET_INFO, &info, &size) < 0)
		return -errno;
	arena_reset(&out->bytes);
	status = read_rows(fd, level, &info, &out->bytes);
	if (status < 0 || (info.valid_hooks & 1U << NF_INET_FORWARD) == 0)
		return status;
	return legacy_table_policy(out->bytes.base + head, info.size,
				   info.underflow[NF_INET_FORWARD], family, &out->drops);
}

int legacy_read(uint8_t family, const char *table, struct legacy_table *out)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int status = fd < 0 ? -errno : -EAGAIN;

	for (int i = 0; i < 5 && status == -EAGAIN; i++)
		status = read_table(fd, family, table, out);
	if (fd >= 0)
		(void)close(fd);
	return status;
}

void legacy_release(struct legacy_table *table)
{
	arena_release(&table->bytes);
}
