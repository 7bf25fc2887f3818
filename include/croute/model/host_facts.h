/* host_facts.h - settings of a host, as far as they could be read. */
/* SPDX-License-Identifier: MIT */
#pragma once

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
	int ignores_linkdown[2]; /* ignore_routes_with_linkdown */
};

#define HOST_LINKS_MOST 16
#define HOST_PATH_MAX 96
#define HOST_RELEASE_MAX 65 /* __NEW_UTS_LEN with the NUL */

/* Numbers are those of the files in /proc/sys; index 0 of pairs is IPv4, 1 is IPv6. */
struct host_facts {
	char release[HOST_RELEASE_MAX]; /* of the kernel, as uname -r prints it; "" for unknown */
	bool is_root;
	int64_t capabilities; /* the effective ones, bits as in linux/capability.h */
	int forwarding[2];    /* net.ipv4.ip_forward, net.ipv6.conf.all.forwarding */
	int rp_filter_all;
	int hash_policy[2]; /* net.ipv4.fib_multipath_hash_policy, and of IPv6 */
	int gc_thresh2[2];  /* of neigh.default; only the first network namespace has them */
	int gc_thresh3[2];
	int bridge_nf; /* net.bridge.bridge-nf-call-iptables */
	/* Limits of inotify: fs.inotify.max_user_*, then user.max_inotify_*, which is the user
	 * namespace's. The lesser counts. */
	int inotify_instances[2];
	int inotify_watches[2];
	int inotify_errno;	/* of an attempt to watch something: 0, or a positive errno */
	bool is_container;	/* programs of the host may be invisible from here */
	bool networkd;		/* systemd-networkd has run since the boot */
	int64_t networkd_since; /* when it was started, seconds since 1970; 0: unknown */
	bool network_manager;	/* so has NetworkManager */
	struct host_link links[HOST_LINKS_MOST];
	uint32_t link_count;
};

/* What a file says. `status`: 0, or -errno for why there is nothing: -ENOENT for what does not
 * exist here. Zero-initialise; owns its bytes. */
struct host_text {
	struct arena bytes;
	int status;
};

/* A file of ours among the settings of another program. Zero-initialise; owns its text. */
struct host_drop_in {
	struct host_text text;
	char path[HOST_PATH_MAX]; /* where it was found */
	int64_t written;	  /* its mtime, seconds since 1970 */
	int64_t placed;		  /* its ctime: later than that where a package brought it */
};

/* The settings of the link, NULL when they were not asked for. */
const struct host_link *host_facts_link(const struct host_facts *facts, const char *name);
struct text host_text_of(const struct host_text *text);
void host_text_release(struct host_text *text);
