/* undo_device.c - devices as they were against devices as they are. */
#include "croute/app/confirm/undo.h"

#include <string.h>

#include "croute/model/device.h"

static const struct link *vxlan_at(const struct links *links, uint32_t index)
{
	const struct link *link = links_find_index(links, index);

	return link != NULL && strcmp(link->kind, "vxlan") == 0 ? link : NULL;
}

static bool is_ours(const struct link *link)
{
	return link != NULL && device_is_ours(link);
}

bool undo_has_device(const struct undo *undo, const struct links *now, uint32_t index)
{
	return is_ours(vxlan_at(&undo->before.links, index)) || is_ours(vxlan_at(now, index));
}

bool undo_has_address(const struct links *links, const struct link_address *address)
{
	for (uint32_t i = 0; i < links->addresses.count; i++) {
		const struct link_address *other = links_address_at(links, i);

		if (other->link == address->link && other->len == address->len &&
		    ip_same(&other->ip, &address->ip))
			return true;
	}
	return false;
}

static bool holds_all(const struct links *links, const struct links *of, uint32_t index)
{
	for (uint32_t i = 0; i < of->addresses.count; i++) {
		const struct link_address *address = links_address_at(of, i);

		if (address->link == index && !undo_has_address(links, address))
			return false;
	}
	return true;
}

/* Whether `now`, which was not there, keeps `before` from being made again. */
static bool is_in_the_way(const struct link *before, const struct link *now)
{
	return strcmp(before->name, now->name) == 0 ||
	       (before->vxlan.vni == now->vxlan.vni && before->vxlan.port == now->vxlan.port);
}

static enum undo_action removal_of(const struct undo *undo, const struct links *now,
				   const struct link *link)
{
	const struct links *before = &undo->before.links;

	for (uint32_t i = 0; i < before->links.count; i++) {
		const struct link *old = links_at(before, i);

		if (is_ours(vxlan_at(before, old->index)) && vxlan_at(now, old->index) == NULL &&
		    is_in_the_way(old, link))
			return UNDO_CLEAR;
	}
	return UNDO_REMOVE;
}

/* The step for a link that was there; false when there is none to take. */
static bool step_back(const struct undo *undo, const struct links *now, const struct link *before,
		      struct undo_step *out)
{
	const struct link *present = vxlan_at(now, before->index);
	struct undo_step step = {.action = UNDO_MEND, .before = before, .now = present};
	struct device device = device_of(before);

	if (vxlan_at(&undo->before.links, before->index) == NULL ||
	    !undo_has_device(undo, now, before->index))
		return false;
	if (present == NULL)
		step.action = UNDO_MAKE;
	else
		step.parts = device_differs(&device, present);
	*out = step;
	return present == NULL || step.parts != 0 ||
	       !holds_all(now, &undo->before.links, before->index) ||
	       !holds_all(&undo->before.links, now, before->index);
}

/* The step for a link that is there now, and was not. */
static bool step_away(const struct undo *undo, const struct links *now, const struct link *link,
		      struct undo_step *out)
{
	if (!is_ours(link) || vxlan_at(&undo->before.links, link->index) != NULL)
		return false;
	*out = (struct undo_step){.action = removal_of(undo, now, link), .now = link};
	return true;
}

static uint32_t add_action(const struct undo *undo, const struct links *now,
			   enum undo_action action, struct undo_step *out, uint32_t room)
{
	bool away = action == UNDO_CLEAR || action == UNDO_REMOVE;
	const struct links *links = away ? now : &undo->before.links;
	uint32_t count = 0;

	for (uint32_t i = 0; i < links->links.count && count < room; i++) {
		const struct link *link = links_at(links, i);
		struct undo_step step;
		bool due = away ? step_away(undo, now, link, &step)
				: step_back(undo, now, link, &step);

		if (due && step.action == action)
			out[count++] = step;
	}
	return count;
}

uint32_t undo_plan_devices(const struct undo *undo, const struct links *now,
			   struct undo_step out[UNDO_STEPS_MOST])
{
	uint32_t count = 0;

	for (int action = 0; action < UNDO_ACTIONS; action++)
		count += add_action(undo, now, (enum undo_action)action, out + count,
				    UNDO_STEPS_MOST - count);
	return count;
}
