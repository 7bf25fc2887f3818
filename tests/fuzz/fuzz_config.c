/* fuzz_config.c - any bytes as a file: no crash, no leak, and the same whatever the read size. */
/* SPDX-License-Identifier: MIT */
/* covers: src/core/decode/decode.c src/core/decode/store.c src/core/decode/foreign.c */
/* covers: src/core/parse/value.c src/core/parse/value_net.c src/core/parse/syntax.c */
/* covers: src/model/ip.c src/model/mac.c src/base/text.c */
/* seeds: tests/golden */
#include "pieces.h"

static void load(const uint8_t *data, size_t size, size_t most, struct config *config,
		 struct diags *diags)
{
	struct pieces pieces = {.data = data, .size = size, .most = most};

	pieces_decode(&pieces, config, diags);
	diag_sort(diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config whole;
	struct config pieces;
	struct diags diags = {0};
	struct diags again = {0};

	load(data, size, SIZE_MAX, &whole, &diags);
	load(data, size, 7, &pieces, &again);
	if (!config_equal(&whole, &pieces) || diags.count != again.count ||
	    memcmp(diags.list, again.list, sizeof(diags.list)) != 0)
		abort();
	if (diags.errors == 0 && config_node_count(&whole) + config_route_count(&whole) == 0 &&
	    !whole.guard.allow_empty)
		abort();
	config_release(&whole);
	config_release(&pieces);
	return 0;
}
