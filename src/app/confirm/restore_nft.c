/* restore_nft.c - the nftables table of masquerading, written down and made what it was. */
#include <errno.h>

#include "app/confirm/steps.h"
#include "croute/model/masquerade.h"

static bool is_out_of_reach(int status)
{
	return nft_is_missing(status) || status == -EPERM;
}

int confirm_look_at_table(struct pass *pass, struct nft_record *out, struct error *err)
{
	struct error failed = {0};
	int status = nft_open(&pass->nft, &failed);

	if (status == 0)
		status = nft_record_take(out, &pass->nft, &failed);
	if (status == 0 || is_out_of_reach(status))
		return 0;
	return error_set(err, -status,
			 "the nftables table inet " MASQUERADE_TABLE
			 " cannot be written down: %s; nothing was changed",
			 failed.text);
}

/* All of it or nothing, as one transaction. */
static int put_back(struct confirm_undoing *undoing, struct error *err)
{
	struct nft *nft = &undoing->pass->nft;
	const struct nft_record *was = undoing->table;

	if (!nft_record_is_whole(was))
		return error_set(err, EOPNOTSUPP, "it bore what croute does not write");
	if (nft_build_again(nft, nft->netlink.message, &was->messages) < 0)
		return error_set(err, EMSGSIZE, "it is too big to be put back");
	return nft_send(nft, err);
}

/* What others did to the table that was there is theirs; one that the pass made is another one. */
void confirm_restore_table(struct confirm_undoing *undoing)
{
	struct nft *nft = &undoing->pass->nft;
	struct error err = {0};
	uint64_t now = 0;
	int status = nft_open(nft, &err);

	if (status == 0)
		status = nft_record_find(nft, &now, &err);
	if (is_out_of_reach(status) || (status == 0 && now == undoing->table->handle))
		return;
	if (status == 0)
		status = put_back(undoing, &err);
	if (status == 0) {
		undoing->result.tables++;
		return;
	}
	undoing->result.failed++;
	buf_add(undoing->told, "nftables table inet " MASQUERADE_TABLE ": %s\n", err.text);
}
