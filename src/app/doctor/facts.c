/* facts.c - what checks look at, and how they say what they found. */
#include "app/doctor/facts.h"

#include <stdarg.h>
#include <string.h>

#define PEERS_MOST (2 * CONFIG_NODES_MOST)
#define SETTINGS "/etc/sysctl.d/90-croute.conf"

void doctor_init(struct doctor_facts *facts)
{
	*facts = (struct doctor_facts){.self = CONFIG_NOT_FOUND,
				       .node_trouble = "",
				       .ipv4 = {.device = ""},
				       .ipv6 = {.device = ""}};
	/* An address and the state, then the node: see peers.c. */
	rows_init(&facts->peers.rows, 24, sizeof(struct ip), PEERS_MOST);
}

void doctor_release(struct doctor_facts *facts)
{
	rows_release(&facts->peers.rows);
}

/* A buffer over a text that has something in it already. */
static struct buf behind(char text[DOCTOR_TEXT_MAX])
{
	return (struct buf){.data = text, .size = DOCTOR_TEXT_MAX, .len = strlen(text)};
}

void doctor_say(struct doctor_check *check, enum doctor_result result, const char *format, ...)
{
	struct buf text;
	va_list args;

	if (result == DOCTOR_OK && check->result != DOCTOR_OK)
		return;
	if (result > DOCTOR_OK && check->result == DOCTOR_OK)
		check->text[0] = '\0';
	if (result > check->result)
		check->result = result;
	text = behind(check->text);
	if (text.len > 0)
		buf_add(&text, "; ");
	va_start(args, format);
	buf_add_args(&text, format, args);
	va_end(args);
}

bool doctor_lacks(const struct doctor_facts *facts, struct doctor_check *check, bool seen,
		  const char *what)
{
	if (facts->config == NULL)
		doctor_say(check, DOCTOR_UNKNOWN, "needs a valid file");
	else if (!seen)
		doctor_say(check, DOCTOR_UNKNOWN, "cannot read the %s", what);
	return facts->config == NULL || !seen;
}

/* The next fix is a line of its own. */
static struct buf next_fix(struct doctor_check *check)
{
	struct buf fix = behind(check->fix);

	if (fix.len > 0)
		buf_add(&fix, "\n");
	return fix;
}

void doctor_fix(struct doctor_check *check, const char *format, ...)
{
	struct buf fix = next_fix(check);
	va_list args;

	va_start(args, format);
	buf_add_args(&fix, format, args);
	va_end(args);
}

/* sysctl(8) prints the setting as sysctl.d(5) wants it. */
void doctor_fix_setting(struct doctor_check *check, int value, const char *format, ...)
{
	struct buf fix = next_fix(check);
	va_list args;

	buf_add(&fix, "sysctl -w ");
	va_start(args, format);
	buf_add_args(&fix, format, args);
	va_end(args);
	buf_add(&fix, "=%d | tee -a " SETTINGS, value);
}

enum doctor_result doctor_without(const struct doctor_facts *facts)
{
	return facts->config->backend == BACKEND_NONE ? DOCTOR_OK : DOCTOR_UNKNOWN;
}

bool doctor_tunnels(const struct doctor_facts *facts)
{
	return facts->config != NULL && facts->config->backend == BACKEND_VXLAN;
}

const struct link *doctor_device(const struct doctor_facts *facts,
				 const struct doctor_family *family)
{
	if (facts->links == NULL || family->device[0] == '\0')
		return NULL;
	return links_find_name(facts->links, family->device);
}

const struct doctor_family *doctor_family_at(const struct doctor_facts *facts, unsigned i)
{
	return i == 0 ? &facts->ipv4 : &facts->ipv6;
}

bool doctor_pods_at(const struct doctor_facts *facts, uint32_t i, struct prefix *out)
{
	const struct config *config = facts->config;

	if (config == NULL)
		return false;
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

/* What leads to this node's own pods is the business of those who run them. */
bool doctor_is_own(const struct doctor_facts *facts, const struct prefix *prefix)
{
	uint32_t i = config_podcidr_covering(facts->config, prefix);

	return i != CONFIG_NOT_FOUND && config_podcidr_at(facts->config, i)->node == facts->self;
}

void doctor_add_nodes(struct buf *out, const struct doctor_facts *facts, const uint32_t *nodes,
		      uint32_t count, uint32_t most)
{
	for (uint32_t i = 0; i < count && i < most; i++) {
		const struct config_node *node = config_node_at(facts->config, nodes[i]);

		buf_add(out, "%s%.100s", i == 0 ? "" : ", ",
			config_string_at(facts->config, node->name));
	}
	if (count > most)
		buf_add(out, " and %u more", count - most);
}

/* The tunnel's own device holds an address of the podCIDR, too: its network address. */
static bool is_of_pods(const struct doctor_facts *facts, const struct link_address *address)
{
	struct prefix prefix = prefix_of(&address->ip, address->len);
	const struct link *link = links_find_index(facts->links, address->link);

	return doctor_is_own(facts, &prefix) && link != NULL && strcmp(link->kind, "vxlan") != 0;
}

const struct link *doctor_pod_link(const struct doctor_facts *facts, uint32_t from)
{
	if (facts->links == NULL || facts->config == NULL || facts->self == CONFIG_NOT_FOUND)
		return NULL;
	for (uint32_t i = 0; i < facts->links->addresses.count; i++) {
		const struct link_address *address = links_address_at(facts->links, i);

		if (is_of_pods(facts, address) && from-- == 0)
			return links_find_index(facts->links, address->link);
	}
	return NULL;
}
