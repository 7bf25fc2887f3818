/* takeover.h - whether a takeover from flannel would go well (SPEC 6): `doctor --adopt`. */
#ifndef CROUTE_APP_DOCTOR_TAKEOVER_H
#define CROUTE_APP_DOCTOR_TAKEOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "croute/model/neigh.h"

#define DOCTOR_NODES_SHOWN 3
#define DOCTOR_SUBNET_ENV "/run/flannel/subnet.env" /* where flannel's CNI plugin looks */

/* Nodes of one sort: how many, and the first of them by number. */
struct doctor_node_group {
	uint32_t count;
	uint32_t shown[DOCTOR_NODES_SHOWN];
};

/* What a takeover depends on, beside the other facts. Zero-initialise: nobody asks for it. */
struct doctor_adopt {
	bool asked;
	uint32_t flanneld;		    /* its process; 0: none was seen */
	bool has_env;			    /* DOCTOR_SUBNET_ENV is there */
	struct doctor_node_group strangers; /* the kernel sends to another MAC than the file says */
};

struct doctor_facts;
struct doctor_check;

/* Take in one neighbour of the tunnel's device: the MAC that flannel told of a peer. */
void doctor_take_adopted(struct doctor_facts *facts, const struct neigh *neigh);

/* Further checks, of a host that is to be taken over. */
void doctor_check_adopt(const struct doctor_facts *facts, struct doctor_check *check);
void doctor_check_flanneld(const struct doctor_facts *facts, struct doctor_check *check);
void doctor_check_adopted_device(const struct doctor_facts *facts, struct doctor_check *check);
void doctor_check_adopted_mac(const struct doctor_facts *facts, struct doctor_check *check);
void doctor_check_adopted_peers(const struct doctor_facts *facts, struct doctor_check *check);
void doctor_check_adopted_routes(const struct doctor_facts *facts, struct doctor_check *check);
void doctor_check_adopted_rules(const struct doctor_facts *facts, struct doctor_check *check);
void doctor_check_adopted_cni(const struct doctor_facts *facts, struct doctor_check *check);

#endif
