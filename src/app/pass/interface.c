/* interface.c - links, this node among them, and the interface of each family. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "croute/app/pass/steps.h"

int pass_read_links(struct pass *pass, struct error *err)
{
	int status = -EINTR;

	for (int i = 0; i < PASS_TRIES && status == -EINTR; i++)
		status = source_read_links(&pass->source, &pass->links, err);
	return status;
}

int pass_identify(const struct pass *pass, const struct config *config,
		  const struct node_names *names, struct node_found *out, struct error *err)
{
	struct node_names known = *names;

	if (pass->known_as[0] != '\0')
		known.known_as = pass->known_as;
	return self_identify(config, &known, &pass->links, out, err);
}

/* With only static routes to keep, no entry is needed. */
int pass_find_node(struct pass *pass, const struct pass_request *request, struct error *err)
{
	int status = pass_identify(pass, request->config, request->names, &pass->node, err);

	if (status < 0 && request->config->backend == BACKEND_NONE) {
		pass->node = (struct node_found){.index = CONFIG_NOT_FOUND};
		return 0;
	}
	if (status == 0 && pass->node.by_address)
		(void)snprintf(pass->known_as, sizeof(pass->known_as), "%s",
			       pass_node_name(pass, request));
	return status;
}

/* The way to an address of this very host is its loopback; what is meant is the link that bears it,
 * since one file serves all hosts. */
static uint32_t way_to(struct pass *pass, const struct ip *ip)
{
	const struct link *holder = links_find_holder(&pass->links, ip);
	struct route route;

	if (holder != NULL)
		return holder->index;
	return source_lookup_route(&pass->source, ip, &route, NULL) == 0 ? route.oif : 0;
}

static void ask_reach(struct pass *pass, const struct config *config)
{
	struct config_list list = config->interface.can_reach;

	pass->reach = (struct interface_reach){0};
	for (uint32_t i = 0; i < list.count && i < INTERFACE_REACH_MOST; i++) {
		pass->reach.oif[i] = way_to(pass, &config_prefix_at(config, list, i)->prefix.ip);
		pass->reach.count = i + 1;
	}
}

struct interface_ctx pass_question(const struct pass *pass, const struct config *config,
				   uint8_t family)
{
	return (struct interface_ctx){
		.config = config,
		.links = &pass->links,
		.reach = &pass->reach,
		.address = config_node_address(config_node_at(config, pass->node.index), family),
		.present = pass->present[family == AF_INET6],
	};
}

void pass_explain_interface(const struct pass *pass, const struct config *config, uint8_t family,
			    struct buf *out)
{
	struct interface_ctx question = pass_question(pass, config, family);

	interface_explain(&question, out);
}

/* One address on several links is an accident more often than not: say which is used. */
static void note_holders(struct pass *pass, const struct interface_ctx *question,
			 const struct selected *taken)
{
	struct buf buf = {
		.data = pass->holders, .size = sizeof(pass->holders), .len = strlen(pass->holders)};
	char address[IP_TEXT_MAX];
	const struct link *link;

	for (uint32_t i = 0; (link = interface_other_holder(question, taken, i)) != NULL; i++) {
		if (i == 0) {
			buf_add(&buf, "%s%s is on ", buf.len > 0 ? "; " : "",
				ip_format(&question->address, address));
			buf_add_safe(&buf, text_of(taken->name));
			buf_add(&buf, ", which is used, and on ");
		} else {
			buf_add(&buf, ", ");
		}
		buf_add_safe(&buf, text_of(link->name));
	}
}

static struct pass_family select_family(struct pass *pass, const struct config *config,
					uint8_t family)
{
	struct interface_ctx question = pass_question(pass, config, family);
	struct pass_family chosen = {.wanted = ip_is_set(&question.address)};

	if (!chosen.wanted || interface_select(&question, &chosen.link) < 0)
		return chosen;
	pass->present[family == AF_INET6] = chosen.link.index;
	if (ip_same(&chosen.link.address, &question.address))
		note_holders(pass, &question, &chosen.link);
	return chosen;
}

/* Without pod routes there is no interface to choose. */
void pass_select_links(struct pass *pass, const struct config *config)
{
	if (config->backend == BACKEND_NONE)
		return;
	ask_reach(pass, config);
	pass->ipv4 = select_family(pass, config, AF_INET);
	pass->ipv6 = select_family(pass, config, AF_INET6);
}

int pass_find_interface(struct pass *pass, const struct pass_request *request, struct error *err)
{
	int status = pass_read_links(pass, err);

	if (status == 0)
		status = pass_find_node(pass, request, err);
	if (status == 0)
		pass_select_links(pass, request->config);
	return status;
}
