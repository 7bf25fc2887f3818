/* doctor.c - the table of checks, and how their findings are told. */
#include "app/doctor/doctor.h"

#include <jansson.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#define PEERS_MOST (2 * CONFIG_NODES_MOST)

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
	{"forwarding", doctor_check_forwarding},
	{"rp_filter", doctor_check_rp_filter},
	{"neighbours", doctor_check_neighbours},
	{"mtu", doctor_check_mtu},
	{"vxlan", doctor_check_vxlan},
	{"checksum", doctor_check_checksum},
	{"foreign-routes", doctor_check_routes},
	{"protocol", doctor_check_protocol},
	{"forward-chain", doctor_check_forward_chain},
	{"masquerade", doctor_check_masquerade},
	{"bridge-nf", doctor_check_bridge_nf},
	{"systemd-networkd", doctor_check_networkd},
	{"NetworkManager", doctor_check_network_manager},
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

void doctor_mend(struct doctor_check *check, const char *format, ...)
{
	struct buf mend = behind(check->mend);
	va_list args;

	if (mend.len > 0)
		buf_add(&mend, "\n");
	va_start(args, format);
	buf_add_args(&mend, format, args);
	va_end(args);
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

/* The tunnel's own device holds an address of the podCIDR, too: its network address. */
static bool is_for_pods(const struct doctor_facts *facts, const struct link_address *address)
{
	struct prefix prefix = prefix_of(&address->ip, address->len);
	uint32_t i = config_podcidr_covering(facts->config, &prefix);
	const struct link *link = links_find_index(facts->links, address->link);

	return i != CONFIG_NOT_FOUND && config_podcidr_at(facts->config, i)->node == facts->self &&
	       link != NULL && strcmp(link->kind, "vxlan") != 0;
}

const struct link *doctor_pod_link(const struct doctor_facts *facts, uint32_t from)
{
	if (facts->links == NULL || facts->config == NULL || facts->self == CONFIG_NOT_FOUND)
		return NULL;
	for (uint32_t i = 0; i < facts->links->addresses.count; i++) {
		const struct link_address *address = links_address_at(facts->links, i);

		if (is_for_pods(facts, address) && from-- == 0)
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
	struct text mend = text_of(check->mend);

	buf_add(out, "%s %s: ", words[check->result][1], check->name);
	buf_add_safe(out, text_of(check->text));
	while (mend.len > 0) {
		buf_add(out, "\n     mend: ");
		buf_add_safe(out, next_line(&mend));
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
	struct buf mends = BUF_OVER(space);
	struct text rest = text_of(check->mend);

	while (rest.len > 0) {
		buf_add(&mends, mends.len > 0 ? "\n" : "");
		buf_add_safe(&mends, next_line(&rest));
	}
	return json_pack("{s:s, s:s, s:o, s:s}", "name", check->name, "result",
			 doctor_result_word(check->result), "text",
			 safe_string(text_of(check->text)), "mend", space);
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
