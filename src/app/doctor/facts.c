/* facts.c - what checks ask of the facts, and what they add to a report. */
/* SPDX-License-Identifier: MIT */
#include "app/doctor/doctor.h"

#include <stdarg.h>
#include <string.h>

#include "croute/core/want/rows.h"

#define SETTINGS "/etc/sysctl.d/90-croute.conf"

_Static_assert(sizeof(struct doctor_peer) == 24, "a row has no padding");

void doctor_init(struct doctor_facts *facts)
{
	*facts = (struct doctor_facts){.self = CONFIG_NOT_FOUND,
				       .node_problem = "",
				       .family = {{.device = ""}, {.device = ""}}};
	rows_init(&facts->peers, sizeof(struct doctor_peer), sizeof(struct ip),
		  2 * CONFIG_NODES_MOST + CONFIG_MORE_MOST);
}

void doctor_release(struct doctor_facts *facts)
{
	rows_release(&facts->peers);
}

void doctor_measured(const struct doctor_facts *facts, enum reach_path path, const char *they,
		     struct doctor_check *check)
{
	struct buf lost = BUF_LOCAL(512);
	struct buf arrive = BUF_LOCAL(512);

	if (reach_sample_add(&lost, facts->config, &facts->sample, path, REACH_LOST)) {
		doctor_find(check, DOCTOR_WARNING,
			    "measured: %s are lost on the way to %s, or back", they, lost.data);
		doctor_fix(check, "croute reach says where and why");
	}
	if (reach_sample_add(&arrive, facts->config, &facts->sample, path, REACH_ANSWERS))
		doctor_find(check, check->result, "measured: %s arrive at %s", they, arrive.data);
}

bool doctor_tunnels(const struct doctor_facts *facts)
{
	return facts->config != NULL && facts->config->backend == BACKEND_VXLAN;
}

const struct link *doctor_device(const struct doctor_facts *facts, unsigned family)
{
	const char *name = facts->family[family].device;

	return facts->links == NULL || name[0] == '\0' ? NULL : links_find_name(facts->links, name);
}

bool doctor_pods_at(const struct doctor_facts *facts, uint32_t i, struct prefix *out)
{
	const struct config *config = facts->config;

	if (config->pod_network.count > 0) {
		if (i < config->pod_network.count)
			*out = config_prefix_at(config, config->pod_network, i)->prefix;
		return i < config->pod_network.count;
	}
	for (uint32_t j = 0; j < config_podcidr_count(config); j++) {
		if (config_podcidr_at(config, j)->node != facts->self || i-- > 0)
			continue;
		*out = config_podcidr_at(config, j)->prefix;
		return true;
	}
	return false;
}

bool doctor_is_for_pods(const struct doctor_facts *facts, const struct prefix *prefix)
{
	return config_network_covering(facts->config, prefix) != NULL ||
	       config_podcidr_covering(facts->config, prefix) != CONFIG_NOT_FOUND;
}

/* Routes to this node's own pods belong to whoever runs them. */
bool doctor_is_own(const struct doctor_facts *facts, const struct prefix *prefix)
{
	uint32_t i = config_podcidr_covering(facts->config, prefix);

	return i != CONFIG_NOT_FOUND && config_podcidr_at(facts->config, i)->node == facts->self;
}

/* The tunnel's own device holds an address of the podCIDR, too: its network address. */
const struct link *doctor_pod_link(const struct doctor_facts *facts, uint32_t from)
{
	if (facts->links == NULL || facts->config == NULL || facts->self == CONFIG_NOT_FOUND)
		return NULL;
	for (uint32_t i = 0; i < facts->links->addresses.count; i++) {
		const struct link_address *address = links_address_at(facts->links, i);
		const struct link *link = links_find_index(facts->links, address->link);
		struct prefix prefix = prefix_of(&address->ip, address->len);

		if (link != NULL && strcmp(link->kind, "vxlan") != 0 &&
		    doctor_is_own(facts, &prefix) && from-- == 0)
			return link;
	}
	return NULL;
}

/* A buffer over a text that has something in it already; what follows is set apart. */
static struct buf behind(char text[DOCTOR_TEXT_MAX], const char *apart)
{
	struct buf buf = {.data = text, .size = DOCTOR_TEXT_MAX, .len = strlen(text)};

	if (buf.len > 0)
		buf_add(&buf, "%s", apart);
	return buf;
}

void doctor_find(struct doctor_check *check, enum doctor_result result, const char *format, ...)
{
	struct buf text;
	va_list args;

	if (result == DOCTOR_OK && check->result != DOCTOR_OK)
		return;
	if (result > DOCTOR_OK && check->result == DOCTOR_OK)
		check->text[0] = '\0';
	if (result > check->result)
		check->result = result;
	text = behind(check->text, "; ");
	va_start(args, format);
	buf_add_args(&text, format, args);
	va_end(args);
}

void doctor_fix(struct doctor_check *check, const char *format, ...)
{
	struct buf fix = behind(check->fix, "\n");
	va_list args;

	va_start(args, format);
	buf_add_args(&fix, format, args);
	va_end(args);
}

/* sysctl(8) prints the setting as sysctl.d(5) wants it. */
void doctor_fix_setting(struct doctor_check *check, int value, const char *format, ...)
{
	struct buf fix = behind(check->fix, "\n");
	va_list args;

	buf_add(&fix, "sysctl -w ");
	va_start(args, format);
	buf_add_args(&fix, format, args);
	va_end(args);
	buf_add(&fix, "=%d | tee -a " SETTINGS, value);
}

const struct selected *doctor_card(const struct doctor_facts *facts, unsigned family, uint32_t i)
{
	const struct family *found = facts->family[family].found;

	return found != NULL && i < found->card_count ? &found->cards[i] : NULL;
}

void doctor_note_node(struct doctor_nodes *nodes, uint32_t node)
{
	if (nodes->count < DOCTOR_SHOWN)
		nodes->shown[nodes->count] = node;
	nodes->count++;
}

void doctor_add_nodes(struct buf *out, const struct doctor_facts *facts,
		      const struct doctor_nodes *nodes)
{
	for (uint32_t i = 0; i < nodes->count && i < DOCTOR_SHOWN; i++) {
		const struct config_node *node = config_node_at(facts->config, nodes->shown[i]);

		buf_add(out, "%s%.100s", i == 0 ? "" : ", ",
			config_string_at(facts->config, node->name));
	}
	if (nodes->count > DOCTOR_SHOWN)
		buf_add(out, " and %u more", nodes->count - DOCTOR_SHOWN);
}
