/* adopt.c - what a pass takes over from flannel. */
#include "croute/app/pass/steps.h"

#include "croute/core/flannel/leftovers.h"

static struct adopt_family family_of(const struct pass_family *family)
{
	if (pass_is_unsettled(family))
		return (struct adopt_family){0};
	return (struct adopt_family){.link = family->link.index, .device = family->device};
}

struct adopt_view pass_adopt(const struct pass *pass, const struct config *config)
{
	return (struct adopt_view){.config = config,
				   .links = &pass->links,
				   .ipv4 = family_of(&pass->ipv4),
				   .ipv6 = family_of(&pass->ipv6)};
}

void pass_spare(struct pass *pass, const struct config *config)
{
	struct leftovers_ctx scene = {.config = config,
				      .desired = &pass->desired,
				      .have = &pass->have,
				      .node = pass->node.index};

	leftovers_spare(&pass->plan, &scene);
}
