/* state.c - the memory of passes, and what is known of the last one. */
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
	links_init(&pass->links);
	desired_init(&pass->desired);
	state_init(&pass->have, 0);
	pass->on_link.limit = CONFIG_NODES_MOST;
	foreign_init(&pass->foreign);
	plan_init(&pass->plan);
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
	plan_release(&pass->plan);
	foreign_release(&pass->foreign);
	state_release(&pass->have);
	arena_release(&pass->on_link);
	arena_release(&pass->masquerade);
	nft_close(&pass->nft);
	desired_release(&pass->desired);
	links_release(&pass->links);
	free(pass);
}

const char *pass_node_name(const struct pass *pass, const struct pass_request *request)
{
	if (pass->node.index == CONFIG_NOT_FOUND)
		return request->names->count > 0 ? request->names->name[0] : "";
	return config_string_at(request->config,
				config_node_at(request->config, pass->node.index)->name);
}

bool pass_is_unsettled(const struct pass_family *family)
{
	return family->stuck || (family->wanted && family->link.index == 0);
}

bool pass_has_failed_step(const struct pass *pass)
{
	for (uint32_t i = 0; i < pass->step_count; i++) {
		if (pass->steps[i].result == CHANGE_FAILED)
			return true;
	}
	return false;
}

bool pass_lacks_interface(const struct pass *pass)
{
	return pass_is_unsettled(&pass->ipv4) || pass_is_unsettled(&pass->ipv6);
}

void pass_forget(struct pass *pass)
{
	plan_reset(&pass->plan);
	desired_reset(&pass->desired);
	state_reset(&pass->have);
	arena_reset(&pass->on_link);
	links_reset(&pass->links);
	(void)foreign_begin(&pass->foreign, 0);
}

void pass_begin(struct pass *pass)
{
	plan_reset(&pass->plan);
	desired_reset(&pass->desired);
	state_reset(&pass->have);
	pass->step_count = 0;
	pass->holders[0] = '\0';
	pass->ipv4 = (struct pass_family){0};
	pass->ipv6 = (struct pass_family){0};
	pass->node = (struct node_found){.index = CONFIG_NOT_FOUND};
	pass->guard = (struct guard_verdict){0};
	pass->made_device = false;
	pass->cut_mtu = false;
	pass->strict_rp = false;
	pass->blind_nft = false;
	pass->changed_mac = false;
	memset(pass->stage_us, 0, sizeof(pass->stage_us));
	pass->denied = false;
	pass->again = false;
	pass->last_try = false;
	pass->taken = false;
}
