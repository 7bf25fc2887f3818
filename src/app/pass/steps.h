/* steps.h - the steps of a pass. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/app/pass/state.h"

/* One step of a way through: 0 or -errno with `err`. */
struct pass_step {
	int (*run)(struct pass *pass, struct error *err); /* NULL: the end */
	enum pass_stage stage;				  /* what its time counts for */
};

/* Until one fails. */
int pass_run_steps(struct pass *pass, const struct pass_step *steps, struct error *err);

int pass_read_links(struct pass *pass, struct error *err);

/* Fill what is there with croute's routes in every table, and with those of flannel's that the file
 * takes over, sorted. 0 or -errno with `err`. */
int pass_read_have(struct pass *pass, struct error *err);

/* Search the tables for routes of others that stand in our way. 0 or -errno with `err`. */
int pass_look_around(struct pass *pass, struct error *err);

/* Both in one dump. */
int pass_read_all(struct pass *pass, struct error *err);

/*
 * With backend vxlan: make or repair the device of each family (or only say so, for a dry run) and
 * fill in its index. 0 or -errno with `err` when the kernel could not be asked; a device that
 * cannot be made right leaves its family stuck.
 */
int pass_devices(struct pass *pass, struct error *err);

/* One more change, still planned: of `link` (NULL: the table of masquerading). NULL when there is
 * no room for it. */
struct device_change *pass_add_change(struct pass *pass, const struct link *link, unsigned action);

/* It was made (`status` 0), or failed for that reason: words that may hold names of links. */
void pass_settle_change(struct pass *pass, struct device_change *change, int status,
			const struct error *err);

/* Last of all: remove devices of croute's that are no longer wanted. */
void pass_drop_devices(struct pass *pass);

/*
 * Make, repair or remove the nftables table of agent.masquerade (or only say so, for a dry run);
 * without a file, remove it. A table that nobody wants is only looked for where the pass looks
 * around.
 */
void pass_masquerade(struct pass *pass);

/* Fill what is there with neighbours and forwarding entries of the devices. 0 or -errno with `err`.
 */
int pass_read_peers(struct pass *pass, struct error *err);

/* With reach.every: find out of each family whether it needs a local route of croute's for its
 * pod-side address, which no device and no other program has on this host. 0. */
int pass_find_local(struct pass *pass, struct error *err);

/* With directRouting: find out which peers are on the same link. 0 or -errno with `err`. */
int pass_find_near(struct pass *pass, struct error *err);

/* With offLink: router, ask the kernel for the next hop to each peer that no prefix of the link
 * covers; fills pass->routers. Sorts pass->ways. */
int pass_find_routers(struct pass *pass, struct error *err);

/* With request.recall: fill pass->lost with the addresses whose next hops croute's routes to pods
 * of their nodes lack, while they have others. 0 or -errno with `err`. */
int pass_recall(struct pass *pass, struct error *err);
