/* flow.h - a packet that the kernel is asked about. */
#pragma once

#include <stdint.h>

#include "croute/model/ip.h"

struct flow {
	struct ip dst;
	struct ip src;	   /* family 0: the kernel chooses; of this host, unless `iif` is set */
	uint32_t iif;	   /* the link that it comes in by; 0: it is this host's own */
	uint16_t udp_port; /* it goes to this port of UDP; 0: nothing is said of that */
};
