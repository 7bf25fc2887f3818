/* doctor.c - the table of checks, and how their findings are reported. */
#include "app/doctor/doctor.h"

#include <jansson.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#define PEERS_MOST (2 * CONFIG_NODES_MOST)
#define SETTINGS "/etc/sysctl.d/90-croute.conf"

static const struct check_row {
	const char *name;
	doctor_check_fn *check;
} rows[] = {
	{"file", doctor_check_file},
	{"file-mount", doctor_check_mount},
	{"agent", doctor_check_agent},
	{"capabilities", doctor_check_capabilities},
	{"inotify", doctor_check_inotify},
	{"interface", doctor_check_interface},
	{"addresses", doctor_check_addresses},
	{"forwarding", doctor_check_forwarding},
	{"rp_filter", doctor_check_rp_filter},
	{"neighbours", doctor_check_neighbours},
	{"mtu", doctor_check_mtu},
	{"vxlan", doctor_check_vxlan},
	{"checksum", doctor_check_checksum},
	{"foreign-routes", doctor_check_routes},
	{"protocol", doctor_check_protocol},
	{"policy-rules", doctor_check_rules},
	{"forward-chain", doctor_check_forward_chain},
	{"masquerade", doctor_check_masquerade},
	{"bridge-nf", doctor_check_bridge_nf},
	{"systemd-networkd", doctor_check_networkd},
	{"NetworkManager", doctor_check_network_manager},
	{"on-link", doctor_check_on_link},
	{"peers", doctor_check_peers},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* Those of `--adopt`. */
static const struct check_row adopt_rows[] = {
	{"adopt", doctor_check_adopt},
	{"adopt-flanneld", doctor_check_flanneld},
	{"adopt-device", doctor_check_adopted_device},
	{"adopt-mac", doctor_check_adopted_mac},
	{"adopt-peers", doctor_check_adopted_peers},
	{"adopt-routes", doctor_check_adopted_routes},
	{"adopt-rules", doctor_check_adopted_rules},
	{"adopt-cni", doctor_check_adopted_cni},
};
#define ADOPT_ROWS (sizeof(adopt_rows) / sizeof(adopt_rows[0]))
_Static_assert(ROWS + ADOPT_ROWS <= DOCTOR_CHECKS_MOST, "all checks have room in a report");

/* What a result is called by programs, and at the beginning of a line. */
static const char *const words[DOCTOR_RESULTS][2] = {
	[DOCTOR_OK] = {"ok", "ok  "},
	[DOCTOR_UNKNOWN] = {"unknown", "??  "},
	[DOCTOR_WARNING] = {"warning", "warn"},
	[DOCTOR_FAILURE] = {"failure", "FAIL"},
};

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

static void run_row(const struct check_row *row, const struct doctor_facts *facts,
		    struct doctor_report *out)
{
	struct doctor_check *check = &out->checks[out->count++];

	check->name = row->name;
	row->check(facts, check);
	out->results[check->result]++;
}

void doctor_run(const struct doctor_facts *facts, struct doctor_report *out)
{
	*out = (struct doctor_report){.count = 0};
	for (uint32_t i = 0; i < ROWS; i++)
		run_row(&rows[i], facts, out);
	for (uint32_t i = 0; facts->adopt.asked && i < ADOPT_ROWS; i++)
		run_row(&adopt_rows[i], facts, out);
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
	const struct config *config = facts->config;

	for (uint32_t i = 0; i < config->pod_network.count; i++) {
		if (prefix_covers(&config_prefix_at(config, config->pod_network, i)->prefix,
				  prefix))
			return true;
	}
	return config_podcidr_covering(config, prefix) != CONFIG_NOT_FOUND;
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

static struct text next_line(struct text *rest)
{
	const char *end = memchr(rest->at, '\n', rest->len);
	size_t len = end == NULL ? rest->len : (size_t)(end - rest->at);
	struct text line = {.at = rest->at, .len = len};
	size_t skip = end == NULL ? len : len + 1;

	*rest = (struct text){.at = rest->at + skip, .len = rest->len - skip};
	return line;
}

void doctor_add_check(struct buf *out, const struct doctor_check *check)
{
	struct text fix = text_of(check->fix);

	buf_add(out, "%s %s: ", words[check->result][1], check->name);
	buf_add_safe(out, text_of(check->text));
	while (fix.len > 0) {
		buf_add(out, "\n     fix: ");
		buf_add_safe(out, next_line(&fix));
	}
}

void doctor_add_summary(struct buf *out, const struct doctor_report *report)
{
	const uint32_t *results = report->results;

	buf_add(out, "Checked: %u ok, %u warning%s, %u failure%s, %u unknown.", results[DOCTOR_OK],
		results[DOCTOR_WARNING], results[DOCTOR_WARNING] == 1 ? "" : "s",
		results[DOCTOR_FAILURE], results[DOCTOR_FAILURE] == 1 ? "" : "s",
		results[DOCTOR_UNKNOWN]);
}

const char *doctor_result_word(enum doctor_result result)
{
	return words[result][0];
}

/* Names may be any bytes, and JSON is UTF-8. */
static json_t *safe_string(struct text text)
{
	char space[DOCTOR_TEXT_MAX] = "";
	struct buf safe = BUF_OVER(space);

	buf_add_safe(&safe, text);
	return json_string(space);
}

static json_t *check_json(const struct doctor_check *check)
{
	char space[DOCTOR_TEXT_MAX] = "";
	struct buf fixes = BUF_OVER(space);
	struct text rest = text_of(check->fix);

	while (rest.len > 0) {
		buf_add(&fixes, fixes.len > 0 ? "\n" : "");
		buf_add_safe(&fixes, next_line(&rest));
	}
	return json_pack("{s:s, s:s, s:o, s:s}", "name", check->name, "result",
			 doctor_result_word(check->result), "text",
			 safe_string(text_of(check->text)), "fix", space);
}

json_t *doctor_json(const struct doctor_report *report)
{
	json_t *checks = json_array();
	json_t *summary = json_object();

	for (uint32_t i = 0; i < report->count; i++)
		(void)json_array_append_new(checks, check_json(&report->checks[i]));
	for (unsigned i = 0; i < DOCTOR_RESULTS; i++)
		(void)json_object_set_new(summary, doctor_result_word((enum doctor_result)i),
					  json_integer(report->results[i]));
	return json_pack("{s:i, s:o, s:o}", "version", 1, "checks", checks, "summary", summary);
}
