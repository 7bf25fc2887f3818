/* steps.h - the steps of a pass, for pass.c and for shorter ways through. */
#pragma once

#include "croute/app/pass/state.h"
#include "croute/core/plan/owner.h"

#define PASS_TRIES 5 /* at a dump that the kernel says changed under it */

/* Fill pass->links. 0 or -errno with `err`. */
int pass_read_links(struct pass *pass, struct error *err);

/* The entry of `config` that is this host, by the links that were read and by what it was known as
 * before. 0, or -ESRCH with `err`. */
int pass_identify(const struct pass *pass, const struct config *config,
		  const struct node_names *names, struct node_found *out, struct error *err);

/* Find this node's entry; with backend none there need be none. 0, or -ESRCH with `err`. */
int pass_find_node(struct pass *pass, const struct pass_request *request, struct error *err);

/* Choose the interface of each family that this node has an address of. */
void pass_select_links(struct pass *pass, const struct config *config);

/* These three: the beginning of a pass, and all that `croute interface` needs. Returns as they do.
 */
int pass_find_interface(struct pass *pass, const struct pass_request *request, struct error *err);

/* For a wanted family without an interface: which links there are, and why each was passed over. */
void pass_explain_interface(const struct pass *pass, const struct config *config, uint8_t family,
			    struct buf *out);

/* What is asked of the links for a family; its address is unset when this node has none. The node
 * has been found. */
struct interface_ctx pass_question(const struct pass *pass, const struct config *config,
				   uint8_t family);

/* Fill pass->have with the routes of `protocol` in every table, and with those of flannel's that
 * `config` (may be NULL) takes over, sorted. 0 or -errno with `err`. */
int pass_read_have(struct pass *pass, const struct config *config, uint32_t protocol,
		   struct error *err);

/*
 * Search the tables for routes of others that stand in our way; fills pass->foreign. It cannot be
 * seen when this dump of all protocols comes short (netlink.h), so nothing of ours is read from it.
 * 0 or -errno with `err`.
 */
int pass_look_around(struct pass *pass, const struct config *config, struct error *err);

/*
 * Look once more at what the plan deletes where it is much (recheck.h), then, unless this is a dry
 * run, send it to the kernel: surplus rows first, then additions and replacements, deletions last.
 * Each change ends up with its result. Without a `config` nobody looks who took a key meanwhile. 0,
 * or -errno with `err` when the kernel's answers were lost.
 */
int pass_apply(struct pass *pass, const struct config *config, bool dry_run, struct error *err);

/*
 * With backend vxlan: make or mend the device of each family (or only say so, for a dry run) and
 * fill in its index. What is changed is told in pass->steps. 0 or -errno with `err` when the kernel
 * could not be asked; a device that cannot be had makes its family stuck.
 */
int pass_devices(struct pass *pass, const struct pass_request *request, struct error *err);

/* How flannel's routes are known on this host; borrows from both. A family without interface or
 * device has none. */
struct adopt_view pass_adopt(const struct pass *pass, const struct config *config);

/* Keep those of flannel's routes whose place ours do not take (leftovers_spare). */
void pass_spare(struct pass *pass, const struct config *config);

/* Room to tell one more step, still planned; NULL when there is none left. */
struct device_change *pass_next_step(struct pass *pass);

/* Last of all: remove devices of croute's that nobody wants any longer. */
void pass_drop_devices(struct pass *pass, const struct pass_request *request);

/*
 * Make, mend or remove the nftables table of agent.masquerade (or only say so, for a dry run);
 * without a file, remove it. What is changed, or could not be, is told in pass->steps. A table that
 * nobody wants is only looked for where the pass looks around.
 */
void pass_masquerade(struct pass *pass, const struct pass_request *request);

/* Fill pass->have with neighbours and forwarding entries of the devices. 0 or -errno with `err`. */
int pass_read_peers(struct pass *pass, struct error *err);

/* Add to pass->have those of one family's device. 0, -EINTR (read again), or -errno with `err`. */
int pass_read_device(struct pass *pass, const struct pass_family *family, struct error *err);

/* With reach.every: find out of each family whether it needs a local route of croute's for its
 * pod-side address, which no device and no other program has on this host. */
void pass_find_local(struct pass *pass, const struct config *config);

/* With directRouting: ask the kernel of each peer whether it is on the same link; fills
 * pass->on_link. 0 or -errno with `err`. */
int pass_find_near(struct pass *pass, const struct config *config, struct error *err);
