/* between.c - the rows of the old file stand in for the kernel's. */
#include "app/rollout/between.h"

/* The devices of all routes of a host that is not at hand. */
#define LINK 1
#define TUNNEL 2

void between_init(struct between *between)
{
	desired_init(&between->was);
	desired_init(&between->now);
	state_init(&between->have, 0);
	foreign_init(&between->foreign);
	plan_init(&between->plan);
}

void between_release(struct between *between)
{
	desired_release(&between->was);
	desired_release(&between->now);
	state_release(&between->have);
	foreign_release(&between->foreign);
	plan_release(&between->plan);
}

static struct desired_path stand_in(const struct config *config, uint32_t node, uint8_t family)
{
	struct desired_path way = {
		.link.address = config_node_address(config_node_at(config, node), family)};

	if (!ip_is_set(&way.link.address))
		return way;
	way.link.index = LINK;
	way.device = config->backend == BACKEND_VXLAN ? TUNNEL : 0;
	return way;
}

struct desired_input between_input(const struct config *config, uint32_t node, const char *name)
{
	struct desired_input input = {.config = config, .node = node, .node_name = name};

	if (node != CONFIG_NOT_FOUND) {
		input.node_name = config_string_at(config, config_node_at(config, node)->name);
		input.path[0] = stand_in(config, node, AF_INET);
		input.path[1] = stand_in(config, node, AF_INET6);
	}
	return input;
}

static int copy_rows(struct rows *to, const struct rows *from)
{
	int status = 0;

	for (uint32_t i = 0; i < from->count && status == 0; i++)
		status = rows_add(to, rows_at(from, i));
	return status;
}

int between_plan(struct between *between, const struct desired_input *was,
		 const struct desired_input *now)
{
	int status = desired_build(&between->now, now);

	state_reset(&between->have);
	if (status == 0 && was != NULL)
		status = desired_build(&between->was, was);
	for (int kind = 0; was != NULL && kind < CHANGE_KINDS && status == 0; kind++)
		status = copy_rows(&between->have.rows[kind], &between->was.want.rows[kind]);
	return status < 0 ? status
			  : plan_build(&between->plan, &between->now, &between->have,
				       &between->foreign);
}
