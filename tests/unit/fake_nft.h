/* fake_nft.h - the table of masquerading of the kernel in memory: how many rules it has. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "fake_kernel.h"

#include "croute/edge/nft/table.h"

int nft_open(struct nft *nft, struct error *err)
{
	(void)nft;
	return fake_strikes(FAKE_ASK) ? fake_fail(err) : 0;
}

void nft_close(struct nft *nft)
{
	arena_release(&nft->batch);
}

bool nft_is_missing(int status)
{
	return status == -EOPNOTSUPP;
}

static inline void fake_batch(struct nft *nft, uint32_t rules)
{
	uint32_t *place;

	nft->batch.limit = NFT_BATCH_MOST;
	arena_reset(&nft->batch);
	place = arena_push(&nft->batch, sizeof(*place));
	assert_non_null(place);
	*place = rules;
}

int nft_build(struct nft *nft, struct nl_msg *message, const struct masquerade_rule *rules,
	      uint32_t count)
{
	(void)message;
	assert_non_null(rules);
	fake_batch(nft, count);
	return 0;
}

int nft_build_removal(struct nft *nft, struct nl_msg *message)
{
	(void)message;
	fake_batch(nft, 0);
	return 0;
}

static inline uint32_t fake_batched(const struct nft *nft)
{
	return nft->batch.used > 0 ? *(const uint32_t *)(const void *)nft->batch.base : 0;
}

int nft_look(struct nft *nft, enum nft_state *out, struct error *err)
{
	if (fake_strikes(FAKE_ASK))
		return fake_fail(err);
	if (fake.nft_rules == 0)
		*out = NFT_ABSENT;
	else
		*out = fake.nft_rules == fake_batched(nft) ? NFT_SAME : NFT_DIFFERENT;
	return 0;
}

int nft_send(struct nft *nft, struct error *err)
{
	if (fake_strikes(FAKE_ASK))
		return fake_fail(err);
	fake.writes++;
	fake.nft_rules = fake_batched(nft);
	return 0;
}
