/* state.c - the memory of passes, and what the last one found. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/pass/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct pass *pass_open(struct error *err)
{
	struct pass *pass = calloc(1, sizeof(*pass));

	if (pass == NULL) {
		error_set(err, ENOMEM, "no memory");
		return NULL;
	}
	pass->source.netlink = &pass->netlink;
	pass->on_link.limit = CONFIG_NODES_MOST;
	pass->routers.limit = (FAMILIES * CONFIG_NODES_MOST + CONFIG_MORE_MOST) *
			      sizeof(struct desired_router);
	pass->ways.limit = (FAMILIES * CONFIG_NODES_MOST + CONFIG_MORE_MOST) * sizeof(struct ip);
	pass->lost.limit = pass->ways.limit;
	picture_init(&pass->picture);
	if (netlink_open(&pass->netlink, err) < 0) {
		pass_close(pass);
		return NULL;
	}
	return pass;
}

void pass_close(struct pass *pass)
{
	if (pass == NULL)
		return;
	netlink_close(&pass->netlink);
	picture_release(&pass->picture);
	arena_release(&pass->on_link);
	arena_release(&pass->routers);
	arena_release(&pass->ways);
	arena_release(&pass->lost);
	arena_release(&pass->masquerade);
	nft_close(&pass->nft);
	free(pass);
}

const char *pass_node_name(const struct pass *pass)
{
	const struct config *config = pass->picture.config;
	const struct node_names *names = pass->request.names;

	if (pass->picture.node.index == CONFIG_NOT_FOUND)
		return names != NULL && names->count > 0 ? names->name[0] : "";
	return config_string_at(config, config_node_at(config, pass->picture.node.index)->name);
}

static bool has_failed_step(const struct pass *pass)
{
	for (uint32_t i = 0; i < pass->step_count; i++) {
		if (pass->steps[i].result == CHANGE_FAILED)
			return true;
	}
	return false;
}

bool pass_fell_short(const struct pass *pass)
{
	return pass->picture.summary.failed > 0 || (pass->picture.notes & NOTE_DENIED) != 0 ||
	       pass_lacks_interface(pass) || has_failed_step(pass);
}

bool pass_lacks_interface(const struct pass *pass)
{
	return family_is_unsettled(&pass->picture.family[0]) ||
	       family_is_unsettled(&pass->picture.family[1]);
}

void pass_begin(struct pass *pass, const struct pass_request *request)
{
	uint32_t protocol = request->protocol;

	if (request->config != NULL && protocol == 0)
		protocol = request->config->kernel.protocol;
	if (!request->keep_want)
		desired_reset(&pass->picture.desired);
	picture_begin(&pass->picture, request->config, protocol);
	pass->request = *request;
	pass->step_count = 0;
	memset(pass->stage_us, 0, sizeof(pass->stage_us));
}

void pass_forget(struct pass *pass)
{
	picture_forget(&pass->picture);
	arena_reset(&pass->on_link);
	arena_reset(&pass->routers);
}
