/* masquerade.c - the last stage of a pass: the table that hides pods behind the host. */
#include "croute/app/pass/steps.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "croute/core/report/device.h"
#include "croute/core/want/masquerade.h"

/* Put the rules that the file asks for into pass->nft.batch. */
static int build(struct pass *pass, const struct pass_request *request)
{
	int status;

	arena_reset(&pass->masquerade);
	pass->masquerade.limit = MASQUERADE_BYTES_MOST;
	status = masquerade_build(request->config, pass->node.index, &pass->masquerade);
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
	pass->denied |= err->code == EPERM;
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

static void tell_failure(struct pass *pass, const struct pass_request *request,
			 const struct error *err)
{
	struct device_change *step = pass_next_step(pass);

	if (step == NULL)
		return;
	report_masquerade(step, '+', request->config);
	explain(pass, step, err);
}

static void carry_out(struct pass *pass, const struct pass_request *request,
		      struct device_change *step)
{
	struct error err = {0};
	int status = nft_send(&pass->nft, &err);

	if (status < 0 && !(status == -ENOENT && step->sign == '-')) {
		explain(pass, step, &err);
		return;
	}
	step->result = CHANGE_APPLIED;
	if (request->backoff != NULL &&
	    backoff_note_named(request->backoff, BACKOFF_TABLE, MASQUERADE_TABLE, request->now))
		(void)snprintf(step->again, sizeof(step->again),
			       "another program keeps undoing the nftables table inet %s",
			       MASQUERADE_TABLE);
}

/* Tell what is to be done with the table, and do it. */
static void change(struct pass *pass, const struct pass_request *request, char sign)
{
	struct device_change *step = pass_next_step(pass);

	if (step == NULL)
		return;
	report_masquerade(step, sign, request->config);
	if (request->backoff != NULL &&
	    backoff_named(request->backoff, BACKOFF_TABLE, MASQUERADE_TABLE, request->now))
		step->result = CHANGE_PUT_OFF;
	else if (!request->dry_run)
		carry_out(pass, request, step);
}

static void keep(struct pass *pass, const struct pass_request *request)
{
	enum nft_state state = NFT_ABSENT;
	struct error err = {0};
	int status = nft_open(&pass->nft, &err);

	if (status == 0)
		status = build(pass, request);
	if (status == 0)
		status = nft_look(&pass->nft, &state, &err);
	if (status < 0 && err.code == 0)
		error_set(&err, -status, "%s", strerror(-status));
	if (status == -EPERM && request->dry_run)
		pass->blind_nft = true;
	else if (status < 0)
		tell_failure(pass, request, &err);
	else if (state != NFT_SAME)
		change(pass, request, state == NFT_ABSENT ? '+' : '~');
}

/* Nobody wants it: where it cannot even be asked for there is none that would be ours to remove. */
static void drop(struct pass *pass, const struct pass_request *request)
{
	enum nft_state state = NFT_ABSENT;
	struct error err = {0};

	arena_reset(&pass->nft.batch);
	if (nft_open(&pass->nft, &err) < 0 || nft_look(&pass->nft, &state, &err) < 0 ||
	    state == NFT_ABSENT)
		return;
	if (nft_build_removal(&pass->nft, pass->nft.netlink.message) == 0)
		change(pass, request, '-');
}

void pass_masquerade(struct pass *pass, const struct pass_request *request)
{
	bool wanted = request->config != NULL && request->config->agent.masquerade;

	if (pass->source.snapshot != NULL) {
		pass->blind_nft = wanted;
		return;
	}
	if (wanted)
		keep(pass, request);
	else if (request->config == NULL || request->look_around)
		drop(pass, request);
}
