/* chain.h - one chain of a packet filter. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CHAIN_NAME_MAX 64 /* longer names are cut */

struct chain {
	char table[CHAIN_NAME_MAX];
	char name[CHAIN_NAME_MAX];
	uint8_t family; /* AF_INET, AF_INET6; AF_UNSPEC for both (inet) */
	bool legacy;	/* of ip_tables or ip6_tables */
	bool forwards;	/* a base chain at the forward hook */
	bool drops;	/* its policy */
};
