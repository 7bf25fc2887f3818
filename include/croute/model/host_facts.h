/* host_facts.h - how a host is set, as far as it could be seen. */
#ifndef CROUTE_MODEL_HOST_FACTS_H
#define CROUTE_MODEL_HOST_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/arena.h"
#include "croute/model/link.h"

#define HOST_UNKNOWN (-1) /* a number that could not be read, mostly since it is not there */

/* Settings of one link. */
struct host_link {
	char name[LINK_NAME_MAX];
	int forwarding; /* net.ipv4.conf.NAME.forwarding */
	int rp_filter;
};

#define HOST_LINKS_MOST 8
#define HOST_RELEASE_MAX 65 /* __NEW_UTS_LEN with the NUL */

/* Numbers are those of the files in /proc/sys; index 0 of pairs is IPv4, 1 is IPv6. */
struct host_facts {
	char release[HOST_RELEASE_MAX]; /* of the kernel, as uname -r tells it; "" for unknown */
	bool is_root;
	int64_t capabilities; /* the effective ones, bits as in linux/capability.h */
	int forwarding[2];    /* net.ipv4.ip_forward, net.ipv6.conf.all.forwarding */
	int rp_filter_all;
	int gc_thresh2[2]; /* of neigh.default; only the first network namespace has them */
	int gc_thresh3[2];
	int bridge_nf; /* net.bridge.bridge-nf-call-iptables */
	int inotify_instances;
	int inotify_watches;
	int inotify_errno;    /* of an attempt to have one: 0, or a positive errno */
	bool networkd;	      /* systemd-networkd has run since the boot */
	bool network_manager; /* likewise */
	struct host_link links[HOST_LINKS_MOST];
	uint32_t link_count;
};

/* What a file or a program says. `status`: 0, or -errno for why there is nothing: -ENOENT for what
 * does not exist here. Zero-initialise; owns its bytes. */
struct host_text {
	struct arena bytes;
	int status;
};

/* The settings of the link, NULL when they were not asked for. */
const struct host_link *host_facts_link(const struct host_facts *facts, const char *name);
struct text host_text_of(const struct host_text *text);
void host_text_release(struct host_text *text);

#endif
