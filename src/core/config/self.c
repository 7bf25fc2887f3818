/* self.c - finding this host among the nodes, by name, then by address. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/config/self.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "croute/base/buf.h"

static bool holds_address_of(const struct links *links, const struct config *config, uint32_t node)
{
	for (uint32_t i = 0; i < FAMILIES * CONFIG_ADDRESSES_MOST; i++) {
		struct ip ip = config_address_at(config, node, FAMILY_AT(i % FAMILIES),
						 i / FAMILIES);

		if (ip_is_set(&ip) && links_find_holder(links, &ip) != NULL)
			return true;
	}
	return false;
}

/* The entries with an address of this host: how many, and the one to take, if any. */
struct holders {
	uint32_t count;
	uint32_t index; /* the only one, or the one that the host is known as */
	bool known;
	char names[200];
};

static void add_holder(const struct config *config, uint32_t i, const char *known_as,
		       struct holders *out)
{
	const char *name = config_string_at(config, config_node_at(config, i)->name);
	struct buf buf = {
		.data = out->names, .size = sizeof(out->names), .len = strlen(out->names)};

	buf_add(&buf, "%s", out->count > 0 ? ", " : "");
	buf_add_safe(&buf, text_of(name));
	if (known_as != NULL && strcmp(name, known_as) == 0) {
		out->known = true;
		out->index = i;
	} else if (!out->known) {
		out->index = i;
	}
	out->count++;
}

static struct holders find_holders(const struct config *config, const struct links *links,
				   const char *known_as)
{
	uint32_t count = links != NULL ? config_node_count(config) : 0;
	struct holders holders = {.names = ""};

	for (uint32_t i = 0; i < count; i++) {
		if (holds_address_of(links, config, i))
			add_holder(config, i, known_as, &holders);
	}
	return holders;
}

static int not_found(const struct node_names *names, const struct links *links, struct error *err)
{
	struct buf text = BUF_LOCAL(300);

	buf_add(&text, "no entry for this node: none is named");
	for (uint32_t i = 0; i < names->count; i++) {
		buf_add(&text, "%s \"", i == 0 ? "" : " or");
		buf_add_safe(&text, text_of(names->name[i]));
		buf_add(&text, "\"");
	}
	if (links != NULL)
		buf_add(&text, ", and no node's address is on this host");
	return error_set(err, ESRCH, "%s; name the node with --node or $NODE_NAME", text.data);
}

int self_identify(const struct config *config, const struct node_names *names,
		  const struct links *links, struct node_found *out, struct error *err)
{
	struct holders holders;
	int64_t index = -1;

	for (uint32_t i = 0; i < names->count && index < 0; i++)
		index = config_find_node(config, names->name[i]);
	if (index >= 0) {
		*out = (struct node_found){.index = (uint32_t)index};
		return 0;
	}
	holders = find_holders(config, links, names->known_as);
	if (holders.count == 0)
		return not_found(names, links, err);
	if (holders.count > 1 && !holders.known)
		return error_set(err, ESRCH,
				 "addresses of %u nodes are on this host: %s; name the node with "
				 "--node or $NODE_NAME",
				 holders.count, holders.names);
	*out = (struct node_found){.index = holders.index, .by_address = true};
	return 0;
}
