/* link.c - finding links by index, name and address. */
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
}

void links_reset(struct links *links)
{
	rows_reset(&links->links);
	rows_reset(&links->addresses);
}

void links_release(struct links *links)
{
	rows_release(&links->links);
	rows_release(&links->addresses);
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

const struct link *links_find_name(const struct links *links, const char *name)
{
	for (uint32_t i = 0; i < links->links.count; i++) {
		if (strcmp(links_at(links, i)->name, name) == 0)
			return links_at(links, i);
	}
	return NULL;
}

const struct link *links_find_holder(const struct links *links, const struct ip *ip)
{
	uint32_t low = 0;
	uint32_t high = links->addresses.count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct link_address *address = links_address_at(links, middle);
		int order = memcmp(&address->ip, ip, sizeof(*ip));

		if (order == 0)
			return links_find_index(links, address->link);
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

bool link_is_up(const struct link *link)
{
	return (link->flags & IFF_UP) != 0;
}
