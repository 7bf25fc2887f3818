/* fake_device.h - the devices of the kernel in memory, and what goes with them. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "fake_kernel.h"

static inline uint32_t fake_find_address(uint32_t link, const struct prefix *address)
{
	const struct links *links = &fake.world->picture.links;

	for (uint32_t i = 0; i < links->addresses.count; i++) {
		const struct link_address *row = links_address_at(links, i);
		struct prefix prefix = {.ip = row->ip, .len = row->len};

		if (row->link == link && prefix_same(&prefix, address))
			return i;
	}
	return ROWS_NOT_FOUND;
}

/* A device of one family has one index, so that it does not matter how often it was made. */
int kernel_device_make(struct netlink *netlink, const struct device *device, uint32_t index,
		       struct error *err)
{
	struct link link;

	(void)netlink;
	index = device->local.family == AF_INET ? FAKE_DEVICE : FAKE_DEVICE_V6;
	link = vxlan_link(device, index);
	if (fake_strikes(FAKE_ASK))
		return fake_fail(err);
	fake.writes++;
	if (fake_link(index) != NULL)
		return error_set(err, EEXIST, "there is one already");
	link.flags = 0;
	link.alias[0] = '\0';
	link.addrgenmode = 0;
	link.group = DEVICE_GROUP;
	assert_int_equal(rows_add(&fake.world->picture.links.links, &link), 0);
	return 0;
}

static inline void fake_set_marks(struct link *link, const struct link *wanted, uint32_t parts)
{
	if ((parts & DEVICE_PART_ALIAS) != 0) {
		memcpy(link->alias, wanted->alias, sizeof(link->alias));
		link->group = 0;
	}
	if ((parts & DEVICE_PART_MODE) != 0)
		link->addrgenmode = wanted->addrgenmode;
	if ((parts & DEVICE_PART_TXQLEN) != 0)
		link->txqlen = wanted->txqlen;
	if ((parts & DEVICE_PART_MTU) != 0)
		link->mtu = wanted->mtu;
	if ((parts & (DEVICE_PART_LOCAL | DEVICE_PART_UNDERLAY | DEVICE_PART_LEARNING |
		      DEVICE_PART_TTL | DEVICE_PART_TOS)) != 0)
		link->vxlan = wanted->vxlan;
}

int kernel_device_set(struct netlink *netlink, uint32_t index, const struct device *device,
		      uint32_t parts, struct error *err)
{
	struct link wanted = vxlan_link(device, index);
	struct link *link = fake_link(index);

	(void)netlink;
	if (fake_strikes(FAKE_ASK))
		return fake_fail(err);
	fake.writes++;
	if (link == NULL)
		return error_set(err, ENODEV, "no such device");
	parts &= ~fake.deaf;
	fake_set_marks(link, &wanted, parts);
	if ((parts & DEVICE_PART_MAC) != 0) {
		link->mac = wanted.mac;
		fake_drop(index, 0, false);
	}
	if ((parts & DEVICE_PART_UP) != 0)
		fake_set_up(index, true);
	return 0;
}

static inline void fake_remove_device(uint32_t index)
{
	struct links *links = &fake.world->picture.links;

	fake_drop(index, 0, true);
	for (uint32_t i = fake_rows(CHANGE_FDB)->count; i-- > 0;) {
		if (((const struct fdb *)rows_at(fake_rows(CHANGE_FDB), i))->link == index)
			fake_remove(fake_rows(CHANGE_FDB), i);
	}
	for (uint32_t i = links->addresses.count; i-- > 0;) {
		if (links_address_at(links, i)->link == index)
			fake_remove(&links->addresses, i);
	}
	for (uint32_t i = links->links.count; i-- > 0;) {
		if (links_at(links, i)->index == index)
			fake_remove(&links->links, i);
	}
}

int kernel_device_remove(struct netlink *netlink, uint32_t index, struct error *err)
{
	(void)netlink;
	if (fake_strikes(FAKE_ASK))
		return fake_fail(err);
	fake.writes++;
	if (fake_link(index) == NULL)
		return error_set(err, ENODEV, "no such device");
	fake_remove_device(index);
	return 0;
}

int kernel_device_add_address(struct netlink *netlink, uint32_t index, const struct prefix *address,
			      struct error *err)
{
	struct link_address row = {.ip = address->ip, .len = address->len, .link = index};

	(void)netlink;
	if (fake_strikes(FAKE_ASK))
		return fake_fail(err);
	fake.writes++;
	if (fake_find_address(index, address) != ROWS_NOT_FOUND)
		return error_set(err, EEXIST, "it is there already");
	assert_int_equal(rows_add(&fake.world->picture.links.addresses, &row), 0);
	rows_sort(&fake.world->picture.links.addresses);
	return 0;
}

/* With the last address of a family go its neighbours and routes. */
int kernel_device_drop_address(struct netlink *netlink, uint32_t index,
			       const struct prefix *address, struct error *err)
{
	struct links *links = &fake.world->picture.links;
	uint32_t at = fake_find_address(index, address);

	(void)netlink;
	if (fake_strikes(FAKE_ASK))
		return fake_fail(err);
	fake.writes++;
	if (at == ROWS_NOT_FOUND)
		return error_set(err, EADDRNOTAVAIL, "no such address");
	fake_remove(&links->addresses, at);
	for (uint32_t i = 0; i < links->addresses.count; i++) {
		const struct link_address *row = links_address_at(links, i);

		if (row->link == index && row->ip.family == address->ip.family)
			return 0;
	}
	fake_drop(index, address->ip.family, true);
	return 0;
}
