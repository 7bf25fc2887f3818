/* pass_steps.h - the steps of a pass, for pass.c and for shorter ways through. */
#ifndef CROUTE_APP_PASS_STEPS_H
#define CROUTE_APP_PASS_STEPS_H

#include "croute/app/pass.h"

/* Forget the last pass. */
void pass_begin(struct pass *pass);

/* Fill pass->links. 0 or -errno with `err`. */
int pass_read_links(struct pass *pass, struct error *err);

/* Fill pass->have with the routes of `protocol` in every table, sorted. 0 or -errno with `err`. */
int pass_read_have(struct pass *pass, uint32_t protocol, struct error *err);

/* Search the tables for routes of others that stand in our way; fills pass->foreign. 0 or -errno
 * with `err`. */
int pass_look_around(struct pass *pass, const struct config *config, struct error *err);

/*
 * Send the plan to the kernel: surplus rows first, then additions and replacements, deletions last.
 * Each change ends up with its result. `config` may be NULL where the plan only deletes. 0, or
 * -errno with `err` when the kernel's answers were lost.
 */
int pass_write(struct pass *pass, const struct config *config, struct error *err);

#endif
