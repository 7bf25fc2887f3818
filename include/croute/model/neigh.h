/* neigh.h - neighbours and VXLAN forwarding entries: which MAC, and which host behind it. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "croute/model/ip.h"
#include "croute/model/mac.h"

/* Which MAC an address has on a link. The key is the kernel's: link and address. */
struct neigh {
	uint32_t link;
	struct ip ip;
	uint8_t zero[3];
	/* value */
	struct mac mac;
	uint16_t state; /* NUD_*: wanted ones are NUD_PERMANENT */
};

#define NEIGH_KEY_SIZE offsetof(struct neigh, mac)
_Static_assert(sizeof(struct neigh) == 32, "a neighbour row has no padding");

/*
 * To which host frames for a MAC go. A unicast MAC has one destination (drivers/net/vxlan), so link
 * and MAC are the key; the all-zero MAC may come in several rows.
 */
struct fdb {
	uint32_t link;
	struct mac mac;
	uint8_t zero[2];
	/* value */
	struct ip dst;
	uint8_t odd; /* has a VNI, port or device of its own, which croute never sets */
	uint16_t state;
};

#define FDB_KEY_SIZE offsetof(struct fdb, dst)
_Static_assert(sizeof(struct fdb) == 32, "an FDB row has no padding");
