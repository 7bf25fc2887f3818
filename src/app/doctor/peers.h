/* peers.h - which peers answer, by what the kernel knows of their addresses. */
#ifndef CROUTE_APP_DOCTOR_PEERS_H
#define CROUTE_APP_DOCTOR_PEERS_H

#include <stdbool.h>
#include <stdint.h>

#include "croute/model/neigh.h"
#include "croute/model/rows.h"

#define DOCTOR_PEERS_SHOWN 5

/* How a peer stands. */
enum doctor_peer_state {
	DOCTOR_PEER_UNKNOWN, /* no entry, or one that tells nothing: nobody has asked lately */
	DOCTOR_PEER_REACHABLE,
	DOCTOR_PEER_FAILED, /* it was asked for its MAC, and did not answer */
	DOCTOR_PEER_STATES,
};

/* Peers whose address is on the link of this node's own; each is a gateway, and with vxlan an
 * endpoint of the tunnel. Initialise with doctor_init. */
struct doctor_peers {
	struct rows rows;  /* of one peer each, sorted by address */
	uint32_t near[2];  /* how many there are, of IPv4 and IPv6 */
	uint32_t far;	   /* peers behind routers, which the kernel does not ask */
	struct ip router;  /* the next hop to the first of them; family 0: none */
	struct ip address; /* its own */
	uint32_t shown[DOCTOR_PEERS_SHOWN]; /* nodes */
	bool asked;			    /* neighbours were taken in */
	uint32_t states[DOCTOR_PEER_STATES];
	uint32_t failed[DOCTOR_PEERS_SHOWN]; /* nodes */
};

struct doctor_facts;

/* Whether the kernel reaches an address on the link without a router; else fills `router`. */
typedef bool doctor_near_fn(void *context, uint32_t link, const struct ip *ip, struct ip *router);

/* Find the peers of both families; facts->config, links and families are there. `near` is asked
 * about addresses that no prefix of the link covers. 0 or -ENOSPC. */
int doctor_find_peers(struct doctor_facts *facts, doctor_near_fn *near, void *context);

/* Take in one neighbour of the link. */
void doctor_take_neigh(struct doctor_facts *facts, const struct neigh *neigh);

/* After the last: count the states. */
void doctor_count_peers(struct doctor_facts *facts);

#endif
