/* steps.h - the steps of writing down what is there and of bringing it back. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "croute/app/confirm/undo.h"
#include "croute/app/pass/pass.h"
#include "croute/base/buf.h"
#include "croute/base/error.h"
#include "croute/edge/nft/table.h"

/* Write down what is there now, of all that the planned `pass` may change. 0 or -errno with `err`.
 */
int confirm_look(struct pass *pass, const struct config *config, struct undo *out,
		 struct error *err);

/* Write down the nftables table of masquerading. What cannot be asked for, for lack of privilege or
 * of nf_tables, no pass changes either. 0 or -errno with `err`. */
int confirm_look_at_table(struct pass *pass, struct nft_record *out, struct error *err);

struct confirm_undoing {
	struct pass *pass;	 /* its socket, and its memory for rows and plan */
	const struct undo *undo; /* what was there */
	const struct nft_record *table;
	struct links now; /* what was there when the way back began; confirm_undo's own */
	struct undo_result result;
	struct buf *told; /* what failed, a line each */
};

/*
 * Make the kernel what it was: the same look, plan and write as a pass's, with the old rows as the
 * wanted ones. The first three and `told` are the caller's. 0 with the result, even if some changes
 * were refused; or -errno with `err`.
 */
int confirm_undo(struct confirm_undoing *undoing, struct error *err);

/* A setting below /proc/sys that a pass keeps on its devices. */
#define CONFIRM_SETTING_MAX 96
const char *confirm_setting(char out[CONFIRM_SETTING_MAX], const char *family, const char *device,
			    const char *what);

/* Whether nftables cannot be asked, so that no pass changes anything there. */
bool confirm_is_out_of_reach(int status);
