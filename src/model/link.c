/* link.c - finding links by index, name and address. */
/* SPDX-License-Identifier: MIT */
#include "croute/model/link.h"

#include <net/if.h>
#include <string.h>

#define LINKS_MOST 65536
#define ADDRESSES_MOST 262144

void links_init(struct links *links)
{
	rows_init(&links->links, sizeof(struct link), sizeof(uint32_t), LINKS_MOST);
	rows_init(&links->addresses, sizeof(struct link_address), sizeof(struct ip),
		  ADDRESSES_MOST);
	rows_init(&links->altnames, sizeof(struct link_altname), sizeof(uint32_t), LINKS_MOST);
}

void links_reset(struct links *links)
{
	rows_reset(&links->links);
	rows_reset(&links->addresses);
	rows_reset(&links->altnames);
}

void links_release(struct links *links)
{
	rows_release(&links->links);
	rows_release(&links->addresses);
	rows_release(&links->altnames);
}

const struct link *links_at(const struct links *links, uint32_t i)
{
	return rows_at(&links->links, i);
}

const struct link_address *links_address_at(const struct links *links, uint32_t i)
{
	return rows_at(&links->addresses, i);
}

const struct link *links_find_index(const struct links *links, uint32_t index)
{
	for (uint32_t i = 0; i < links->links.count; i++) {
		if (links_at(links, i)->index == index)
			return links_at(links, i);
	}
	return NULL;
}

const struct link_address *links_next_address(const struct links *links, uint32_t link, uint32_t *i)
{
	while (*i < links->addresses.count) {
		const struct link_address *address = links_address_at(links, (*i)++);

		if (address->link == link)
			return address;
	}
	return NULL;
}

const char *links_altname_of(const struct links *links, const struct link *link, uint32_t i)
{
	for (uint32_t at = 0; at < links->altnames.count; at++) {
		const struct link_altname *altname = rows_at(&links->altnames, at);

		if (altname->link == link->index && i-- == 0)
			return altname->name;
	}
	return NULL;
}

/* No two links share a name, whichever kind of name it is. */
const struct link *links_find_name(const struct links *links, const char *name)
{
	for (uint32_t i = 0; i < links->links.count; i++) {
		if (strcmp(links_at(links, i)->name, name) == 0)
			return links_at(links, i);
	}
	for (uint32_t i = 0; i < links->altnames.count; i++) {
		const struct link_altname *altname = rows_at(&links->altnames, i);

		if (strcmp(altname->name, name) == 0)
			return links_find_index(links, altname->link);
	}
	return NULL;
}

const struct link *links_find_holder(const struct links *links, const struct ip *ip)
{
	uint32_t at = rows_find(&links->addresses, ip);

	return at == ROWS_NOT_FOUND ? NULL
				    : links_find_index(links, links_address_at(links, at)->link);
}

bool links_covers(const struct links *links, uint32_t link, const struct ip *ip)
{
	for (uint32_t i = 0; i < links->addresses.count; i++) {
		const struct link_address *address = links_address_at(links, i);
		struct prefix prefix = prefix_of(&address->ip, address->len);

		if (address->link == link && prefix_holds(&prefix, ip))
			return true;
	}
	return false;
}

const struct link *links_vrf_of(const struct links *links, uint32_t index)
{
	const struct link *link = links_find_index(links, index);

	if (link != NULL && link->vrf_table == 0)
		link = links_find_index(links, link->master);
	return link != NULL && link->vrf_table != 0 ? link : NULL;
}

const struct link *links_vrf_with(const struct links *links, uint32_t table)
{
	for (uint32_t i = 0; i < links->links.count; i++) {
		if (links_at(links, i)->vrf_table == table && table != 0)
			return links_at(links, i);
	}
	return NULL;
}

bool link_is_up(const struct link *link)
{
	return (link->flags & IFF_UP) != 0;
}
