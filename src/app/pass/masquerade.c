/* masquerade.c - the last stage of a pass: the table that hides pods behind the host. */
#include "app/pass/steps.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "croute/core/report/device.h"
#include "croute/core/want/masquerade.h"

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

/* What a user can do about it, where the kernel's words alone do not say. */
static void explain(struct pass *pass, struct device_change *step, const struct error *err)
{
	struct buf buf = BUF_OVER(step->error);

	step->result = CHANGE_FAILED;
	pass->picture.notes |= err->code == EPERM ? NOTE_DENIED : 0;
	if (nft_is_missing(-err->code) || err->code == ENOENT)
		buf_add(&buf,
			"the kernel cannot masquerade (%s): load the modules (modprobe -a "
			"nf_tables "
			"nft_chain_nat nft_masq, of Linux 5.2 or newer), or set agent.masquerade: "
			"false",
			err->text);
	else
		buf_add(&buf, "nftables table inet croute: %s", err->text);
	buf_add(&buf, "; all routes are kept meanwhile");
}

static void tell_failure(struct pass *pass, const struct error *err)
{
	struct device_change *step = pass_next_step(pass);

	if (step == NULL)
		return;
	report_masquerade(step, '+', pass->picture.config);
	explain(pass, step, err);
}

static void carry_out(struct pass *pass, struct device_change *step)
{
	struct error err = {0};
	int status = nft_send(&pass->nft, &err);

	if (status < 0 && !(status == -ENOENT && step->sign == '-')) {
		explain(pass, step, &err);
		return;
	}
	step->result = CHANGE_APPLIED;
	if (pass->request.backoff != NULL &&
	    backoff_note_named(pass->request.backoff, BACKOFF_TABLE, MASQUERADE_TABLE,
			       pass->request.now))
		(void)snprintf(step->again, sizeof(step->again),
			       "another program keeps undoing the nftables table inet %s",
			       MASQUERADE_TABLE);
}

/* Tell what is to be done with the table, and do it. */
static void change(struct pass *pass, char sign)
{
	struct device_change *step = pass_next_step(pass);

	if (step == NULL)
		return;
	report_masquerade(step, sign, pass->picture.config);
	if (pass->request.backoff != NULL && backoff_named(pass->request.backoff, BACKOFF_TABLE,
							   MASQUERADE_TABLE, pass->request.now))
		step->result = CHANGE_PUT_OFF;
	else if (!pass->request.dry_run)
		carry_out(pass, step);
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
		tell_failure(pass, &err);
	else if (state != NFT_SAME)
		change(pass, state == NFT_ABSENT ? '+' : '~');
}

/* Nobody wants it: where it cannot even be asked for there is none that would be ours to remove. */
static void drop(struct pass *pass)
{
	enum nft_state state = NFT_ABSENT;
	struct error err = {0};

	arena_reset(&pass->nft.batch);
	if (nft_open(&pass->nft, &err) < 0 || nft_look(&pass->nft, &state, &err) < 0 ||
	    state == NFT_ABSENT)
		return;
	if (nft_build_removal(&pass->nft, pass->nft.netlink.message) == 0)
		change(pass, '-');
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
