/* fdb.h - one forwarding entry of a VXLAN device as comparable bytes. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "croute/model/ip.h"
#include "croute/model/mac.h"

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
	uint8_t odd; /* bears a VNI, port or device of its own, which croute never sets */
	uint16_t state;
};

#define FDB_KEY_SIZE offsetof(struct fdb, dst)
_Static_assert(sizeof(struct fdb) == 32, "an FDB row has no padding");
