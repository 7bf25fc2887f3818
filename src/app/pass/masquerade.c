/* masquerade.c - the last stage of a pass: the table that hides pods behind the host. */
/* SPDX-License-Identifier: MIT */
#include "app/pass/steps.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "croute/core/want/masquerade.h"
#include "croute/model/masquerade.h"

/* Put the rules that the file asks for into pass->nft.batch. */
static int build(struct pass *pass)
{
	int status;

	arena_reset(&pass->masquerade);
	pass->masquerade.limit = MASQUERADE_BYTES_MOST;
	status = masquerade_build(pass->picture.config, pass->picture.node.index,
				  &pass->masquerade);
	if (status < 0)
		return status;
	return nft_build(&pass->nft, pass->nft.netlink.message, masquerade_at(&pass->masquerade, 0),
			 masquerade_count(&pass->masquerade));
}

/* What the user can do, where the kernel's message alone does not say. */
static void fail(struct pass *pass, struct device_change *change, const struct error *why)
{
	struct error err;
	bool is_missing = nft_is_missing(-why->code) || why->code == ENOENT;

	error_set(&err, why->code, "%s%.200s%s; all routes are kept meanwhile",
		  is_missing ? "the kernel cannot masquerade ("
			     : "nftables table inet " MASQUERADE_TABLE ": ",
		  why->text,
		  is_missing ? "): load the modules (modprobe -a nf_tables nft_chain_nat nft_masq, "
			       "of Linux 5.2 or newer), or set agent.masquerade: false"
			     : "");
	if (change != NULL)
		pass_settle_change(pass, change, -why->code, &err);
}

static void carry_out(struct pass *pass, struct device_change *change)
{
	const struct pass_request *request = &pass->request;
	struct error err = {0};
	int status = nft_send(&pass->nft, &err);

	if (status < 0 && !(status == -ENOENT && change->todo.action == VTEP_REMOVE)) {
		fail(pass, change, &err);
		return;
	}
	change->result = CHANGE_APPLIED;
	if (request->backoff != NULL)
		change->again = backoff_note_named(request->backoff, BACKOFF_TABLE,
						   MASQUERADE_TABLE, request->now);
}

/* Say what is to be done with the table, and do it. */
static void change_table(struct pass *pass, unsigned action)
{
	const struct pass_request *request = &pass->request;
	struct device_change *change = pass_add_change(pass, NULL, action);

	if (change == NULL)
		return;
	if (request->backoff != NULL &&
	    backoff_named(request->backoff, BACKOFF_TABLE, MASQUERADE_TABLE, request->now))
		change->result = CHANGE_PUT_OFF;
	else if (!request->dry_run)
		carry_out(pass, change);
}

static void keep(struct pass *pass)
{
	enum nft_state state = NFT_ABSENT;
	struct error err = {0};
	int status = nft_open(&pass->nft, &err);

	if (status == 0)
		status = build(pass);
	if (status == 0)
		status = nft_look(&pass->nft, &state, &err);
	if (status < 0 && err.code == 0)
		error_set(&err, -status, "%s", strerror(-status));
	if (status == -EPERM && pass->request.dry_run)
		pass->picture.notes |= NOTE_BLIND_NFT;
	else if (status < 0)
		fail(pass, pass_add_change(pass, NULL, VTEP_MAKE), &err);
	else if (state != NFT_SAME)
		change_table(pass, state == NFT_ABSENT ? VTEP_MAKE : VTEP_MEND);
}

/* Not wanted: if it cannot even be queried there is nothing of ours to remove. */
static void drop(struct pass *pass)
{
	enum nft_state state = NFT_ABSENT;
	struct error err = {0};

	arena_reset(&pass->nft.batch);
	if (nft_open(&pass->nft, &err) < 0 || nft_look(&pass->nft, &state, &err) < 0 ||
	    state == NFT_ABSENT)
		return;
	if (nft_build_removal(&pass->nft, pass->nft.netlink.message) == 0)
		change_table(pass, VTEP_REMOVE);
}

void pass_masquerade(struct pass *pass)
{
	bool wanted = pass->picture.config != NULL && pass->picture.config->agent.masquerade;

	if (pass->source.snapshot != NULL) {
		pass->picture.notes |= wanted ? NOTE_BLIND_NFT : 0;
		return;
	}
	if (wanted)
		keep(pass);
	else if (pass->picture.config == NULL || pass->request.look_around)
		drop(pass);
}
