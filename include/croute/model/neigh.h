/* neigh.h - one neighbour entry as comparable bytes. */
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
